"""Jobs as people look for them, newest first, a page at a time; and the job types."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from calltrack.models import Account, Call, Customer, Invoice, InvoiceItem, Job, JobType
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.phone import normalise

_FEW = 500  # customers


def list_jobs(
    session: Session,
    *,
    account: Account,
    status: str | None = None,
    linked: bool | None = None,
    doubtful: bool | None = None,
    without_campaign: bool | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Job]:
    """The account's jobs that fit every filter given, newest first by their creation. Raises BadCursor.

    `linked`: whether a call is known that booked the job. `doubtful`: calls of several campaigns may have booked it.
    `without_campaign`: neither its call nor, without a call, the job itself has one. `q`: the job's id, a part of the
    customer's name, or their phone in any usual spelling. `limit` is kept within 1 to 200.
    """
    jobs = shown_jobs(account=account)
    if status is not None:
        jobs = jobs.where(Job.status == status)
    if linked is not None:
        # Not as IS NULL: SQLite would then collect every unlinked job and sort them all for one page.
        known = func.coalesce(Job.call_id, 0) != 0
        jobs = jobs.where(known if linked else ~known)
    if doubtful is not None:
        jobs = jobs.where(Job.doubtful if doubtful else ~Job.doubtful)
    if without_campaign is not None:
        nowhere = _without_campaign(account_id=account.id)
        jobs = jobs.where(Job.id.in_(nowhere) if without_campaign else Job.id.not_in(nowhere))
    if words := (q or "").replace("\x00", "").strip():
        jobs = jobs.where(_about(session, words, account_id=account.id))
    if cursor is not None:
        jobs = jobs.where(older_than(read_cursor(cursor), moment=Job.created_at, row_id=Job.id))
    limit = clamp(limit)
    found = session.scalars(jobs.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)).all()
    page = list(found[:limit])
    return Page(page, write_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def shown_jobs(*, account: Account) -> Select[Job]:
    """The account's jobs with all that a list or a page shows of them, read in a fixed number of queries."""
    items = selectinload(Job.invoices).selectinload(Invoice.items).joinedload(InvoiceItem.ledger_account)
    rows = (joinedload(Job.customer), joinedload(Job.job_type), joinedload(Job.call), items)
    return select(Job).where(Job.account_id == account.id).options(*rows, selectinload(Job.estimates))


def list_job_types(session: Session, *, account: Account) -> list[JobType]:
    """The account's job types by name."""
    return list(session.scalars(select(JobType).where(JobType.account_id == account.id).order_by(JobType.name)))


def _without_campaign(*, account_id: int) -> Select[Any]:
    """Two sets, each found by an index of its own; both are small where the account is in order."""
    unlinked = select(Job.id).where(Job.account_id == account_id, Job.call_id.is_(None), Job.campaign_id.is_(None))
    linked = (
        select(Job.id)
        .join(Call, Call.id == Job.call_id)
        .where(Job.account_id == account_id, Call.account_id == account_id, Call.campaign_id.is_(None))
    )
    either = union_all(unlinked, linked).subquery()
    return select(either.c.id)


def _about(session: Session, words: str, *, account_id: int) -> ColumnElement[bool]:
    """From a few customers to their jobs; but where many have such a name, from the newest jobs to their customers."""
    named = or_(Customer.name.icontains(words, autoescape=True), Customer.phone == normalise(words))
    customers = select(Customer.id).where(named)
    some = session.scalars(customers.where(Customer.account_id == account_id).limit(_FEW + 1)).all()
    if len(some) <= _FEW:
        return or_(Job.external_id == words, Job.customer_id.in_(some))
    # A subquery for each job, because PostgreSQL would else collect all of them for one page.
    theirs = customers.where(Customer.id == Job.customer_id).correlate(Job).limit(1).scalar_subquery()
    return or_(Job.external_id == words, theirs.is_not(None))
