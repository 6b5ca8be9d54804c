"""What an account wants to be told by e-mail: its scorecard on time, and when a campaign goes wrong."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base


class Report(Base):
    """A scorecard that is sent each day, week (on Monday) or month (on the first) at an hour of the account's zone."""

    __tablename__ = "reports"
    __table_args__ = (CheckConstraint("every IN ('day', 'week', 'month')", name="every"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    every: Mapped[str] = mapped_column(String(10))
    hour: Mapped[int]
    recipients: Mapped[list[Any]]
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class AlertRule(Base):
    """What to be warned of, for each campaign by itself.

    `kind`: calls_stopped (`limit` local days without a call where there used to be some), missed_share (`limit`
    percentage points above the weeks before), cost_per_lead (above `limit` cents).
    """

    __tablename__ = "alert_rules"
    __table_args__ = (
        CheckConstraint("kind IN ('calls_stopped', 'missed_share', 'cost_per_lead')", name="kind"),
        CheckConstraint("threshold > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    threshold: Mapped[int] = mapped_column(BigInteger)
    recipients: Mapped[list[Any]]
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class Alert(Base):
    """A rule found a campaign in trouble, from `raised_at` until `cleared_at` (null: still)."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "account_id", "raised_at"), Index(None, "rule_id", "campaign_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("alert_rules.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    text: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
