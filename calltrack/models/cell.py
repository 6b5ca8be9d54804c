"""Day cells: what each campaign's local days count and sum up to, as it was known when; and the marks on stale ones."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount

NO_CAMPAIGN = 0  # in a cell or a mark: what belongs to no campaign


class DayCell(OfAccount, Base):
    """One version of one (account, campaign, local day): the facts that every KPI follows from, sums in cents.

    A version was in force from `known_at` until before `replaced_at` (null: it still is). Versions are never changed
    otherwise, so a past scorecard stays what it was. No row: nothing happened that day.
    """

    __tablename__ = "day_cells"
    __table_args__ = (
        Index(
            "uq_day_cells_in_force", "account_id", "day", "campaign_id", unique=True,
            sqlite_where=text("replaced_at IS NULL"), postgresql_where=text("replaced_at IS NULL"),
        ),
        Index(None, "account_id", "campaign_id", "day"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    campaign_id: Mapped[int]
    day: Mapped[date]
    known_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    calls: Mapped[int]
    missed: Mapped[int]
    leads: Mapped[int]
    leads_by_machine: Mapped[int]
    excused_by_machine: Mapped[int]
    leads_booked: Mapped[int]
    calls_booked: Mapped[int]
    leads_sold: Mapped[int]
    inbound_booked: Mapped[int]
    manual_calls: Mapped[int]
    sold: Mapped[int]
    cohort_revenue: Mapped[int] = mapped_column(BigInteger)
    revenue: Mapped[int] = mapped_column(BigInteger)


class DirtyMark(OfAccount, Base):
    """Something changed what the cells of a day count; gone once they are counted anew.

    `campaign_id` null: every campaign's. `moment` (any of the local day) null: every day.
    """

    __tablename__ = "dirty_marks"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    campaign_id: Mapped[int | None]
    moment: Mapped[datetime | None]
    marked_at: Mapped[datetime]
