"""How jobs and their customers are told to programs."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from calltrack.api.fields import Moment, Money
from calltrack.jobs.matching import Candidate
from calltrack.models import Customer, Job

Status = Literal["scheduled", "in_progress", "completed", "canceled"]
EstimateStatus = Literal["open", "sold", "dismissed"]


class CustomerAnswer(BaseModel):
    """A customer; the phone in E.164 where it can be read."""

    id: int
    name: str
    phone: str | None


class JobCustomer(CustomerAnswer):
    """Whom a job is for; `external_id` as your own system calls them, null for one known by name and phone only."""

    external_id: str | None


class ItemAnswer(BaseModel):
    """One line of an invoice; where it names a `ledger_account`, `income` follows from that."""

    name: str
    amount: Money
    income: bool
    ledger_account: str | None


class InvoiceAnswer(BaseModel):
    """An invoice."""

    number: str
    subtotal: Money
    items: list[ItemAnswer]


class EstimateAnswer(BaseModel):
    """What the job was offered for."""

    number: str
    name: str | None
    status: EstimateStatus
    subtotal: Money
    sold_at: Moment | None


class JobAnswer(BaseModel):
    """A job; `matched_by` says how its call was found, `campaign_id` is the linked call's campaign, else its own."""

    external_id: str
    customer: JobCustomer
    job_type: str
    status: Status
    created_at: Moment
    completed_at: Moment | None
    call_sid: str | None
    matched_by: Literal["given", "phone", "person"] | None
    doubtful: bool = Field(description="Calls of several campaigns may have booked it: a person has to say which")
    campaign_id: int | None
    technician_lead: bool
    invoices: list[InvoiceAnswer]
    estimates: list[EstimateAnswer]


class CandidateAnswer(BaseModel):
    """A call from the customer's phone that may have booked the job."""

    call_sid: str
    started_at: Moment
    campaign_id: int | None


class FullJob(JobAnswer):
    """A job, and the calls that matching by phone chooses from, oldest first."""

    candidates: list[CandidateAnswer]


def job_answer(job: Job) -> JobAnswer:
    """The job as programs read it."""
    return JobAnswer.model_validate(_job(job))


def full_job(job: Job, *, candidates: list[Candidate]) -> FullJob:
    """The same with the calls that may have booked it."""
    calls = [
        CandidateAnswer(call_sid=call.call_sid, started_at=call.started_at, campaign_id=call.campaign_id)
        for call in candidates
    ]
    return FullJob.model_validate({**_job(job), "candidates": calls})


def job_customer(customer: Customer) -> JobCustomer:
    """The customer as far as a job tells of them."""
    return JobCustomer(id=customer.id, name=customer.name, phone=customer.phone, external_id=customer.external_id)


def _job(job: Job) -> dict[str, Any]:
    call = job.call
    return {
        **{name: getattr(job, name) for name in _PLAIN},
        "customer": job_customer(job.customer),
        "job_type": job.job_type.name,
        "call_sid": call.call_sid if call else None,
        "campaign_id": call.campaign_id if call else job.campaign_id,
        "invoices": [
            InvoiceAnswer(
                number=bill.number,
                subtotal=bill.subtotal,
                items=[
                    ItemAnswer(
                        name=item.name,
                        amount=item.amount,
                        income=item.income,
                        ledger_account=item.ledger_account.name if item.ledger_account else None,
                    )
                    for item in bill.items
                ],
            )
            for bill in job.invoices
        ],
        "estimates": [
            {
                "number": one.number,
                "name": one.name or None,
                "status": one.status,
                "subtotal": one.subtotal,
                "sold_at": one.sold_at,
            }
            for one in job.estimates
        ],
    }


_PLAIN = "external_id status created_at completed_at matched_by doubtful technician_lead".split()
