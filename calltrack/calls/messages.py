"""Text messages to tracking numbers."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.db import upsert
from calltrack.models import Message, Number
from calltrack.telephony.carrier import Delivery
from calltrack.telephony.carriers import parse_message


def receive_message(session: Session, *, delivery: Delivery) -> None:
    """Keep a text message once, on the account that owns the number."""
    message = parse_message(delivery)
    if message is None:
        return
    owner = session.scalar(select(Number.account_id).where(Number.phone_number == message.dialled))
    session.execute(
        upsert(session, Message)
        .values(
            carrier=delivery.carrier,
            carrier_account=delivery.carrier_account,
            message_sid=message.message_sid,
            account_id=owner,
            sender=message.sender,
            dialled=message.dialled,
            text=message.text,
            received_at=delivery.received_at,
            params=dict(delivery.params),
        )
        .on_conflict_do_nothing()
    )


def messages_from(session: Session, *, account_id: int, sender: str, limit: int) -> list[Message]:
    """The newest messages that the account got from a phone (E.164)."""
    theirs = select(Message).where(Message.account_id == account_id, Message.sender == sender)
    return list(session.scalars(theirs.order_by(Message.received_at.desc(), Message.id.desc()).limit(limit)))
