"""Customers, and all that happened with each."""

from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.door import JOBS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment, PageQuery
from calltrack.api.job_answers import JobAnswer, JobCustomer, job_answer
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.jobs.customers import find_customer, list_customers, put_customer
from calltrack.jobs.history import customer_history
from calltrack.models import Customer
from calltrack.models.job import LONGEST_ADDRESS, LONGEST_EMAIL, LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE


class CustomerWhole(BaseModel):
    """Who somebody is; what is left out, there is none of."""

    name: str = Field(max_length=LONGEST_NAME)
    phone: str | None = Field(None, max_length=LONGEST_PHONE, examples=["+13125550142"])
    email: str | None = Field(None, max_length=LONGEST_EMAIL, examples=["mia@example.com"])
    address: str | None = Field(None, max_length=LONGEST_ADDRESS)


class KnownCustomer(JobCustomer):
    """A customer; `external_id` is null for one that is known by name and phone only."""

    email: str | None
    address: str | None
    created_at: Moment


class TheirCall(BaseModel):
    """A call from the customer's phone."""

    call_sid: str
    started_at: Moment
    campaign_id: int | None
    outcome: str | None
    is_lead: bool
    why: str


class TheirMessage(BaseModel):
    """A text message from the customer's phone."""

    received_at: Moment
    number: str | None = Field(description="The tracking number that it was sent to")
    text: str


class CustomerHistory(KnownCustomer):
    """A customer and what happened with them: the newest hundred of each, newest first."""

    calls: list[TheirCall]
    jobs: list[JobAnswer]
    messages: list[TheirMessage]


class CustomerQuery(PageQuery):
    """Which customers."""

    q: str | None = Field(
        None, max_length=LONGEST_NAME, description="A part of the name, a phone in any spelling, or the external id"
    )


class CustomerId(BaseModel):
    """Which customer: the `id` of an answer."""

    id: Id


class CustomerPath(BaseModel):
    """Which customer, as your own system calls them."""

    id: str = Field(max_length=LONGEST_NUMBER)


@bp.get("/customers", tags=[JOBS], responses={200: Items[KnownCustomer]})
@requires("jobs.read", leaves="saw")
def list_some_customers(query: CustomerQuery) -> Response:
    """Customers, newest first."""
    with ground().database.read() as session:
        page = list_customers(session, account=visitor().account, **query.model_dump())
    return give(Items[KnownCustomer](items=[KnownCustomer(**_known(one)) for one in page.items], next=page.next))


@bp.get("/customers/<path:id>", tags=[JOBS], responses={200: CustomerHistory, **refusals(404)})
@requires("jobs.read", leaves="saw")
def read_customer(path: CustomerId) -> Response:
    """A customer, by the `id` of an answer: their jobs, and the calls and messages from their phone."""
    account = visitor().account
    with ground().database.read() as session:
        customer = find_customer(session, account=account, customer_id=path.id)
        if customer is None:
            raise Problem(404, f"there is no customer {path.id}; GET /customers lists them with their ids")
        found = customer_history(session, account=account, customer=customer)
        answer = CustomerHistory(
            **_known(customer),
            calls=[TheirCall(**{name: getattr(call, name) for name in TheirCall.model_fields}) for call in found.calls],
            jobs=[job_answer(job) for job in found.jobs],
            messages=[
                TheirMessage(received_at=one.received_at, number=one.dialled, text=one.text) for one in found.messages
            ],
        )
    return give(answer)


@bp.put("/customers/<path:id>", tags=[JOBS], responses={200: KnownCustomer, **refusals(404, 409, 413)})
@requires("jobs.write")
def put_whole_customer(path: CustomerPath, body: CustomerWhole) -> Response:
    """Create a customer, by the id that your own system gave them, or make them what the body says."""
    with ground().database.write.begin() as session:
        customer = put_customer(
            session, account=visitor().account, external_id=path.id, by=visitor().name, **body.model_dump()
        )
    return give(KnownCustomer(**_known(customer)))


def _known(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in KnownCustomer.model_fields}
