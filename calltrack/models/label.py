"""What machines and people said of a call: the label ledger, tags and notes."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Label(OfAccount, Base):
    """One word on whether a call is a lead; append-only, and no machine's word overrides a person's."""

    __tablename__ = "labels"
    __table_args__ = (
        CheckConstraint("value IN ('lead', 'excused')", name="value"),
        CheckConstraint("source IN ('rule', 'model', 'human')", name="source"),
        Index(None, "call_id", "id"),
        Index(None, "account_id", "said_at"),
        Index(
            "ix_labels_by_people", "account_id", "id",
            sqlite_where=text("source = 'human'"), postgresql_where=text("source = 'human'"),
        ),
        Index(
            "ix_labels_unsure", "account_id", "said_at",
            sqlite_where=text("review"), postgresql_where=text("review"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    value: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(10))
    confidence: Mapped[float | None]
    model: Mapped[str | None] = mapped_column(String(60))
    # The probability that an appointment was set in the call, where the classifier could tell.
    booked: Mapped[float | None]
    # True where the classifier itself asks for a person's eye.
    review: Mapped[bool] = mapped_column(default=False)
    # The phrases that decided, each {phrase, start, offset, weight}.
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    said_by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    said_at: Mapped[datetime]
    # A person took this word of a person's back: it stays in the ledger and is no longer in force.
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(200))
    # True where whoever said it was not shown what the classifier had said (see models/classifier.py).
    blind: Mapped[bool | None]


class CallTag(OfAccount, Base):
    """A word that somebody hung on a call so that it can be found again."""

    __tablename__ = "call_tags"
    __table_args__ = (Index(None, "account_id", "tag", "called_at", "call_id"),)

    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    tagged_by: Mapped[str] = mapped_column(String(200))
    tagged_at: Mapped[datetime]
    # When the call began, so that the newest of a frequent tag's calls are found without reading all of them. The
    # database itself keeps it in step (migration 0005).
    called_at: Mapped[datetime]


class CallNote(Base):
    """A remark about a call."""

    __tablename__ = "call_notes"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    # Seconds of the recording that it is pinned to; null: it is about the whole call.
    at: Mapped[float | None]
    written_by: Mapped[str] = mapped_column(String(200))
    written_at: Mapped[datetime]
