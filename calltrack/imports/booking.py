"""Jobs in batches: which are known, the new ones in bulk, the changed ones by the same verb as all others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from calltrack.imports.bulk import Values, insert, is_sqlite, look_up, stamp, take_ids
from calltrack.imports.kind import IMPORT, Sorted
from calltrack.jobs.arriving import UNSAID, take_job
from calltrack.jobs.facts import Bill, Item, JobFacts
from calltrack.jobs.jobs import find_job
from calltrack.jobs.matching import match_by_phone
from calltrack.marks import mark
from calltrack.models import Account, Call, Customer, Invoice, InvoiceItem, Job, JobLink, JobType
from calltrack.models.cell import NO_CAMPAIGN

_Row: TypeAlias = Row[*tuple[Any, ...]]
INCOME = "Income"  # what an invoice's income item from a file is called

_CUSTOMER = "id account_id name phone created_at".split()
_JOB = (
    "id account_id external_id customer_id job_type_id status created_at completed_at technician_lead call_id "
    "campaign_id matched_by doubtful known_since"
).split()
_LINK = "job_id call_id matched_by linked_by linked_at".split()
_INVOICE = "id job_id number subtotal".split()
_ITEM = "invoice_id name amount income".split()


class JobSaid(NamedTuple):
    """What a line says of a job as such; None where it says nothing."""

    external_id: str
    customer_name: str
    customer_phone: str | None
    job_type: str
    status: str
    created_at: datetime
    completed_at: datetime | None
    call_sid: str | None
    campaign_id: int | None
    technician_lead: bool | None


class _Booker(NamedTuple):
    """A call that booked a job."""

    id: int
    campaign_id: int | None
    started_at: datetime


@dataclass
class JobUnit:
    """A job with its invoices: number -> (subtotal, income or None where it is not said), in cents."""

    job: JobSaid
    invoices: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    lines: int = 0


def calls_named(session: Session, *, account_id: int, sids: Collection[str]) -> set[str]:
    """Those sids that a call of the account has."""
    return {sid for (sid,) in look_up(session, Call.call_sid, texts=sids, account_id=account_id)}


def compare_jobs(session: Session, *, account_id: int, units: Sequence[JobUnit]) -> Sorted:
    """Which of the jobs are new, which are known otherwise than the file has them, and how many just so."""
    said = [unit.job.external_id for unit in units]
    found = look_up(session, Job.external_id, Job.id, texts=said, account_id=account_id)
    ids = [job_id for _, job_id in found]
    if not ids:
        return Sorted(new=units)
    columns = (
        Job.external_id, Job.id, Job.status, Job.created_at, Job.completed_at, Job.technician_lead, Job.campaign_id,
        Job.matched_by, Customer.name, Customer.phone, JobType.name.label("job_type"), Call.call_sid,
    )  # fmt: skip
    jobs = (
        select(*columns)
        .join(Customer, Customer.id == Job.customer_id)
        .join(JobType, JobType.id == Job.job_type_id)
        .outerjoin(Call, Call.id == Job.call_id)
        .where(Job.id.in_(ids))
    )
    stored = {job.external_id: job for job in session.execute(jobs)}
    billed = _billed(session, job_ids=[job.id for job in stored.values()])
    new, changed, known = [], [], 0
    for unit in units:
        job = stored.get(unit.job.external_id)
        if job is None:
            new.append(unit)
        elif _says_no_more(unit, job, billed.get(job.id, {})):
            known += 1
        else:
            changed.append(unit)
    return Sorted(new, changed, known)


def update_jobs(session: Session, *, account: Account, changed: Sequence[JobUnit]) -> None:
    """Make known jobs what the file says; where it says nothing they stay as they are."""
    for unit in changed:
        job = find_job(session, account=account, external_id=unit.job.external_id)
        if job is not None:
            take_job(
                session,
                account=account,
                facts=_facts(unit, job),
                call_sid=unit.job.call_sid or UNSAID,
                campaign_id=UNSAID if unit.job.campaign_id is None else unit.job.campaign_id,
                sent_by=IMPORT,
            )


def book_jobs(session: Session, *, account: Account, new: Sequence[JobUnit], job_types: dict[str, int]) -> None:
    """Insert new jobs with their customers and invoices, link them to the calls they name, and match the others.

    `job_types`: ids by name that are known already; more are added as they turn up.
    """
    if not new:
        return
    sqlite = is_sqlite(session)
    moment = datetime.now(UTC)
    now = stamp(moment, sqlite=sqlite)
    calls = _calls(session, account=account, sids={unit.job.call_sid for unit in new if unit.job.call_sid})
    customers = _customers(session, account=account, new=new, now=now)
    _add_job_types(session, account=account, names={unit.job.job_type for unit in new}, known=job_types)
    jobs: list[Values] = []
    links: list[Values] = []
    for job_id, unit in zip(ids := take_ids(session, Job, count=len(new)), new, strict=True):
        job, call = unit.job, calls.get(unit.job.call_sid or "")
        # Revenue is dated by it: then by when we were first told, as `put_job` has it.
        completed_at = job.completed_at or (moment if job.status == "completed" else None)
        jobs.append(
            (
                job_id, account.id, job.external_id, customers[job.customer_name, job.customer_phone],
                job_types[job.job_type], job.status, stamp(job.created_at, sqlite=sqlite),
                stamp(completed_at, sqlite=sqlite) if completed_at else None, 1 if job.technician_lead else 0,
                call.id if call else None, job.campaign_id, "given" if call else None, 0, now,
            )
        )  # fmt: skip
        if call:
            links.append((job_id, call.id, "given", IMPORT, now))
    insert(session, Job, columns=_JOB, rows=jobs)
    insert(session, JobLink, columns=_LINK, rows=links)
    _bill(session, ids=ids, new=new)
    _mark_days(session, account=account, new=new, calls=calls, now=moment)
    unlinked = [job_id for job_id, unit in zip(ids, new, strict=True) if not unit.job.call_sid]
    if unlinked:
        match_by_phone(session, account=account, job_ids=unlinked)


def _calls(session: Session, *, account: Account, sids: Collection[str]) -> dict[str, "_Booker"]:
    """Of several calls of one sid the first, as `find_call` has it."""
    columns = (Call.call_sid, Call.id, Call.campaign_id, Call.started_at)
    return {one[0]: _Booker(*one[1:]) for one in look_up(session, *columns, texts=sids, account_id=account.id)}


def _billed(session: Session, *, job_ids: Collection[int]) -> dict[int, dict[str, tuple[int, int]]]:
    """By job and invoice number: (subtotal, income), in cents."""
    income = func.sum(case((InvoiceItem.income, InvoiceItem.amount), else_=0))
    bills = (
        select(Invoice.job_id, Invoice.number, Invoice.subtotal, func.coalesce(income, 0))
        .outerjoin(InvoiceItem, InvoiceItem.invoice_id == Invoice.id)
        .where(Invoice.job_id.in_(job_ids))
        .group_by(Invoice.id, Invoice.job_id, Invoice.number, Invoice.subtotal)
    )
    billed: dict[int, dict[str, tuple[int, int]]] = {}
    for job_id, number, subtotal, earned in session.execute(bills):
        billed.setdefault(job_id, {})[number] = (subtotal, int(earned))
    return billed


def _says_no_more(unit: JobUnit, stored: _Row, billed: Mapping[str, tuple[int, int]]) -> bool:
    """Whether all that the file says of the job is stored."""
    job = unit.job
    return (
        (job.customer_name, job.job_type, job.status, job.created_at)
        == (stored.name, stored.job_type, stored.status, stored.created_at)
        and job.customer_phone in (None, stored.phone)
        and _completed_at(job, stored.completed_at) == stored.completed_at
        and (job.call_sid is None or (job.call_sid, "given") == (stored.call_sid, stored.matched_by))
        and job.campaign_id in (None, stored.campaign_id)
        and job.technician_lead in (None, stored.technician_lead)
        and all(_is_billed(said, billed.get(number)) for number, said in unit.invoices.items())
    )


def _completed_at(job: JobSaid, known: datetime | None) -> datetime | None:
    """A job that is not completed, or no more, has no such moment unless the file says one."""
    return job.completed_at or (known if job.status == "completed" else None)


def _is_billed(said: tuple[int, int | None], known: tuple[int, int] | None) -> bool:
    return known is not None and said[0] == known[0] and said[1] in (None, known[1])


def _facts(unit: JobUnit, job: Job) -> JobFacts:
    said = unit.job
    bills = {
        row.number: Bill(
            row.number,
            row.subtotal,
            [
                Item(it.name, it.amount, it.income, it.ledger_account.name if it.ledger_account else None)
                for it in row.items
            ],
        )
        for row in job.invoices
    }
    for number, (subtotal, income) in unit.invoices.items():
        bill = bills.get(number, Bill(number, subtotal))
        earned = sum(item.amount for item in bill.items if item.income)
        items = bill.items if income in (None, earned) else [Item(INCOME, income or 0, income=True)]
        bills[number] = Bill(number, subtotal, items)
    return JobFacts(
        external_id=said.external_id,
        customer_name=said.customer_name,
        customer_phone=said.customer_phone or job.customer.phone,
        job_type=said.job_type,
        status=said.status,
        created_at=said.created_at,
        completed_at=_completed_at(said, job.completed_at),
        technician_lead=job.technician_lead if said.technician_lead is None else said.technician_lead,
        invoices=list(bills.values()),
    )


def _customers(
    session: Session, *, account: Account, new: Sequence[JobUnit], now: str
) -> dict[tuple[str, str | None], int]:
    """Ids by (name, phone): whoever is known, of several the first, and new rows for the others."""
    wanted = dict.fromkeys((unit.job.customer_name, unit.job.customer_phone) for unit in new)
    own = select(Customer.name, Customer.phone, Customer.id).where(Customer.account_id == account.id)
    own = own.order_by(Customer.id)
    known: dict[tuple[str, str | None], int] = {}
    said = {phone for _, phone in wanted if phone}
    phones = [phone for (phone,) in look_up(session, Customer.phone, account_id=account.id, texts=said)]
    theirs = own.where(Customer.phone.in_(phones))
    for name, phone, customer_id in session.execute(theirs) if phones else ():
        known.setdefault((name, phone), customer_id)
    nameless = {name for name, phone in wanted if not phone}
    without = own.where(Customer.phone.is_(None), Customer.name.in_(nameless))
    for name, _, customer_id in session.execute(without) if nameless else ():
        known.setdefault((name, None), customer_id)
    missing = [key for key in wanted if key not in known]
    ids = take_ids(session, Customer, count=len(missing))
    rows = [(customer_id, account.id, *key, now) for customer_id, key in zip(ids, missing, strict=True)]
    insert(session, Customer, columns=_CUSTOMER, rows=rows)
    return known | dict(zip(missing, ids, strict=True))


def _add_job_types(session: Session, *, account: Account, names: set[str], known: dict[str, int]) -> None:
    """Types that are new get no threshold."""
    missing = names - known.keys()
    if not missing:
        return
    # Since the import began another may have added a type, in other case perhaps; the first one of a name stands.
    own = select(JobType.name, JobType.id).where(JobType.account_id == account.id).order_by(JobType.id.desc())
    there = {one.name.casefold(): one.id for one in session.execute(own)}
    if new := [name for name in sorted(missing) if name.casefold() not in there]:
        insert(session, JobType, columns=("account_id", "name"), rows=[(account.id, name) for name in new])
        there = {one.name.casefold(): one.id for one in session.execute(own)}
    known.update({name: there[name.casefold()] for name in missing})


def _bill(session: Session, *, ids: Sequence[int], new: Sequence[JobUnit]) -> None:
    bills = [
        (job_id, number, subtotal, income)
        for job_id, unit in zip(ids, new, strict=True)
        for number, (subtotal, income) in unit.invoices.items()
    ]
    bill_ids = take_ids(session, Invoice, count=len(bills))
    rows: list[Values] = [(bill_id, *bill[:3]) for bill_id, bill in zip(bill_ids, bills, strict=True)]
    insert(session, Invoice, columns=_INVOICE, rows=rows)
    items: list[Values] = [
        (bill_id, INCOME, income, 1)
        for bill_id, (*_, income) in zip(bill_ids, bills, strict=True)
        if income is not None
    ]
    insert(session, InvoiceItem, columns=_ITEM, rows=items)


def _mark_days(
    session: Session, *, account: Account, new: Sequence[JobUnit], calls: Mapping[str, _Booker], now: datetime
) -> None:
    """The day of the call, and the job's own days with the call's campaign and its own."""
    zone = ZoneInfo(account.time_zone)
    days: dict[tuple[int | None, date], datetime] = {}

    for unit in new:
        job, call = unit.job, calls.get(unit.job.call_sid or "")
        completed_at = job.completed_at or (now if job.status == "completed" else None)
        if call:
            days[call.campaign_id, call.started_at.astimezone(zone).date()] = call.started_at
        for campaign_id in {job.campaign_id, call.campaign_id if call else job.campaign_id}:
            days[campaign_id, job.created_at.astimezone(zone).date()] = job.created_at
            if completed_at:
                days[campaign_id, completed_at.astimezone(zone).date()] = completed_at
    for (campaign_id, _), moment in days.items():
        mark(session, account_id=account.id, campaign_id=campaign_id or NO_CAMPAIGN, moment=moment)
