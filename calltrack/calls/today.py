"""The day so far, as base rows tell it: counts up to a moment, and the calls that some phones took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.calls.callers import with_names
from calltrack.calls.facts import calls_with_facts
from calltrack.calls.listing import ListedCall, listed
from calltrack.models import Call
from calltrack.period import midnight, today

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class SoFar:
    """What was counted of the calls that began in a part of a day; `booked`: calls that booked a job."""

    calls: int
    leads: int
    booked: int
    missed: int


def today_so_far(session: Session, *, account_id: int, zone: str, now: datetime) -> tuple[SoFar, SoFar]:
    """Today up to `now`, and the same weekday of last week up to the same time by the local clock."""
    day = today(zone=zone, now=now)
    then = (now.astimezone(ZoneInfo(zone)) - WEEK).astimezone(UTC)  # local arithmetic: the clock, not 168 hours
    return (
        _count(session, account_id=account_id, start=midnight(day, zone=zone), end=now),
        _count(session, account_id=account_id, start=midnight(day - WEEK, zone=zone), end=then),
    )


def calls_taken(
    session: Session, *, account_id: int, phones: Sequence[str], since: datetime, limit: int
) -> list[ListedCall]:
    """The newest calls that these phones took since then."""
    if not phones:
        return []
    rows = calls_with_facts(account_id=account_id).where(Call.answered_by.in_(phones), Call.started_at >= since)
    newest = rows.order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
    calls = listed(session, rows=session.execute(newest).all())
    return with_names(session, account_id=account_id, rows=calls)


def _count(session: Session, *, account_id: int, start: datetime, end: datetime) -> SoFar:
    # Each call is derived once, then counted: OFFSET keeps the database from asking four times for its jobs.
    rows = calls_with_facts(account_id=account_id).where(Call.started_at >= start, Call.started_at < end)
    call = rows.offset(0).subquery().c
    counts = (
        func.count(),
        func.count().filter(call.is_lead),
        func.count().filter(call.booked),
        func.count().filter(call.outcome == "missed"),
    )
    return SoFar(*session.execute(select(*counts)).one())
