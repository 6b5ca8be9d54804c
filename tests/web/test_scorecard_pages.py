"""What the scorecards can be asked: sorted, compared, as known on, why they changed, all together, and by agent."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest

from calltrack.calls.labels import label_call
from calltrack.campaigns.campaigns import archive_campaign, create_campaign
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.rows import COUNTED_BY
from calltrack.jobs.jobs import Bill, Item, JobFacts, link_job, put_job
from calltrack.models import Call, Campaign
from calltrack.web.words import DASH
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, missed_call, tracking_number
from tests.web.conftest import BILLBOARD, DEES_NUMBER, Browser, Write

SPAN = "from=2026-05-04&to=2026-05-06"
RADIO = "+13125550166"


def tables(page: str, *, part: str = "tbody") -> list[list[str]]:
    """The rows of the first table, each with its cells' words."""
    body = re.search(rf"<{part}[^>]*>(.*?)</{part}>", page, re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", body[1] if body else "", re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@pytest.fixture
def radio(write: Write, anas: Company) -> Campaign:
    """Ana's second campaign: Radio, beside Billboard."""
    with write() as session:
        made = create_campaign(session, account=anas.account, name="Radio")
        tracking_number(session, account=anas.account, campaign=made, phone_number=RADIO)
        return made


@pytest.fixture
def told(write: Write, anas: Company, radio: Campaign) -> Call:
    """Billboard: two leads, one of which booked a sold job of 420.50. Radio: three calls, of which one was missed.

    In the three days before: one lead on Billboard. Returns the lead that booked nothing.
    """
    with write() as session:
        state_costs(session, campaign=anas.campaign, costs=[(date(2026, 5, 4), 10_000)], stated_by="a test")
        booked = answered_call(session, number=BILLBOARD)
        lead = answered_call(session, number=BILLBOARD, started_at=NOON + timedelta(hours=1))
        answered_call(session, number=BILLBOARD, started_at=NOON - timedelta(days=2))
        for hour in (2, 3):
            answered_call(session, number=RADIO, started_at=NOON + timedelta(hours=hour), seconds=20)
        missed_call(session, number=RADIO, started_at=NOON + timedelta(hours=4))
        facts = JobFacts("J-1", "Ruth Decker", None, "HVAC", "completed", NOON, NOON,
                         invoices=[Bill("I-1", 42_050, [Item("Motor", 42_050, income=True)])])  # fmt: skip
        job = put_job(session, account=anas.account, facts=facts, by="a test")
        link_job(session, job=job, call=booked, matched_by="given", linked_by="a test")
        return lead


# Sorted


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", ["Billboard", "Radio"]),
        ("&sort=calls", ["Radio", "Billboard"]),
        ("&sort=calls&order=rising", ["Billboard", "Radio"]),
        ("&sort=leads", ["Billboard", "Radio"]),
        ("&sort=roi", ["Billboard", "Radio"]),  # a dash is less than any value
        ("&sort=roi&order=rising", ["Radio", "Billboard"]),
        ("&sort=profit", ["Billboard", "Radio"]),
        ("&sort=%00", ["Billboard", "Radio"]),
    ],
)
def test_the_table_is_sorted_by_any_column_largest_first(
    told: Call, ana: Browser, asked: str, names: list[str]
) -> None:
    assert [row[0] for row in tables(ana.see(f"/scorecards?{SPAN}{asked}"))] == names


@pytest.mark.parametrize("kpi", COUNTED_BY)
def test_every_column_can_be_sorted_both_ways(told: Call, ana: Browser, kpi: str) -> None:
    for order, said in (("falling", "descending"), ("rising", "ascending")):
        page = ana.see(f"/scorecards?{SPAN}&sort={kpi}&order={order}")
        assert page.count(f'aria-sort="{said}"') == 1
        assert len(tables(page)) == 2


def test_an_archived_campaign_is_shown_only_where_it_counts(
    told: Call, write: Write, radio: Campaign, ana: Browser
) -> None:
    with write() as session:
        archive_campaign(session, campaign=session.get_one(Campaign, radio.id), by="a test")
    assert [row[0] for row in tables(ana.see(f"/scorecards?{SPAN}"))] == ["Billboard", "Radio archived"]
    assert [row[0] for row in tables(ana.see("/scorecards?from=2026-07-01&to=2026-07-02"))] == ["Billboard"]


# Compared


def test_compared_figures_show_how_they_moved_and_what_they_were(told: Call, ana: Browser) -> None:
    page = ana.see(f"/scorecards?{SPAN}&compare=before")
    assert "compared with 1 May 2026 to 3 May 2026" in words(page)
    billboard = tables(page)[0]
    assert billboard[2] == "2 +100%"  # calls: two, after one
    assert 'title="before: 1"' in page
    assert billboard[5] == "1 new"  # booked: one, after none
    assert billboard[6] == "50.0% +50.0 pts"
    assert billboard[3] == "0"  # nothing moved


def test_a_rise_of_missed_calls_is_worse_and_a_rise_of_leads_better(told: Call, ana: Browser) -> None:
    page = ana.see(f"/scorecards?{SPAN}&compare=before")
    radio = re.search(r"<tr>(?:(?!</tr>).)*>Radio<.*?</tr>", page, re.DOTALL)
    assert radio
    assert re.search(r'class="move worse" title="before: 0">new', radio[0])
    assert re.search(r'class="move better" title="before: 1">\+100%', page)


def test_a_fall_has_a_real_minus_sign(told: Call, ana: Browser) -> None:
    page = ana.see("/scorecards?from=2026-05-07&to=2026-05-09&compare=before")
    assert tables(page)[0][2] == "0 \N{MINUS SIGN}100%"


# As known on, and why it changed


@pytest.fixture
def excused_since(told: Call, write: Write, ana: Browser) -> str:
    """A moment, as the address bar names it, after which Ben excused Billboard's second lead."""
    ana.see(f"/scorecards?{SPAN}")
    moment = datetime.now(UTC)
    with write() as session:
        label_call(session, call=session.get_one(Call, told.id), value="excused", reason="vendor", note=None,
                   said_by="ben@example.com")  # fmt: skip
    return quote(moment.isoformat())


def test_figures_are_shown_as_they_were_known_on_a_moment(excused_since: str, ana: Browser) -> None:
    assert tables(ana.see(f"/scorecards?{SPAN}"))[0][4] == "1"
    page = ana.see(f"/scorecards?{SPAN}&as_of={excused_since}")
    assert tables(page)[0][4] == "2"
    assert "These are the figures as they were known on" in page


def test_one_campaign_and_all_together_are_shown_as_known_then_too(
    excused_since: str, ana: Browser, anas: Company
) -> None:
    for page in (f"/campaigns/{anas.campaign.id}", "/campaigns/all"):
        now, then = (ana.read(f"{page}?{SPAN}&kpi=leads{more}") for more in ("", f"&as_of={excused_since}"))
        assert "Leads: 1" in now
        assert "Leads: 2" in then
        assert "The rows below are those of now" in then


def test_what_changed_since_then_is_told_with_the_reason(excused_since: str, told: Call, ana: Browser) -> None:
    page = ana.see(f"/scorecards/changes?{SPAN}&as_of={excused_since}")
    assert ["Billboard", "Leads", "2", "1"] in tables(page)
    assert ["Total", "Leads", "2", "1"] in tables(page)
    assert "ben@example.com labelled the call of 4 May excused: vendor" in words(page)
    assert f'href="/calls/{told.call_sid}"' in page


def test_where_nothing_changed_the_page_says_so(told: Call, ana: Browser) -> None:
    ana.see(f"/scorecards?{SPAN}")
    page = ana.read(f"/scorecards/changes?{SPAN}&as_of={quote(datetime.now(UTC).isoformat())}")
    assert "None: these days' scorecards say now what they said then" in page
    assert "Nothing was said or changed since then" in page


def test_calls_and_jobs_that_came_since_are_counted(told: Call, ana: Browser) -> None:
    page = ana.read(f"/scorecards/changes?{SPAN}&as_of=2020-01-01T00:00")
    assert "Of these days, 5 calls and 1 job came to be known since" in page


def test_without_a_moment_the_page_asks_for_one(ana: Browser) -> None:
    assert "Since when?" in ana.read("/scorecards/changes")


@pytest.mark.parametrize("page", ["/scorecards", "/scorecards/changes", "/campaigns/all"])
@pytest.mark.parametrize("junk", ["x", "%00", "0001-01-01T00:00", "9999-99-99", "2026-05-04T25:00"])
def test_a_moment_that_cannot_be_is_explained(ana: Browser, page: str, junk: str) -> None:
    answer = ana.http.get(f"{page}?as_of={junk}")
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert "Write the moment like" in answer.text


def test_a_moment_that_has_not_come_means_now(told: Call, ana: Browser) -> None:
    page = ana.see(f"/scorecards?{SPAN}&as_of=2099-01-01T00:00", status=400)
    assert "That moment has not come yet" in page
    assert "as they were known on" not in words(page).replace("Show the figures as they were known on", "")
    assert tables(page)[0][2] == "2"


# All together


def test_all_campaigns_together_are_the_scorecards_total(told: Call, ana: Browser) -> None:
    (total,) = tables(ana.see(f"/scorecards?{SPAN}"), part="tfoot")
    page = ana.see(f"/campaigns/all?{SPAN}")
    tiles = dict(re.findall(r'<span class="tile-name">(.*?)</span><span class="tile-value">(.*?)\s*</span>', page))
    assert (tiles["Calls"], tiles["Leads"], tiles["Total cost"]) == (total[2], total[4], total[13]) == (
        "5", "2", "$300.00",
    )  # fmt: skip
    assert "All campaigns" in page


def test_the_rows_of_all_together_are_of_every_campaign_and_of_none(
    told: Call, write: Write, anas: Company, ana: Browser
) -> None:
    with write() as session:
        facts = JobFacts("J-2", "Leo", None, "HVAC", "scheduled", NOON)
        put_job(session, account=anas.account, facts=facts, by="a test")
    calls = ana.see(f"/campaigns/all?{SPAN}&kpi=calls").partition('id="rows"')[2]
    assert len(tables(calls)) == 5
    jobs = ana.see(f"/campaigns/all?{SPAN}&kpi=manual_calls").partition('id="rows"')[2]
    assert [row[0] for row in tables(jobs)] == ["J-2"]


def test_all_together_hold_nothing_of_another_company(told: Call, dee: Browser) -> None:
    assert "Calls: 0" in dee.read(f"/campaigns/all?{SPAN}&kpi=calls")


# Agents


def test_agents_are_listed_with_their_excuse_rate_and_how_it_moved(excused_since: str, ana: Browser) -> None:
    page = ana.see(f"/agents?{SPAN}")
    (cho,) = tables(page)
    phone, *figures = cho
    assert re.sub(r"\D", "", phone) == twilio_wire.CHO.removeprefix("+1")
    assert figures == ["4", "1", "1", "100.0%", "25.0%", "1", "1", "25.0%", "0.0%", "+25.0 pts"]
    assert 'class="move worse"' in page
    assert "against 1 May 2026 to 3 May 2026" in words(page)


def test_the_counts_of_agents_lead_to_just_those_calls(excused_since: str, ana: Browser) -> None:
    page = ana.see(f"/agents?{SPAN}")
    links = [unescape(one) for one in re.findall(r'<td class="number"><a href="([^"]+)">', page)]
    counts = [ana.see(one).count('scope="row" class="who-called"') for one in links]
    assert counts == [4, 1, 1]


def test_where_there_was_no_call_before_a_dash_stands(told: Call, ana: Browser) -> None:
    (cho,) = tables(ana.see("/agents?from=2026-05-02&to=2026-05-02"))
    assert cho[-3:] == ["0.0%", DASH, DASH]


def test_where_nobody_answered_the_page_says_what_it_is_for(ana: Browser) -> None:
    assert "Nobody answered in these days" in ana.read(f"/agents?{SPAN}")


def test_another_companys_agents_are_not_there(write: Write, ana: Browser) -> None:
    with write() as session:
        answered_call(session, number=DEES_NUMBER)
    assert "Nobody answered in these days" in ana.read(f"/agents?{SPAN}")


def test_a_range_of_agents_that_makes_no_sense_is_explained(ana: Browser) -> None:
    assert "ends before it starts" in ana.read("/agents?from=2026-05-04&to=2026-05-01", 400)
