"""When a report is due, and which days it is about: pure calendar, in the account's zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from calltrack.period import Period, today

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
_DAY = timedelta(days=1)


def next_due(*, every: str, hour: int, zone: str, after: datetime) -> datetime:
    """The first moment later than `after` at which such a report is due."""
    day = today(zone=zone, now=after) - _DAY  # a zone may have skipped or repeated a day
    while not (_is_day(every, day) and moment_due(day, hour=hour, zone=zone) > after):
        day += _DAY
    return moment_due(day, hour=hour, zone=zone)


def last_day_due(*, every: str, hour: int, zone: str, by: datetime) -> date:
    """The local day of the latest moment, `by` included, at which such a report was due."""
    day = today(zone=zone, now=by) + _DAY
    while not (_is_day(every, day) and moment_due(day, hour=hour, zone=zone) <= by):
        day -= _DAY
    return day


def days_before(day: date, *, every: str, zone: str) -> Period:
    """What a report that is due on `day` is about: yesterday, Monday to Sunday before, or the month before."""
    last = day - _DAY
    if every == "month":
        return Period(last.replace(day=1), last, zone)
    return Period(day - timedelta(days=7) if every == "week" else last, last, zone)


def moment_due(day: date, *, hour: int, zone: str) -> datetime:
    """The hour on that day, as UTC: the earlier where it happens twice; where the clocks skip it, as much later."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def _is_day(every: str, day: date) -> bool:
    return every == "day" or (day.weekday() == 0 if every == "week" else day.day == 1)
