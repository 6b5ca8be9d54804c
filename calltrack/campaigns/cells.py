"""Keeping the day cells: what a change made stale is counted anew from the base rows and written as a new version.

A change only leaves a mark (see calltrack/marks.py), so that no caller waits for a count. Whoever reads a scorecard has
the days of its range counted first; a worker does the rest. Nothing is ever counted by a nightly batch.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from calltrack.campaigns.counting import DailyFacts, count_days
from calltrack.campaigns.sources import Facts
from calltrack.db import AWAY, Database
from calltrack.models import Account, Call, DayCell, DirtyMark, Job
from calltrack.period import Period, local_date, midnight

MOST_DAYS, MOST_MARKS = 31, 20_000  # at a time
FIGURES = tuple(Facts.__dataclass_fields__)
_INSTANT = timedelta(microseconds=1)
_log = logging.getLogger(__name__)

# Which campaigns' cells of a day are stale; None: all of them.
Stale: TypeAlias = dict[date, set[int] | None]


@contextmanager
def up_to_date(
    database: Database, *, account: Account, period: Period, as_of: datetime | None = None
) -> Iterator[Session]:
    """A session for reading scorecards over the period, after its stale cells have been counted anew.

    Where that has to wait for too long, figures of now are read without it: whoever reads counts what is marked. What
    was known `as_of` a moment is in the cells only, so then the error is raised.
    """
    try:
        # Cells are everybody's: whoever asks first has them counted, whatever campaigns they may see themselves.
        refresh(database.whole, account_id=account.id, period=period)
    except AWAY:
        if as_of is not None:
            raise
        _log.warning("day cells of account %s: left to the next who asks", account.id)
    with database.read() as session:
        yield session


def refresh_all(database: Database) -> int:
    """Count everything anew that is marked, of all accounts; returns how many days of an account that were."""
    with database.read() as session:
        account_ids = session.scalars(select(DirtyMark.account_id).distinct()).all()
    return sum(refresh(database, account_id=account_id) for account_id in account_ids)


def refresh(database: Database, *, account_id: int, period: Period | None = None) -> int:
    """Count the account's marked days anew, all or those of a period; returns how many that were."""
    done = 0
    while True:
        with database.read() as session:  # looking takes no write lock
            every = session.execute(_marks(account_id, None).where(DirtyMark.moment.is_(None)).limit(1)).first()
            if not every and not session.execute(_marks(account_id, period).limit(1)).first():
                return done
        if every:
            with database.write.begin() as session:
                _spread_marks(session, account_id=account_id)
        done += refresh_some(database, account_id=account_id, period=period)


def refresh_some(database: Database, *, account_id: int, period: Period | None = None) -> int:
    """At most MOST_DAYS of the marked days, the newest first; returns how many.

    Counting may take seconds, so it is done on a snapshot and without a lock; only the result is written under one.
    """
    with database.read() as session:
        zone = session.get_one(Account, account_id).time_zone
        marks = _days_to_count(session, account_id=account_id, period=period, zone=zone)
        stale, found = stale_days(marks, zone=zone), DailyFacts()
        for run in runs(stale, zone=zone):
            found |= count_days(session, account_id=account_id, period=run, campaign_ids=_named(stale, run))
    if not marks:
        return 0
    with database.write.begin() as session:
        _lock(session, account_id=account_id)
        if _are_there(session, marks):  # else somebody else has counted them meanwhile, and perhaps what came since
            _write_versions(session, account_id=account_id, marks=marks, zone=zone, found=found)
            for at in range(0, len(marks), 1000):
                ids = [mark.id for mark in marks[at : at + 1000]]
                session.execute(delete(DirtyMark).where(DirtyMark.id.in_(ids)))
    return len(stale)


def in_force(session: Session, *, account_id: int, first: date, last: date) -> dict[tuple[int, date], Facts]:
    """What the cells of some days say now, by campaign and day."""
    cells = _in_force(session, account_id, (first, last))
    return {(cell.campaign_id, cell.day): facts_in(cell) for cell in cells}


def days_with_rows(session: Session, *, account_id: int) -> list[date]:
    """Every local day that a call, a job or a cell may be of, in order; rather some too many than one too few."""
    days = set(session.scalars(select(DayCell.day).where(DayCell.account_id == account_id).distinct()))
    here = session.get_bind().dialect.name == "postgresql"
    for column, owner in (
        (Call.started_at, Call.account_id),
        (Job.created_at, Job.account_id),
        (Job.completed_at, Job.account_id),
    ):
        in_utc = func.date(func.timezone("UTC", column) if here else column)
        for found in session.scalars(select(in_utc).where(owner == account_id, column.is_not(None)).distinct()):
            day = found if isinstance(found, date) else date.fromisoformat(found)
            days.update(day + timedelta(days=off) for off in (-1, 0, 1))  # wherever in the world it is
    return sorted(days)


def stale_days(marks: Collection[Any], *, zone: str) -> Stale:
    """The marks by local day; every one names a moment."""
    stale: Stale = {}
    for mark in marks:
        day = local_date(mark.moment, zone=zone)
        known = stale.setdefault(day, set())
        if mark.campaign_id is None:
            stale[day] = None
        elif known is not None:
            known.add(mark.campaign_id)
    return stale


def runs(days: Collection[date], *, zone: str) -> Iterator[Period]:
    """The days as few unbroken periods."""
    ordered = sorted(days)
    begun = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place] - ordered[place - 1] != timedelta(days=1):
            yield Period(ordered[begun], ordered[place - 1], zone)
            begun = place


def facts_in(cell: Any) -> Facts:
    """What a cell says."""
    return Facts(*(getattr(cell, figure) for figure in FIGURES))


def _marks(account_id: int, period: Period | None) -> Any:
    """The account's marks, or those of days of the period."""
    found = select(DirtyMark.id, DirtyMark.campaign_id, DirtyMark.moment, DirtyMark.marked_at).where(
        DirtyMark.account_id == account_id
    )
    moment = DirtyMark.moment
    return found if period is None else found.where(moment >= period.start, moment < period.end)


def is_marked(session: Session, *, account_id: int, period: Period) -> bool:
    """Whether something waits to be counted anew in these days."""
    every = _marks(account_id, None).where(DirtyMark.moment.is_(None))
    return any(session.execute(marks.limit(1)).first() for marks in (every, _marks(account_id, period)))


def _days_to_count(session: Session, *, account_id: int, period: Period | None, zone: str) -> list[Row[Any]]:
    """All marks of some days: a cell must not be counted for one of its marks and left for another."""
    dated = _marks(account_id, period).where(DirtyMark.moment.is_not(None))
    newest = session.execute(dated.order_by(DirtyMark.moment.desc()).limit(MOST_MARKS))
    days = sorted({local_date(mark.moment, zone=zone) for mark in newest}, reverse=True)[:MOST_DAYS]
    if not days:
        return []
    marks = session.execute(_marks(account_id, Period(days[-1], days[0], zone)))
    return [mark for mark in marks if local_date(mark.moment, zone=zone) in days]


def _are_there(session: Session, marks: list[Row[Any]]) -> bool:
    count = 0
    for at in range(0, len(marks), 1000):
        ids = [mark.id for mark in marks[at : at + 1000]]
        count += session.scalars(select(func.count()).select_from(DirtyMark).where(DirtyMark.id.in_(ids))).one()
    return count == len(marks)


def _lock(session: Session, *, account_id: int) -> None:
    """Race: two refreshers would both replace the version in force. SQLite's write lock keeps them apart already."""
    if session.get_bind().dialect.name == "postgresql":
        key = f"day cells of account {account_id}"
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _spread_marks(session: Session, *, account_id: int) -> None:
    """Marks of every day become one for each day there is, so that they can be worked off a few days at a time."""
    _lock(session, account_id=account_id)
    every = session.execute(_marks(account_id, None).where(DirtyMark.moment.is_(None))).all()
    if not every:
        return
    zone = session.get_one(Account, account_id).time_zone
    newest = {mark.campaign_id: mark.marked_at for mark in sorted(every, key=lambda mark: mark.marked_at)}
    spread = [
        {"account_id": account_id, "campaign_id": campaign_id, "moment": midnight(day, zone=zone), "marked_at": at}
        for day in days_with_rows(session, account_id=account_id)
        for campaign_id, at in newest.items()
    ]
    if spread:
        session.execute(insert(DirtyMark), spread)
    session.execute(delete(DirtyMark).where(DirtyMark.id.in_([mark.id for mark in every])))


def _named(stale: Stale, run: Period) -> set[int] | None:
    """The campaigns to count in these days; None: all."""
    named = set[int]()
    for day in run.days():
        campaigns = stale[day]
        if campaigns is None:
            return None
        named |= campaigns
    return named


def _in_force(session: Session, account_id: int, days: Collection[date]) -> list[Row[Any]]:
    columns = [getattr(DayCell, name) for name in ("id", "campaign_id", "day", "known_at", *FIGURES)]
    return list(
        session.execute(
            select(*columns).where(
                DayCell.account_id == account_id, DayCell.replaced_at.is_(None),
                DayCell.day >= min(days), DayCell.day <= max(days),
            )
        )
    )  # fmt: skip


def _write_versions(session: Session, *, account_id: int, marks: list[Row[Any]], zone: str, found: DailyFacts) -> None:
    """New versions of those marked cells that count differently now, known since their newest mark; the others stay."""
    known = dict[tuple[int | None, date], datetime]()
    for mark in sorted(marks, key=lambda mark: mark.marked_at):
        known[mark.campaign_id, local_date(mark.moment, zone=zone)] = mark.marked_at
    kept = {(cell.campaign_id, cell.day): cell for cell in _in_force(session, account_id, {day for _, day in known})}
    replaced, written = [], []
    for place in kept.keys() | found.keys():
        campaign_id, day = place
        news = [known[mark] for mark in ((campaign_id, day), (None, day)) if mark in known]
        facts, cell = found.get(place, Facts()), kept.get(place)
        if not news or facts == (facts_in(cell) if cell else Facts()):
            continue
        moment = max(*news, cell.known_at + _INSTANT) if cell else max(news)
        if cell:
            replaced.append({"cell": cell.id, "moment": moment})
        about = {"account_id": account_id, "campaign_id": campaign_id, "day": day, "known_at": moment}
        written.append(about | asdict(facts))
    if replaced:
        _replace(session, replaced)
    if written:
        session.execute(insert(DayCell), written)


def _replace(session: Session, replaced: list[dict[str, Any]]) -> None:
    by_moment: dict[datetime, list[int]] = {}
    for one in replaced:
        by_moment.setdefault(one["moment"], []).append(one["cell"])
    for moment, cells in by_moment.items():
        for at in range(0, len(cells), 1000):
            session.execute(update(DayCell).where(DayCell.id.in_(cells[at : at + 1000])).values(replaced_at=moment))
