"""What proves that the law was kept: pauses of recording, erasures, and what people asked of their own data."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class RecordingPause(Base):
    """A stretch of a call that was not recorded because somebody asked for it, as when a card is read out."""

    __tablename__ = "recording_pauses"
    __table_args__ = (
        # A call's recording is in one pause at a time.
        Index(
            "uq_recording_pauses_standing",
            "call_id",
            unique=True,
            sqlite_where=text("resumed_at IS NULL"),
            postgresql_where=text("resumed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    paused_at: Mapped[datetime]
    paused_by: Mapped[str] = mapped_column(String(320))
    # When the carrier said that it paused; null: it did not, or not yet.
    confirmed_at: Mapped[datetime | None]
    # Null: not taken up again yet.
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[str | None] = mapped_column(String(320))


class Erasure(OfAccount, Base):
    """Proof that a recording or transcript is gone, here and at the carrier."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("what IN ('recording', 'transcript', 'carrier copy')", name="what"),
        Index(None, "account_id", "erased_at", "id"),
        Index(None, "call_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    what: Mapped[str] = mapped_column(String(20))
    recording_sid: Mapped[str | None] = mapped_column(String(64))
    # Of the bytes that were erased, where they were known.
    sha256: Mapped[str | None] = mapped_column(String(64))
    # The rule or the person's wish, in a sentence; and who decided it.
    why: Mapped[str] = mapped_column(String(300))
    erased_by: Mapped[str] = mapped_column(String(320))
    erased_at: Mapped[datetime]
    # What the carrier said when its copy was to be deleted, and when; null: not asked, or not answered yet.
    carrier_said: Mapped[str | None] = mapped_column(Text)
    carrier_at: Mapped[datetime | None]


class RetentionRun(OfAccount, Base):
    """How far the nightly erasing of an account's old calls came; one row an account."""

    __tablename__ = "retention_runs"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    # Calls whose time had run out by then are erased; and when all kept calls were last looked at, by which rules.
    walked_at: Mapped[datetime]
    full_at: Mapped[datetime]
    rules: Mapped[str] = mapped_column(String(64))
    # Calls that the last run erased.
    erased: Mapped[int]


class PrivacyRequest(OfAccount, Base):
    """Somebody asked for their data, or for it to be erased: by phone number, of which only a hash stays."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('export', 'erase')", name="kind"),
        Index(None, "account_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    # As +1312*****42, and keyed so that the same number is known again (privacy/requests.py).
    phone: Mapped[str] = mapped_column(String(32))
    phone_hash: Mapped[str] = mapped_column(String(64), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(320))
    done_at: Mapped[datetime | None]
    # How many calls, recordings, messages ... it was about.
    counts: Mapped[dict[str, Any]]
