"""Parts of recordings: those that a link opens for a time, and those that coaches keep as examples."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Clip(OfAccount, Base):
    """A part of a recording that whoever has the link may hear for a time; only a hash of the link's token is kept."""

    __tablename__ = "clips"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    # Of which recording, because another of the call may be stored later.
    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Seconds of the recording.
    start: Mapped[float]
    end: Mapped[float]
    with_words: Mapped[bool]
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))


class Example(OfAccount, Base):
    """A call, or a part of it, that shows how it is done: an entry of the coaches' library."""

    __tablename__ = "examples"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(Text)
    # Seconds of the recording; null: the whole call.
    start: Mapped[float | None]
    end: Mapped[float | None]
    added_by: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime]
