"""Text messages sent to tracking numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base


class Message(Base):
    """A text message as it came."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("carrier", "carrier_account", "message_sid"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    carrier: Mapped[str] = mapped_column(String(20))
    carrier_account: Mapped[str] = mapped_column(String(64))
    message_sid: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    sender: Mapped[str | None] = mapped_column(Text)
    dialled: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    params: Mapped[dict[str, Any]]
