"""What signing in needs beside people and browsers: links by e-mail, recovery codes, identity providers, throttles."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.models.base import Base, OfAccount


class MailLink(Base):
    """A link that was sent by e-mail and works once: into an account, or to a new password."""

    __tablename__ = "mail_links"
    __table_args__ = (
        CheckConstraint("purpose IN ('invitation', 'reset')", name="purpose"),
        Index(None, "account_id", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(320))
    # Of an invitation: into which account, as what. Null for a new password, which is the person's, not an account's.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    campaign_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    name: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(String(320))
    expires_at: Mapped[datetime]
    # Used, or taken back.
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in for the second factor once, for whoever lost their phone; only its hash is kept."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdentityProvider(OfAccount, Base):
    """Where an account's people sign in with OpenID Connect."""

    __tablename__ = "identity_providers"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(300))
    # Sealed (sealing.py).
    client_secret: Mapped[str] = mapped_column(Text)
    # Whose addresses are sent there (the part after the @).
    domains: Mapped[list[Any]]
    # Whether these people may no longer sign in with a password.
    required: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(320))


class Identity(Base):
    """Who a person is to an identity provider."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    made_at: Mapped[datetime]


class Throttle(Base):
    """How often something was tried in vain lately, by whom or on whose address (hashed), and until when it waits."""

    __tablename__ = "throttles"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
