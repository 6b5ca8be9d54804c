"""The page of reports and alerts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from calltrack.campaigns.costs import state_costs
from calltrack.ground import Ground
from calltrack.models import Report
from calltrack.reports.alerts import check_due
from calltrack.reports.rules import create_rule
from tests.factories import Company
from tests.postbox import Postbox, postbox
from tests.web.conftest import Browser, Write

REPORT = {"every": "week", "hour": "7", "recipients": "ana@example.com, ben@example.com"}


@pytest.fixture
def box(ground: Ground) -> Iterator[Postbox]:
    with postbox() as running:
        vars(ground.settings).update(smtp_url=running.url, mail_from="reports@example.com")
        yield running


@pytest.fixture
def alarmed(write: Write, anas: Company, ground: Ground) -> None:
    """The billboard costs something and brings nothing."""
    now = datetime.now(UTC)
    with write() as session:
        costs = [(now.date() - timedelta(days=50), 8500)]
        state_costs(session, campaign=anas.campaign, costs=costs, stated_by="a test")
        create_rule(
            session,
            account=anas.account,
            kind="cost_per_lead",
            threshold=100,
            recipients=["ana@example.com"],
            created_by="a",
        )
    check_due(ground.database, ground.settings, now=now)


def first_address(page: str, ending: str) -> str:
    found = re.search(rf'action="(/[a-z-]+/\d+{ending})"', page)
    assert found
    return found[1]


def test_a_report_is_added_changed_and_removed(ana: Browser) -> None:
    assert "Nobody gets it yet" in ana.read("/reports")
    page = ana.send("/reports", **REPORT)
    assert "Every Monday at 7 AM ana@example.com, ben@example.com Next on Mon" in page
    change = first_address(ana.see("/reports"), "")
    assert "On the first of the month at 12 PM" in ana.send(change, **{**REPORT, "every": "month", "hour": "12"})
    assert "removed" in ana.send(f"{change}/remove")
    assert "Nobody gets it yet" in ana.read("/reports")
    assert ana.post(f"{change}/remove").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": "year"},
        {"hour": "24"},
        {"hour": "x"},
        {"recipients": ""},
        {"recipients": "ana"},
        {"recipients": "\x00"},
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(ana: Browser, wrong: dict[str, str]) -> None:
    answer = ana.post("/reports", **{**REPORT, **wrong})
    assert answer.status_code == 400
    assert "The report was not added" in answer.text
    if wrong.get("recipients") == "ana":
        assert 'value="ana"' in answer.text
    assert "Nobody gets it yet" in answer.text
    ana.send("/reports", **REPORT)
    change = first_address(ana.see("/reports"), "")
    assert "The report was not changed" in ana.post(change, **{**REPORT, **wrong}).text


@pytest.mark.enable_socket
def test_somebody_sends_one_to_themselves(ana: Browser, box: Postbox) -> None:
    ana.send("/reports", **{**REPORT, "recipients": "ben@example.com"})
    send = first_address(ana.see("/reports"), "/send")
    assert "on its way to ana@example.com" in ana.send(send)
    [(recipients, message)] = box.delivered
    assert recipients == ["ana@example.com"]
    assert "Ana's Heating: 0 leads" in message["Subject"]
    box.refuse["MAIL"] = "451 later"
    assert "Nothing was sent: the mail server refused the message: 451 later." in ana.send(send)


def test_without_a_mail_server_the_page_says_so(ana: Browser) -> None:
    assert "No mail server is set, so no e-mail is sent." in ana.read("/reports")
    ana.send("/reports", **REPORT)
    assert "disabled>Send me one now" in ana.see("/reports")
    assert "Nothing was sent: no mail server is set" in ana.send(first_address(ana.see("/reports"), "/send"))


def test_with_mail_to_the_log_the_page_says_that_it_is_a_trial(ana: Browser, ground: Ground, write: Write) -> None:
    vars(ground.settings).update(smtp_url="log:")
    ana.send("/reports", **REPORT)
    page = ana.send(first_address(ana.see("/reports"), "/send"))
    assert "This is a trial: e-mail is written to the log of the worker, not sent." in page
    assert "This is a trial: the e-mail was written to the log of the web process, not sent." in page
    with write() as session:
        session.query(Report).one().sent_at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    page = ana.read("/reports")
    assert "last written to the log on" in page
    assert "last sent" not in page


def test_what_went_wrong_the_last_time_is_said(ana: Browser, write: Write) -> None:
    ana.send("/reports", **REPORT)
    with write() as session:
        session.query(Report).one().last_error = "not sent: the mail server <said> no"
    page = ana.see("/reports")
    assert "Last time: not sent: the mail server &lt;said&gt; no." in page


def test_a_warning_is_added_and_removed(ana: Browser) -> None:
    page = ana.send("/alert-rules", kind="cost_per_lead", threshold="$1,250.50", recipients="ana@example.com")
    assert "A lead costs too much : above $1,250.50 in 30 days to ana@example.com" in page
    page = ana.send("/alert-rules", kind="calls_stopped", threshold="1", recipients="ana@example.com")
    assert "Calls stop : no call for 1 full day" in page
    drop = first_address(ana.see("/reports"), "/remove")
    assert "its open alerts with it" in ana.send(drop)
    assert ana.post(drop).status_code == 404


@pytest.mark.parametrize(
    ("kind", "threshold"),
    [("calls_stopped", "61"), ("missed_share", "0"), ("missed_share", "1.5"), ("cost_per_lead", "x"),
     ("cost_per_lead", "0"), ("cost_per_lead", "99999999"), ("sales", "1"), ("", ""), ("\x00", "\x00")],
)  # fmt: skip
def test_a_warning_that_cannot_be_is_refused(ana: Browser, kind: str, threshold: str) -> None:
    answer = ana.post("/alert-rules", kind=kind, threshold=threshold, recipients="ana@example.com")
    assert answer.status_code == 400
    assert ana.read("/reports").count("Remove") == 0


def test_a_limit_is_called_as_on_the_page_and_marked(ana: Browser) -> None:
    assert "No warnings are set up yet." in ana.read("/reports")
    answer = ana.post("/alert-rules", kind="calls_stopped", threshold="1,5", recipients="ana@example.com")
    assert "Enter “No call for” as a whole number" in answer.text
    assert answer.text.count('aria-invalid="true" name="threshold"') == 1


def test_open_alerts_come_first_and_past_ones_stay(alarmed: None, ana: Browser, rae: Browser) -> None:
    for page in (ana.read("/reports"), rae.read("/reports")):
        assert "Billboard A lead costs too much $2,550.00 in the last 30 days, and not one lead." in page
        assert "no e-mail sent" in page
    ana.send(first_address(ana.see("/reports"), "/remove"))
    after = rae.read("/reports")
    assert "None: no campaign is in trouble." in after
    assert "over" in after.partition("Past alerts")[2]


def test_who_only_looks_sees_alerts_and_nobodys_address(ana: Browser, rae: Browser, cho: Browser) -> None:
    ana.send("/reports", **REPORT)
    page = rae.see("/reports")
    assert "ben@example.com" not in page
    assert "<form" not in page.partition("<main")[2]
    assert rae.post("/reports", **REPORT).status_code == 403
    cho.see("/reports", 403)


def test_another_companys_report_is_not_there(ana: Browser, dee: Browser, alarmed: None) -> None:
    ana.send("/reports", **REPORT)
    page = ana.see("/reports")
    assert "Billboard" not in dee.read("/reports")
    for path in (first_address(page, "/remove"), first_address(page, "/send"), first_address(page, "")):
        assert dee.post(path, **REPORT).status_code == 404
    rule = re.search(r"/alert-rules/\d+/remove", page)
    assert rule
    assert dee.post(rule[0]).status_code == 404
    assert "ben@example.com" in ana.read("/reports")


@pytest.mark.parametrize("number", ["0", "2147483648", "9" * 30])
def test_a_report_that_never_was_is_not_found(ana: Browser, number: str) -> None:
    for path in (
        f"/reports/{number}",
        f"/reports/{number}/send",
        f"/reports/{number}/remove",
        f"/alert-rules/{number}/remove",
    ):
        assert ana.post(path, **REPORT).status_code == 404


def test_a_cursor_that_is_none_leads_to_the_first_page(ana: Browser) -> None:
    answer = ana.http.get("/reports?cursor=x")
    assert (answer.status_code, answer.location) == (303, "/reports")
    assert "cursor is none" in ana.read("/reports")
