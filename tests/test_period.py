"""Ranges of local days: a moment lies in one exactly when its local date does, clock changes included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.period import Period, midnight, today

# Clock changes at two, at midnight (Havana, Beirut, Asuncion), back over midnight (Sao Paulo), by half an hour
# (Lord Howe), a skipped day (Apia in 2011), and none at all.
ZONES = [
    "America/Chicago", "America/New_York", "America/Havana", "America/Sao_Paulo", "America/Asuncion", "Asia/Beirut",
    "Africa/Cairo", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Berlin", "Asia/Kathmandu", "UTC",
]  # fmt: skip
zones = st.sampled_from(ZONES)
days = st.dates(date(2011, 12, 1), date(2037, 12, 31))


def clock_changes(zone: str) -> list[date]:
    """Every day from 2012 on that has not 24 hours."""
    tz, day, found = ZoneInfo(zone), date(2012, 1, 1), []
    while day < date(2037, 12, 31):
        noon, next_noon = (datetime(d.year, d.month, d.day, 12, tzinfo=tz) for d in (day, day + timedelta(days=1)))
        if noon.utcoffset() != next_noon.utcoffset():
            found.append(day + timedelta(days=1))
        day += timedelta(days=1)
    return found


CHANGES = {zone: clock_changes(zone) for zone in ZONES}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Any range; often one that begins or ends on or beside a clock change."""
    zone = draw(zones)
    near = st.sampled_from(CHANGES[zone]).flatmap(
        lambda day: st.integers(-1, 1).map(lambda shift: day + timedelta(days=shift))
    )
    first = draw(near | days if CHANGES[zone] else days)
    return Period(first, first + timedelta(days=draw(st.integers(0, 40))), zone)


@given(period=periods(), seconds=st.integers(-90_000, 90_000), edge=st.sampled_from(["start", "end"]))
@example(Period(date(2011, 12, 30), date(2011, 12, 30), "Pacific/Apia"), 0, "start")
@example(Period(date(2011, 12, 29), date(2011, 12, 31), "Pacific/Apia"), -1, "end")
def test_a_moment_lies_in_the_period_exactly_when_its_local_date_does(period: Period, seconds: int, edge: str) -> None:
    moment = getattr(period, edge) + timedelta(seconds=seconds)
    local_date = moment.astimezone(ZoneInfo(period.zone)).date()
    assert (period.start <= moment < period.end) == (period.first <= local_date <= period.last)


@given(period=periods())
def test_the_days_of_a_period_follow_each_other_without_gap_or_overlap(period: Period) -> None:
    singles = [Period(day, day, period.zone) for day in period.days()]
    assert (singles[0].start, singles[-1].end) == (period.start, period.end)
    assert [one.end for one in singles[:-1]] == [one.start for one in singles[1:]]


@given(period=periods())
def test_the_range_before_is_as_long_and_ends_where_this_one_starts(period: Period) -> None:
    before = period.before()
    assert len(before.days()) == len(period.days())
    assert before.end == period.start
    assert before.zone == period.zone


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 8), "America/Chicago", 23),
        (date(2026, 11, 1), "America/Chicago", 25),
        (date(2026, 5, 4), "America/Chicago", 24),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2011, 12, 30), "Pacific/Apia", 0),
    ],
)
def test_a_day_has_as_many_hours_as_its_clocks_give_it(day: date, zone: str, hours: float) -> None:
    period = Period(day, day, zone)
    assert period.end - period.start == timedelta(hours=hours)


def test_where_midnight_is_skipped_the_day_starts_at_one() -> None:
    start = midnight(date(2026, 3, 8), zone="America/Havana")
    assert start.astimezone(ZoneInfo("America/Havana")).hour == 1
    assert start == datetime(2026, 3, 8, 5, tzinfo=UTC)


def test_where_midnight_comes_twice_the_day_starts_at_the_earlier_one() -> None:
    assert midnight(date(2026, 11, 1), zone="America/Havana") == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ends .* before it starts"):
        Period(date(2026, 5, 4), date(2026, 5, 3), "UTC")


def test_today_is_the_accounts_local_date() -> None:
    moment = datetime(2026, 5, 4, 4, 30, tzinfo=UTC)
    assert today(zone="America/Chicago", now=moment) == date(2026, 5, 3)
    assert today(zone="Europe/Berlin", now=moment) == date(2026, 5, 4)
