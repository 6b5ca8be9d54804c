"""Text messages to tracking numbers: kept, sent on to the business, and answered where the law wants an answer."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.callers import is_somebody
from calltrack.calls.intake import campaign_at
from calltrack.calls.opt_outs import keep_word, stopped_at, word_of
from calltrack.calls.texts import ask_text
from calltrack.changes import record
from calltrack.db import upsert
from calltrack.models import Account, Campaign, Message, Number
from calltrack.phone import is_e164
from calltrack.telephony.carrier import Delivery, TextMessage
from calltrack.telephony.carriers import attachments, parse_message


class BadPhone(ValueError):
    """A phone that texts cannot be sent on to; the message says which can."""


def receive_message(session: Session, *, delivery: Delivery) -> str | None:
    """Keep a text message once, on the account that owns the number; what to answer it with.

    The same message again changes nothing and is answered the same.
    """
    message = parse_message(delivery)
    if message is None:
        return None
    number = session.scalar(select(Number).where(Number.phone_number == message.dialled))
    row = upsert(session, Message).values(
        carrier=delivery.carrier,
        carrier_account=delivery.carrier_account,
        message_sid=message.message_sid,
        account_id=number.account_id if number else None,
        sender=message.sender,
        dialled=message.dialled,
        text=message.text,
        received_at=delivery.received_at,
        params=dict(delivery.params),
    )
    message_id = session.scalar(row.on_conflict_do_nothing().returning(Message.id))
    if message_id is None:
        return session.scalar(
            select(Message.answer).where(
                Message.carrier == delivery.carrier,
                Message.carrier_account == delivery.carrier_account,
                Message.message_sid == message.message_sid,
            )
        )
    if number is None:
        return None
    _forward(session, number=number, message=message, message_id=message_id, delivery=delivery)
    answer = _answer(session, number=number, message=message, delivery=delivery)
    if answer is not None:
        session.execute(update(Message).where(Message.id == message_id).values(answer=answer))
    return answer


def set_text_to(session: Session, *, number: Number, phone: str | None, by: str) -> None:
    """Send texts to the number on to this phone (E.164) from now on; None: to nobody. Raises BadPhone."""
    if phone is not None:
        if not is_e164(phone):
            raise BadPhone(f"{phone!r} is not a phone number like +13125550142")
        # Texts that are sent on to a tracking number would come back here, and be sent on again.
        wait_for_turn(session, account=session.get_one(Account, number.account_id))
        tracking = select(Number.id).where(Number.phone_number == phone, Number.released_at.is_(None))
        if session.scalar(tracking) is not None:
            raise BadPhone(f"{phone} is a tracking number itself; texts are sent on to somebody's own phone")
    fields = {"text_to": (number.text_to, phone)}
    number.text_to = phone
    record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=fields, by=by)
    session.flush()


def messages_from(session: Session, *, account_id: int, sender: str, limit: int) -> list[Message]:
    """The newest messages that the account got from a phone (E.164)."""
    theirs = select(Message).where(Message.account_id == account_id, Message.sender == sender)
    return list(session.scalars(theirs.order_by(Message.received_at.desc(), Message.id.desc()).limit(limit)))


def attached(message: Message) -> int:
    """How many pictures and the like came with a message."""
    return attachments(carrier=message.carrier, params=message.params)


def _forward(session: Session, *, number: Number, message: TextMessage, message_id: int, delivery: Delivery) -> None:
    if number.text_to is None or number.text_to == message.sender:
        return
    campaign_id = campaign_at(session, number_id=number.id, moment=delivery.received_at)
    campaign = session.get(Campaign, campaign_id) if campaign_id else None
    count = attachments(carrier=delivery.carrier, params=delivery.params)
    with_it = f" [{count} attachment{'s' if count != 1 else ''}]" if count else ""
    ask_text(
        session,
        account_id=number.account_id,
        kind="forward",
        sender=number.phone_number,
        recipient=number.text_to,
        text=f"{message.sender or 'unknown'}{f', {campaign.name}' if campaign else ''}: {message.text}{with_it}",
        now=datetime.now(UTC),
        message_id=message_id,
    )


def _answer(session: Session, *, number: Number, message: TextMessage, delivery: Delivery) -> str | None:
    """What a word gets; nothing where the carrier has answered it already, or where STOP was said before."""
    phone = message.sender
    if phone is None or not is_somebody(phone):
        return None
    account = session.get_one(Account, number.account_id)
    stopped = stopped_at(session, account_id=account.id, phone=phone) is not None
    word = word_of(message.text, stopped=stopped)
    if word in ("stop", "start"):
        keep_word(session, account_id=account.id, phone=phone, said_at=delivery.received_at, stopped=word == "stop")
    if word is None or message.answered or (word == "stop" and stopped):
        return None
    if word == "stop":
        return f"{account.name}: you will get no more texts from us. Reply START to get them again."
    if word == "start":
        return f"{account.name}: you will get our texts again. Reply STOP to opt out."
    return (account.text_help or "{business}: reply STOP to opt out.").replace("{business}", account.name)
