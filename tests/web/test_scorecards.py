"""The table of all campaigns, over the days that are asked for."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import create_campaign
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.scorecard import KPI_KEYS
from calltrack.period import Period
from calltrack.web import words
from calltrack.web.kpis import BOOKING, GROUPS, KPIS, MARKETING
from calltrack.web.ranges import presets_on
from tests.accounts.entering import enter
from tests.factories import NOON, PASSWORD, Company, answered_call, missed_call, person
from tests.web.conftest import BILLBOARD, Browser, Write

MAY_4 = "from=2026-05-04&to=2026-05-04"


def row(page: str, campaign: str) -> list[str]:
    """A campaign's cells, from its name on."""
    found = next(line for line in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL) if f">{campaign}<" in line)
    return [
        re.sub(r"<[^>]*>", " ", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", found, re.DOTALL)
    ]


def test_every_kpi_has_a_column_in_the_contract_s_order_and_says_what_it_counts(ana: Browser) -> None:
    assert tuple(KPIS) == KPI_KEYS
    assert {*MARKETING, *BOOKING} == set(KPI_KEYS)
    page = ana.see("/scorecards")
    for kpi in KPIS.values():
        assert len(kpi.means) > 10
        assert page.count(words_in_html(kpi.means)) >= 2, kpi.name  # at the column and below the table
    assert sum(len(kpis) for kpis in GROUPS.values()) == 15


def words_in_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&#39;")


def test_a_campaign_s_figures_stand_beside_its_phone_and_in_the_total(
    write: Write, anas: Company, ana: Browser
) -> None:
    with write() as session:
        state_costs(session, campaign=anas.campaign, costs=[(date(2026, 5, 1), 8500)], stated_by="a test")
        answered_call(session, number=BILLBOARD)
        answered_call(session, number=BILLBOARD, seconds=42)
        missed_call(session, number=BILLBOARD)
    page = ana.see(f"/scorecards?{MAY_4}")
    counts = ["3", "1", "1", "0", "0.0%", "0.0%", "0", "0", "0.0%"]
    figures = [*counts, "$0.00", "$0.00", "$85.00", "$85.00", words.DASH, "0.00\N{MULTIPLICATION SIGN}"]
    assert row(page, "Billboard") == ["Billboard", "(312) 555-0142", *figures]
    assert row(page, "Total")[2:] == figures


def test_a_dash_stands_where_there_is_nothing_to_divide_by(ana: Browser) -> None:
    assert row(ana.see(f"/scorecards?{MAY_4}"), "Billboard")[5:8] == ["0", words.DASH, words.DASH]


def test_days_are_the_account_s_own(write: Write, ana: Browser) -> None:
    with write() as session:  # half past eleven at night in Chicago is the next day in London
        answered_call(session, number=BILLBOARD, started_at=datetime(2026, 5, 5, 4, 30, tzinfo=UTC))
    assert row(ana.see(f"/scorecards?{MAY_4}"), "Billboard")[2] == "1"
    assert row(ana.see("/scorecards?from=2026-05-05&to=2026-05-05"), "Billboard")[2] == "0"
    assert "4 May 2026, America/Chicago time" in ana.read(f"/scorecards?{MAY_4}")


def test_another_company_s_campaigns_are_not_there(write: Write, ana: Browser, dee: Browser) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD)
    assert row(ana.see(f"/scorecards?{MAY_4}"), "Billboard")[2] == "1"
    assert row(dee.see(f"/scorecards?{MAY_4}"), "Billboard")[2] == "0"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("from=2026-13-01&to=2026-05-04", "Write dates like"),
        ("from=%00&to=x", "Write dates like"),
        ("from=0001-01-01&to=9999-12-31", "Write dates like"),
        ("from=2026-05-04&to=2026-05-01", "ends before it starts"),
        ("from=2001-01-01&to=2026-05-01", "At most three years"),
    ],
)
def test_a_range_that_makes_no_sense_is_explained_and_the_usual_one_shown(ana: Browser, asked: str, says: str) -> None:
    page = ana.read(f"/scorecards?{asked}", 400)
    assert says in page
    assert "Billboard" in page


def test_half_a_range_is_completed(ana: Browser) -> None:
    assert "1 May 2026 to" in ana.read("/scorecards?from=2026-05-01")
    assert "5 Apr 2026 to 4 May 2026" in ana.read("/scorecards?to=2026-05-04")


@time_machine.travel(datetime(2026, 3, 1, 3, 0, tzinfo=UTC))  # in Chicago still the last evening of February
def test_usual_ranges_are_one_click_away_and_count_in_the_account_s_zone(ana: Browser) -> None:
    page = ana.see("/scorecards")
    for name, first, last in (
        ("Today", "2026-02-28", "2026-02-28"),
        ("Yesterday", "2026-02-27", "2026-02-27"),
        ("Last 7 days", "2026-02-22", "2026-02-28"),
        ("Last 30 days", "2026-01-30", "2026-02-28"),
        ("This month", "2026-02-01", "2026-02-28"),
        ("Last month", "2026-01-01", "2026-01-31"),
    ):
        assert re.search(rf'from={first}&amp;to={last}"[^>]*>{name}<', page), name
    assert re.search(r'aria-current="true">Last 30 days<', page)


def test_every_usual_range_is_a_period_on_every_day_of_a_leap_year() -> None:
    for day in range(366):
        for preset in presets_on(date(2028, 1, 1) + timedelta(days=day)):
            assert Period(preset.first, preset.last, "America/Chicago").days()


def test_a_company_without_campaigns_learns_how_to_make_one(write: Write, stranger: Browser) -> None:
    with write() as session:
        eve = create_account(session, name="Eve's Roofing", time_zone="America/Denver")
        token = enter(session, email=person(session, account=eve, name="Eve", role="manager"), password=PASSWORD)
    stranger.http.set_cookie("calltrack_sign_in", token or "")
    page = stranger.read("/scorecards")
    assert "No campaign yet" in page
    assert "Set up the account" in page


def test_a_campaign_s_name_is_text_and_never_markup(write: Write, anas: Company, ana: Browser) -> None:
    with write() as session:
        create_campaign(session, account=anas.account, name="<script>alert(1)</script>")
    assert "<script>alert" not in ana.see("/scorecards")


def test_values_look_as_people_write_them() -> None:
    assert [words.cents(125000), words.cents(-50), words.cents(None)] == [
        "$1,250.00",
        "\N{MINUS SIGN}$0.50",
        words.DASH,
    ]
    assert [words.duration(63), words.duration(3723), words.duration(0), words.duration(None)] == [
        "1:03", "1:02:03", "0:00", words.DASH
    ]  # fmt: skip
    assert words.moment(NOON, "America/Chicago") == "Mon 4 May 2026, 12:00 PM CDT"
    assert words.short_moment(NOON.replace(hour=5), "America/Chicago") == "Mon 4 May, 12:00 AM"
    assert words.whole(12345) == "12,345"
