"""An account's tracking numbers, and which campaign each belonged to when."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Number, NumberAssignment


@dataclass(frozen=True)
class NumberHistory:
    """A number, the campaign that it belongs to now (None: to none yet), and all its assignments, oldest first."""

    number: Number
    campaign_id: int | None
    assignments: list[NumberAssignment]


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
    return [
        NumberHistory(number, _in_force(assignments[number.id], now=now), assignments[number.id]) for number in numbers
    ]


def _in_force(assignments: list[NumberAssignment], *, now: datetime) -> int | None:
    """Of the assignments in force by now, the last word on the latest."""
    started = [one.campaign_id for one in assignments if one.starts_at <= now]
    return started[-1] if started else None
