"""Jobs, their invoices, and the job types' sold thresholds."""

from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.door import JOBS, bp, give, requires, visitor
from calltrack.api.fields import CostIn, Id, Items, Moment, MomentIn, Money, MoneyIn, PageQuery
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.jobs.arriving import UNSAID, take_job
from calltrack.jobs.jobs import Bill, Item, JobFacts, find_job, set_threshold
from calltrack.jobs.listing import list_job_types, list_jobs
from calltrack.models import Job, JobType
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE

Status = Literal["scheduled", "in_progress", "completed", "canceled"]


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
    """Whom the job is for."""

    name: str = Field(max_length=LONGEST_NAME)
    phone: str | None = Field(None, max_length=LONGEST_PHONE, examples=["+13125550142"])


class ItemIn(BaseModel):
    """One line of an invoice; `income`: it is booked on an income account."""

    name: str = Field(max_length=LONGEST_NAME)
    amount: MoneyIn
    income: bool


class InvoiceIn(BaseModel):
    """What the job was billed."""

    number: str = Field(max_length=LONGEST_NUMBER)
    subtotal: MoneyIn
    items: list[ItemIn] = Field(default_factory=list, max_length=500)


class JobIn(BaseModel):
    """A job as a whole; the invoices replace those that were there."""

    customer: CustomerIn
    job_type: str = Field(max_length=LONGEST_NAME, examples=["furnace repair"])
    status: Status
    created_at: MomentIn
    completed_at: MomentIn | None = Field(None, description="Needed once the status is completed")
    call_sid: str | None = Field(
        None, max_length=64, description="The call that booked it; left out: the link stays as it is; null: none did"
    )
    campaign_id: Id | None = Field(
        None, description="For a job that no call booked; left out: stays as it is; a linked call's campaign wins"
    )
    technician_lead: bool = Field(default=False, description="A technician set it while at another job")
    invoices: list[InvoiceIn] = Field(default_factory=list, max_length=100)


class JobPath(BaseModel):
    """Which job, as your own system calls it."""

    external_id: Annotated[str, Field(max_length=LONGEST_NUMBER)]


class JobQuery(PageQuery):
    """Which jobs."""

    status: Status | None = None
    linked: bool | None = Field(None, description="Whether a call is known that booked the job")


class CustomerAnswer(BaseModel):
    """A customer; the phone in E.164 where it can be read."""

    id: int
    name: str
    phone: str | None


class ItemAnswer(BaseModel):
    """One line of an invoice."""

    name: str
    amount: Money
    income: bool


class InvoiceAnswer(BaseModel):
    """An invoice."""

    number: str
    subtotal: Money
    items: list[ItemAnswer]


class JobAnswer(BaseModel):
    """A job; `matched_by` says how its call was found, `campaign_id` is the linked call's campaign, else its own."""

    external_id: str
    customer: CustomerAnswer
    job_type: str
    status: Status
    created_at: Moment
    completed_at: Moment | None
    call_sid: str | None
    matched_by: Literal["given", "phone", "person"] | None
    campaign_id: int | None
    technician_lead: bool
    invoices: list[InvoiceAnswer]


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
    with ground().database.write.begin() as session:
        job_type = set_threshold(session, account=visitor().account, name=path.name, sold_threshold=body.sold_threshold)
    return give(_job_type(job_type))


@bp.get("/jobs", tags=[JOBS], responses={200: Items[JobAnswer]})
@requires("jobs.read")
def list_some_jobs(query: JobQuery) -> Response:
    """Jobs, newest first by their creation."""
    with ground().database.read() as session:
        page = list_jobs(
            session,
            account=visitor().account,
            status=query.status,
            linked=query.linked,
            cursor=query.cursor,
            limit=query.limit,
        )
        items = [job_answer(job) for job in page.items]
    return give(Items[JobAnswer](items=items, next=page.next))


@bp.get("/jobs/<path:external_id>", tags=[JOBS], responses={200: JobAnswer, **refusals(404)})
@requires("jobs.read")
def read_job(path: JobPath) -> Response:
    """One job."""
    with ground().database.read() as session:
        job = find_job(session, account=visitor().account, external_id=path.external_id)
        if job is None:
            raise Problem(404, f"there is no job {path.external_id}; PUT it to create it")
        return give(job_answer(job))


@bp.put("/jobs/<path:external_id>", tags=[JOBS], responses={200: JobAnswer, **refusals(404, 409, 413)})
@requires("jobs.write")
def put_whole_job(path: JobPath, body: JobIn) -> Response:
    """Create a job or make it what the body says; the same twice changes nothing."""
    said = body.model_fields_set
    facts = JobFacts(
        external_id=path.external_id,
        customer_name=body.customer.name,
        customer_phone=body.customer.phone,
        job_type=body.job_type,
        status=body.status,
        created_at=body.created_at,
        completed_at=body.completed_at,
        technician_lead=body.technician_lead,
        invoices=[
            Bill(bill.number, bill.subtotal, [Item(item.name, item.amount, item.income) for item in bill.items])
            for bill in body.invoices
        ],
    )
    with ground().database.write.begin() as session:
        job = take_job(
            session,
            account=visitor().account,
            facts=facts,
            call_sid=body.call_sid if "call_sid" in said else UNSAID,
            campaign_id=body.campaign_id if "campaign_id" in said else UNSAID,
            sent_by=visitor().name,
        )
        return give(job_answer(job))


def job_answer(job: Job) -> JobAnswer:
    """The job as programs read it."""
    call = job.call
    return JobAnswer.model_validate(
        {
            "external_id": job.external_id,
            "customer": {"id": job.customer.id, "name": job.customer.name, "phone": job.customer.phone},
            "job_type": job.job_type.name,
            "status": job.status,
            "created_at": job.created_at,
            "completed_at": job.completed_at,
            "call_sid": call.call_sid if call else None,
            "matched_by": job.matched_by,
            "campaign_id": call.campaign_id if call else job.campaign_id,
            "technician_lead": job.technician_lead,
            "invoices": [
                InvoiceAnswer(
                    number=bill.number,
                    subtotal=bill.subtotal,
                    items=[ItemAnswer(name=it.name, amount=it.amount, income=it.income) for it in bill.items],
                )
                for bill in job.invoices
            ],
        }
    )


def _job_type(job_type: JobType) -> JobTypeAnswer:
    return JobTypeAnswer(name=job_type.name, sold_threshold=job_type.sold_threshold)
