"""Which call booked a job, as a person or a sender says: every word is kept, the latest is in force."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.jobs.facts import BadJob
from calltrack.models import Call, Job, JobLink


def link_job(session: Session, *, job: Job, call: Call | None, matched_by: str | None, linked_by: str) -> None:
    """Say which call booked the job (None: no call did); no matching by phone changes that any more.

    `matched_by`: given (the sender of the job named the call), or person (somebody chose it on a page).
    """
    if call is not None and call.account_id != job.account_id:
        raise BadJob("the call belongs to another account")
    matched_by = matched_by if call else None
    if (job.call_id, job.matched_by) == (call.id if call else None, matched_by) and (call or _said(session, job=job)):
        return
    job.call, job.matched_by, job.doubtful = call, matched_by, False
    session.add(
        JobLink(
            job_id=job.id,
            call_id=call.id if call else None,
            matched_by=matched_by,
            linked_by=linked_by,
            linked_at=datetime.now(UTC),
        )
    )
    session.flush()


def links_of(session: Session, *, job: Job) -> list[tuple[JobLink, Call | None]]:
    """Every word on which call booked the job, each with its call, oldest first."""
    links = select(JobLink, Call).outerjoin(Call, Call.id == JobLink.call_id).where(JobLink.job_id == job.id)
    return [(link, call) for link, call in session.execute(links.order_by(JobLink.id))]


def _said(session: Session, *, job: Job) -> bool:
    """Whether it is a word already that no call booked the job, and not just that none was found."""
    last = session.scalar(select(JobLink).where(JobLink.job_id == job.id).order_by(JobLink.id.desc()).limit(1))
    return last is not None and last.matched_by is None
