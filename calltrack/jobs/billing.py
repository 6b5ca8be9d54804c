"""A job's invoices and estimates as rows: what is said again unchanged writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from calltrack.jobs.facts import Bill, Item, Offer
from calltrack.models import Estimate, Invoice, InvoiceItem, Job, LedgerAccount


def named_ledgers(bills: Sequence[Bill]) -> dict[str, bool]:
    """The ledger accounts that items name, and whether one says of itself that it is income."""
    said: dict[str, bool] = {}
    for bill in bills:
        for item in bill.items:
            if name := _ledger(item):
                said[name] = said.get(name, False) or bool(item.income)
    return said


def write_bills(*, job: Job, bills: Sequence[Bill], ledgers: Mapping[str, LedgerAccount]) -> None:
    """Make the job's invoices what `bills` says; a named ledger account decides whether an item is income."""
    known = {row.number: row for row in job.invoices}
    for number in known.keys() - {bill.number for bill in bills}:
        job.invoices.remove(known[number])
    for bill in bills:
        row = known.get(bill.number)
        if row is None:
            row = Invoice(number=bill.number)
            job.invoices.append(row)
        change(row, subtotal=bill.subtotal)
        lines = [_line(item, ledgers) for item in bill.items]
        if [(it.name, it.amount, it.income, it.ledger_account_id) for it in row.items] != lines:
            row.items = [
                InvoiceItem(name=name, amount=amount, income=income, ledger_account_id=ledger_account_id)
                for name, amount, income, ledger_account_id in lines
            ]


def write_offers(*, job: Job, offers: Sequence[Offer]) -> None:
    """Make the job's estimates what `offers` says; one sold at no named moment was sold when we were first told."""
    known = {row.number: row for row in job.estimates}
    for number in known.keys() - {offer.number for offer in offers}:
        job.estimates.remove(known[number])
    for offer in offers:
        row = known.get(offer.number)
        if row is None:
            row = Estimate(number=offer.number)
            job.estimates.append(row)
        sold_at = None
        if offer.status == "sold":
            sold_at = offer.sold_at or row.sold_at or datetime.now(UTC)
        change(row, name=offer.name.strip(), status=offer.status, subtotal=offer.subtotal, sold_at=sold_at)


def change(row: Any, **values: object) -> None:
    """Set what differs and touch nothing else: a row that is only touched counts as changed, and so do its days."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _ledger(item: Item) -> str:
    return (item.ledger_account or "").strip()


def _line(item: Item, ledgers: Mapping[str, LedgerAccount]) -> tuple[str, int, bool, int | None]:
    ledger = ledgers.get(_ledger(item))
    if ledger is None:
        return item.name, item.amount, bool(item.income), None
    return item.name, item.amount, ledger.income, ledger.id
