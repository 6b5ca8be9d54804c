"""Jobs, their customers, types and invoices: written whole, by their external id, as often as anyone likes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from calltrack.db import upsert
from calltrack.models import Account, Call, Campaign, Customer, Invoice, InvoiceItem, Job, JobLink, JobType
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE
from calltrack.phone import normalise

STATUSES = ("scheduled", "in_progress", "completed", "canceled")


class BadJob(ValueError):
    """A job that cannot be kept; the message says what to change."""


@dataclass(frozen=True)
class Item:
    """One line of an invoice, in cents."""

    name: str
    amount: int
    income: bool


@dataclass(frozen=True)
class Bill:
    """An invoice, in cents."""

    number: str
    subtotal: int
    items: Sequence[Item] = ()


@dataclass(frozen=True)
class JobFacts:
    """Everything that is said of a job at once. Moments are aware; `invoices` replaces what was there.

    Blanks around the job's id and the names mean nothing.
    """

    external_id: str
    customer_name: str
    customer_phone: str | None
    job_type: str
    status: str
    created_at: datetime
    completed_at: datetime | None = None
    campaign_id: int | None = None
    technician_lead: bool = False
    invoices: Sequence[Bill] = field(default_factory=tuple)


def put_job(session: Session, *, account: Account, facts: JobFacts) -> Job:
    """Create the job or make it what `facts` says. Its link to a call stays as it is (see `link_job`)."""
    facts = replace(facts, external_id=facts.external_id.strip(), customer_name=facts.customer_name.strip())
    _check(facts)
    if facts.campaign_id is not None and not session.scalar(
        select(Campaign.id).where(Campaign.id == facts.campaign_id, Campaign.account_id == account.id)
    ):
        raise BadJob(f"there is no campaign {facts.campaign_id}")
    wait_for_turn(session, account=account)
    job_type = _job_type(session, account=account, name=facts.job_type)
    job = find_job(session, account=account, external_id=facts.external_id)
    if job is None:
        job = Job(account_id=account.id, external_id=facts.external_id)
        job.customer = _customer(session, account=account, facts=facts)
        session.add(job)
    elif (job.customer.name, job.customer.phone) != (facts.customer_name, _phone(facts)):
        job.customer = _customer(session, account=account, facts=facts)
    job.job_type, job.status, job.campaign_id = job_type, facts.status, facts.campaign_id
    completed_at = facts.completed_at
    if facts.status == "completed" and completed_at is None:  # revenue is dated by it: then by when we were first told
        completed_at = job.completed_at or datetime.now(UTC)
    job.created_at, job.completed_at = facts.created_at, completed_at
    job.technician_lead = facts.technician_lead
    _bill(session, job=job, bills=facts.invoices)
    session.flush()
    return job


def wait_for_turn(session: Session, *, account: Account) -> None:
    """Let one writer of the account's jobs in at a time, until it commits. What is read from here on stays so.

    Race: the same new job sent twice at once, or one look whether there is such a job and one that makes it.
    """
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))


def find_job(session: Session, *, account: Account, external_id: str) -> Job | None:
    """The account's job of that external id."""
    return session.scalar(select(Job).where(Job.account_id == account.id, Job.external_id == external_id.strip()))


def link_job(session: Session, *, job: Job, call: Call | None, matched_by: str | None, linked_by: str) -> None:
    """Say which call booked the job (None: no call did); every word is kept, the latest is in force.

    `matched_by`: given (the caller named the call), phone, or person (somebody chose it on a page).
    """
    if call is not None and call.account_id != job.account_id:
        raise BadJob("the call belongs to another account")
    job_call = call.id if call else None
    matched_by = matched_by if call else None
    if job.call_id == job_call and job.matched_by == matched_by:
        return
    job.call, job.matched_by = call, matched_by
    session.add(
        JobLink(
            job_id=job.id,
            call_id=job_call,
            matched_by=matched_by,
            linked_by=linked_by,
            linked_at=datetime.now(UTC),
        )
    )
    session.flush()


def jobs_of(session: Session, *, call_id: int) -> list[Job]:
    """The jobs that a call booked, oldest first."""
    shown = (joinedload(Job.customer), joinedload(Job.job_type), selectinload(Job.invoices))
    jobs = select(Job).where(Job.call_id == call_id).options(*shown)
    return list(session.scalars(jobs.order_by(Job.created_at, Job.id)))


def set_threshold(session: Session, *, account: Account, name: str, sold_threshold: int | None) -> JobType:
    """A job type and the subtotal in cents from which it counts as sold; none is allowed, and warned about."""
    if sold_threshold is not None and sold_threshold < 0:
        raise BadJob("a sold threshold is not negative")
    job_type = _job_type(session, account=account, name=name)
    job_type.sold_threshold = sold_threshold
    session.flush()
    return job_type


def _job_type(session: Session, *, account: Account, name: str) -> JobType:
    name = name.strip()
    if not name:
        raise BadJob("a job needs a type")
    _check_length("a job type", name, longest=LONGEST_NAME)
    # Race: two first jobs of a type come at once; the unique key lets one insert, the other reads what it wrote.
    row = upsert(session, JobType).values(account_id=account.id, name=name, sold_threshold=None)
    session.execute(row.on_conflict_do_nothing())
    return session.scalars(select(JobType).where(JobType.account_id == account.id, JobType.name == name)).one()


def _check(facts: JobFacts) -> None:
    """Refuse what no job can be, or what the tables cannot hold."""
    if not facts.external_id:
        raise BadJob("a job needs an id")
    if not facts.customer_name:
        raise BadJob("a customer needs a name")
    if facts.status not in STATUSES:
        raise BadJob(f"status is one of {', '.join(STATUSES)}, not {facts.status!r}")
    numbers = [bill.number for bill in facts.invoices]
    if len(set(numbers)) < len(numbers):
        raise BadJob("two invoices of the job have the same number")
    _check_length("a job's id", facts.external_id, longest=LONGEST_NUMBER)
    _check_length("a customer's name", facts.customer_name, longest=LONGEST_NAME)
    _check_length("a phone number", _phone(facts) or "", longest=LONGEST_PHONE)
    for bill in facts.invoices:
        _check_length("an invoice's number", bill.number, longest=LONGEST_NUMBER)
        for item in bill.items:
            _check_length("an invoice item's name", item.name, longest=LONGEST_NAME)


def _check_length(what: str, text: str, *, longest: int) -> None:
    if len(text) > longest:
        raise BadJob(f"{what} has at most {longest} characters")


def _phone(facts: JobFacts) -> str | None:
    return normalise(facts.customer_phone) if facts.customer_phone else None


def _customer(session: Session, *, account: Account, facts: JobFacts) -> Customer:
    """The customer of that name and phone, known or new."""
    phone = _phone(facts)
    known = session.scalar(
        select(Customer)
        .where(
            Customer.account_id == account.id,
            Customer.phone == phone if phone else Customer.phone.is_(None),
            Customer.name == facts.customer_name,
        )
        .limit(1)
    )
    return known or Customer(account_id=account.id, name=facts.customer_name, phone=phone, created_at=datetime.now(UTC))


def _bill(session: Session, *, job: Job, bills: Sequence[Bill]) -> None:
    job.invoices.clear()
    session.flush()  # the old rows must be gone before the same numbers are used again
    job.invoices.extend(
        Invoice(
            number=bill.number,
            subtotal=bill.subtotal,
            items=[InvoiceItem(name=item.name, amount=item.amount, income=item.income) for item in bill.items],
        )
        for bill in bills
    )
