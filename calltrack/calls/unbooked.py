"""Leads of late that booked nothing and that nobody has taken up: whom to ring once more."""

from datetime import datetime, timedelta

from sqlalchemy import exists, or_
from sqlalchemy.orm import Session, aliased

from calltrack.calls.callers import with_names
from calltrack.calls.facts import OUTCOMES, calls_with_facts, likely_booked
from calltrack.calls.listing import ListedCall, listed
from calltrack.models import Call, Job, Task

DAYS = 2
MOST = 100  # more than these are not counted, so that no page waits for them


def leads_to_follow_up(
    session: Session, *, account_id: int, now: datetime, limit: int = MOST
) -> tuple[list[ListedCall], int]:
    """The unbooked leads of the last DAYS days, the latest first, at most `limit`; and how many, counted up to MOST.

    Left out: a call of which there is a task, open or done; one that sounds booked, whose job is to be linked; and one
    whose caller has booked in a later call.
    """
    later = aliased(Call)
    has_task = exists().where(Task.call_id == Call.id)
    booked_later = (
        exists()
        .where(later.account_id == account_id, later.caller == Call.caller, later.started_at > Call.started_at)
        .where(Job.call_id == later.id, Job.account_id + 0 == account_id)  # as in calls/facts.py
    )
    rows = (
        calls_with_facts(account_id=account_id)
        .where(Call.started_at >= now - timedelta(days=DAYS), OUTCOMES["unbooked"], ~has_task, ~booked_later)
        .where(or_(Call.booked_chance.is_(None), ~likely_booked))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(MOST)
    )
    found = session.execute(rows).all()
    calls = listed(session, rows=found[:limit])
    return with_names(session, account_id=account_id, rows=calls), len(found)
