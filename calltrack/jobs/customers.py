"""Customers: known by the id that the account's own system gave them, else by name and phone together."""

from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.jobs.billing import change
from calltrack.jobs.facts import JobFacts
from calltrack.jobs.matching import match_by_phone
from calltrack.models import Account, Customer, Job
from calltrack.models.job import LONGEST_ADDRESS, LONGEST_EMAIL, LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.phone import normalise


class BadCustomer(ValueError):
    """A customer that cannot be kept; the message says what to change."""


def put_customer(
    session: Session,
    *,
    account: Account,
    external_id: str,
    name: str,
    phone: str | None = None,
    email: str | None = None,
    address: str | None = None,
    by: str,
) -> Customer:
    """Create the customer or make them what is said; what is not said, there is none of. Raises BadCustomer.

    A customer who is known by this name and phone only takes the id. After a new phone their jobs are matched anew.
    """
    said: dict[str, str | None] = {
        "name": name.strip(),
        "phone": normalise(phone.strip()) if phone and phone.strip() else None,
        "email": (email or "").strip() or None,
        "address": (address or "").strip() or None,
    }
    external_id = external_id.strip()
    for what, text, longest in (
        ("id", external_id, LONGEST_NUMBER), ("name", said["name"], LONGEST_NAME), ("phone", said["phone"],
        LONGEST_PHONE), ("email", said["email"], LONGEST_EMAIL), ("address", said["address"], LONGEST_ADDRESS),
    ):  # fmt: skip
        if what in ("id", "name") and not text:
            raise BadCustomer(f"a customer needs {'an id' if what == 'id' else 'a name'}")
        if text and len(text) > longest:
            raise BadCustomer(f"a customer's {what} has at most {longest} characters")
    wait_for_turn(session, account=account)
    return _keep(session, account=account, external_id=external_id, said=said, by=by)


def customer_of(session: Session, *, account: Account, facts: JobFacts, by: str) -> Customer:
    """Whom the job is for, known or new. A job that names a customer by id keeps the phone it does not say."""
    if facts.customer_external_id is None:
        known = _named(session, account=account, name=facts.customer_name, phone=facts.customer_phone)
        return known or _new(account=account, name=facts.customer_name, phone=facts.customer_phone)
    said: dict[str, str | None] = {"name": facts.customer_name}
    if facts.customer_phone:
        said["phone"] = facts.customer_phone
    return _keep(session, account=account, external_id=facts.customer_external_id, said=said, by=by)


def find_customer(session: Session, *, account: Account, customer_id: int) -> Customer | None:
    """The account's customer of that id."""
    return session.scalar(select(Customer).where(Customer.account_id == account.id, Customer.id == customer_id))


def list_customers(
    session: Session, *, account: Account, q: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Customer]:
    """The account's customers, newest first. `q`: a part of the name, a phone in any usual spelling, or their id.

    `limit` is kept within 1 to 200. Raises BadCursor.
    """
    customers = select(Customer).where(Customer.account_id == account.id)
    if words := (q or "").replace("\x00", "").strip():
        named = Customer.name.icontains(words, autoescape=True)
        customers = customers.where(or_(named, Customer.phone == normalise(words), Customer.external_id == words))
    if cursor is not None:
        place = read_cursor(cursor)
        customers = customers.where(older_than(place, moment=Customer.created_at, row_id=Customer.id))
    limit = clamp(limit)
    found = session.scalars(customers.order_by(Customer.created_at.desc(), Customer.id.desc()).limit(limit + 1)).all()
    page = list(found[:limit])
    return Page(page, write_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def _named(session: Session, *, account: Account, name: str | None, phone: str | None) -> Customer | None:
    own = select(Customer).where(
        Customer.account_id == account.id,
        Customer.phone == phone if phone else Customer.phone.is_(None),
        Customer.name == name,
    )
    return session.scalar(own.order_by(Customer.id).limit(1))


def _new(*, account: Account, name: str, phone: str | None = None, external_id: str | None = None) -> Customer:
    return Customer(
        account_id=account.id, external_id=external_id, name=name, phone=phone, created_at=datetime.now(UTC)
    )


def _keep(session: Session, *, account: Account, external_id: str, said: dict[str, str | None], by: str) -> Customer:
    """The customer of that id as `said`; whatever is not in it stays."""
    customer = session.scalar(
        select(Customer).where(Customer.account_id == account.id, Customer.external_id == external_id)
    )
    if customer is None and said.get("phone"):
        known = _named(session, account=account, name=said["name"], phone=said["phone"])
        customer = known if known and known.external_id is None else None
    if customer is None:
        customer = _new(account=account, name=said["name"] or "", external_id=external_id)
        change(customer, **said)
        session.add(customer)
        session.flush()
        return customer
    before = {name: getattr(customer, name) for name in said}
    change(customer, external_id=external_id, **said)
    session.flush()
    fields: dict[str, tuple[object, object]] = {name: (before[name], value) for name, value in said.items()}
    record(session, account_id=account.id, noun="customer", noun_id=customer.id, fields=fields, by=by)
    if "phone" in said and said["phone"] != before["phone"]:
        theirs = session.scalars(select(Job.id).where(Job.customer_id == customer.id)).all()
        match_by_phone(session, account=account, job_ids=theirs)
    return customer
