"""Coaching: rubrics, the evaluations filled in while listening, and calls that somebody is to listen to."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Rubric(OfAccount, Base):
    """One version of a list of questions; a changed rubric is a new version, so that old evaluations keep theirs."""

    __tablename__ = "rubrics"
    __table_args__ = (UniqueConstraint("account_id", "name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    # No longer on offer: replaced by a newer version, or given up.
    retired_at: Mapped[datetime | None]


class Question(Base):
    """One question of a rubric."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("rubric_id", "position"),
        CheckConstraint("kind IN ('yes-no', 'scale')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rubric_id: Mapped[int] = mapped_column(ForeignKey("rubrics.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    # yes-no: answered 1 or 0; scale: answered 1 to 5.
    kind: Mapped[str] = mapped_column(String(10))
    weight: Mapped[int]
    must_pass: Mapped[bool]


class Evaluation(OfAccount, Base):
    """What one coach thinks of one call by one rubric; a draft until it is shared."""

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("call_id", "rubric_id", "coach_id"),
        Index(None, "account_id", "agent_phone", "shared_at"),
        Index(None, "account_id", "shared_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    rubric_id: Mapped[int] = mapped_column(ForeignKey("rubrics.id"))
    coach_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    # The phone that answered, when the evaluation was begun.
    agent_phone: Mapped[str | None] = mapped_column(String(32))
    summary: Mapped[str | None] = mapped_column(Text)
    begun_at: Mapped[datetime]
    # Null: a draft, or taken back to be changed; shared again it keeps the moment at which it was first shared.
    shared_at: Mapped[datetime | None]
    first_shared_at: Mapped[datetime | None]
    # When it was shared again after a change, which the agent is told.
    changed_at: Mapped[datetime | None]
    # When the agent first saw it as it is now, and what they answered.
    seen_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None]


class Answer(Base):
    """The answer to one question; a null value says that it does not apply to this call."""

    __tablename__ = "answers"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    value: Mapped[int | None]


class Remark(Base):
    """A coach's comment, pinned to a moment of the recording where it is about one."""

    __tablename__ = "remarks"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), index=True)
    # Seconds of the recording.
    at: Mapped[float | None]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class Assignment(OfAccount, Base):
    """A call that somebody is to listen to, or to evaluate by a rubric (calibration: two coaches get the same)."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(None, "user_id", "done_at"),
        Index(None, "account_id", "made_at"),
        Index(None, "call_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    # To be evaluated by it; null: only to be heard.
    rubric_id: Mapped[int | None] = mapped_column(ForeignKey("rubrics.id"))
    note: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date | None]
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
