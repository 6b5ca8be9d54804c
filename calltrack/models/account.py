"""Accounts (one company each), the people and programs that may enter, and each account's label reasons."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount

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
    # Where the business is (two letters of a US state; null: not said), and whether calls are recorded
    # (telephony/recording_law.py): `announced` tells everybody first, `by-law` those for whom the law may ask it,
    # `never` records nothing.
    state: Mapped[str | None] = mapped_column(String(2))
    recording: Mapped[str] = mapped_column(String(10), default="announced", server_default="announced")
    # Days after which a call's recording and transcript are erased; null: never.
    keep_days: Mapped[int | None]
    # Whether what masking takes out is kept sealed, and whether the carrier's own copies stay once ours is here.
    keep_originals: Mapped[bool] = mapped_column(default=False, server_default=false())
    keep_at_carrier: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Whether everybody has to have a second factor to sign in here.
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
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
    # Empty: no password signs this person in.
    password_hash: Mapped[str] = mapped_column(String(200))
    # The second factor's secret, sealed (sealing.py); in use once a first code proved that the app has it.
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_confirmed_at: Mapped[datetime | None]
    # The time step of the last code that was taken: no code is taken twice.
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class Membership(OfAccount, Base):
    """A person's role in one account; an agency's people have several."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    # The campaigns (ids) that the person is limited to; null: all of the account.
    campaign_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    account: Mapped[Account] = relationship()


class SignIn(Base):
    """A browser that is signed in; only a hash of its token is kept."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Where and in what the person signed in, how (password, provider), and when the browser was last seen.
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str | None] = mapped_column(String(300))
    way: Mapped[str] = mapped_column(String(20), default="password", server_default="password")
    seen_at: Mapped[datetime | None]


class ApiKey(OfAccount, Base):
    """A program's key; only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # What it is for, and its first characters, by which people tell keys apart.
    name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    begins: Mapped[str] = mapped_column(String(12), default="", server_default="")
    campaign_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(String(320))
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(320))


class Reason(OfAccount, Base):
    """A reason that this account's labels may give."""

    __tablename__ = "reasons"
    __table_args__ = (
        UniqueConstraint("account_id", "name"),
        CheckConstraint("label IN ('lead', 'excused')", name="label"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    label: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    # No longer on offer; labels that gave it keep it.
    retired_at: Mapped[datetime | None]
    # Days after which the recording and transcript of a call with this reason are erased; null: as its campaign says.
    keep_days: Mapped[int | None]
