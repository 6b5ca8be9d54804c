"""One campaign's page: figures, days, and the rows behind each figure."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.rows import COUNTED_BY
from calltrack.jobs.jobs import Bill, Item, JobFacts, link_job, put_job
from calltrack.web.kpis import KPIS
from tests.factories import NOON, Company, answered_call, missed_call
from tests.web.conftest import BILLBOARD, Browser, Write

SPAN = "from=2026-05-01&to=2026-05-10"


@pytest.fixture
def at(anas: Company) -> str:
    return f"/campaigns/{anas.campaign.id}?{SPAN}"


@pytest.fixture
def story(write: Write, anas: Company) -> None:
    """A long call that booked a sold job, a short one, and a missed one."""
    with write() as session:
        state_costs(session, campaign=anas.campaign, costs=[(date(2026, 5, 9), 8500)], stated_by="a test")
        booked = answered_call(session, number=BILLBOARD)
        answered_call(session, number=BILLBOARD, seconds=42)
        missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=1))
        bill = Bill("I-1", 42050, [Item("Motor", 40050, income=True)])
        job = put_job(
            session,
            account=anas.account,
            facts=JobFacts("J-1", "Ruth Decker", None, "HVAC", "completed", NOON, NOON, invoices=[bill]),
            by="a test",
        )
        link_job(session, job=job, call=booked, matched_by="given", linked_by="a test")


def rows_of(html: str) -> list[str]:
    table = html.partition('id="rows"')[2].partition("<tbody")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]


@pytest.mark.parametrize("kpi", COUNTED_BY)
def test_under_every_figure_stand_exactly_the_rows_it_counts(story: None, ana: Browser, at: str, kpi: str) -> None:
    html = ana.see(f"{at}&kpi={kpi}")
    expected = {
        "calls": 3, "missed": 1, "leads": 1, "inbound_booked": 1, "inbound_booked_pct": 1, "raw_booked_pct": 1,
        "manual_calls": 0, "sold": 1, "sold_pct": 1, "revenue": 1, "cohort_revenue": 1, "total_cost": 2,
        "cost_per_lead": 1, "cost_per_booked_job": 1, "roi": 1,
    }  # fmt: skip
    assert len(rows_of(html)) == expected[kpi]
    assert re.search(rf'aria-current="true"><span class="tile-name">{KPIS[kpi].name}<', html)


def test_the_calls_are_listed_first_each_with_its_reason_and_its_page(story: None, ana: Browser, at: str) -> None:
    html = ana.see(at)
    missed, short, booked = sorted(rows_of(html), key=lambda row: ("Missed" not in row, "42 s" not in row))
    assert "missed: nobody answered" in missed
    assert "42 s < 60 s" in html.replace("&lt;", "<")
    assert "0:42" in short
    assert "booked: job J-1" in booked
    for address in re.findall(r'href="(/calls/CA\w+)"', html):
        ana.see(address)


def test_jobs_and_days_say_why_they_count(story: None, ana: Browser, at: str) -> None:
    assert "sold: invoiced 420.50" in rows_of(ana.see(f"{at}&kpi=sold"))[0]
    assert "a day of this campaign cost 85.00" in rows_of(ana.see(f"{at}&kpi=total_cost"))[0]


def test_the_chart_has_a_bar_for_every_day_and_a_table_for_who_cannot_see_it(
    story: None, ana: Browser, at: str
) -> None:
    html = ana.see(at)
    chart = html.partition('class="chart"')[2].partition("</figure>")[0]
    assert chart.count('<rect class="calls"') == 10
    assert "Mon 4 May: 2 calls, 1 leads" in chart
    assert "<details>" in chart
    assert "Tue 5 May 2026" in chart


def test_a_long_list_goes_on_by_its_cursor(write: Write, ana: Browser, at: str) -> None:
    with write() as session:
        for minute in range(51):
            missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute))
    first = ana.see(at)
    assert len(rows_of(first)) == 50
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = ana.see(older[1].replace("&amp;", "&"))
    assert len(rows_of(second)) == 1
    assert not set(rows_of(first)) & set(rows_of(second))
    assert "kpi=calls" in older[1]


@pytest.mark.parametrize(
    "junk", ["kpi=%00", "kpi=profit", "cursor=x", "cursor=%00", "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ"]
)
def test_junk_in_the_address_shows_the_first_list_and_a_word(story: None, ana: Browser, at: str, junk: str) -> None:
    html = ana.see(f"{at}&{junk}", 400)
    assert 'class="notice problem"' in html
    assert len(rows_of(html)) == 3


@pytest.mark.parametrize("number", ["0", "999999", "2147483648", "9" * 40, "x", "%00", "-1"])
def test_a_campaign_that_does_not_exist_is_not_found(ana: Browser, number: str) -> None:
    assert "Not found" in ana.read(f"/campaigns/{number}", 404)


def test_a_campaign_in_its_quiet_days_says_so(ana: Browser, at: str) -> None:
    assert "Nothing counted here in these days" in ana.read(at)


def test_a_whole_year_is_drawn_in_weeks(write: Write, ana: Browser, anas: Company) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, started_at=datetime(2026, 2, 3, 18, 0, tzinfo=UTC))
    html = ana.see(f"/campaigns/{anas.campaign.id}?from=2026-01-01&to=2026-12-31")
    assert html.count('<rect class="calls"') == 53
    assert "29 Jan to 4 Feb: 1 calls, 1 leads" in html
