"""What is done about a missed call by itself: somebody is asked to call back, and the caller is told so by text."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.calls.opt_outs import stopped_at
from calltrack.calls.spoken_since import call_backs, spoken_with_since
from calltrack.calls.steps import ask
from calltrack.calls.tasks import ask_task
from calltrack.calls.texts import ask_text
from calltrack.calls.unreturned import DAYS
from calltrack.models import Account, Call, Number, OutgoingText, Task
from calltrack.telephony.blocking import own_phones
from calltrack.telephony.circles import tracking_number_among

BY = "calltrack"
STEP = "missed"
# A voicemail or a Dial's outcome that comes late can still settle that the call was not missed.
SETTLES = timedelta(seconds=60)
_TEXT_WITHIN = timedelta(hours=1)
_ONE_TEXT_IN = timedelta(hours=24)


def ask_after(session: Session, *, call: Call) -> None:
    """Ask for `follow_up` of a call that has just turned out missed, where the account wants anything done about it."""
    now = datetime.now(UTC)
    if not _counts(call) or call.account_id is None or now - (call.ended_at or now) > timedelta(days=DAYS):
        return
    account = session.get_one(Account, call.account_id)
    if account.call_back_minutes or account.text_back:
        ask(session, call_id=call.id, name=STEP, due_at=now + SETTLES, again=True)


def follow_up(session: Session, *, call: Call, now: datetime) -> str | None:
    """Have the caller called back, and text them; None when something was asked for, else why nothing was.

    One task a caller, however often they rang, and one text a day.
    """
    if not _counts(call) or call.account_id is None or call.caller is None or call.ended_at is None:
        return "it was not missed after all"
    account = session.get_one(Account, call.account_id)
    # Race: two missed calls of one caller are followed up at once; the lock lets the second see what the first asked.
    first = select(Call.id).where(Call.account_id == account.id, Call.caller == call.caller).order_by(Call.id).limit(1)
    session.execute(first.with_for_update())
    if spoken_with_since(session, call=call):
        return "the caller has been spoken with since"
    asked = False
    if account.call_back_minutes and not _owes(session, call=call):
        due_at = call.ended_at + timedelta(minutes=account.call_back_minutes)
        if due_at <= now:
            due_at = now + timedelta(minutes=account.call_back_minutes)
        ask_task(session, call=call, kind="call-back", due_at=due_at, made_by=BY)
        asked = True
    number = session.get(Number, call.number_id) if call.number_id else None
    if account.text_back and number and now - call.ended_at < _TEXT_WITHIN and _may_text(session, call, number, now):
        ask_text(
            session,
            account_id=account.id,
            kind="text-back",
            sender=number.phone_number,
            recipient=call.caller,
            text=account.text_back.replace("{business}", account.name),
            now=now,
            call_id=call.id,
        )
        asked = True
    return None if asked else "somebody is asked to call back already, or it is too late"


def _counts(call: Call) -> bool:
    return call.missed and call.turned_away is None and call.direction == "inbound" and is_somebody(call.caller)


def _owes(session: Session, *, call: Call) -> bool:
    """Whether somebody is asked to call this caller back already, whichever call that is about."""
    return session.scalar(call_backs(call).where(Task.done_at.is_(None)).limit(1)) is not None


def _may_text(session: Session, call: Call, number: Number, now: datetime) -> bool:
    account_id, caller = number.account_id, call.caller or ""
    stopped = stopped_at(session, account_id=account_id, phone=caller)
    if number.parked_at or number.released_at or stopped is not None:
        return False
    if _is_our_own(session, account_id=account_id, phone=caller):  # somebody tries the number out
        return False
    lately = select(OutgoingText.id).where(
        OutgoingText.account_id == account_id,
        OutgoingText.recipient == caller,
        OutgoingText.asked_at > now - _ONE_TEXT_IN,
    )
    return session.scalar(lately.limit(1)) is None


def _is_our_own(session: Session, *, account_id: int, phone: str) -> bool:
    """Whether it is a tracking number of the account, or a phone that rings for it."""
    if tracking_number_among(session, account_id=account_id, phones=[phone]):
        return True
    return phone in own_phones(session, account=session.get_one(Account, account_id))
