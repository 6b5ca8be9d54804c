"""What a browser saves: the same rows and figures as the page, money exact to the cent."""

import csv
import re
import shutil
import subprocess
from datetime import date, timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from werkzeug.test import TestResponse

from calltrack.accounts.agents import name_agent
from calltrack.calls.labels import label_call
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.rows import COUNTED_BY
from calltrack.jobs.jobs import Bill, Item, JobFacts, link_job, put_job
from calltrack.models import Call
from calltrack.reports.tables import COLUMNS
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, missed_call
from tests.web.conftest import BILLBOARD, DEES_NUMBER, Browser, Write

SPAN = "from=2026-05-04&to=2026-05-06"
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
FILES = ["/scorecards", "/campaigns/all/days", "/campaigns/all/rows", "/campaigns/{one}/days", "/campaigns/{one}/rows",
         "/agents", "/calls"]  # fmt: skip


@pytest.fixture
def told(write: Write, anas: Company) -> Call:
    """A sold job of 1,234.56 from one lead, another lead, a missed call, and 100.01 a day. Returns the second lead."""
    with write() as session:
        state_costs(session, campaign=anas.campaign, costs=[(date(2026, 5, 4), 10_001)], stated_by="a test")
        booked = answered_call(session, number=BILLBOARD)
        lead = answered_call(session, number=BILLBOARD, started_at=NOON + timedelta(hours=1))
        missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=1))
        facts = JobFacts("J-1", "=cmd()", None, "HVAC", "completed", NOON, NOON,
                         invoices=[Bill("I-1", 123_456, [Item("Motor", 123_455, income=True)])])  # fmt: skip
        job = put_job(session, account=anas.account, facts=facts, by="a test")
        link_job(session, job=job, call=booked, matched_by="given", linked_by="a test")
        return lead


def saved(browser: Browser, address: str, status: int = 200) -> TestResponse:
    answer = browser.http.get(address)
    assert answer.status_code == status, answer.text
    return answer


def table(browser: Browser, address: str) -> list[dict[str, str]]:
    """A CSV file's rows by heading."""
    return list(csv.DictReader(StringIO(saved(browser, address).data.decode())))


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("file", FILES)
def test_every_table_is_saved_in_each_format_under_a_name_of_its_own(
    told: Call, anas: Company, ana: Browser, file: str, wanted: str
) -> None:
    answer = saved(ana, f"{file.format(one=anas.campaign.id)}.{wanted}?{SPAN}")
    assert answer.content_type == FORMATS[wanted]
    assert re.fullmatch(rf'attachment; filename="?[\w.-]+\.{wanted}"?', answer.headers["Content-Disposition"])
    if wanted == "pdf":
        assert answer.data.startswith(b"%PDF-")
    elif wanted == "xlsx":
        with ZipFile(BytesIO(answer.data)) as book:
            assert book.testzip() is None
    else:
        lines = list(csv.reader(StringIO(answer.data.decode())))
        assert len({len(line) for line in lines}) == 1
        assert len(lines) > 1


@pytest.mark.parametrize("file", FILES)
def test_another_format_is_no_page(told: Call, anas: Company, ana: Browser, file: str) -> None:
    saved(ana, f"{file.format(one=anas.campaign.id)}.exe?{SPAN}", 404)


@pytest.mark.parametrize("file", FILES)
def test_without_a_call_or_a_job_a_file_still_comes(anas: Company, ana: Browser, file: str) -> None:
    for wanted in FORMATS:
        assert saved(ana, f"{file.format(one=anas.campaign.id)}.{wanted}?{SPAN}").data


def test_a_scorecards_file_has_every_kpi_exactly(told: Call, ana: Browser) -> None:
    billboard, total = table(ana, f"/scorecards.csv?{SPAN}")
    assert list(billboard) == ["Campaign", *(column.heading for column in COLUMNS.values())]
    figures = {
        "Calls": "3", "Missed": "1", "Leads": "2", "Inbound booked": "1", "Inbound booked %": "50.0",
        "Raw booked %": "33.3", "Manual calls": "0", "Sold": "1", "Sold %": "50.0", "Revenue": "1234.55",
        "Cohort revenue": "1234.55", "Total cost": "300.03", "Cost per lead": "150.02", "Cost per booked job": "300.03",
        "ROI": "4.11",
    }  # fmt: skip
    assert billboard == {"Campaign": "Billboard", **figures}
    assert total == {"Campaign": "Total", **figures}


def test_a_dash_of_the_page_is_an_empty_cell_and_never_a_zero(ana: Browser) -> None:
    billboard, _ = table(ana, f"/scorecards.csv?{SPAN}")
    quotients = ("Inbound booked %", "Raw booked %", "Sold %", "Cost per lead", "Cost per booked job", "ROI")
    assert [billboard[name] for name in quotients] == [""] * 6
    assert (billboard["Calls"], billboard["Total cost"]) == ("0", "0.00")


@pytest.mark.parametrize("which", ["{one}", "all"])
def test_a_file_of_days_has_a_line_for_each_and_adds_up(told: Call, anas: Company, ana: Browser, which: str) -> None:
    *days, total = table(ana, f"/campaigns/{which.format(one=anas.campaign.id)}/days.csv?{SPAN}")
    assert [(day["Day"], day["Calls"], day["Revenue"], day["Total cost"]) for day in days] == [
        ("2026-05-04", "2", "1234.55", "100.01"), ("2026-05-05", "1", "0.00", "100.01"),
        ("2026-05-06", "0", "0.00", "100.01"),
    ]  # fmt: skip
    assert (total["Day"], total["Calls"], total["Revenue"], total["Total cost"]) == ("Total", "3", "1234.55", "300.03")


@pytest.mark.parametrize("which", ["{one}", "all"])
@pytest.mark.parametrize("kpi", COUNTED_BY)
def test_a_file_of_rows_has_exactly_the_rows_that_the_figure_counts(
    told: Call, anas: Company, ana: Browser, kpi: str, which: str
) -> None:
    found = table(ana, f"/campaigns/{which.format(one=anas.campaign.id)}/rows.csv?{SPAN}&kpi={kpi}")
    expected = {
        "calls": 3, "missed": 1, "leads": 2, "inbound_booked": 1, "inbound_booked_pct": 1, "raw_booked_pct": 1,
        "manual_calls": 0, "sold": 1, "sold_pct": 1, "revenue": 1, "cohort_revenue": 1, "total_cost": 3,
        "cost_per_lead": 2, "cost_per_booked_job": 1, "roi": 1,
    }  # fmt: skip
    assert len(found) == expected[kpi]
    assert all(row["Why"] for row in found)


def test_rows_of_jobs_have_exact_money_the_accounts_time_and_no_formula(
    told: Call, anas: Company, ana: Browser
) -> None:
    (job,) = table(ana, f"/campaigns/{anas.campaign.id}/rows.csv?{SPAN}&kpi=revenue")
    assert (job["Job"], job["Customer"], job["Status"]) == ("J-1", "'=cmd()", "completed")
    assert (job["Invoiced"], job["Income"], job["Dated by"]) == ("1234.56", "1234.55", "2026-05-04T12:00:00-05:00")
    assert job["Why"] == "completed on 4 May: income 1234.55"


def test_rows_of_costs_are_days(told: Call, anas: Company, ana: Browser) -> None:
    found = table(ana, f"/campaigns/{anas.campaign.id}/rows.csv?{SPAN}&kpi=total_cost")
    assert [(row["Day"], row["Cost"]) for row in found] == [
        ("2026-05-06", "100.01"), ("2026-05-05", "100.01"), ("2026-05-04", "100.01"),
    ]  # fmt: skip


def test_a_file_holds_more_rows_than_a_page(write: Write, anas: Company, ana: Browser) -> None:
    with write() as session:
        for minute in range(203):
            missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute))
    for address in (f"/campaigns/{anas.campaign.id}/rows.csv?{SPAN}&kpi=missed", f"/calls.csv?{SPAN}"):
        found = table(ana, address)
        assert len({row["Call"] for row in found}) == len(found) == 203


def test_a_file_of_calls_holds_those_that_fit_the_filters(told: Call, ana: Browser) -> None:
    missed, lead, booked = table(ana, f"/calls.csv?{SPAN}")
    assert (booked["Outcome"], booked["Jobs"], booked["Why"]) == ("booked", "J-1", "booked: job J-1")
    assert (lead["Call"], lead["Outcome"], lead["Duration (s)"]) == (told.call_sid, "unbooked", "75")
    assert (missed["Outcome"], missed["Began"]) == ("missed", "2026-05-05T12:00:00-05:00")
    assert (lead["Caller"], lead["Answered by"], lead["Number"]) == (twilio_wire.CALLER, twilio_wire.CHO, BILLBOARD)
    assert [row["Call"] for row in table(ana, f"/calls.csv?{SPAN}&outcome=unbooked")] == [told.call_sid]


def test_a_file_of_agents_has_their_excuse_rate_and_its_change(told: Call, write: Write, ana: Browser) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, started_at=NOON - timedelta(days=1))
        label_call(session, call=session.get_one(Call, told.id), value="excused", reason=None, note=None, said_by="ana")
        name_agent(session, account_id=told.account_id or 0, phone=twilio_wire.CHO, name="Cho Park")
    assert table(ana, f"/agents.csv?{SPAN}") == [
        {
            "Agent": "Cho Park", "Phone": twilio_wire.CHO, "Answered": "2", "Leads": "1", "Booked": "1",
            "Booked %": "100.0", "Raw booked %": "50.0", "Excused": "1", "Excused by people": "1",
            "Excuse rate": "50.0", "Excuse rate before": "0.0", "Change in points": "50.0",
        }
    ]  # fmt: skip


def test_a_scorecards_file_is_sorted_as_the_page_and_as_known_on_a_moment(told: Call, ana: Browser) -> None:
    assert table(ana, f"/scorecards.csv?{SPAN}&sort=calls&as_of=2020-01-01T00:00")[-1]["Calls"] == "0"
    name = saved(ana, f"/scorecards.csv?{SPAN}&as_of=2020-01-01T00:00").headers["Content-Disposition"]
    assert "as_known_on_2020-01-01" in name


def test_the_numbers_of_an_xlsx_file_are_the_exact_ones(told: Call, ana: Browser) -> None:
    with ZipFile(BytesIO(saved(ana, f"/scorecards.xlsx?{SPAN}").data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    held = re.findall(r"<v>([^<]*)</v>", sheet)
    for exact in ("1234.55", "300.03", "150.02", "4.11", "0.333"):
        assert exact in held


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not on this machine")
def test_a_pdf_says_what_the_page_says(told: Call, ana: Browser) -> None:
    content = saved(ana, f"/scorecards.pdf?{SPAN}").data
    told_by = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    text = told_by.stdout.decode()
    for said in (
        "Scorecards of Ana's Heating",
        "4 May 2026 to 6 May 2026",
        "Billboard",
        "$1,234.55",
        "$300.03",
        "33.3%",
    ):
        assert said in text


@pytest.mark.parametrize("file", FILES)
def test_nothing_of_another_company_is_in_a_file(
    told: Call, write: Write, anas: Company, ana: Browser, dee: Browser, file: str
) -> None:
    with write() as session:
        answered_call(session, number=DEES_NUMBER, sid="CA" + "d" * 32)
    address = f"{file.format(one=anas.campaign.id)}.csv?{SPAN}"
    assert DEES_NUMBER not in saved(ana, address).text
    theirs = dee.http.get(address)
    assert theirs.status_code == (404 if "{one}" in file else 200)
    assert not re.search(r"1234|J-1\b|5550142", theirs.text)


@pytest.mark.parametrize("file", FILES)
def test_a_stranger_is_asked_to_sign_in(anas: Company, stranger: Browser, file: str) -> None:
    answer = stranger.http.get(f"{file.format(one=anas.campaign.id)}.csv")
    assert answer.status_code in (302, 303)
    assert "/sign-in" in answer.location


@pytest.mark.parametrize(
    "junk", ["kpi=profit", "kpi=%00", "from=x&to=%00", "from=2026-05-04&to=2020-01-01", "as_of=%00", "sort=%00",
             "campaign=9999999999999&q=%00&tag=%F0%9F%A6%84", "cursor=x"]
)  # fmt: skip
def test_junk_in_a_files_address_is_no_error_of_ours(told: Call, anas: Company, ana: Browser, junk: str) -> None:
    for file in FILES:
        assert ana.http.get(f"{file.format(one=anas.campaign.id)}.csv?{junk}").status_code < 500
