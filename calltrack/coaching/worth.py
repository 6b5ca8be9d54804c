"""Calls that a coach might hear next."""

from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlalchemy.orm import Session

from calltrack.calls.facts import OUTCOMES, calls_with_facts
from calltrack.calls.listing import ListedCall, listed
from calltrack.models import Account, Call, Evaluation

WORTH_DAYS = 7


def worth_coaching(session: Session, *, account: Account, now: datetime, limit: int = 10) -> list[ListedCall]:
    """Leads of the last WORTH_DAYS that somebody answered, that booked nothing, and that nobody evaluated; the newest
    first."""
    rows = calls_with_facts(account_id=account.id).where(
        Call.started_at >= now - timedelta(days=WORTH_DAYS),
        OUTCOMES["unbooked"],
        ~Call.voicemail,
        Call.answered_by.is_not(None),
        ~exists().where(Evaluation.call_id == Call.id),
    )
    found = session.execute(rows.order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)).all()
    return listed(session, rows=found)


def calls_answered(session: Session, *, account: Account, phones: list[str], limit: int = 10) -> list[ListedCall]:
    """The newest calls that one of these phones answered."""
    rows = calls_with_facts(account_id=account.id).where(Call.answered_by.in_(phones))
    found = session.execute(rows.order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)).all()
    return listed(session, rows=found)
