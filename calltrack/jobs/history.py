"""All that happened with one customer, newest first: their calls, jobs and text messages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.calls.listing import ListedCall, list_calls
from calltrack.jobs.listing import shown_jobs
from calltrack.models import Account, Customer, Job, Message

MOST = 100  # the newest of each kind


@dataclass(frozen=True)
class CustomerHistory:
    """The newest hundred of each kind, newest first."""

    calls: list[ListedCall]
    jobs: list[Job]
    messages: list[Message]

    def timeline(self) -> list[tuple[datetime, ListedCall | Job | Message]]:
        """Everything in one row, newest first."""
        dated: list[tuple[datetime, ListedCall | Job | Message]] = [
            *((call.started_at, call) for call in self.calls),
            *((job.created_at, job) for job in self.jobs),
            *((message.received_at, message) for message in self.messages),
        ]
        return sorted(dated, key=lambda one: one[0], reverse=True)


def customer_history(session: Session, *, account: Account, customer: Customer) -> CustomerHistory:
    """The customer's own jobs, and the calls and messages from their phone."""
    jobs = shown_jobs(account=account).where(Job.customer_id == customer.id)
    found = session.scalars(jobs.order_by(Job.created_at.desc(), Job.id.desc()).limit(MOST)).all()
    calls = calls_from(session, account=account, phone=customer.phone, limit=MOST)
    if not is_somebody(customer.phone):
        return CustomerHistory(calls, list(found), [])
    messages = select(Message).where(Message.account_id == account.id, Message.sender == customer.phone)
    newest = messages.order_by(Message.received_at.desc(), Message.id.desc()).limit(MOST)
    return CustomerHistory(calls, list(found), list(session.scalars(newest)))


def calls_from(session: Session, *, account: Account, phone: str | None, limit: int) -> list[ListedCall]:
    """The newest calls from a phone; none where it is no number: who hides theirs shares that with many."""
    if not is_somebody(phone):
        return []
    return list_calls(session, account_id=account.id, zone=account.time_zone, caller=phone, limit=limit).items
