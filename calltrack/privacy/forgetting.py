"""Erasing one person: what says who they are and what they said goes; what a figure counts stays, and counts the same.

Of a call stay its day, campaign, duration, outcome, label and revenue. A link that a job found by phone becomes a given
one, because there is no phone left by which it could be found again.
"""

import re
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.opt_outs import forget_phone
from calltrack.calls.scrubbing import impersonal, scrub_log
from calltrack.jobs.linking import link_job
from calltrack.models import (
    Account,
    BlockedCaller,
    Call,
    CallNote,
    Customer,
    Job,
    Label,
    Message,
    OutgoingText,
    Task,
)
from calltrack.privacy.erasing import erase_call
from calltrack.privacy.person import Person
from calltrack.privacy.remarks import clean_remarks

ERASED = "erased"
"""What stands in the place of a name, a number or a text that has to be something."""

_DONE = "the caller's data were erased"


def forget(
    session: Session, *, account: Account, person: Person, why: str, by: str, now: datetime, secret: str
) -> None:
    """Erase the person in the account. `secret`: by which a word to stop texts is known again (calls/opt_outs.py)."""
    wait_for_turn(session, account=account)
    names = _forget_customers(session, account=account, person=person, by=by)
    calls = session.scalars(select(Call).where(Call.id.in_(person.calls)).order_by(Call.id)).all()
    names |= {call.caller_name for call in calls if call.caller_name}
    clean_remarks(session, account=account, person=person, names=names)
    for call in calls:
        _forget_call(session, call=call, why=why, by=by, now=now)
    _forget_texts(session, person=person)
    session.execute(
        delete(BlockedCaller).where(BlockedCaller.account_id == account.id, BlockedCaller.pattern == person.phone)
    )
    forget_phone(session, account_id=account.id, phone=person.phone, secret=secret)
    session.flush()


def _forget_call(session: Session, *, call: Call, why: str, by: str, now: datetime) -> None:
    erase_call(session, call=call, why=why, by=by, now=now)
    call.caller = call.caller_name = None
    call.caller_erased_at = now
    if call.turned_away:
        call.turned_away = impersonal(call.turned_away)
    scrub_log(session, call=call, caller=True)
    session.execute(delete(CallNote).where(CallNote.call_id == call.id))
    session.execute(update(Label).where(Label.call_id == call.id).values(note=None))
    # Nobody can call back any more.
    still_open = (Task.call_id == call.id, Task.done_at.is_(None))
    session.execute(update(Task).where(*still_open).values(done_at=now, done_by=by))
    session.execute(update(Task).where(Task.call_id == call.id).values(note=None, result=_DONE))


def _forget_customers(session: Session, *, account: Account, person: Person, by: str) -> set[str]:
    """The customers become nameless, their jobs stay; the names that they had."""
    found = or_(Job.call_id.in_(person.calls), Job.customer_id.in_(person.customers))
    for job in session.scalars(select(Job).where(Job.account_id == account.id, found)):
        if job.call is not None and job.matched_by == "phone":
            link_job(session, job=job, call=job.call, matched_by="given", linked_by=by)
    customers = session.scalars(select(Customer).where(Customer.id.in_(person.customers))).all()
    names = {customer.name for customer in customers}
    for customer in customers:
        customer.name, customer.phone, customer.email, customer.address = ERASED, None, None, None
        if person.phone[-10:] in re.sub(r"\D", "", customer.external_id or ""):
            customer.external_id = None
    session.flush()
    return names


def _forget_texts(session: Session, *, person: Person) -> None:
    """Messages keep that they came, and our answer; what was due to be sent is not sent any more."""
    theirs = Message.id.in_(person.messages)
    session.execute(update(Message).where(theirs).values(sender=None, text="", params={}))
    sent = OutgoingText.id.in_(person.texts)
    due = update(OutgoingText).where(sent, OutgoingText.state == "due")
    session.execute(due.values(state="withheld", lease=None, lease_until=None))
    session.execute(update(OutgoingText).where(sent).values(text="", last_error=None))
    session.execute(
        update(OutgoingText).where(sent, OutgoingText.recipient == person.phone).values(recipient=ERASED)
    )  # fmt: skip
