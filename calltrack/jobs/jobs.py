"""Jobs, their types, and what changed of them: written whole, by their external id, as often as anyone likes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.jobs.billing import change, named_ledgers, write_bills, write_offers
from calltrack.jobs.customers import customer_of
from calltrack.jobs.facts import STATUSES, BadJob, Bill, Item, JobFacts, Offer, check_length, tidy
from calltrack.jobs.ledger import ledger_accounts
from calltrack.jobs.linking import link_job
from calltrack.jobs.listing import shown_jobs
from calltrack.models import Account, Campaign, Customer, Job, JobType
from calltrack.models.job import LONGEST_NAME
from calltrack.money import to_text

__all__ = [
    "STATUSES", "BadJob", "Bill", "Item", "JobFacts", "Offer", "find_job", "find_job_type", "jobs_of", "link_job",
    "name_campaign", "put_job", "set_threshold", "wait_for_turn",
]  # fmt: skip


def put_job(session: Session, *, account: Account, facts: JobFacts, by: str) -> Job:
    """Create the job or make it what `facts` says; who changed what of a known one is kept. The same twice writes
    nothing. Its link to a call stays as it is (see `link_job` and jobs/matching.py)."""
    facts = tidy(facts)
    _check_campaign(session, account=account, campaign_id=facts.campaign_id)
    wait_for_turn(session, account=account)
    job_type = _job_type(session, account=account, name=facts.job_type)
    ledgers = ledger_accounts(session, account=account, said=named_ledgers(facts.invoices))
    job = find_job(session, account=account, external_id=facts.external_id)
    customer = job.customer if job and _is_for(job.customer, facts) else None
    customer = customer or customer_of(session, account=account, facts=facts, by=by)
    before = _noted(session, job=job, zone=account.time_zone) if job else None
    completed_at = facts.completed_at
    if facts.status == "completed" and completed_at is None:  # revenue is dated by it: then by when we were first told
        completed_at = (job.completed_at if job else None) or datetime.now(UTC)
    if job is None:
        job = Job(account_id=account.id, external_id=facts.external_id)
    change(
        job, customer=customer, job_type=job_type, status=facts.status, campaign_id=facts.campaign_id,
        created_at=facts.created_at, completed_at=completed_at, technician_lead=facts.technician_lead,
    )  # fmt: skip
    write_bills(job=job, bills=facts.invoices, ledgers=ledgers)
    if facts.estimates is not None:
        write_offers(job=job, offers=facts.estimates)
    session.add(job)
    session.flush()
    if before:
        _record(session, job=job, before=before, zone=account.time_zone, by=by)
    return job


def find_job(session: Session, *, account: Account, external_id: str) -> Job | None:
    """The account's job of that external id."""
    return session.scalar(shown_jobs(account=account).where(Job.external_id == external_id.strip()))


def jobs_of(session: Session, *, call_id: int) -> list[Job]:
    """The jobs that a call booked, oldest first."""
    shown = (joinedload(Job.customer), joinedload(Job.job_type), selectinload(Job.invoices))
    jobs = select(Job).where(Job.call_id == call_id).options(*shown)
    return list(session.scalars(jobs.order_by(Job.created_at, Job.id)))


def name_campaign(session: Session, *, account: Account, job: Job, campaign_id: int | None, by: str) -> None:
    """Say which campaign a job belongs to that no call booked (None: to none)."""
    _check_campaign(session, account=account, campaign_id=campaign_id)
    before = _noted(session, job=job, zone=account.time_zone)
    change(job, campaign_id=campaign_id)
    session.flush()
    _record(session, job=job, before=before, zone=account.time_zone, by=by)


def set_threshold(session: Session, *, account: Account, name: str, sold_threshold: int | None, by: str) -> JobType:
    """A job type and the subtotal in cents from which it counts as sold; none is allowed, and warned about."""
    if sold_threshold is not None and sold_threshold < 0:
        raise BadJob("a sold threshold is not negative")
    wait_for_turn(session, account=account)
    job_type = _job_type(session, account=account, name=name.strip())
    amounts = (_amount(job_type.sold_threshold), _amount(sold_threshold))
    change(job_type, sold_threshold=sold_threshold)
    session.flush()
    record(
        session, account_id=account.id, noun="job type", noun_id=job_type.id, fields={"sold threshold": amounts}, by=by
    )
    return job_type


def find_job_type(session: Session, *, account: Account, name: str) -> JobType | None:
    """The account's job type of that name. Upper and lower case are the same; of two the exact one wins."""
    own = select(JobType).where(JobType.account_id == account.id)
    if known := session.scalar(own.where(JobType.name == name)):
        return known
    # Not in SQL: the two databases do not fold the same letters.
    types = session.scalars(own.order_by(JobType.id)).all()
    return next((one for one in types if one.name.casefold() == name.casefold()), None)


def _job_type(session: Session, *, account: Account, name: str) -> JobType:
    """Race: two first jobs of a type come at once; whoever asks has waited for their turn, and finds the other's."""
    if not name:
        raise BadJob("a job needs a type")
    check_length("a job type", name, longest=LONGEST_NAME)
    job_type = find_job_type(session, account=account, name=name)
    if job_type is None:
        job_type = JobType(account_id=account.id, name=name)
        session.add(job_type)
        session.flush()
    return job_type


def _is_for(customer: Customer, facts: JobFacts) -> bool:
    said = (facts.customer_name, facts.customer_phone)
    return facts.customer_external_id is None and (customer.name, customer.phone) == said


def _check_campaign(session: Session, *, account: Account, campaign_id: int | None) -> None:
    own = select(Campaign.id).where(Campaign.id == campaign_id, Campaign.account_id == account.id)
    if campaign_id is not None and not session.scalar(own):
        raise BadJob(f"there is no campaign {campaign_id}")


def _noted(session: Session, *, job: Job, zone: str) -> dict[str, str | None]:
    """What the ledger of changes follows, as a person reads it: sums and times of the account's zone."""
    campaign = session.get(Campaign, job.campaign_id) if job.campaign_id else None
    items = [item for bill in job.invoices for item in bill.items]
    return {
        "status": job.status,
        "created_at": _local(job.created_at, zone),
        "completed_at": _local(job.completed_at, zone),
        "job type": job.job_type.name,
        "campaign": campaign.name if campaign else None,
        "invoiced": _amount(sum(bill.subtotal for bill in job.invoices)),
        "income": _amount(sum(item.amount for item in items if item.income)),
        "technician_lead": "yes" if job.technician_lead else "no",
    }


def _record(session: Session, *, job: Job, before: dict[str, str | None], zone: str, by: str) -> None:
    now = _noted(session, job=job, zone=zone)
    fields: dict[str, tuple[object, object]] = {name: (was, now[name]) for name, was in before.items()}
    record(session, account_id=job.account_id, noun="job", noun_id=job.id, fields=fields, by=by)


def _local(moment: datetime | None, zone: str) -> str | None:
    return moment.astimezone(ZoneInfo(zone)).isoformat() if moment else None


def _amount(cents: int | None) -> str | None:
    return None if cents is None else to_text(cents)
