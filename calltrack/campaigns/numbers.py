"""An account's tracking numbers, and which campaign each belonged to when."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Number, NumberAssignment


@dataclass(frozen=True)
class NumberHistory:
    """A number, the campaign that it belongs to now (None: to none yet), and all its assignments, oldest first.

    `in_force`: the assignment that `campaign_id` follows from; `planned`: those that are still to come.
    """

    number: Number
    campaign_id: int | None
    assignments: list[NumberAssignment]
    in_force: NumberAssignment | None
    planned: list[NumberAssignment]


def list_numbers(session: Session, *, account: Account, now: datetime | None = None) -> list[NumberHistory]:
    """The account's numbers in their own order. `now` (default: this moment) decides which campaign is in force."""
    now = now or datetime.now(UTC)
    numbers = session.scalars(select(Number).where(Number.account_id == account.id).order_by(Number.phone_number)).all()
    assignments = defaultdict[int, list[NumberAssignment]](list)
    for assignment in session.scalars(
        select(NumberAssignment)
        .join(Number, Number.id == NumberAssignment.number_id)
        .where(Number.account_id == account.id)
        .order_by(NumberAssignment.starts_at, NumberAssignment.id)
    ):
        assignments[assignment.number_id].append(assignment)
    return [_history(number, assignments[number.id], now=now) for number in numbers]


def find_number(
    session: Session, *, account: Account, number_id: int, now: datetime | None = None
) -> NumberHistory | None:
    """The account's own number of that id."""
    number = session.scalar(select(Number).where(Number.account_id == account.id, Number.id == number_id))
    if number is None:
        return None
    assignments = session.scalars(
        select(NumberAssignment)
        .where(NumberAssignment.number_id == number.id)
        .order_by(NumberAssignment.starts_at, NumberAssignment.id)
    )
    return _history(number, list(assignments), now=now or datetime.now(UTC))


def _history(number: Number, assignments: list[NumberAssignment], *, now: datetime) -> NumberHistory:
    """Of the assignments in force by now, the last word on the latest counts; so it will be with those to come."""
    started = [one for one in assignments if one.starts_at <= now]
    coming = {one.starts_at: one for one in assignments if one.starts_at > now}
    in_force = started[-1] if started else None
    return NumberHistory(
        number, in_force.campaign_id if in_force else None, assignments, in_force, list(coming.values())
    )
