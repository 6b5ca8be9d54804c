"""Calls: the raw log of what the carrier sent, and the one row that it folds into."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount

SOUNDS_BOOKED = 0.5
"""From this probability on a call sounds booked. An index is made of those calls: a migration goes with a change."""

_SOUND_BOOKED = text(f"booked_chance >= {SOUNDS_BOOKED}")


class CallEvent(Base):
    """One delivery by the carrier, as it came; kept once however often it was repeated."""

    __tablename__ = "call_events"
    __table_args__ = (
        UniqueConstraint("carrier", "carrier_account", "delivery"),
        Index(None, "carrier", "carrier_account", "call_sid"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    carrier: Mapped[str] = mapped_column(String(20))
    carrier_account: Mapped[str] = mapped_column(String(64))
    call_sid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    delivery: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    params: Mapped[dict[str, Any]]
    # What the caller was told about recording when this event was answered.
    announcement: Mapped[str | None] = mapped_column(Text)
    # The uploaded sound that said it (its SHA-256), the version of the flow, and why the caller was turned away.
    announcement_audio: Mapped[str | None] = mapped_column(String(64))
    flow_version_id: Mapped[int | None]
    turned_away: Mapped[str | None] = mapped_column(String(200))
    # Why the call is recorded after an announcement, without one, or not at all (telephony/recording_law.py).
    recording_rule: Mapped[str | None] = mapped_column(String(200))


class Call(OfAccount, Base):
    """One call (parent leg): the fold of its events, plus the campaign, label and outcome that follow."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("carrier", "carrier_account", "call_sid"),
        Index(None, "account_id", "started_at", "id"),
        Index(None, "account_id", "campaign_id", "started_at"),
        Index(None, "account_id", "caller", "started_at"),
        Index(None, "account_id", "call_sid"),
        Index(None, "account_id", "answered_by", "started_at"),
        Index(
            "ix_calls_sound_booked", "account_id", "started_at", "id",
            sqlite_where=_SOUND_BOOKED, postgresql_where=_SOUND_BOOKED,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    carrier: Mapped[str] = mapped_column(String(20))
    carrier_account: Mapped[str] = mapped_column(String(64))
    call_sid: Mapped[str] = mapped_column(String(64))
    # Active history: whoever marks day cells asks what these columns were before a change.
    # Null until the dialled number is known to be somebody's: a recording callback names no number.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), active_history=True)  # type: ignore[assignment]
    number_id: Mapped[int | None] = mapped_column(ForeignKey("numbers.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"), active_history=True)
    direction: Mapped[str] = mapped_column(String(20))
    dialled: Mapped[str | None] = mapped_column(Text)
    caller: Mapped[str | None] = mapped_column(Text)
    caller_name: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(active_history=True)
    ended_at: Mapped[datetime | None]
    duration: Mapped[int | None]
    talk_seconds: Mapped[int | None]
    spoken: Mapped[bool]
    voicemail: Mapped[bool]
    missed: Mapped[bool]
    missed_reason: Mapped[str | None] = mapped_column(String(20))
    answered_by: Mapped[str | None] = mapped_column(Text)
    announcement: Mapped[str | None] = mapped_column(Text)
    announced_at: Mapped[datetime | None]
    announcement_audio: Mapped[str | None] = mapped_column(String(64))
    # The version of the flow that answered first, if it was not the plain one; a version's row is never removed.
    flow_version_id: Mapped[int | None]
    turned_away: Mapped[str | None] = mapped_column(String(200))
    recording_rule: Mapped[str | None] = mapped_column(String(200))
    # When its recordings and words were erased: what is said of them later is not kept. And when the caller's number
    # and name were, because the caller wished it: later deliveries are kept without them (privacy/).
    erased_at: Mapped[datetime | None]
    caller_erased_at: Mapped[datetime | None]
    # The label in force: the latest human one, else the latest machine one (see models/label.py). No foreign key:
    # labels point here already, and two tables cannot wait for each other.
    label_id: Mapped[int | None] = mapped_column(BigKey)
    # The probability that an appointment was set, as the latest machine's word has it, whoever's word is in force.
    booked_chance: Mapped[float | None]
    # When we first heard of the call; what was not yet known then is not in a scorecard of then.
    known_since: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class CallLeg(Base):
    """One agent's phone that was rung for a call."""

    __tablename__ = "call_legs"
    __table_args__ = (UniqueConstraint("call_id", "leg_sid"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    leg_sid: Mapped[str] = mapped_column(String(64))
    number: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    duration: Mapped[int | None]
    bridged: Mapped[bool]
