"""All that happened with one customer, newest first: their calls, jobs and text messages, theirs and ours."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.calls.listing import ListedCall, list_calls
from calltrack.calls.messages import messages_from
from calltrack.calls.opt_outs import stopped_at
from calltrack.calls.texts import texts_to
from calltrack.jobs.listing import shown_jobs
from calltrack.models import Account, Customer, Job, Message, OutgoingText

MOST = 100  # the newest of each kind


@dataclass(frozen=True)
class CustomerHistory:
    """The newest hundred of each kind, newest first. `no_texts`: since when they want none from us."""

    calls: list[ListedCall]
    jobs: list[Job]
    messages: list[Message]
    texts: list[OutgoingText]
    no_texts: datetime | None

    def timeline(self) -> list[tuple[datetime, ListedCall | Job | Message | OutgoingText]]:
        """Everything in one row, newest first."""
        dated: list[tuple[datetime, ListedCall | Job | Message | OutgoingText]] = [
            *((call.started_at, call) for call in self.calls),
            *((job.created_at, job) for job in self.jobs),
            *((message.received_at, message) for message in self.messages),
            *((text.asked_at, text) for text in self.texts),
        ]
        return sorted(dated, key=lambda one: one[0], reverse=True)


def customer_history(session: Session, *, account: Account, customer: Customer) -> CustomerHistory:
    """The customer's own jobs, the calls and messages from their phone, and our texts to it."""
    jobs = shown_jobs(account=account).where(Job.customer_id == customer.id)
    found = session.scalars(jobs.order_by(Job.created_at.desc(), Job.id.desc()).limit(MOST)).all()
    calls = calls_from(session, account=account, phone=customer.phone, limit=MOST)
    if customer.phone is None or not is_somebody(customer.phone):
        return CustomerHistory(calls, list(found), [], [], None)
    messages = messages_from(session, account_id=account.id, sender=customer.phone, limit=MOST)
    texts = texts_to(session, account_id=account.id, phone=customer.phone, limit=MOST)
    no_texts = stopped_at(session, account_id=account.id, phone=customer.phone)
    return CustomerHistory(calls, list(found), messages, texts, no_texts)


def calls_from(session: Session, *, account: Account, phone: str | None, limit: int) -> list[ListedCall]:
    """The newest calls from a phone; none where it is no number: who hides theirs shares that with many."""
    if not is_somebody(phone):
        return []
    return list_calls(session, account_id=account.id, zone=account.time_zone, caller=phone, limit=limit).items
