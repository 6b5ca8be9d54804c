"""Costs from a file, and the arithmetic of months."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from calltrack.campaigns.costs import BadCosts, amended_costs, costs_in_force, lay_over, spread_month, total_cost
from calltrack.models import CostHistory
from tests.imports.conftest import Office

HEADER = "campaign,from,daily_cost,month,monthly_cost\n"
FIRST = date(2026, 2, 20)
FOREVER = date(2099, 12, 31)
days = st.integers(0, 40).map(lambda place: FIRST + timedelta(days=place))
histories = st.dictionaries(days, st.integers(0, 10**9), max_size=5).map(lambda said: sorted(said.items()))


def on(history: list[tuple[date, int]], day: date) -> int:
    return total_cost(history, first=day, last=day, today=FOREVER)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 10**11))
def test_the_days_of_a_month_add_up_to_it_and_differ_by_a_cent_at_most(day: date, cents: int) -> None:
    spread = spread_month(month=day, cents=cents)
    assert [one.day for one, _ in spread] == list(range(1, monthrange(day.year, day.month)[1] + 1))
    assert {(one.year, one.month) for one, _ in spread} == {(day.year, day.month)}
    costs = [cost for _, cost in spread]
    assert sum(costs) == cents
    assert costs == sorted(costs, reverse=True)  # the first days have the extra cents
    assert costs[0] - costs[-1] <= 1


def test_no_month_costs_less_than_nothing() -> None:
    with pytest.raises(BadCosts, match="zero or more"):
        spread_month(month=FIRST, cents=-1)


@given(histories, st.dictionaries(days, st.integers(0, 10**9), max_size=8))
def test_days_that_are_laid_over_a_history_change_no_other_day(
    history: list[tuple[date, int]], said: dict[date, int]
) -> None:
    laid = lay_over(history, days=said.items())
    for place in range(-2, 60):
        day = FIRST + timedelta(days=place)
        assert on(laid, day) == said.get(day, on(history, day))
    assert lay_over(laid, days=said.items()) == laid


@given(histories, st.dictionaries(days, st.integers(0, 10**9), max_size=4))
def test_a_cost_from_a_day_on_lasts_until_the_next_that_is_known(
    history: list[tuple[date, int]], starts: dict[date, int]
) -> None:
    amended = amended_costs(history, starts=starts, days=())
    assert dict(amended) == {**dict(history), **starts}


def test_a_month_is_spread_and_what_was_in_force_goes_on_after_it(office: Office) -> None:
    office.bring("costs", HEADER + "Radio,2026-01-01,50.00,,\n")
    report = office.bring("costs", HEADER + "Radio,,,2026-05,1000.01\nBillboard,2026-05-10,0,,\n")
    assert (report.counts.changed, report.counts.known) == (2, 0)
    with office.database.read() as session:
        costs = costs_in_force(session, campaign_ids=[office.radio.id, office.company.campaign.id])
    radio = costs[office.radio.id]
    assert total_cost(radio, first=date(2026, 5, 1), last=date(2026, 5, 31), today=FOREVER) == 100001
    assert [on(radio, date(2026, *day)) for day in ((4, 30), (5, 1), (5, 31), (6, 1))] == [5000, 3226, 3225, 5000]
    assert costs[office.company.campaign.id] == [(date(2026, 5, 10), 0)]


def test_the_same_file_again_states_nothing_anew(office: Office) -> None:
    content = HEADER + "Radio,2026-01-01,50.00,,\nRadio,,,2026-05,1000.01\nRadio,,,2026-05,1000.01\n"
    office.bring("costs", content)
    assert office.bring("costs", content).counts.changed == 0
    with office.database.read() as session:
        assert session.scalar(select(func.count(CostHistory.id))) == 1


def test_money_is_read_as_people_write_it(office: Office) -> None:
    assert not office.bring("costs", HEADER + 'Radio,,,2026-04,"$1,200.00"\n').bad


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Television,2026-05-01,5,,", "there is no campaign 'Television' (Radio, Billboard)"),
        (",2026-05-01,5,,", "there is no campaign ''"),
        ("Radio,,,,", "enter either from and daily_cost, or month and monthly_cost"),
        ("Radio,2026-05-01,5,2026-05,5", "enter either"),
        ("Radio,2026-05-01,,,", "daily_cost"),
        ("Radio,,5,,", "from is ''"),
        ("Radio,2026-05-01,-5,,", "zero or more"),
        ("Radio,2026-05-01T00:00:00Z,5,,", "write a date"),
        ("Radio,,,May 2026,5", "write a month"),
        ("Radio,,,2026-04,6", "line 2 says another cost"),
        ("Radio,2026-04-10,6,,", "line 2 says other costs of April 2026"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stated(office: Office, line: str, complaint: str) -> None:
    [(number, problem)] = office.bring("costs", HEADER + "Radio,,,2026-04,5\n" + line + "\n").bad
    assert number == 3
    assert complaint in problem
    with office.database.read() as session:
        assert session.scalar(select(func.count(CostHistory.id))) == 0
