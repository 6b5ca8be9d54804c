"""Campaigns and their cost histories."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Campaign(OfAccount, Base):
    """Something the account pays for to make the phone ring."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    category: Mapped[str | None] = mapped_column(String(100))
    lead_seconds: Mapped[int | None]
    # What callers are told about recording, if not the account's own words; and the uploaded sound that says it.
    announcement: Mapped[str | None] = mapped_column(String(1000))
    announcement_audio: Mapped[str | None] = mapped_column(String(64))
    # Whether its calls may be recorded, and after how many days that is erased (null: as the account says).
    record: Mapped[bool] = mapped_column(default=True, server_default=true())
    keep_days: Mapped[int | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class CostHistory(Base):
    """One whole cost history as somebody stated it; the newest is in force, the older ones stay to be asked about."""

    __tablename__ = "cost_histories"
    __table_args__ = (Index(None, "campaign_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    stated_at: Mapped[datetime]
    stated_by: Mapped[str] = mapped_column(String(200))


class CampaignCost(Base):
    """From this local day on, until the history's next row, each day costs this many cents."""

    __tablename__ = "campaign_costs"
    __table_args__ = (CheckConstraint("daily_cost >= 0", name="not_negative"),)

    history_id: Mapped[int] = mapped_column(ForeignKey("cost_histories.id"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    daily_cost: Mapped[int] = mapped_column(BigInteger)
