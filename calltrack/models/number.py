"""Tracking numbers and which campaign each belonged to when."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Number(OfAccount, Base):
    """A phone number that an account shows for its campaigns."""

    __tablename__ = "numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    phone_number: Mapped[str] = mapped_column(String(20), unique=True)
    forward_to: Mapped[list[Any]]
    whisper: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    # Null: the plain flow (the announcement, then the phones, then a voicemail).
    flow_id: Mapped[int | None] = mapped_column(ForeignKey("flows.id"), index=True)
    # The carrier that it is with: the account's when it was attached.
    carrier: Mapped[str] = mapped_column(String(20), default="twilio")
    # The phone that text messages to this number are sent on to.
    text_to: Mapped[str | None] = mapped_column(String(20))
    # Out of use but still ours at the carrier, whose callers hear so; then given back to the carrier.
    parked_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class NumberAssignment(Base):
    """From `starts_at` on the number belongs to this campaign; append-only, the latest word wins."""

    __tablename__ = "number_assignments"
    __table_args__ = (Index(None, "number_id", "starts_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number_id: Mapped[int] = mapped_column(ForeignKey("numbers.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    starts_at: Mapped[datetime]
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[str] = mapped_column(String(200))
