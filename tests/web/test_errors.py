"""Error pages: in the layout of all others, each with what to do."""

import logging

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories import Company
from tests.web.conftest import Browser, Write


def test_an_address_that_does_not_exist(ana: Browser, stranger: Browser) -> None:
    assert "Error 404 Not found Nothing is at this address" in ana.read("/nothing", 404)
    assert "To the first page" in ana.read("/nothing", 404)
    assert "Sign out" in ana.read("/nothing", 404)
    assert "Sign out" not in stranger.read("/nothing", 404)


def test_an_action_that_the_role_may_not_do(cho: Browser, anas: Company) -> None:
    page = cho.read("/scorecards", 403)
    assert "Your role (csr) may not do this. Ask an administrator of Ana's Heating." in page
    assert "Sign out" in page


def test_an_address_that_only_takes_forms(ana: Browser) -> None:
    assert "Not possible this way" in ana.read("/sign-out", 405)


def test_a_form_that_is_too_large(ana: Browser) -> None:
    answer = ana.post("/calls/CA1/notes", note="x" * 100_000)
    assert answer.status_code == 413
    assert "Shorten it and send it again." in answer.text


def test_a_mistake_of_ours_shows_no_secrets(
    app: Flask, write: Write, ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with write() as session:
        session.execute(text("DROP TABLE call_tags"))
    with caplog.at_level(logging.CRITICAL):
        page = ana.read("/calls?tag=a", 500)
    assert "Something went wrong here" in page
    assert "call_tags" not in page
    assert "Sign out" in page


def test_with_the_database_away_a_page_still_says_so(app: Flask, write: Write, ana: Browser) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with write() as session:
        session.execute(text("DROP TABLE sign_ins"))
    assert "Something went wrong here" in ana.read("/calls", 500)
    assert "Not found" in ana.read("/nothing", 404)


def test_programs_get_no_pages(stranger: Browser) -> None:
    assert stranger.http.get("/api/nothing").content_type == "application/problem+json"
    assert "<main" not in stranger.http.get("/webhooks/twilio/nothing").text
    assert "<main" not in stranger.http.get("/webhooks/twilio/voice").text
