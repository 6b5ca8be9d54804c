"""What a report says: figures, what changed, and the whole scorecard as files."""

import csv
from datetime import date
from io import StringIO

from sqlalchemy.orm import Session

from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.scorecard import KPI_KEYS, scorecards
from calltrack.db import Database
from calltrack.paper.write import write
from calltrack.period import Period
from calltrack.reports.letter import Letter, days_in_words, write_letter
from calltrack.reports.tables import COLUMNS, scorecard_table
from tests.campaigns.story import CHICAGO, INCOME, LATE, at
from tests.reports.conftest import Firm
from tests.reports.happening import more

WEEK = Period(date(2026, 5, 4), date(2026, 5, 10), CHICAGO)


def happen(database: Database, firm: Firm) -> None:
    """Last week: 3 leads of the radio, one of them sold for 800.00; the week before: one lead. 10.00 a day."""
    with more(database, firm.account) as story:
        state_costs(story.session, campaign=firm.radio, costs=[(date(2026, 4, 1), 1000)], stated_by="a test")
        story.call(at("2026-04-28 09:00"), campaign=firm.radio)
        for hour in (8, 9):
            story.call(at(f"2026-05-05 {hour:02}:00"), campaign=firm.radio)
        sold = story.call(at("2026-05-06 09:00"), campaign=firm.radio)
        story.job(call=sold, completed=at("2026-05-07 09:00"), invoices=INCOME)


def letter(session: Session, firm: Firm, *, every: str = "week") -> Letter:
    return write_letter(
        session, account=firm.account, every=every, period=WEEK, now=LATE, base_url="https://calls.example.com"
    )


def test_it_says_what_happened_and_what_changed(database: Database, firm: Firm) -> None:
    happen(database, firm)
    with database.read() as session:
        written = letter(session, firm)
    assert written.subject == f"{firm.account.name}: 3 leads, 4 May to 10 May 2026"
    text = " ".join(written.text.split())
    for said in (
        "Calls 3 (+2)", "Booked % 33.3% (+33.3 points)", "Sold 1 (+1)", "Revenue $800.00 (+$800.00)", "Cost $70.00 ",
        "Cost per lead $23.33 (\N{MINUS SIGN}$46.67)", "ROI 11.43\N{MULTIPLICATION SIGN} (+11.43",
        "27 Apr to 3 May 2026", "weekly report", "America/Chicago",
        "https://calls.example.com/scorecards?from=2026-05-04&to=2026-05-10",
    ):  # fmt: skip
        assert said in text, said


def test_the_html_says_the_same_and_a_name_stays_a_name(database: Database, firm: Firm) -> None:
    happen(database, firm)
    with database.read() as session:
        html = letter(session, firm).html
    assert "Mailing &lt;1&gt;" in html
    assert "Mailing <1>" not in html
    for said in ("$800.00", "(+2)", "Cost per lead", "from=2026-05-04&amp;to=2026-05-10"):
        assert said in html


def test_a_company_without_anything_gets_a_report_too(database: Database, firm: Firm) -> None:
    with database.read() as session:
        written = letter(session, firm, every="day")
    assert "0 leads" in written.subject
    assert "daily report" in written.text


def test_the_files_hold_every_campaign_and_kpi(database: Database, firm: Firm) -> None:
    happen(database, firm)
    with database.read() as session:
        files = letter(session, firm).attachments
        table = scorecard_table(
            scorecards(session, account=firm.account, period=WEEK, now=LATE), title="t", subtitle="s"
        )
    assert [(one.name.rpartition(".")[2], one.content[:4]) for one in files] == [
        ("pdf", b"%PDF"), ("xlsx", b"PK\x03\x04"),
    ]  # fmt: skip
    assert all(one.name.isascii() and one.name.endswith(("-2026-05-04-to-2026-05-10.pdf", ".xlsx")) for one in files)
    heading, *rows = csv.reader(StringIO(write(table, "csv")[0].decode()))
    assert len(heading) == 1 + len(COLUMNS)
    assert [row[0] for row in rows] == ["Mailing <1>", "Radio", "Total"]
    radio = dict(zip(heading, rows[1], strict=True))
    assert (radio["Leads"], radio["Revenue"], radio["Cost per lead"]) == ("3", "800.00", "23.33")
    assert (radio["ROI"], radio["Inbound booked %"]) == ("11.43", "33.3")


def test_every_kpi_has_its_column() -> None:
    assert tuple(COLUMNS) == tuple(key for key in KPI_KEYS if key in COLUMNS)
    assert len(COLUMNS) == 15


def test_days_are_named_as_people_do() -> None:
    assert days_in_words(WEEK) == "4 May to 10 May 2026"
    assert days_in_words(Period(WEEK.first, WEEK.first, CHICAGO)) == "4 May 2026"
    assert days_in_words(Period(date(2025, 12, 29), date(2026, 1, 4), CHICAGO)) == "29 Dec 2025 to 4 Jan 2026"
