"""Customers from a file, by the ids that the account's own system gave them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from calltrack.imports.bulk import insert, is_sqlite, stamp, take_ids
from calltrack.imports.fields import BadLine, read_optional, read_phone, read_text
from calltrack.imports.kind import IMPORT, Agreement, Sorted
from calltrack.jobs.customers import put_customer
from calltrack.models import Account, Customer
from calltrack.models.job import LONGEST_ADDRESS, LONGEST_EMAIL, LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE

_COLUMNS = "id account_id external_id name phone email address created_at".split()


class CustomerRow(NamedTuple):
    """What a line says of a customer; None where it says nothing."""

    external_id: str
    name: str
    phone: str | None
    email: str | None
    address: str | None


class CustomerFile:
    """A file of customers."""

    columns = CustomerRow._fields
    required = frozenset({"external_id", "name"})

    def __init__(self, session: Session, *, account: Account) -> None:  # noqa: ARG002 - every kind is opened alike
        self._account_id = account.id
        self._agreed = Agreement()

    def read(self, cells: list[str]) -> CustomerRow:
        """What a line says. Raises BadLine."""
        external_id, name, phone, email, address = cells
        return CustomerRow(
            read_text(external_id, column="external_id", longest=LONGEST_NUMBER),
            read_text(name, column="name", longest=LONGEST_NAME),
            read_phone(phone, column="phone", longest=LONGEST_PHONE) if phone else None,
            read_optional(email, column="email", longest=LONGEST_EMAIL),
            read_optional(address, column="address", longest=LONGEST_ADDRESS),
        )

    def repeats(self, number: int, row: CustomerRow) -> bool:
        """Whether an earlier line told of the same customer. Raises BadLine where that one said something else."""
        first = self._agreed.other(row.external_id, row, number=number)
        if first is None:
            other = self._agreed.first(row.external_id)
            raise BadLine(f"line {other} says otherwise of customer {row.external_id}; keep one")
        return bool(first)

    def doubts(self, session: Session, rows: Sequence[tuple[int, CustomerRow]]) -> Mapping[int, str]:  # noqa: ARG002
        """None: a line says all that a customer needs."""
        return {}

    def gather(self, rows: Iterable[CustomerRow]) -> Iterator[tuple[int, CustomerRow]]:
        """A customer a line."""
        return ((1, row) for row in rows)

    def sort_out(self, session: Session, units: Sequence[CustomerRow]) -> Sorted:
        """By their id; one who is known by this name and phone only takes the id, as `put_customer` has it."""
        columns = (Customer.external_id, Customer.name, Customer.phone, Customer.email, Customer.address)
        own = select(*columns).where(Customer.account_id == self._account_id)
        ids = [row.external_id for row in units]
        by_id = {one.external_id: one for one in session.execute(own.where(Customer.external_id.in_(ids)))}
        phones = {row.phone for row in units if row.phone and row.external_id not in by_id}
        nameless = {
            (one.name, one.phone): one
            for one in session.execute(own.where(Customer.phone.in_(phones), Customer.external_id.is_(None)))
        }
        new, changed, known = [], [], 0
        for row in units:
            stored = by_id.get(row.external_id) or nameless.pop((row.name, row.phone), None)
            if stored is None:
                new.append(row)
            elif (whole := _completed(row, stored)) != tuple(stored):
                changed.append(whole)
            else:
                known += 1
        return Sorted(new, changed, known)

    def write(self, session: Session, *, account: Account, found: Sorted) -> None:
        """Insert the new ones in bulk; the others are changed one by one, so that what they were is kept."""
        for row in found.changed:
            put_customer(session, account=account, **row._asdict(), by=IMPORT)
        now = stamp(datetime.now(UTC), sqlite=is_sqlite(session))
        ids = take_ids(session, Customer, count=len(found.new))
        rows = [(key, account.id, *row, now) for key, row in zip(ids, found.new, strict=True)]
        insert(session, Customer, columns=_COLUMNS, rows=rows)

    def notices(self) -> list[str]:
        """None."""
        return []


def _completed(row: CustomerRow, stored: Row[*tuple[Any, ...]]) -> CustomerRow:
    """What the line says; where it says nothing, what is known."""
    said = row._asdict()
    return CustomerRow(**{name: said[name] or getattr(stored, name) for name in said})
