"""Counting the base rows by campaign and local day: what a day cell is made of, and held against."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from calltrack.campaigns.sources import MEASURES, SOURCES, Facts, Measure, within
from calltrack.models.cell import NO_CAMPAIGN
from calltrack.period import Period, midnight

# By campaign (NO_CAMPAIGN: calls and jobs without one) and local day.
DailyFacts: TypeAlias = dict[tuple[int, date], Facts]


def count_days(
    session: Session, *, account_id: int, period: Period, campaign_ids: Collection[int] | None = None
) -> DailyFacts:
    """The facts of each local day, of some campaigns or (None) of all. Absent: nothing happened that day."""
    found: DailyFacts = {}
    for stretch in _stretches(period):
        found.update(_count(session, account_id=account_id, stretch=stretch, campaign_ids=campaign_ids))
    return found


def count_whole(session: Session, *, account_id: int, period: Period) -> dict[int, Facts]:
    """The facts of the period as a whole, by campaign, in one go."""
    whole = _Stretch(period.first, period.start, period.end, period.end - period.start)
    found = _count(session, account_id=account_id, stretch=whole, campaign_ids=None)
    return {campaign_id: facts for (campaign_id, _), facts in found.items()}


@dataclass(frozen=True)
class _Stretch:
    """Days of one length, one after the other; a day on which the clocks change is a stretch of its own.

    Within it a moment's local day follows from whole seconds, in the same way on every database.
    """

    first: date
    start: datetime
    end: datetime
    day: timedelta


def _stretches(period: Period) -> Iterator[_Stretch]:
    days = period.days()
    starts = [*(midnight(day, zone=period.zone) for day in days), period.end]
    begun = 0
    for place in range(1, len(starts)):
        length = starts[begun + 1] - starts[begun]
        if place == len(days) or starts[place + 1] - starts[place] != length:
            if length:  # Samoa's 30 December 2011 never was
                yield _Stretch(days[begun], starts[begun], starts[place], length)
            begun = place


def _count(session: Session, *, account_id: int, stretch: _Stretch, campaign_ids: Collection[int] | None) -> DailyFacts:
    found: DailyFacts = {}
    since = int(stretch.start.timestamp())
    for source, parts in SOURCES.items():
        measures = {name: measure for name, measure in MEASURES.items() if measure.source == source}
        for rows_of in parts:
            rows = within(rows_of(account_id=account_id), start=stretch.start, end=stretch.end)
            if campaign_ids is not None:
                rows = rows.where(_is_of(rows.selected_columns.campaign_id, campaign_ids))
            # OFFSET 0 keeps PostgreSQL from working a derived column out anew for each figure that looks at it.
            row = rows.offset(0).subquery("counted").c
            day = (whole_seconds(row.moment) - since) // int(stretch.day.total_seconds())
            counted = select(row.campaign_id, day.label("day"), *(_figure(row, one) for one in measures.values()))
            for campaign, place, *figures in session.execute(counted.group_by(row.campaign_id, "day")):
                key = (campaign or NO_CAMPAIGN, stretch.first + timedelta(days=place))
                named = zip(measures, figures, strict=True)
                found[key] = found.get(key, Facts()) + Facts(**{name: int(figure or 0) for name, figure in named})
    return found


def _is_of(campaign_id: ColumnElement[Any], campaign_ids: Collection[int]) -> ColumnElement[bool]:
    named = campaign_id.in_([one for one in campaign_ids if one != NO_CAMPAIGN])
    return or_(named, campaign_id.is_(None)) if NO_CAMPAIGN in campaign_ids else named


def _figure(row: Any, measure: Measure) -> ColumnElement[Any]:
    counted = measure.counted(row)
    return func.sum(row[measure.amount]).filter(counted) if measure.amount else func.count().filter(counted)


class whole_seconds(FunctionElement[int]):  # noqa: N801  (a function of SQL)
    """A moment as whole seconds since 1970, rounded down."""

    type = BigInteger()
    inherit_cache = True


@compiles(whole_seconds)
def _in_postgres(element: whole_seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **kw)})) AS BIGINT)"


@compiles(whole_seconds, "sqlite")
def _in_sqlite(element: whole_seconds, compiler: SQLCompiler, **kw: Any) -> str:
    """SQLite's own reading of a fraction of a second would round it, at worst into the next day."""
    return f"CAST(strftime('%s', substr({compiler.process(element.clauses, **kw)}, 1, 19)) AS INTEGER)"
