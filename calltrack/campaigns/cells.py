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

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from calltrack.campaigns.counting import DailyFacts, count_days
from calltrack.campaigns.sources import Facts
from calltrack.db import AWAY, Database
from calltrack.models import Account, Call, DayCell, DirtyMark, Job
from calltrack.period import Period, local_date, midnight

# In one transaction, so that nobody waits long for its locks.
MOST_DAYS, MOST_MARKS = 31, 20_000
# A count of all days begins and ends here, whatever year somebody mistyped into a job.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
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
        refresh(database, account_id=account.id, period=period)
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
            if session.scalar(_marks(account_id, period).with_only_columns(DirtyMark.id).limit(1)) is None:
                return done
        with database.write.begin() as session:
            done += refresh_some(session, account_id=account_id, period=period)


def refresh_some(session: Session, *, account_id: int, period: Period | None = None) -> int:
    """At most MOST_DAYS of the marked days, the newest first, in this transaction; returns how many."""
    _lock(session, account_id=account_id)
    zone = session.get_one(Account, account_id).time_zone
    _spread_marks(session, account_id=account_id, zone=zone)
    dated = _marks(account_id, period).where(DirtyMark.moment.is_not(None))
    marks = session.execute(dated.order_by(DirtyMark.moment.desc()).limit(MOST_MARKS)).all()
    days = sorted({local_date(mark.moment, zone=zone) for mark in marks}, reverse=True)[:MOST_DAYS]
    if not days:
        return 0
    seen = [mark for mark in marks if local_date(mark.moment, zone=zone) in days]
    found: DailyFacts = {}
    stale = stale_days(seen, zone=zone)
    for run in runs(stale, zone=zone):
        found.update(count_days(session, account_id=account_id, period=run, campaign_ids=_named(stale, run)))
    # What was counted may hold news that is younger than the marks seen; nobody may find it earlier than that.
    here = _marks(account_id, Period(days[-1], days[0], zone)).with_only_columns(func.max(DirtyMark.marked_at))
    known_at = session.scalars(here).one()
    _write_versions(session, account_id=account_id, stale=stale, found=found, known_at=known_at)
    for at in range(0, len(seen), 1000):
        session.execute(delete(DirtyMark).where(DirtyMark.id.in_([mark.id for mark in seen[at : at + 1000]])))
    return len(days)


def in_force(session: Session, *, account_id: int, first: date, last: date) -> dict[tuple[int, date], Facts]:
    """What the cells of some days say now, by campaign and day."""
    cells = _in_force(session, account_id, (first, last))
    return {(cell.campaign_id, cell.day): facts_in(cell) for cell in cells}


def extent(session: Session, *, account_id: int, zone: str) -> Period | None:
    """The local days from the account's first call, job or cell to its last; None where there is nothing yet."""
    moments: list[datetime] = []
    for column, owner in (
        (Call.started_at, Call.account_id),
        (Job.created_at, Job.account_id),
        (Job.completed_at, Job.account_id),
    ):
        # Two queries, because an index answers each of them at once and both together not at all.
        for edge in (func.min, func.max):
            moment = session.scalar(select(edge(column)).where(owner == account_id))
            moments += [moment] if moment else []
    first, last = session.execute(
        select(func.min(DayCell.day), func.max(DayCell.day)).where(DayCell.account_id == account_id)
    ).one()
    days = [local_date(moment, zone=zone) for moment in moments] + ([first, last] if first else [])
    if not days:
        return None
    first, last = max(min(days), FIRST_DAY), min(max(days), LAST_DAY)
    return Period(first, last, zone) if first <= last else None


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
    """Marks of the period, and those of every day."""
    found = select(DirtyMark.id, DirtyMark.campaign_id, DirtyMark.moment, DirtyMark.marked_at).where(
        DirtyMark.account_id == account_id
    )
    if period is None:
        return found
    moment = DirtyMark.moment
    here: ColumnElement[bool] = (moment >= period.start) & (moment < period.end)
    return found.where(or_(moment.is_(None), here))


def _lock(session: Session, *, account_id: int) -> None:
    """Race: two refreshers would both replace the version in force. SQLite's write lock keeps them apart already."""
    if session.get_bind().dialect.name == "postgresql":
        key = f"day cells of account {account_id}"
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _spread_marks(session: Session, *, account_id: int, zone: str) -> None:
    """Marks of every day become one for each day there is, so that they can be worked off a few days at a time."""
    every = session.execute(_marks(account_id, None).where(DirtyMark.moment.is_(None))).all()
    if not every:
        return
    days = extent(session, account_id=account_id, zone=zone)
    newest = {mark.campaign_id: mark.marked_at for mark in sorted(every, key=lambda mark: mark.marked_at)}
    spread = [
        {"account_id": account_id, "campaign_id": campaign_id, "moment": midnight(day, zone=zone), "marked_at": at}
        for campaign_id, at in newest.items()
        for day in (days.days() if days else ())
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


def _write_versions(session: Session, *, account_id: int, stale: Stale, found: DailyFacts, known_at: datetime) -> None:
    """New versions of those stale cells that count differently now; the others stay as they are."""

    def is_stale(campaign_id: int, day: date) -> bool:
        campaigns = stale.get(day, set())
        return campaigns is None or campaign_id in campaigns

    kept = {(cell.campaign_id, cell.day): cell for cell in _in_force(session, account_id, stale)}
    replaced, written = [], []
    for place in kept.keys() | found.keys():
        campaign_id, day = place
        facts, cell = found.get(place, Facts()), kept.get(place)
        if not is_stale(campaign_id, day) or facts == (facts_in(cell) if cell else Facts()):
            continue
        moment = max(known_at, cell.known_at + _INSTANT) if cell else known_at
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
