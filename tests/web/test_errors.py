"""Error pages: in the layout of all others, each with what to do."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text, update

from calltrack.models import Recording
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write, words_of


@contextmanager
def database_away(app: Flask) -> Iterator[None]:
    """Every connection is gone and none can be made."""

    def refuse(*_: object) -> None:
        raise engine.dialect.dbapi.OperationalError("no route to the database")

    engine = app.extensions["calltrack"].database.engine
    engine.dispose()
    event.listen(engine, "do_connect", refuse)
    yield
    event.remove(engine, "do_connect", refuse)


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
    app: Flask, write: Write, anas: Company, ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
        session.execute(update(Recording).values(status="stored", storage_key="../outside.mp3"))
    with caplog.at_level(logging.CRITICAL):
        page = ana.read(f"/calls/{call.call_sid}/recording.mp3", 500)
    assert "Something went wrong here" in page
    assert "outside" not in page
    assert "Sign out" in page


def test_with_the_database_away_a_page_says_try_again_shortly(app: Flask, ana: Browser, stranger: Browser) -> None:
    token = stranger.token()
    with database_away(app):
        for browser, path in ((ana, "/calls"), (ana, "/sign-in"), (ana, "/scorecards?from=2026-05-01")):
            answer = browser.http.get(path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            page = words_of(answer.text)
            assert "The database cannot be reached at this moment. Try again shortly" in page
            assert "Traceback" not in page
            assert "no route" not in page
            assert "Sign out" not in page
        form = {"csrf_token": token, "email": "ana@example.com", "password": "x"}
        assert "Away for a moment" in stranger.http.post("/sign-in", data=form).text
        assert "Not found" in ana.read("/nothing", 404)
    assert "Sign out" in ana.read("/calls")


def test_with_the_database_lost_in_the_middle_of_a_page_its_reader_is_still_greeted(write: Write, ana: Browser) -> None:
    with write() as session:
        session.execute(text("ALTER TABLE call_tags RENAME TO lost"))
    page = ana.read("/calls?tag=a", 503)
    assert "Away for a moment" in page
    assert "Sign out" in page
    assert "call_tags" not in page


def test_of_two_who_write_the_same_the_second_is_told(write: Write, anas: Company, ana: Browser) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        session.execute(
            text("CREATE TRIGGER race BEFORE INSERT ON call_notes BEGIN SELECT RAISE(ABORT, 'UNIQUE: x'); END")
        )
    answer = ana.post(f"/calls/{call.call_sid}/notes", note="a note")
    assert answer.status_code == 409
    assert "Somebody else was faster" in words_of(answer.text)
    assert "UNIQUE" not in answer.text


def test_programs_get_no_pages(stranger: Browser) -> None:
    assert stranger.http.get("/api/nothing").content_type == "application/problem+json"
    assert "<main" not in stranger.http.get("/webhooks/twilio/nothing").text
    assert "<main" not in stranger.http.get("/webhooks/twilio/voice").text
