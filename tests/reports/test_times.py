"""When reports are due and what they are about, in any zone, on any day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.period import Period
from calltrack.reports.times import EVERY, days_before, last_day_due, moment_due, next_due

CHICAGO = "America/Chicago"
# Clock changes at night, at midnight (Havana), by half an hour (Lord Howe); a day that never was (Apia, 2011).
ZONES = [CHICAGO, "UTC", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Europe/London"]
_moments = st.integers(1_199_145_600, 1_956_528_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_reports = {"every": st.sampled_from(EVERY), "hour": st.integers(0, 23), "zone": st.sampled_from(ZONES)}


@given(**_reports, after=_moments)
def test_the_next_one_is_later_and_none_is_left_out(every: str, hour: int, zone: str, after: datetime) -> None:
    following = next_due(every=every, hour=hour, zone=zone, after=after)
    assert following > after
    day = last_day_due(every=every, hour=hour, zone=zone, by=following)
    assert moment_due(day, hour=hour, zone=zone) == following
    before = last_day_due(every=every, hour=hour, zone=zone, by=following - timedelta(microseconds=1))
    assert moment_due(before, hour=hour, zone=zone) <= after
    longest = {"day": 2, "week": 8, "month": 32}[every]
    assert following - after <= timedelta(days=longest)


@given(**_reports, after=_moments)
def test_it_comes_at_its_hour_of_its_day_unless_the_clocks_skip_it(
    every: str, hour: int, zone: str, after: datetime
) -> None:
    following = next_due(every=every, hour=hour, zone=zone, after=after)
    local = following.astimezone(ZoneInfo(zone))
    day = last_day_due(every=every, hour=hour, zone=zone, by=following)
    exists = datetime.combine(day, datetime.min.time().replace(hour=hour), ZoneInfo(zone)).astimezone(UTC).astimezone(
        ZoneInfo(zone)
    ).replace(tzinfo=None) == datetime.combine(day, datetime.min.time().replace(hour=hour))
    if exists:
        assert (local.date(), local.hour, local.minute) == (day, hour, 0)
    assert {"day": True, "week": day.weekday() == 0, "month": day.day == 1}[every]


@given(day=st.dates(date(2008, 1, 1), date(2032, 1, 1)))
def test_what_it_is_about_ends_the_day_before_and_leaves_no_day_out(day: date) -> None:
    for every in EVERY:
        assert days_before(day, every=every, zone=CHICAGO).last == day - timedelta(days=1)
    month = days_before(day.replace(day=1), every="month", zone=CHICAGO)
    assert (month.first.day, month.first.month) == (1, month.last.month)
    monday = day - timedelta(days=day.weekday())
    week = days_before(monday, every="week", zone=CHICAGO)
    assert (week.first.weekday(), week.last.weekday(), len(week.days())) == (0, 6, 7)
    assert len(days_before(day, every="day", zone=CHICAGO).days()) == 1


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        ("day", "2026-05-04 06:59", "2026-05-04 07:00"),
        ("day", "2026-05-04 07:00", "2026-05-05 07:00"),
        ("week", "2026-05-04 06:00", "2026-05-04 07:00"),
        ("week", "2026-05-04 07:00", "2026-05-11 07:00"),
        ("month", "2026-05-04 07:00", "2026-06-01 07:00"),
        ("month", "2026-12-31 23:59", "2027-01-01 07:00"),
    ],
)
def test_seven_oclock_of_each_day_monday_and_first(every: str, now: str, due: str) -> None:
    zone = ZoneInfo(CHICAGO)
    after = datetime.fromisoformat(now).replace(tzinfo=zone)
    assert next_due(every=every, hour=7, zone=CHICAGO, after=after) == datetime.fromisoformat(due).replace(tzinfo=zone)


def test_an_hour_that_the_clocks_skip_comes_an_hour_later_that_day_only() -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=ZoneInfo(CHICAGO))
    first = next_due(every="day", hour=2, zone=CHICAGO, after=saturday)
    second = next_due(every="day", hour=2, zone=CHICAGO, after=first)
    assert [one.astimezone(ZoneInfo(CHICAGO)).strftime("%d %H") for one in (first, second)] == ["08 03", "09 02"]


def test_an_hour_that_comes_twice_is_due_once() -> None:
    saturday = datetime(2026, 10, 31, 12, tzinfo=ZoneInfo(CHICAGO))
    first = next_due(every="day", hour=1, zone=CHICAGO, after=saturday)
    assert first == datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert next_due(every="day", hour=1, zone=CHICAGO, after=first) == datetime(2026, 11, 2, 7, tzinfo=UTC)


def test_yesterday_the_past_week_and_the_past_month() -> None:
    monday = date(2026, 6, 1)
    assert days_before(monday, every="day", zone=CHICAGO) == Period(date(2026, 5, 31), date(2026, 5, 31), CHICAGO)
    assert days_before(monday, every="week", zone=CHICAGO) == Period(date(2026, 5, 25), date(2026, 5, 31), CHICAGO)
    assert days_before(monday, every="month", zone=CHICAGO) == Period(date(2026, 5, 1), date(2026, 5, 31), CHICAGO)
