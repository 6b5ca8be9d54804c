"""Exact counts and sums by campaign and local day, read from the day cells: as known now, or at an earlier moment."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.orm import Session

from calltrack.campaigns.cells import FIGURES, facts_in, runs, stale_days
from calltrack.campaigns.counting import DailyFacts, count_days
from calltrack.campaigns.sources import Facts
from calltrack.marks import leave_marks
from calltrack.models import DayCell, DirtyMark
from calltrack.period import Period

# More stale days than this are counted with all that lie between them.
_MOST_HOLES = 500


def facts_by_campaign(
    session: Session, *, account_id: int, period: Period, as_of: datetime | None = None
) -> dict[int | None, Facts]:
    """The whole period's facts by campaign id; None: calls and jobs without a campaign. Absent: nothing happened.

    `as_of`: as they were known at that moment. Figures of now (None) are right even where a cell is stale: a day with
    a mark is counted from its base rows.
    """
    whole = defaultdict[int | None, Facts](Facts)
    fresh, counted = _counted_anew(session, account_id, period, as_of=as_of, campaign_id=None)
    for campaign_id, *sums in session.execute(
        select(DayCell.campaign_id, *(func.sum(getattr(DayCell, figure)) for figure in FIGURES))
        .where(*_cells(account_id, period, as_of=as_of), fresh)
        .group_by(DayCell.campaign_id)
    ):
        whole[campaign_id or None] = Facts(*map(int, sums))
    for (campaign_id, _), facts in counted.items():
        whole[campaign_id or None] += facts
    return {campaign_id: facts for campaign_id, facts in whole.items() if facts != Facts()}


def facts_by_day(
    session: Session,
    *,
    account_id: int,
    period: Period,
    campaign_id: int | None = None,
    as_of: datetime | None = None,
) -> dict[tuple[int | None, date], Facts]:
    """The facts by campaign and local day, of one campaign or (None) of all. Absent: nothing happened that day."""
    fresh, counted = _counted_anew(session, account_id, period, as_of=as_of, campaign_id=campaign_id)
    cells = select(DayCell.campaign_id, DayCell.day, *(getattr(DayCell, figure) for figure in FIGURES)).where(
        *_cells(account_id, period, as_of=as_of), fresh
    )
    if campaign_id is not None:
        cells = cells.where(DayCell.campaign_id == campaign_id)
    found = {(cell.campaign_id, cell.day): facts_in(cell) for cell in session.execute(cells)} | counted
    return {(campaign or None, day): facts for (campaign, day), facts in found.items() if facts != Facts()}


def facts_of_days(
    session: Session, *, account_id: int, period: Period, as_of: datetime | None = None
) -> dict[date, Facts]:
    """The facts by local day of everything together. Absent: nothing happened that day."""
    whole = defaultdict[date, Facts](Facts)
    fresh, counted = _counted_anew(session, account_id, period, as_of=as_of, campaign_id=None)
    for day, *sums in session.execute(
        select(DayCell.day, *(func.sum(getattr(DayCell, figure)) for figure in FIGURES))
        .where(*_cells(account_id, period, as_of=as_of), fresh)
        .group_by(DayCell.day)
    ):
        whole[day] = Facts(*map(int, sums))
    for (_, day), facts in counted.items():
        whole[day] += facts
    return dict(whole)


def _cells(account_id: int, period: Period, *, as_of: datetime | None) -> Iterator[ColumnElement[bool]]:
    yield DayCell.account_id == account_id
    yield DayCell.day >= period.first
    yield DayCell.day <= period.last
    if as_of is None:
        yield DayCell.replaced_at.is_(None)
    else:
        yield DayCell.known_at <= as_of
        yield or_(DayCell.replaced_at.is_(None), DayCell.replaced_at > as_of)


def _counted_anew(
    session: Session, account_id: int, period: Period, *, as_of: datetime | None, campaign_id: int | None
) -> tuple[ColumnElement[bool], DailyFacts]:
    """Which cells may be read, and the facts of the days on which they may not."""
    every = true()
    if as_of is not None:
        return every, {}
    leave_marks(session)  # what this very session changed counts too
    days = _marked_days(session, account_id, period)
    if not days:
        return every, {}
    found: DailyFacts = {}
    campaign_ids = None if campaign_id is None else [campaign_id]
    for run in [period] if len(days) > _MOST_HOLES else runs(days, zone=period.zone):
        found |= count_days(session, account_id=account_id, period=run, campaign_ids=campaign_ids)
    return false() if len(days) > _MOST_HOLES else DayCell.day.not_in(days), found


def _marked_days(session: Session, account_id: int, period: Period) -> list[date]:
    marked = select(DirtyMark.moment, DirtyMark.campaign_id).where(DirtyMark.account_id == account_id).distinct()
    here: Any = (DirtyMark.moment >= period.start) & (DirtyMark.moment < period.end)
    marks = session.execute(marked.where(or_(DirtyMark.moment.is_(None), here))).all()
    if any(mark.moment is None for mark in marks):
        return period.days()
    return sorted(stale_days(marks, zone=period.zone))
