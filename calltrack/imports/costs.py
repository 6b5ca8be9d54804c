"""Costs from a file: a daily cost from a day on, or a whole month's spend, spread over its days."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.costs import amend_costs, amended_costs, costs_in_force, spread_month
from calltrack.imports.fields import BadLine, name_nearest, read_cost, read_date, read_month
from calltrack.imports.kind import IMPORT, Agreement, Sorted
from calltrack.models import Account, Campaign


class CostRow(NamedTuple):
    """What a line says: this many cents a day from `starts_on`, or (None) in the whole month of `month`."""

    campaign_id: int
    starts_on: date | None
    month: date | None
    cents: int


@dataclass
class _Spend:
    """Everything that the file says of a campaign."""

    campaign_id: int
    lines: int = 0
    starts: dict[date, int] = field(default_factory=dict)
    days: list[tuple[date, int]] = field(default_factory=list)


class CostFile:
    """A file of costs; its unit is a campaign's whole history."""

    columns = ("campaign", "from", "daily_cost", "month", "monthly_cost")
    required = frozenset({"campaign"})

    def __init__(self, session: Session, *, account: Account) -> None:
        self._campaigns = {one.name: one.id for one in list_campaigns(session, account=account)}
        self._agreed = Agreement()
        # By campaign and month, the line that spreads it or the last one that begins a cost within it.
        self._spread: dict[tuple[int, date], int] = {}
        self._begun: dict[tuple[int, date], int] = {}

    def read(self, cells: list[str]) -> CostRow:
        """What a line says. Raises BadLine."""
        name, starts_on, daily_cost, month, monthly_cost = cells
        campaign_id = campaign_named(name, campaigns=self._campaigns)
        if bool(starts_on or daily_cost) == bool(month or monthly_cost):
            raise BadLine("enter either from and daily_cost, or month and monthly_cost")
        if month or monthly_cost:
            cents = read_cost(monthly_cost, column="monthly_cost")
            return CostRow(campaign_id, None, read_month(month, column="month"), cents)
        cents = read_cost(daily_cost, column="daily_cost")
        return CostRow(campaign_id, read_date(starts_on, column="from"), None, cents)

    def repeats(self, number: int, row: CostRow) -> bool:
        """Whether an earlier line said so. Raises BadLine where one said something else of the same days."""
        first = self._agreed.other(row[:3], row.cents, number=number)
        if first is None:
            raise BadLine(f"line {self._agreed.first(row[:3])} says another cost; keep one")
        day = row.starts_on or row.month or date.min
        month = (row.campaign_id, day.replace(day=1))
        here, there = (self._begun, self._spread) if row.starts_on else (self._spread, self._begun)
        if month in there:
            raise BadLine(f"line {there[month]} says other costs of {day:%B %Y}; keep one of the two")
        here[month] = number
        return bool(first)

    def doubts(self, session: Session, rows: Sequence[tuple[int, CostRow]]) -> Mapping[int, str]:  # noqa: ARG002
        """None: the campaigns are known."""
        return {}

    def gather(self, rows: Iterable[CostRow]) -> Iterator[tuple[int, _Spend]]:
        """A campaign's lines together, wherever in the file they stand."""
        spends: dict[int, _Spend] = {}
        for row in rows:
            spend = spends.setdefault(row.campaign_id, _Spend(row.campaign_id))
            spend.lines += 1
            if row.starts_on:
                spend.starts[row.starts_on] = row.cents
            elif row.month:
                spend.days += spread_month(month=row.month, cents=row.cents)
        return ((spend.lines, spend) for spend in spends.values())

    def sort_out(self, session: Session, units: Sequence[_Spend]) -> Sorted:
        """Which histories the file changes."""
        known = costs_in_force(session, campaign_ids=[spend.campaign_id for spend in units])
        changed = [
            spend
            for spend in units
            if amended_costs(known[spend.campaign_id], starts=spend.starts, days=spend.days) != known[spend.campaign_id]
        ]
        return Sorted(changed=changed, known=len(units) - len(changed))

    def write(self, session: Session, *, account: Account, found: Sorted) -> None:
        """State the histories anew."""
        spends = {spend.campaign_id: spend for spend in found.changed}
        own = select(Campaign).where(Campaign.account_id == account.id, Campaign.id.in_(spends))
        for campaign in session.scalars(own.order_by(Campaign.id)):
            spend = spends[campaign.id]
            amend_costs(session, campaign=campaign, starts=spend.starts, days=spend.days, stated_by=IMPORT)

    def notices(self) -> list[str]:
        """None."""
        return []


def campaign_named(name: str, *, campaigns: Mapping[str, int]) -> int:
    """The id of the campaign of that name. Raises BadLine."""
    if name not in campaigns:
        nearest = name_nearest(name[:60], known=tuple(campaigns))
        raise BadLine(f"there is no campaign {name[:60]!r} ({nearest}); create it first, or correct the name")
    return campaigns[name]
