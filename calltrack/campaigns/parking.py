"""Tracking numbers out of use: parked (still ours, and callers hear so), then given back to the carrier for good.

A number stands on vans and in old papers long after its campaign: park it first, see who still calls, then release it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import BadCampaign
from calltrack.changes import record
from calltrack.models import Call, Number, NumberAssignment

LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class RecentCalls:
    """Calls to a number in the last 30 days, and when its last one of all came."""

    calls: int
    last_at: datetime | None


def recent_calls(session: Session, *, number: Number, now: datetime) -> RecentCalls:
    """How much a number is still called."""
    # By campaign, because that is how calls are indexed: an account's other calls are not looked at.
    campaigns = select(NumberAssignment.campaign_id).where(NumberAssignment.number_id == number.id).distinct()
    own = (
        Call.account_id == number.account_id,
        Call.campaign_id.in_(list(session.scalars(campaigns))),
        Call.number_id == number.id,
    )
    calls = session.scalar(select(func.count()).select_from(Call).where(*own, Call.started_at > now - LOOK_BACK))
    return RecentCalls(calls or 0, session.scalar(select(func.max(Call.started_at)).where(*own)))


def park_number(session: Session, *, number: Number, by: str) -> None:
    """Take a number out of use from its next call on: callers hear so. It stays ours, and costs. Raises BadCampaign."""
    if number.released_at is not None:
        raise BadCampaign("the number was given back to the carrier")
    if number.parked_at is None:
        number.parked_at = datetime.now(UTC).replace(microsecond=0)
        _record(session, number=number, field="parked", was=None, now="yes", by=by)


def unpark_number(session: Session, *, number: Number, by: str) -> None:
    """Take a number into use again. Raises BadCampaign."""
    if number.released_at is not None:
        raise BadCampaign("the number was given back to the carrier; attach it anew once it is yours there again")
    if number.parked_at is not None:
        number.parked_at = None
        _record(session, number=number, field="parked", was="yes", now=None, by=by)


def check_release(number: Number) -> None:
    """Only what has been out of use may be given back. Raises BadCampaign."""
    if number.parked_at is None:
        raise BadCampaign("park the number first, and see who still calls it; only a parked number can be given back")


def mark_released(session: Session, *, number: Number, by: str) -> None:
    """The number is the carrier's again; its calls and its history stay."""
    if number.released_at is None:
        number.released_at = datetime.now(UTC).replace(microsecond=0)
        _record(session, number=number, field="given_back", was=None, now="yes", by=by)


def _record(session: Session, *, number: Number, field: str, was: str | None, now: str | None, by: str) -> None:
    fields = {field: (was, now)}
    record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=fields, by=by)
    session.flush()
