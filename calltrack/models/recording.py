"""Recordings and transcripts of calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base


class Recording(Base):
    """One recording of a call: what the carrier announced, and what we keep of it.

    `carrier_status` is the carrier's word (in-progress, completed, absent, failed); `status` is ours
    (expected, stored, absent, failed, erased).
    """

    __tablename__ = "recordings"
    __table_args__ = (UniqueConstraint("call_id", "recording_sid"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    recording_sid: Mapped[str] = mapped_column(String(64))
    source: Mapped[str | None] = mapped_column(String(30))
    carrier_status: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    duration: Mapped[int | None]
    channels: Mapped[int | None]
    recorded_at: Mapped[datetime | None]
    storage_key: Mapped[str | None] = mapped_column(Text)
    # One list a channel, each at most 800 loudness values of 0-100.
    peaks: Mapped[list[Any] | None]
    stored_at: Mapped[datetime | None]
    # Of the bytes under `storage_key`.
    sha256: Mapped[str | None] = mapped_column(String(64))
    # Stretches [from, to] in seconds in which a number was spoken and is silent now; and where the untouched original
    # lies sealed, if the account keeps it.
    silenced: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    original_key: Mapped[str | None] = mapped_column(Text)
    # When our bytes and the carrier's were erased.
    erased_at: Mapped[datetime | None]
    carrier_erased_at: Mapped[datetime | None]


class Transcript(Base):
    """What was said, as text and as turns `{speaker, start, text}`.

    `start` is in seconds from `zero_at`, or from the recording's own beginning where that is null.
    """

    __tablename__ = "transcripts"

    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    turns: Mapped[list[Any]]
    complete: Mapped[bool]
    zero_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    # How many numbers were masked in it; and the turns as they were, sealed, if the account keeps originals.
    masked: Mapped[int] = mapped_column(default=0, server_default="0")
    original: Mapped[str | None] = mapped_column(Text)
