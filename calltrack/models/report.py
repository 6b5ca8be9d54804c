"""What an account wants to be told by e-mail: its scorecard on time, and when a campaign goes wrong."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Report(OfAccount, Base):
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
    # The local day on which the report that was sent last was due: none is sent twice when the account's zone changes.
    sent_for: Mapped[date | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class AlertRule(OfAccount, Base):
    """What to be warned of, for each campaign by itself.

    `kind`: calls_stopped (`threshold` local days without a call where there used to be some), missed_share
    (`threshold` percentage points above the weeks before), cost_per_lead (above `threshold` cents). One that was
    removed is no longer checked; it stays because its alerts do.
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
    removed_at: Mapped[datetime | None]


class Alert(OfAccount, Base):
    """A rule found a campaign in trouble, from `raised_at` until `cleared_at` (null: still). At most one is open."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(None, "account_id", "raised_at"),
        Index(
            "uq_alerts_open", "rule_id", "campaign_id", unique=True,
            sqlite_where=text("cleared_at IS NULL"), postgresql_where=text("cleared_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("alert_rules.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    why: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
