"""What holds for every page: whose it is, what it may run, which forms it takes."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from calltrack.accounts.roles import may
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, PEOPLE, Browser, Write

PUBLIC = {
    "web.assets.file", "web.sign_in.form", "web.sign_in.enter", "web.sign_in.leave",
    "web.clips.show", "web.clips.audio",
}  # fmt: skip
FIELDS = {
    "confirm": "1", "tag": "spanish", "note": "a note", "external_id": "J-1", "customer_name": "Ruth",
    "job_type": "HVAC",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_reaches_the_carrier(ground: Ground) -> None:
    vars(ground.settings)["twilio_auth_token"] = ()


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web.")]


def address(rule: Rule, *, call: Call, company: Company) -> str:
    known = {
        "call_sid": call.call_sid,
        "campaign_id": company.campaign.id,
        "step_id": 1,
        "number_id": company.number.id,
        "reason_id": 1,
        "external_id": "J-1",
        "customer_id": 1,
        "wanted": "csv",
        "report_id": 1,
        "rule_id": 1,
        "check_id": 1,
        "version": 1,
        "task_id": 1,
        "deed": "done",
        "view_id": 1,
        "clip_id": 1,
        "token": "unknown",
        "rubric_id": 1,
        "evaluation_id": 1,
        "remark_id": 1,
        "assignment_id": 1,
        "example_id": 1,
        "agent": "+13125550190",
        "flow_id": 1,
        "step": "office",
        "sound_id": 1,
        "block_id": 1,
    }
    built = rule.build({name: known[name] for name in rule.arguments})
    assert built
    return str(built[1])


def ask(browser: Browser, rule: Rule, path: str) -> int:
    answer = browser.post(path, **FIELDS) if rule.methods and "POST" in rule.methods else browser.http.get(path)
    return answer.status_code


def test_every_route_declares_an_action_or_is_public(app: Flask) -> None:
    silent = {rule.endpoint for rule in rules(app) if "action" not in vars(app.view_functions[rule.endpoint])}
    assert silent == PUBLIC


@pytest.mark.parametrize("name", PEOPLE)
def test_a_role_gets_exactly_what_the_table_of_roles_allows(
    app: Flask, anas: Company, call: Call, browser_of: Callable[[str], Browser], name: str
) -> None:
    browser = browser_of(name)
    for rule in rules(app):
        if rule.endpoint not in PUBLIC:
            allowed = may(PEOPLE[name], vars(app.view_functions[rule.endpoint])["action"])
            status = ask(browser, rule, address(rule, call=call, company=anas))
            assert (status != 403) == allowed, f"{rule}: {status}"


def test_another_company_finds_none_of_it(app: Flask, anas: Company, call: Call, dee: Browser) -> None:
    for rule in rules(app):
        if rule.arguments & {"call_sid", "campaign_id", "number_id", "reason_id"}:
            assert ask(dee, rule, address(rule, call=call, company=anas)) == 404, rule


def test_a_stranger_changes_nothing(app: Flask, anas: Company, call: Call, stranger: Browser) -> None:
    for rule in rules(app):
        if rule.endpoint not in PUBLIC:
            status = ask(stranger, rule, address(rule, call=call, company=anas))
            assert status == (403 if rule.methods and "POST" in rule.methods else 302), rule


def test_a_form_of_another_site_is_refused_with_a_page_that_says_what_to_do(ana: Browser, call: Call) -> None:
    for token in ({}, {"csrf_token": "made up"}):
        answer = ana.http.post(f"/calls/{call.call_sid}/tags", data={"tag": "spanish", **token})
        assert answer.status_code == 400
        assert "reload the page" in answer.text
    assert "spanish" not in ana.read(f"/calls/{call.call_sid}").split("What happens")[0].replace("such as spanish", "")


def test_the_programs_doors_ask_for_no_form_token(app: Flask, anas: Company) -> None:
    client = app.test_client()
    assert client.post("/webhooks/twilio/voice").status_code == 403  # it is the signature that is missing
    assert client.post("/api/v1/campaigns", json={}).status_code == 401


def pages(company: Company, call: Call) -> list[str]:
    return [
        "/sign-in", "/scorecards", f"/campaigns/{company.campaign.id}", f"/campaigns/{company.campaign.id}?kpi=sold",
        "/calls", f"/calls/{call.call_sid}", "/unclaimed", "/nothing-here", "/settings", "/settings/account",
        "/settings/campaigns", f"/settings/campaigns/{company.campaign.id}", "/settings/numbers",
        f"/settings/numbers/{company.number.id}", "/settings/numbers/buy", "/settings/numbers/unattached",
        f"/settings/numbers/{company.number.id}/check", "/settings/job-types", "/settings/reasons", "/settings/tags",
        "/settings/ledger", "/settings/flows", "/settings/sounds", "/settings/blocked",
        "/review", "/review/blind", "/classifier/error", "/classifier",
        "/coaching", "/coaching/agents", "/coaching/rubrics", "/coaching/rubrics/new?starter=1",
        "/coaching/calibration",
        "/coaching/library", f"/calls/{call.call_sid}/coaching",
    ]  # fmt: skip


def test_no_page_holds_code_or_style_of_its_own(ada: Browser, stranger: Browser, anas: Company, call: Call) -> None:
    for browser in (ada, stranger):
        for path in pages(anas, call):
            page = browser.http.get(path, follow_redirects=True).text
            assert "<html" in page
            assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
            assert re.findall(r"<style|<[^>]+\s(?:style|on\w+)=", page) == []
            assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) <= {
                found for found in re.findall(r'(?:src|href)="([/#][^"]*)"', page) if not found.startswith("//")
            }


def test_every_page_is_sent_with_strict_headers(ada: Browser, anas: Company, call: Call) -> None:
    for path in pages(anas, call):
        headers = ada.http.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_every_control_has_a_name_and_every_page_a_way_past_its_menu(ada: Browser, anas: Company, call: Call) -> None:
    for path in pages(anas, call):
        page = ada.http.get(path, follow_redirects=True).text
        assert 'class="skip" href="#main"' in page
        assert page.count("<main ") == page.count("<h1") == 1
        for control in re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*>', page):
            before = page[: page.index(control)]
            assert before.rfind("<label") > before.rfind("</label"), control


def test_files_are_kept_for_ever_under_the_address_of_their_content_only(stranger: Browser) -> None:
    [style] = re.findall(r'href="(/assets/app\.css\?v=\w+)"', stranger.see("/sign-in"))
    kept = stranger.http.get(style)
    assert (kept.status_code, kept.mimetype) == (200, "text/css")
    assert "immutable" in kept.headers["Cache-Control"]
    assert "max-age=31536000" in kept.headers["Cache-Control"]
    assert "immutable" not in stranger.http.get("/assets/app.css?v=old").headers["Cache-Control"]
    assert stranger.http.get("/assets/../guard.py").status_code == 404
    assert stranger.http.get("/assets/nothing.css").status_code == 404
