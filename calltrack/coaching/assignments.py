"""Calls that somebody is to listen to, or to evaluate by a rubric, by a day, with a note."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.people import list_people
from calltrack.accounts.roles import may
from calltrack.accounts.turn import wait_for_turn
from calltrack.coaching.words import BadCoaching, clean_optional
from calltrack.models import Account, Assignment, Call, Rubric, User
from calltrack.period import today

FURTHEST_DAYS = 366
MOST_OPEN = 50


@dataclass(frozen=True)
class Assigned:
    """An assignment with whom it is for, the call, and by which rubric, if any."""

    assignment: Assignment
    person: str
    call: Call
    rubric: Rubric | None


def assign(
    session: Session,
    *,
    account: Account,
    call: Call,
    people: Collection[int],
    rubric: Rubric | None,
    due_on: date | None,
    note: str,
    by: str,
    now: datetime | None = None,
) -> list[str]:
    """Give the call to these people (user ids), to evaluate it by `rubric`, or without one to listen to it.

    Returns their names. Raises BadCoaching, and then nobody was given anything.
    """
    moment = now or datetime.now(UTC)
    if not people:
        raise BadCoaching("Choose at least one person.")
    day = today(zone=account.time_zone, now=moment)
    if due_on is not None and not day <= due_on <= day + timedelta(days=FURTHEST_DAYS):
        raise BadCoaching("Choose today or a later day within a year, or no day at all.")
    if rubric is not None and rubric.retired_at is not None:
        raise BadCoaching("This version of the rubric is no longer on offer: choose the one that replaced it.")
    text = clean_optional(note, called="the note")
    wait_for_turn(session, account=account)  # Race: two people assign the same call to the same person
    known = {one.id: one for one in list_people(session, account_id=account.id)}
    has_it = set(session.scalars(_open_for(call, rubric)))
    chosen = []
    for user_id in dict.fromkeys(people):
        person = known.get(user_id)
        if person is None or not may(person.role, "coaching.read"):
            raise BadCoaching("Choose people of your company who coach or answer calls.")
        if rubric is not None and not may(person.role, "coaching.write"):
            raise BadCoaching(f"{person.name} does not evaluate calls: let them listen to it instead.")
        if user_id in has_it:
            raise BadCoaching(f"{person.name} has this call to do already.")
        chosen.append(person)
    session.add_all(
        Assignment(
            account_id=account.id, call_id=call.id, user_id=person.id, rubric_id=rubric.id if rubric else None,
            note=text, due_on=due_on, made_by=by, made_at=moment,
        )
        for person in chosen
    )  # fmt: skip
    session.flush()
    return [person.name for person in chosen]


def find_assignment(session: Session, *, account_id: int, assignment_id: int) -> Assignment | None:
    """The account's own assignment of that id."""
    mine = (Assignment.account_id == account_id) & (Assignment.id == assignment_id)
    return session.scalar(select(Assignment).where(mine))


def open_for(session: Session, *, account_id: int, user_id: int | None) -> list[Assigned]:
    """What this person still has to do, what is due first; at most MOST_OPEN of it."""
    mine = (Assignment.account_id == account_id) & (Assignment.user_id == user_id) & Assignment.done_at.is_(None)
    return _read(session, mine, Assignment.due_on.is_(None), Assignment.due_on, Assignment.id)


def assignments_of(session: Session, *, call: Call) -> list[Assigned]:
    """Who has or had the call to do, the newest first."""
    return _read(session, Assignment.call_id == call.id, Assignment.id.desc())


def finish(session: Session, *, assignment: Assignment, now: datetime | None = None) -> None:
    """The person has listened. Raises BadCoaching where more is asked: sharing the evaluation finishes that."""
    if assignment.rubric_id is not None:
        raise BadCoaching("This call is to be evaluated: it is done when you share your evaluation.")
    undone = (Assignment.id == assignment.id) & Assignment.done_at.is_(None)
    session.execute(update(Assignment).where(undone).values(done_at=now or datetime.now(UTC)))


def take_back(session: Session, *, assignment: Assignment) -> None:
    """Ask it of the person no longer. Raises BadCoaching for what is done."""
    gone = delete(Assignment).where(Assignment.id == assignment.id, Assignment.done_at.is_(None))
    # Race: the person finishes it at this moment; what they did stays on record.
    if session.execute(gone.returning(Assignment.id)).first() is None:
        raise BadCoaching("This is done already, so it stays on record.")


def _open_for(call: Call, rubric: Rubric | None) -> Select[int]:
    by = Assignment.rubric_id.is_(None) if rubric is None else Assignment.rubric_id == rubric.id
    return select(Assignment.user_id).where(Assignment.call_id == call.id, by, Assignment.done_at.is_(None))


def _read(session: Session, which: ColumnElement[bool], *order: Any) -> list[Assigned]:
    rows = session.execute(
        select(Assignment, User.name, Call, Rubric)
        .join(User, User.id == Assignment.user_id)
        .join(Call, Call.id == Assignment.call_id)
        .outerjoin(Rubric, Rubric.id == Assignment.rubric_id)
        .where(which)
        .order_by(*order)
        .limit(MOST_OPEN)
    )
    return [Assigned(assignment, person, call, rubric) for assignment, person, call, rubric in rows]
