"""What is still to be done for a call: the outbox that workers claim from."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base


class Step(Base):
    """One step of one call (and, for a fetch, of one recording).

    `state`: due (also while a worker holds the lease), done, or failed for good.
    """

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("call_id", "name", "subject"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    name: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str | None] = mapped_column(Text)
