"""What is said of a job at once, and what no job can be."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE
from calltrack.phone import normalise

STATUSES = ("scheduled", "in_progress", "completed", "canceled")
ESTIMATE_STATUSES = ("open", "sold", "dismissed")


class BadJob(ValueError):
    """A job that cannot be kept; the message says what to change."""


@dataclass(frozen=True)
class Item:
    """One line of an invoice, in cents: is it income, or (then that account's setting decides) where is it booked?"""

    name: str
    amount: int
    income: bool | None = None
    ledger_account: str | None = None


@dataclass(frozen=True)
class Bill:
    """An invoice, in cents."""

    number: str
    subtotal: int
    items: Sequence[Item] = ()


@dataclass(frozen=True)
class Offer:
    """An estimate, in cents; `sold_at` counts for a sold one only."""

    number: str
    status: str
    subtotal: int
    name: str = ""
    sold_at: datetime | None = None


@dataclass(frozen=True)
class JobFacts:
    """Everything that is said of a job at once. Moments are aware; `invoices` replaces what was there, and so does
    `estimates` unless it is None.

    Blanks around the job's and the customer's id and name mean nothing. A customer is known by the id that the
    account's own system gave them, else by name and phone together.
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
    customer_external_id: str | None = None
    estimates: Sequence[Offer] | None = None


def tidy(facts: JobFacts) -> JobFacts:
    """The same without blanks, and with a phone number in E.164 where it can be read. Raises BadJob for what no job
    can be, or what the tables cannot hold."""
    facts = replace(
        facts,
        external_id=facts.external_id.strip(),
        customer_external_id=(facts.customer_external_id or "").strip() or None,
        customer_name=facts.customer_name.strip(),
        customer_phone=normalise(facts.customer_phone) if facts.customer_phone else None,
        job_type=facts.job_type.strip(),
    )
    _check(facts)
    return facts


def check_length(what: str, text: str, *, longest: int) -> None:
    """Refuse what is too long to be kept."""
    if len(text) > longest:
        raise BadJob(f"{what} has at most {longest} characters")


def _check(facts: JobFacts) -> None:
    if not facts.external_id:
        raise BadJob("a job needs an id")
    if not facts.customer_name:
        raise BadJob("a customer needs a name")
    if not facts.job_type:
        raise BadJob("a job needs a type")
    if facts.status not in STATUSES:
        raise BadJob(f"status is one of {', '.join(STATUSES)}, not {facts.status!r}")
    check_length("a job's id", facts.external_id, longest=LONGEST_NUMBER)
    check_length("a job type", facts.job_type, longest=LONGEST_NAME)
    check_length("a customer's name", facts.customer_name, longest=LONGEST_NAME)
    check_length("a customer's id", facts.customer_external_id or "", longest=LONGEST_NUMBER)
    check_length("a phone number", facts.customer_phone or "", longest=LONGEST_PHONE)
    _check_bills(facts.invoices)
    _check_offers(facts.estimates or ())


def _check_bills(bills: Sequence[Bill]) -> None:
    if len({bill.number for bill in bills}) < len(bills):
        raise BadJob("two invoices of the job have the same number")
    for bill in bills:
        check_length("an invoice's number", bill.number, longest=LONGEST_NUMBER)
        for item in bill.items:
            check_length("an invoice item's name", item.name, longest=LONGEST_NAME)
            check_length("a ledger account's name", item.ledger_account or "", longest=LONGEST_NAME)
            if item.income is None and not (item.ledger_account or "").strip():
                raise BadJob(f"the invoice item {item.name!r} needs `income` or the name of its `ledger_account`")


def _check_offers(offers: Sequence[Offer]) -> None:
    if len({offer.number for offer in offers}) < len(offers):
        raise BadJob("two estimates of the job have the same number")
    for offer in offers:
        check_length("an estimate's number", offer.number, longest=LONGEST_NUMBER)
        check_length("an estimate's name", offer.name, longest=LONGEST_NAME)
        if offer.status not in ESTIMATE_STATUSES:
            raise BadJob(f"an estimate is one of {', '.join(ESTIMATE_STATUSES)}, not {offer.status!r}")
