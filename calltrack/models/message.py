"""Text messages to and from tracking numbers, and who wants none."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Message(OfAccount, Base):
    """A text message as it came."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("carrier", "carrier_account", "message_sid"),
        Index(None, "account_id", "sender", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    carrier: Mapped[str] = mapped_column(String(20))
    carrier_account: Mapped[str] = mapped_column(String(64))
    message_sid: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)  # type: ignore[assignment]
    sender: Mapped[str | None] = mapped_column(Text)
    dialled: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    params: Mapped[dict[str, Any]]
    # What it is answered with, however often the carrier brings it; null: nothing.
    answer: Mapped[str | None] = mapped_column(Text)


class OutgoingText(OfAccount, Base):
    """A text message that we send, or have sent; the table is the only queue of record.

    `state`: due (also while a worker holds the lease), sent, failed for good, or withheld (the phone wants none).
    """

    __tablename__ = "outgoing_texts"
    __table_args__ = (
        CheckConstraint("kind IN ('forward', 'text-back')", name="kind"),
        # One message is forwarded once, and one missed call is answered by one text, however often it is asked for.
        UniqueConstraint("message_id"),
        UniqueConstraint("call_id"),
        Index(None, "state", "due_at"),
        Index(None, "account_id", "recipient", "asked_at"),
        Index(None, "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"))
    sender: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_sid: Mapped[str | None] = mapped_column(String(64))
    last_error: Mapped[str | None] = mapped_column(Text)


class OptOut(OfAccount, Base):
    """A phone that wants no texts from the account (it wrote STOP), from then until it wrote START."""

    __tablename__ = "opt_outs"
    __table_args__ = (UniqueConstraint("account_id", "phone"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    phone: Mapped[str] = mapped_column(String(20))
    # When its latest word came, and whether that was to stop: an older word that comes late changes nothing.
    said_at: Mapped[datetime]
    stopped: Mapped[bool]
