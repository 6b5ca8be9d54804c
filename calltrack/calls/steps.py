"""The outbox: asking for a step, claiming it with a lease, and saying how it ended.

The table is the only queue of record. A step is asked for in the transaction that gives the reason for it, claimed by
a conditional update, and finished in the transaction that writes its result, so that a process may die at any instant.
"""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from calltrack.db import after_commit, upsert
from calltrack.models import Call, Step
from calltrack.queue import wake

# How long a worker may hold a step; one that died is overtaken after that. Speech to text takes its time.
_LEASE = timedelta(minutes=3)
_LONG_LEASE = timedelta(hours=1)
LONG_STEPS = ("transcribe",)
GIVE_UP_AFTER = timedelta(hours=24)
FEWEST_TRIES = 8  # so that a clock that jumps a day ahead ends no step
_FIRST_DELAYS = (1, 2, 5, 15, 60)
# No step is put off, and no lease given, for longer than this: what says so was written by a clock that ran ahead.
FARTHEST = timedelta(hours=2)


def ask(
    session: Session, *, call_id: int, name: str, subject: str = "", due_at: datetime | None = None, again: bool = False
) -> None:
    """Ask for a step once; `again` also wakes one that is finished, or overtakes one that is under way.

    Taking the lease away makes the worker under way lose its claim: its result is from before the news, so it is
    dropped and the step runs once more.
    """
    now = datetime.now(UTC)
    row = upsert(session, Step).values(
        call_id=call_id, name=name, subject=subject, state="due", asked_at=now, due_at=due_at or now, attempts=0
    )
    key = [Step.call_id, Step.name, Step.subject]
    if again:
        fresh = {"state": "due", "due_at": due_at or now, "asked_at": now, "attempts": 0, "lease": None}
        session.execute(
            row.on_conflict_do_update(index_elements=key, set_={**fresh, "lease_until": None, "last_error": None})
        )
    else:
        session.execute(row.on_conflict_do_nothing(index_elements=key))
    if due_at is None or due_at <= now:
        after_commit(session, wake)


def claim(session: Session, *, now: datetime) -> Step | None:
    """Take the step that has been due longest for this worker.

    Race: several workers see the same due row; the update's own condition lets one of them have it.
    """
    lapsed = or_(Step.lease_until.is_(None), Step.lease_until <= now, Step.lease_until > now + FARTHEST)
    free = and_(_is_due(now), lapsed)
    for step_id in session.scalars(select(Step.id).where(free).order_by(Step.due_at, Step.id).limit(20)).all():
        taken = (
            update(Step)
            .where(Step.id == step_id, free)
            .values(
                lease=secrets.token_hex(8),
                lease_until=case((Step.name.in_(LONG_STEPS), now + _LONG_LEASE), else_=now + _LEASE),
                attempts=Step.attempts + 1,
            )
            .returning(Step)
        )
        if step := session.scalar(taken):
            return step
    return None


def finish(session: Session, *, step: Step, note: str | None = None) -> bool:
    """Mark the step done; False when the lease was lost meanwhile, and then nothing of it may be kept."""
    return _settle(session, step=step, state="done", last_error=note)


def postpone(session: Session, *, step: Step, until: datetime, why: str | None = None) -> bool:
    """Put the step off until `until`; that is no failed attempt."""
    return _settle(session, step=step, due_at=until, attempts=step.attempts - 1, last_error=why)


def fail(session: Session, *, step: Step, error: str, permanent: bool, retry_after: int = 0) -> bool:
    """Note the error, and try again later unless it is permanent or a day has gone by.

    Delays: 1, 2, 5, 15, 60 s, then growing to hourly for 24 h; a longer wish of the other side wins.
    """
    now = datetime.now(UTC)
    if permanent or (now - step.asked_at >= GIVE_UP_AFTER and step.attempts >= FEWEST_TRIES):
        return _settle(session, step=step, state="failed", last_error=error)
    tried = step.attempts
    delay = _FIRST_DELAYS[tried - 1] if tried <= len(_FIRST_DELAYS) else min(60 * 2 ** (tried - 5), 3600)
    due_at = now + timedelta(seconds=max(delay, min(retry_after, 3600)))
    return _settle(session, step=step, due_at=due_at, last_error=error)


def find_step(session: Session, *, call: Call, step_id: int) -> Step | None:
    """The call's step of that id."""
    return session.scalar(select(Step).where(Step.id == step_id, Step.call_id == call.id))


def is_anything_due(session: Session, *, now: datetime) -> bool:
    """True when `claim` may find a step; looking takes no write lock."""
    return session.scalar(select(Step.id).where(_is_due(now)).limit(1)) is not None


def oldest_overdue(session: Session, *, now: datetime) -> timedelta:
    """How long the oldest step has waited past its due time: the pipeline's health."""
    due_at = session.scalar(select(func.min(Step.due_at)).where(Step.state == "due", Step.due_at <= now))
    return now - due_at if due_at else timedelta(0)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(Step.state == "due", or_(Step.due_at <= now, Step.due_at > now + FARTHEST))


def _settle(session: Session, *, step: Step, **values: object) -> bool:
    kept = session.execute(
        update(Step).where(Step.id == step.id, Step.lease == step.lease).values(lease=None, lease_until=None, **values)
    )
    return bool(kept.rowcount)  # type: ignore[attr-defined]
