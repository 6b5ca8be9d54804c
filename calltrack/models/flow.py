"""Call flows in versions, the sounds they play, whose turn it is to be rung, and callers who are turned away."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount

_STANDING = text("lifted_at IS NULL")


class CallFlow(OfAccount, Base):
    """What callers of some numbers hear and which phones ring; numbers without one have the plain flow.

    `version_id` is the version in force (see FlowVersion, which points here already); null until the first is put in
    force. `draft` is the plan that is being worked on, if any.
    """

    __tablename__ = "flows"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    version_id: Mapped[int | None]
    draft: Mapped[dict[str, Any] | None]
    drafted_by: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class FlowVersion(Base):
    """A plan as it was put in force; append-only. `plan` is that of telephony/plan.py."""

    __tablename__ = "flow_versions"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"))
    number: Mapped[int]
    plan: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(200))


class Sound(OfAccount, Base):
    """An uploaded recording that callers hear; the file lies in the storage under its SHA-256. `says`: its words."""

    __tablename__ = "sounds"
    __table_args__ = (UniqueConstraint("account_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(100))
    says: Mapped[str] = mapped_column(String(1000))
    seconds: Mapped[int]
    size: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(200))


class BlockedCaller(OfAccount, Base):
    """A caller, or all callers of a pattern (`+1900*`), whom the account's phones turn away until that is lifted."""

    __tablename__ = "blocked_callers"
    __table_args__ = (
        Index(
            "uq_blocked_callers_standing", "account_id", "pattern", unique=True,
            sqlite_where=_STANDING, postgresql_where=_STANDING,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    pattern: Mapped[str] = mapped_column(String(40))
    why: Mapped[str | None] = mapped_column(Text)
    blocked_at: Mapped[datetime]
    blocked_by: Mapped[str] = mapped_column(String(200))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(200))


class RingCount(Base):
    """How many calls have been given a turn at a step of a flow."""

    __tablename__ = "ring_counts"

    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"), primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]


class RingTurn(Base):
    """The turn that one call was given, so that a repeated request gets the same one."""

    __tablename__ = "ring_turns"
    __table_args__ = (UniqueConstraint("flow_id", "step", "call_sid"), Index(None, "taken_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("flows.id"))
    step: Mapped[str] = mapped_column(String(40))
    call_sid: Mapped[str] = mapped_column(String(64))
    turn: Mapped[int | None]
    taken_at: Mapped[datetime]
