"""Jobs as people look for them, newest first, a page at a time; and the job types."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from calltrack.models import Account, Invoice, Job, JobType
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor


def list_jobs(
    session: Session,
    *,
    account: Account,
    status: str | None = None,
    linked: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Job]:
    """The account's jobs that fit every filter given, newest first by their creation. Raises BadCursor.

    `linked`: whether a call is known that booked the job. `limit` is kept within 1 to 200.
    """
    bills = selectinload(Job.invoices).selectinload(Invoice.items)
    jobs = (
        select(Job)
        .where(Job.account_id == account.id)
        .options(joinedload(Job.customer), joinedload(Job.job_type), joinedload(Job.call), bills)
    )
    if status is not None:
        jobs = jobs.where(Job.status == status)
    if linked is not None:
        jobs = jobs.where(Job.call_id.is_not(None) if linked else Job.call_id.is_(None))
    if cursor is not None:
        jobs = jobs.where(older_than(read_cursor(cursor), moment=Job.created_at, row_id=Job.id))
    limit = clamp(limit)
    found = session.scalars(jobs.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)).all()
    page = list(found[:limit])
    return Page(page, write_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def list_job_types(session: Session, *, account: Account) -> list[JobType]:
    """The account's job types by name."""
    return list(session.scalars(select(JobType).where(JobType.account_id == account.id).order_by(JobType.name)))
