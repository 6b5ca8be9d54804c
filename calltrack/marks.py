"""Marks on the day cells that a change made stale, left in the change's own transaction.

What is changed through the ORM marks itself: a listener looks at every flush, because a forgotten mark would be a wrong
figure for ever. It marks rather too much than too little; a cell that is counted anew and found equal stays as it is.
Bulk statements pass the listener by and mark by hand. Costs are no part of a cell and need no mark.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any, TypeAlias

from sqlalchemy import event, insert, inspect, select
from sqlalchemy.orm import Session

from calltrack.models import Account, Call, Campaign, DirtyMark, Invoice, InvoiceItem, Job, JobType
from calltrack.models.cell import NO_CAMPAIGN

# (account, campaign or None for all, a moment of the day or None for every day)
_Place: TypeAlias = tuple[int, int | None, datetime | None]

# What a call's figures follow from, beside its jobs; `_OWNER` decides in whose cells they, and its jobs, are counted.
_OWNER = ("account_id", "campaign_id", "direction")
_LEAVE = insert(DirtyMark.__table__)  # type: ignore[arg-type]
_COUNTED = (*_OWNER, "started_at", "ended_at", "duration", "missed", "label_id")


def mark(session: Session, *, account_id: int, campaign_id: int | None, moment: datetime | None) -> None:
    """The cells of a campaign (NO_CAMPAIGN: of none; None: of all) on the local day of `moment` (None: on every day)
    are stale once this transaction commits."""
    _waiting(session).add((account_id, campaign_id, moment))


def leave_marks(session: Session) -> None:
    """Write the marks that wait; commit does it by itself, so that a mark is hardly older than what it is about."""
    session.flush()
    if waiting := _waiting(session):
        now = datetime.now(UTC)
        session.connection().execute(
            _LEAVE,
            [
                {"account_id": account_id, "campaign_id": campaign_id, "moment": moment, "marked_at": now}
                for account_id, campaign_id, moment in waiting
            ],
        )
        waiting.clear()


def _waiting(session: Session) -> set[_Place]:
    waiting: set[_Place] = session.info.setdefault("marks", set())
    return waiting


@event.listens_for(Session, "after_flush")
def _look_at(session: Session, _context: Any) -> None:
    places, jobs = _waiting(session), set[int]()
    for one in (*session.new, *session.dirty, *session.deleted):
        if isinstance(one, Call) and _changed(one, *_COUNTED):
            places.update(_cells_of_call(one))
            jobs.update(_jobs_that_move_with(session, one))
        elif isinstance(one, Job):
            places.update(_cells_of_job(session, one))
        elif isinstance(one, Invoice):
            jobs.add(one.job_id)
        elif isinstance(one, InvoiceItem):
            jobs.update(session.connection().scalars(select(Invoice.job_id).where(Invoice.id == one.invoice_id)))
        elif isinstance(one, Account | Campaign | JobType) and one in session.dirty:
            places.update(_cells_of_setting(one))
    places.update(_cells_of_jobs(session, jobs))


@event.listens_for(Session, "before_commit")
def _leave(session: Session) -> None:
    if not session.in_nested_transaction():
        leave_marks(session)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    if not session.in_nested_transaction():
        session.info.pop("marks", None)


def _changed(one: Any, *fields: str) -> bool:
    return any(inspect(one).attrs[field].history.has_changes() for field in fields)


def _was_and_is(one: Any, field: str) -> set[Any]:
    """The field's value now, and the one before this flush."""
    return {getattr(one, field), *inspect(one).attrs[field].history.deleted}


def _cells_of_setting(one: Account | Campaign | JobType) -> Iterator[_Place]:
    if isinstance(one, JobType) and _changed(one, "sold_threshold"):
        yield one.account_id, None, None
    elif isinstance(one, Campaign) and _changed(one, "lead_seconds"):
        yield one.account_id, one.id, None
    elif isinstance(one, Account) and _changed(one, "lead_seconds", "time_zone"):
        yield one.id, None, None


def _cells_of_call(call: Call) -> Iterator[_Place]:
    for account_id, campaign_id, moment in product(
        _was_and_is(call, "account_id"), _was_and_is(call, "campaign_id"), _was_and_is(call, "started_at")
    ):
        if account_id is not None and moment is not None:
            yield account_id, campaign_id or NO_CAMPAIGN, moment


def _jobs_that_move_with(session: Session, call: Call) -> Iterable[int]:
    if call in session.new or not _changed(call, *_OWNER):
        return ()
    return session.connection().scalars(select(Job.id).where(Job.call_id == call.id))


def _cells_of_job(session: Session, job: Job) -> Iterator[_Place]:
    """By the calls that it was and is linked to, and by its own moments: of each campaign that it was or is of."""
    campaigns = _was_and_is(job, "campaign_id")
    for campaign_id, moment in _calls(session, _was_and_is(job, "call_id")):
        campaigns.add(campaign_id)
        yield job.account_id, campaign_id or NO_CAMPAIGN, moment
    moments = (_was_and_is(job, "created_at") | _was_and_is(job, "completed_at")) - {None}
    for campaign_id, moment in product(campaigns, moments):
        yield job.account_id, campaign_id or NO_CAMPAIGN, moment


def _cells_of_jobs(session: Session, job_ids: Iterable[int]) -> Iterator[_Place]:
    """The same of stored jobs whose own row did not change."""
    found = select(Job.account_id, Job.campaign_id, Job.created_at, Job.completed_at, Job.call_id)
    for account_id, own, created_at, completed_at, call_id in session.connection().execute(
        found.where(Job.id.in_(job_ids))
    ):
        campaigns = {own}
        for campaign_id, moment in _calls(session, {call_id}):
            campaigns.add(campaign_id)
            yield account_id, campaign_id or NO_CAMPAIGN, moment
        for own_id, dated in product(campaigns, {created_at, completed_at} - {None}):
            yield account_id, own_id or NO_CAMPAIGN, dated


def _calls(session: Session, call_ids: Iterable[int | None]) -> list[tuple[int | None, datetime]]:
    known = [call_id for call_id in call_ids if call_id is not None]
    if not known:
        return []
    found = session.connection().execute(select(Call.campaign_id, Call.started_at).where(Call.id.in_(known)))
    return [(campaign_id, moment) for campaign_id, moment in found]
