"""What holds for every page: whose it is, what it may run, which forms it takes."""

import re

import pytest
from flask import Flask

from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write


@pytest.fixture(autouse=True)
def nobody_reaches_the_carrier(ground: Ground) -> None:
    vars(ground.settings)["twilio_auth_token"] = ()


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")


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
        "/settings/people", "/settings/people/1", "/settings/keys", "/settings/identity-provider",
        "/account", "/settings/sign-in", "/sign-in/forgotten",
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
