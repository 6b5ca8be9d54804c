"""Opening hours are those of the clock on the office's wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.telephony.hours import is_open
from calltrack.telephony.plan import DAYS, Holiday, Hours, Span
from tests.factories import CHICAGO

EASTER = Holiday(date=date(2026, 4, 5), name="Easter")
EVE = Holiday(date=date(2026, 12, 24), hours=(("08:00", "12:00"),))
OFFICE = Hours(
    weekly={**dict.fromkeys(DAYS[:5], (("08:00", "12:00"), ("13:00", "17:00"))), "sat": (("22:00", "24:00"),)},
    holidays=(EASTER, EVE),
    open="office",
    closed="message",
)  # fmt: skip


def local(moment: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(CHICAGO), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-05-04 07:59:59", False),
        ("2026-05-04 08:00", True),
        ("2026-05-04 11:59:59", True),
        ("2026-05-04 12:00", False),
        ("2026-05-04 13:00", True),
        ("2026-05-04 17:00", False),
        ("2026-05-09 21:59", False),
        ("2026-05-09 23:59:59", True),
        ("2026-05-10 00:00", False),
        ("2026-12-24 11:59", True),
        ("2026-12-24 13:30", False),
        ("2026-12-25 13:30", True),
    ],
)
def test_the_office_is_open_within_its_hours_and_closed_as_they_end(moment: str, open_: bool) -> None:
    assert is_open(OFFICE, now=local(moment), zone=CHICAGO) is open_


@pytest.mark.parametrize(
    ("utc", "open_"),
    [
        ("2026-03-06T14:00", True),  # 08:00, six hours behind
        ("2026-03-06T13:59", False),
        ("2026-03-09T13:00", True),  # the Monday after the clock went forward: five hours behind
        ("2026-03-09T12:59", False),
        ("2026-11-02T13:59", False),  # the Monday after it went back
        ("2026-11-02T14:00", True),
    ],
)
def test_the_hours_follow_the_clock_over_daylight_saving(utc: str, open_: bool) -> None:
    assert is_open(OFFICE, now=datetime.fromisoformat(utc).replace(tzinfo=UTC), zone=CHICAGO) is open_


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    night = Hours(weekly={"sun": (("01:30", "02:00"),)}, open="office", closed="message")
    for fold in (0, 1):
        assert is_open(night, now=local("2026-11-01 01:45", fold=fold), zone=CHICAGO)


def spans() -> st.SearchStrategy[tuple[Span, ...]]:
    edges = st.lists(st.integers(0, 24 * 4), max_size=6, unique=True).map(sorted)
    clocks = edges.map(lambda quarters: [f"{one // 4:02}:{one % 4 * 15:02}" for one in quarters])
    return clocks.map(lambda all_: tuple(zip(all_[::2], all_[1::2], strict=False)))


@given(
    weekly=st.dictionaries(st.sampled_from(DAYS), spans()),
    holiday=spans(),
    zone=st.sampled_from([CHICAGO, "Europe/Berlin", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "UTC"]),
    days=st.integers(0, 400),
    minute=st.integers(0, 24 * 60),
)
@example(weekly={"sun": (("02:00", "03:00"),)}, holiday=(), zone=CHICAGO, days=66, minute=8 * 60)  # 8 March 2026
def test_any_minute_is_as_on_a_drawn_wall_of_clocks(
    weekly: dict[str, tuple[Span, ...]], holiday: tuple[Span, ...], zone: str, days: int, minute: int
) -> None:
    """The plain reference: which of the day's 1,440 minutes are painted, found by counting them off."""
    free = date(2026, 7, 4)
    hours = Hours.model_validate(
        {
            "weekly": weekly,
            "holidays": [{"date": free, "hours": holiday}],
            "open": "a",
            "closed": "b",
        }
    )
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days, minutes=minute)
    wall = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    painted = set[int]()
    for begin, end in holiday if wall.date() == free else weekly.get(DAYS[wall.weekday()], ()):
        (first, first_minute), (last, last_minute) = (map(int, clock.split(":")) for clock in (begin, end))
        painted.update(range(first * 60 + first_minute, last * 60 + last_minute))
    assert is_open(hours, now=now, zone=zone) is (wall.hour * 60 + wall.minute in painted)
