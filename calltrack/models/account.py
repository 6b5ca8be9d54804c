"""Accounts (one company each), the people and programs that may enter, and each account's label reasons."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calltrack.db import BigKey
from calltrack.models.base import Base

CARRIER_NAMES = ("twilio", "signalwire")
"""The carriers that telephony/carriers.py can talk with."""


class Account(Base):
    """One company. Every other row belongs to exactly one, but for calls to a number that nobody owns."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64))
    lead_seconds: Mapped[int] = mapped_column(default=60)
    match_days: Mapped[int] = mapped_column(default=14)
    # The `match_days` by which all jobs were last matched; another number says that it has to be done again.
    matched_days: Mapped[int] = mapped_column(default=14)
    announcement: Mapped[str] = mapped_column(String(1000))
    # The uploaded sound that says it (its SHA-256).
    announcement_audio: Mapped[str | None] = mapped_column(String(64))
    # The carrier that the account's numbers are with (see telephony/carriers.py).
    carrier: Mapped[str] = mapped_column(String(20), default="twilio")
    # Minutes after which a missed caller is to be called back; null: nobody is asked to.
    call_back_minutes: Mapped[int | None]
    # What a missed caller is texted, and what answers the word HELP; null: nothing, and the account's name alone.
    text_back: Mapped[str | None] = mapped_column(String(480))
    text_help: Mapped[str | None] = mapped_column(String(320))
    # The model in force (see models/classifier.py, which points here already); null is the one that comes with us.
    classifier_id: Mapped[int | None]
    # When somebody asked for the classifier to learn now, and when it last began to.
    learn_asked_at: Mapped[datetime | None]
    learn_asked_by: Mapped[str | None] = mapped_column(String(200))
    learnt_at: Mapped[datetime | None]
    # When that ended, and what came of it in a sentence; earlier than `learnt_at`: it is under way, or was cut off.
    learn_ended_at: Mapped[datetime | None]
    learn_outcome: Mapped[str | None] = mapped_column(Text)
    # Calls drawn each week for a blind second label; 0: none.
    blind_calls: Mapped[int] = mapped_column(default=20)
    created_at: Mapped[datetime]


class User(Base):
    """A person; what they may do follows from their memberships."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Membership(Base):
    """A person's role in one account; an agency's people have several."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    account: Mapped[Account] = relationship()


class SignIn(Base):
    """A browser that is signed in; only a hash of its token is kept."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A program's key; only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Reason(Base):
    """A reason that this account's labels may give."""

    __tablename__ = "reasons"
    __table_args__ = (
        UniqueConstraint("account_id", "name"),
        CheckConstraint("label IN ('lead', 'excused')", name="label"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    label: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    # No longer on offer; labels that gave it keep it.
    retired_at: Mapped[datetime | None]
