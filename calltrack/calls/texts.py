"""The texts that we send: asked for in the transaction that gives the reason, sent by a worker.

A text goes out at least once: a worker that dies between the carrier's yes and writing it down leaves the text to the
next one, after the lease, and the phone gets it twice. Carriers know no request that they would take once only.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from calltrack.calls.opt_outs import erased_name, keep_word, stopped_at
from calltrack.calls.spoken_since import spoken_with_since
from calltrack.calls.steps import FARTHEST
from calltrack.config import Settings
from calltrack.db import Database, upsert
from calltrack.models import Account, Call, Number, OutgoingText
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import access_of
from calltrack.telephony.texting import LONGEST_TEXT, OptedOut, send_text

Kind = Literal["forward", "text-back"]
# A message is worth sending on for a day; "we missed your call" is worth saying while the caller still remembers.
GIVE_UP_AFTER = {"forward": timedelta(hours=24), "text-back": timedelta(hours=1)}
_LAST_TRY_BEFORE = timedelta(minutes=1)
_LEASE = timedelta(minutes=3)
_FIRST_PAUSE, _LONGEST_PAUSE = 5, 3600  # seconds
_MOST_AT_ONCE = 50  # a stop is not kept waiting for a long list
_CUT = " [...]"


def ask_text(
    session: Session,
    *,
    account_id: int,
    kind: Kind,
    sender: str,
    recipient: str,
    text: str,
    now: datetime,
    message_id: int | None = None,
    call_id: int | None = None,
) -> None:
    """Have a text sent from our number `sender`; once for the message or call that it is about."""
    clean = text.replace("\x00", "")
    row = upsert(session, OutgoingText).values(
        account_id=account_id, kind=kind, message_id=message_id, call_id=call_id, sender=sender, recipient=recipient,
        text=clean if len(clean) <= LONGEST_TEXT else clean[: LONGEST_TEXT - len(_CUT)] + _CUT,
        state="due", asked_at=now, due_at=now, attempts=0,
    )  # fmt: skip
    session.execute(row.on_conflict_do_nothing())


def send_due(database: Database, settings: Settings, now: datetime) -> int:
    """Send what is due, the oldest first; returns how many were tried. Several workers may do so at once."""
    for tried in range(_MOST_AT_ONCE):
        with database.read() as session:  # looking takes no write lock
            if session.scalar(select(OutgoingText.id).where(_free(now)).limit(1)) is None:
                return tried
        with database.write.begin() as session:
            text = _claim(session, now=now)
        if text is not None:
            _send(database, settings, text=text, now=now)
    return _MOST_AT_ONCE


def texts_to(session: Session, *, account_id: int, phone: str, limit: int) -> list[OutgoingText]:
    """The newest texts that the account sent to a phone (E.164), or means to."""
    theirs = select(OutgoingText).where(OutgoingText.account_id == account_id, OutgoingText.recipient == phone)
    return list(session.scalars(theirs.order_by(OutgoingText.asked_at.desc(), OutgoingText.id.desc()).limit(limit)))


def newest_texts(session: Session, *, account_id: int, limit: int) -> list[OutgoingText]:
    """The texts that were asked for last, the newest first."""
    own = select(OutgoingText).where(OutgoingText.account_id == account_id)
    return list(session.scalars(own.order_by(OutgoingText.id.desc()).limit(limit)))


def _free(now: datetime) -> Any:
    """Due, and held by nobody. What lies farther ahead than any pause or lease, a clock wrote that ran ahead."""
    latest = now + FARTHEST
    unheld = or_(OutgoingText.lease_until.is_(None), OutgoingText.lease_until <= now, OutgoingText.lease_until > latest)
    due = or_(OutgoingText.due_at <= now, OutgoingText.due_at > latest)
    return and_(OutgoingText.state == "due", due, unheld)


def _claim(session: Session, *, now: datetime) -> OutgoingText | None:
    """Take the text that has been due longest.

    Race: several workers see the same one; the update's own condition lets one of them have it.
    """
    due = select(OutgoingText.id).where(_free(now)).order_by(OutgoingText.due_at, OutgoingText.id).limit(20)
    for text_id in session.scalars(due).all():
        taken = (
            update(OutgoingText)
            .where(OutgoingText.id == text_id, _free(now))
            .values(lease=secrets.token_hex(8), lease_until=now + _LEASE, attempts=OutgoingText.attempts + 1)
            .returning(OutgoingText)
        )
        if text := session.scalar(taken):
            return text
    return None


def _send(database: Database, settings: Settings, *, text: OutgoingText, now: datetime) -> None:
    with database.read() as session:
        number = _number(session, text=text)
        account = session.get_one(Account, text.account_id)
        carrier = number.carrier if number else account.carrier
        call = session.get(Call, text.call_id) if text.call_id else None
        # When what it is about happened: nobody waits for an answer to a call of yesterday.
        since = (call.ended_at if call else None) or text.asked_at
        outcome = _not_to_be_sent(
            session, text=text, number=number, call=call, since=since, now=now, secret=settings.session_secret
        )
    stops = False
    if outcome is None:
        try:
            sid = send_text(
                access_of(settings, carrier=carrier), sender=text.sender, recipient=text.recipient, text=text.text
            )
            outcome = {"state": "sent", "sent_at": now, "message_sid": sid or None, "last_error": None}
        except OptedOut as stop:
            outcome, stops = {"state": "withheld", "last_error": str(stop)}, True
        except CarrierError as error:
            outcome = _after(error, text=text, since=since, now=now)
    with database.write.begin() as session:
        settled = update(OutgoingText).where(OutgoingText.id == text.id, OutgoingText.lease == text.lease)
        held = session.scalar(settled.values(lease=None, lease_until=None, **outcome).returning(OutgoingText.id))
        if stops:  # the carrier was told, and we were not
            # Race: the number was erased while the carrier was asked, which took the lease away.
            secret, phone = settings.session_secret, text.recipient
            name = phone if held else erased_name(phone, account_id=text.account_id, secret=secret)
            keep_word(session, account_id=text.account_id, phone=name, said_at=now, stopped=True)


def _not_to_be_sent(
    session: Session,
    *,
    text: OutgoingText,
    number: Number | None,
    call: Call | None,
    since: datetime,
    now: datetime,
    secret: str,
) -> dict[str, Any] | None:
    """What becomes of a text that is not to go out any more; None where it is."""
    if stopped_at(session, account_id=text.account_id, phone=text.recipient, secret=secret) is not None:
        return {"state": "withheld", "last_error": "the phone said STOP"}
    if now - since >= GIVE_UP_AFTER[text.kind]:
        return {"state": "failed", "last_error": text.last_error or "it came to be sent too late"}
    if text.kind != "text-back":
        return None
    if number is None or number.parked_at or number.released_at:
        return {"state": "withheld", "last_error": "the number is out of use"}
    if call is not None and spoken_with_since(session, call=call):
        return {"state": "withheld", "last_error": "the caller has been spoken with since"}
    return None


def _number(session: Session, *, text: OutgoingText) -> Number | None:
    own = (Number.account_id == text.account_id, Number.phone_number == text.sender)
    return session.scalar(select(Number).where(*own))


def _after(error: CarrierError, *, text: OutgoingText, since: datetime, now: datetime) -> dict[str, Any]:
    """Failed for good, or due again: after 5 s, then twice as long each time up to an hour; a longer wish of the
    carrier's wins. The last try is made just before it is too late."""
    last = since + GIVE_UP_AFTER[text.kind] - _LAST_TRY_BEFORE
    if error.permanent or now >= last:
        return {"state": "failed", "last_error": str(error)}
    pause = min(_FIRST_PAUSE * 2 ** (text.attempts - 1), _LONGEST_PAUSE)
    wait = max(pause, min(error.retry_after, _LONGEST_PAUSE))
    return {"state": "due", "due_at": min(now + timedelta(seconds=wait), last), "last_error": str(error)}
