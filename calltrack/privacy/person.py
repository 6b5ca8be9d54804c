"""What is known of one person: everything in an account that hangs on their phone number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.models import (
    Account,
    BlockedCaller,
    Call,
    CallNote,
    Customer,
    Job,
    Message,
    OptOut,
    OutgoingText,
    Recording,
    Task,
    Transcript,
)
from calltrack.phone import normalise


class BadPerson(ValueError):
    """Nobody can be found by what was given; the message says what to enter."""


@dataclass(frozen=True)
class Person:
    """The rows of one person, by id, oldest first. `texts` are those that we sent, or meant to send."""

    phone: str
    calls: Sequence[int]
    messages: Sequence[int]
    texts: Sequence[int]
    customers: Sequence[int]
    jobs: Sequence[int]

    @property
    def is_known(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.calls or self.messages or self.texts or self.customers)


def read_phone(written: str) -> str:
    """The number that is meant, as E.164. Raises BadPerson; also for what callers show who withhold theirs, because
    that is everybody's."""
    phone = normalise(written.strip()[:64])
    if not is_somebody(phone):
        raise BadPerson(f"{written.strip()[:64]!r} is not one person's phone number; write it like (312) 555-0142")
    return phone


def find_person(session: Session, *, account: Account, phone: str) -> Person:
    """Everything of the person with that phone (E.164); jobs are those of customers with it."""

    def ids(row: Any, *which: ColumnElement[bool]) -> Sequence[int]:
        return session.scalars(select(row.id).where(row.account_id == account.id, *which).order_by(row.id)).all()

    calls = ids(Call, Call.caller == phone)
    messages = ids(Message, Message.sender == phone)
    customers = ids(Customer, Customer.phone == phone)
    sent = or_(OutgoingText.recipient == phone, OutgoingText.message_id.in_(messages), OutgoingText.call_id.in_(calls))
    return Person(
        phone=phone,
        calls=calls,
        messages=messages,
        texts=ids(OutgoingText, sent),
        customers=customers,
        jobs=ids(Job, Job.customer_id.in_(customers)),
    )


def names_of(session: Session, *, person: Person) -> list[str]:
    """What the person is called, by the customers and by the carrier; each name once."""
    customers = select(Customer.name).where(Customer.id.in_(person.customers))
    callers = select(Call.caller_name).where(Call.id.in_(person.calls), Call.caller_name.is_not(None))
    names = dict[str, str]()
    for name in (*session.scalars(customers.order_by(Customer.id)), *session.scalars(callers.order_by(Call.id))):
        names.setdefault(str(name).casefold(), str(name))
    return list(names.values())


def last_call_of(session: Session, *, person: Person) -> datetime | None:
    """When the person called last; None: never."""
    return session.scalar(select(func.max(Call.started_at)).where(Call.id.in_(person.calls)))


def count_person(session: Session, *, account: Account, person: Person) -> dict[str, int]:
    """How much there is of each kind, in the words of the page."""
    of_calls = person.calls

    def count(row: Any, *which: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(row).where(*which)) or 0

    held = Recording.status.in_(("stored", "expected", "failed"))
    own = (OptOut.account_id == account.id, OptOut.phone == person.phone)
    block = (BlockedCaller.account_id == account.id, BlockedCaller.pattern == person.phone)
    return {
        "calls": len(of_calls),
        "recordings": count(Recording, Recording.call_id.in_(of_calls), held),
        "transcripts": count(Transcript, Transcript.call_id.in_(of_calls)),
        "notes": count(CallNote, CallNote.call_id.in_(of_calls)),
        "tasks": count(Task, Task.call_id.in_(of_calls)),
        "messages": len(person.messages),
        "texts": len(person.texts),
        "customers": len(person.customers),
        "jobs": len(person.jobs),
        "opt-outs": count(OptOut, *own),
        "blocks": count(BlockedCaller, *block),
    }
