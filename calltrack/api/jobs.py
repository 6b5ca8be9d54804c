"""Jobs, their invoices and estimates, and the job types' sold thresholds."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.door import JOBS, bp, give, requires, visitor
from calltrack.api.fields import CostIn, Id, Items, MomentIn, Money, MoneyIn, PageQuery
from calltrack.api.job_answers import EstimateStatus, FullJob, JobAnswer, Status, full_job, job_answer
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.jobs.arriving import UNSAID, take_job
from calltrack.jobs.facts import Bill, Item, JobFacts, Offer
from calltrack.jobs.jobs import find_job, set_threshold
from calltrack.jobs.listing import list_job_types, list_jobs
from calltrack.jobs.matching import candidates_of
from calltrack.models import JobType
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE


class JobTypePath(BaseModel):
    """Which job type."""

    name: str = Field(max_length=LONGEST_NAME)


class Threshold(BaseModel):
    """The invoice subtotal from which a job of this type counts as sold; null: none is set."""

    sold_threshold: CostIn | None


class JobTypeAnswer(BaseModel):
    """A job type; without a threshold every job of it that was billed counts as sold."""

    name: str
    sold_threshold: Money | None


class CustomerIn(BaseModel):
    """Whom the job is for: known by `external_id` where it is given, else by name and phone together."""

    name: str = Field(max_length=LONGEST_NAME)
    phone: str | None = Field(
        None, max_length=LONGEST_PHONE, examples=["+13125550142"],
        description="Left out beside an external_id: the phone that is known stays",
    )  # fmt: skip
    external_id: str | None = Field(None, max_length=LONGEST_NUMBER, description="As your own system calls them")


class ItemIn(BaseModel):
    """One line of an invoice: either says itself whether it is income, or names the ledger account it is booked on."""

    name: str = Field(max_length=LONGEST_NAME)
    amount: MoneyIn
    income: bool | None = Field(None, description="Needed without a ledger_account")
    ledger_account: str | None = Field(
        None, max_length=LONGEST_NAME, description="Its setting decides; a new one is income if the item says so"
    )


class InvoiceIn(BaseModel):
    """What the job was billed."""

    number: str = Field(max_length=LONGEST_NUMBER)
    subtotal: MoneyIn
    items: list[ItemIn] = Field(default_factory=list, max_length=500)


class EstimateIn(BaseModel):
    """What the job was offered for."""

    number: str = Field(max_length=LONGEST_NUMBER)
    name: str | None = Field(None, max_length=LONGEST_NAME)
    status: EstimateStatus
    subtotal: MoneyIn
    sold_at: MomentIn | None = Field(None, description="Kept for a sold one; left out: when we were first told so")


class JobIn(BaseModel):
    """A job as a whole; the invoices replace those that were there."""

    customer: CustomerIn
    job_type: str = Field(max_length=LONGEST_NAME, examples=["furnace repair"])
    status: Status
    created_at: MomentIn
    completed_at: MomentIn | None = Field(None, description="Needed once the status is completed")
    call_sid: str | None = Field(
        None, max_length=64,
        description="The call that booked it; left out: the link stays, or the job is matched by phone; null: none did",
    )  # fmt: skip
    campaign_id: Id | None = Field(
        None, description="For a job that no call booked; left out: stays as it is; a linked call's campaign wins"
    )
    technician_lead: bool = Field(default=False, description="A technician set it while at another job")
    invoices: list[InvoiceIn] = Field(default_factory=list, max_length=100)
    estimates: list[EstimateIn] | None = Field(
        None, max_length=100, description="Replace those that were there; left out or null: they stay"
    )


class JobPath(BaseModel):
    """Which job, as your own system calls it."""

    external_id: Annotated[str, Field(max_length=LONGEST_NUMBER)]


class JobQuery(PageQuery):
    """Which jobs."""

    status: Status | None = None
    linked: bool | None = Field(None, description="Whether a call is known that booked the job")
    doubtful: bool | None = Field(None, description="Whether calls of several campaigns may have booked it")
    without_campaign: bool | None = Field(None, description="Whether it belongs to no campaign: a list to repair")
    q: str | None = Field(
        None, max_length=LONGEST_NAME, description="The job's id, a part of the customer's name, or their phone"
    )


@bp.get("/job-types", tags=[JOBS], responses={200: Items[JobTypeAnswer]})
@requires("jobs.read")
def list_all_job_types() -> Response:
    """All job types with their sold thresholds, by name."""
    with ground().database.read() as session:
        found = list_job_types(session, account=visitor().account)
    return give(Items[JobTypeAnswer](items=[_job_type(one) for one in found]))


@bp.put("/job-types/<path:name>", tags=[JOBS], responses={200: JobTypeAnswer, **refusals(404, 409, 413)})
@requires("thresholds.write")
def put_job_type(path: JobTypePath, body: Threshold) -> Response:
    """Set the sold threshold of a job type; a type that is new is created."""
    account, by = visitor().account, visitor().name
    with ground().database.write.begin() as session:
        job_type = set_threshold(session, account=account, name=path.name, sold_threshold=body.sold_threshold, by=by)
    return give(_job_type(job_type))


@bp.get("/jobs", tags=[JOBS], responses={200: Items[JobAnswer]})
@requires("jobs.read", leaves="saw")
def list_some_jobs(query: JobQuery) -> Response:
    """Jobs, newest first by their creation."""
    with ground().database.read() as session:
        page = list_jobs(session, account=visitor().account, **query.model_dump())
        items = [job_answer(job) for job in page.items]
    return give(Items[JobAnswer](items=items, next=page.next))


@bp.get("/jobs/<path:external_id>", tags=[JOBS], responses={200: FullJob, **refusals(404)})
@requires("jobs.read", leaves="saw")
def read_job(path: JobPath) -> Response:
    """One job, and the calls that may have booked it."""
    account = visitor().account
    with ground().database.read() as session:
        job = find_job(session, account=account, external_id=path.external_id)
        if job is None:
            raise Problem(404, f"there is no job {path.external_id}; PUT it to create it")
        found = candidates_of(session, account=account, jobs=[job])
        return give(full_job(job, candidates=found.get(job.id, [])))


@bp.put("/jobs/<path:external_id>", tags=[JOBS], responses={200: JobAnswer, **refusals(404, 409, 413)})
@requires("jobs.write")
def put_whole_job(path: JobPath, body: JobIn) -> Response:
    """Create a job or make it what the body says; the same twice changes nothing."""
    said = body.model_fields_set
    with ground().database.write.begin() as session:
        job = take_job(
            session,
            account=visitor().account,
            facts=_facts(path.external_id, body),
            call_sid=body.call_sid if "call_sid" in said else UNSAID,
            campaign_id=body.campaign_id if "campaign_id" in said else UNSAID,
            sent_by=visitor().name,
        )
        return give(job_answer(job))


def _facts(external_id: str, body: JobIn) -> JobFacts:
    offers = None
    if body.estimates is not None:
        offers = [Offer(one.number, one.status, one.subtotal, one.name or "", one.sold_at) for one in body.estimates]
    return JobFacts(
        external_id=external_id,
        customer_name=body.customer.name,
        customer_phone=body.customer.phone,
        customer_external_id=body.customer.external_id,
        job_type=body.job_type,
        status=body.status,
        created_at=body.created_at,
        completed_at=body.completed_at,
        technician_lead=body.technician_lead,
        invoices=[
            Bill(
                bill.number,
                bill.subtotal,
                [Item(item.name, item.amount, item.income, item.ledger_account) for item in bill.items],
            )
            for bill in body.invoices
        ],
        estimates=offers,
    )


def _job_type(job_type: JobType) -> JobTypeAnswer:
    return JobTypeAnswer(name=job_type.name, sold_threshold=job_type.sold_threshold)
