"""Things to be done about a call, and who answers the phones."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount

_OPEN = text("done_at IS NULL")


class Task(OfAccount, Base):
    """A call-back or a follow-up that somebody owes a caller; done once, by whoever was first."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("kind IN ('call-back', 'follow-up')", name="kind"),
        Index("ix_tasks_open", "account_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        # Of one kind at most one is open for a call, however many people ask for it at once.
        Index("uq_tasks_open", "call_id", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "account_id", "done_at"),
        Index(None, "call_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    kind: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime]
    # Whose task it is; null: anybody's.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None]
    # What came of it, in a sentence.
    result: Mapped[str | None] = mapped_column(Text)


class Agent(OfAccount, Base):
    """Whose phone it is that answers calls; a person who signs in sees the calls and feedback of theirs."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("account_id", "phone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    # Whether what is spoken on this phone may be recorded.
    record: Mapped[bool] = mapped_column(default=True, server_default=true())
