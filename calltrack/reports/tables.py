"""A scorecard as a table for paper: what each figure is called, and of which kind it is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from calltrack.calls.listing import ListedCall
from calltrack.campaigns.agents import AgentLine
from calltrack.campaigns.rows import CostDay, Counted, CountedJob
from calltrack.campaigns.scorecard import DailyScorecard, DailyTotal, Kpis, Scorecards
from calltrack.money import to_cents
from calltrack.paper.table import Cell, Column, Table

COLUMNS: dict[str, Column] = {
    "calls": Column("Calls", "whole"),
    "missed": Column("Missed", "whole"),
    "leads": Column("Leads", "whole"),
    "inbound_booked": Column("Inbound booked", "whole"),
    "inbound_booked_pct": Column("Inbound booked %", "percent"),
    "raw_booked_pct": Column("Raw booked %", "percent"),
    "manual_calls": Column("Manual calls", "whole"),
    "sold": Column("Sold", "whole"),
    "sold_pct": Column("Sold %", "percent"),
    "revenue": Column("Revenue", "money"),
    "cohort_revenue": Column("Cohort revenue", "money"),
    "total_cost": Column("Total cost", "money"),
    "cost_per_lead": Column("Cost per lead", "money"),
    "cost_per_booked_job": Column("Cost per booked job", "money"),
    "roi": Column("ROI", "ratio"),
}


def scorecard_table(cards: Scorecards, *, title: str, subtitle: str) -> Table:
    """Every campaign's KPIs, a line each, and all together; the total also holds what belongs to no campaign."""
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[Column("Campaign"), *COLUMNS.values()],
        rows=[[item.campaign, *_cells(item.kpis)] for item in cards.items],
        totals=["Total", *_cells(cards.total)],
    )


def days_table(card: DailyScorecard | DailyTotal, *, title: str, subtitle: str) -> Table:
    """The KPIs of each local day, and of all days together."""
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[Column("Day", "date"), *COLUMNS.values()],
        rows=[[day, *_cells(kpis)] for day, kpis in card.days],
        totals=["Total", *_cells(card.kpis)],
    )


def rows_table(found: Sequence[Counted], *, title: str, subtitle: str, zone: str) -> Table:
    """The calls, jobs or days behind a KPI, each with why; all of one kind."""
    here = ZoneInfo(zone)
    table = partial(Table, title, subtitle)
    if calls := [one for one in found if isinstance(one, ListedCall)]:
        return table(
            [
                Column("Call"), Column("Began", "moment"), Column("Campaign"), Column("Number"), Column("Caller"),
                Column("Duration", "seconds"), Column("Answered by"), Column("Outcome"), Column("Label"),
                Column("Reason"), Column("Jobs"), Column("Why"),
            ],
            [
                [
                    one.call_sid, one.started_at.astimezone(here), one.campaign, one.dialled, one.caller,
                    one.duration, one.answered_by, one.outcome, one.label.value if one.label else None,
                    one.label.reason if one.label else None, ", ".join(one.jobs), one.why,
                ]
                for one in calls
            ],
        )  # fmt: skip
    if jobs := [one for one in found if isinstance(one, CountedJob)]:
        return table(
            [
                Column("Job"), Column("Customer"), Column("Type"), Column("Status"), Column("Dated by", "moment"),
                Column("Call"), Column("Invoiced", "money"), Column("Income", "money"), Column("Why"),
            ],
            [
                [
                    one.external_id, one.customer, one.job_type, one.status, one.moment.astimezone(here),
                    one.call_sid, one.subtotal, one.income, one.why,
                ]
                for one in jobs
            ],
        )  # fmt: skip
    days = [one for one in found if isinstance(one, CostDay)]
    return table(
        [Column("Day", "date"), Column("Cost", "money"), Column("Why")], [[one.date, one.cost, one.why] for one in days]
    )


def agents_table(lines: Sequence[AgentLine], *, names: Mapping[str, str], title: str, subtitle: str) -> Table:
    """Who answered, and how often their calls are excused, against the period before. `names`: agents by phone."""
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[
            Column("Agent"), Column("Phone"), Column("Answered", "whole"), Column("Leads", "whole"),
            Column("Booked", "whole"), Column("Booked %", "percent"), Column("Raw booked %", "percent"),
            Column("Excused", "whole"), Column("Excused by people", "whole"), Column("Excuse rate", "percent"),
            Column("Excuse rate before", "percent"), Column("Change in points", "percent"),
        ],
        rows=[
            [
                names.get(one.number or ""), one.number, one.answered, one.leads, one.booked, one.booked_pct,
                one.raw_booked_pct, one.excused, one.excused_by_people, one.excuse_rate, one.excuse_rate_before,
                one.change,
            ]
            for one in lines
        ],
    )  # fmt: skip


def figure(kpis: Kpis, key: str) -> int | Decimal | None:
    """One KPI as its column takes it: all money in cents."""
    value: int | Decimal | None = getattr(kpis, key)
    return to_cents(value) if COLUMNS[key].kind == "money" and isinstance(value, Decimal) else value


def _cells(kpis: Kpis) -> list[Cell]:
    return [figure(kpis, key) for key in COLUMNS]
