"""Every refusal is a problem that a person can act on."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from calltrack.api.door import LARGEST_BODY
from calltrack.calls.recordings import main_recording
from calltrack.db import AWAY
from tests.api.conftest import BILLBOARD, Program
from tests.api.test_jobs import JOB
from tests.factories import Company, answered_call

Write = Callable[[], AbstractContextManager[Session]]


@pytest.mark.parametrize(
    "path", ["", "/v1", "/v1/", "/v1/nothing", "/v1/calls/", "/v2/calls", "/v1/campaigns/x/costs", "/docs/x"]
)
def test_an_unknown_address_is_a_problem_like_any_other(app: Flask, path: str) -> None:
    answer = app.test_client().get(f"/api{path}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert set(answer.get_json(force=True)) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/calls"), ("PATCH", "/jobs/J-1"), ("POST", "/openapi.json")])
def test_a_method_that_is_not_possible_is_told_which_are(app: Flask, method: str, path: str) -> None:
    answer = app.test_client().open(f"/api/v1{path}", method=method)
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]
    assert "GET" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\x00", b"{'name': 1}", b'{"a":' * 5000, b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}"],
)
def test_a_body_that_is_not_json_is_told_so(ana: Program, body: bytes) -> None:
    answer = ana.ask("POST", "/campaigns", data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/job-types/", "/job-types//x", "/jobs/", "/jobs/%2Fx", "/calls//label"])
def test_an_empty_name_is_no_address(ana: Program, path: str) -> None:
    ana.refused(404, "PUT", path, {})


def test_answers_stay_with_whoever_asked(ana: Program) -> None:
    for path in ("/calls", "/calls/never"):
        assert ana.ask("GET", path).headers["Cache-Control"] == "no-store"


def test_a_body_is_read_as_json_whatever_it_is_called(ana: Program) -> None:
    answer = ana.ask("POST", "/campaigns", data='{"name": "Radio"}', content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 201


def test_json_within_json_is_no_object(ana: Program) -> None:
    assert "JSON object" in ana.refused(422, "POST", "/campaigns", '{"name": "Radio"}')


def test_a_body_that_is_too_large_is_not_read(ana: Program) -> None:
    answer = ana.ask("POST", "/campaigns", data=b" " * (LARGEST_BODY + 1), content_type="application/json")
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_nul_in_the_address_is_refused(ana: Program) -> None:
    assert "NUL" in ana.refused(400, "GET", "/calls/a%00b")
    assert "NUL" in ana.refused(400, "GET", "/calls?q=a%00b")


def test_many_wrong_fields_are_named_but_not_endlessly(ana: Program) -> None:
    bills = [{"number": str(number)} for number in range(20)]
    detail = ana.refused(422, "PUT", "/jobs/J-1", {**JOB, "invoices": bills})
    assert "invoices.0.subtotal" in detail
    assert "and 15 more" in detail


def test_a_race_on_a_unique_key_asks_to_try_again(ana: Program, write: Write) -> None:
    with write() as session:
        session.execute(
            text("CREATE TRIGGER race BEFORE INSERT ON campaigns BEGIN SELECT RAISE(ABORT, 'UNIQUE: Radio'); END")
        )
    assert "try again" in ana.refused(409, "POST", "/campaigns", {"name": "Radio"})


def test_a_database_that_is_away_asks_to_try_again_soon(ana: Program, write: Write) -> None:
    with write() as session:
        session.execute(text("ALTER TABLE calls RENAME TO lost"))
    assert "try again soon" in ana.refused(503, "GET", "/calls")


@pytest.mark.parametrize("away", AWAY)
def test_in_whatever_way_the_database_is_away_the_program_may_try_again(
    app: Flask, ana: Program, away: type[Exception]
) -> None:
    def refuse(*_: object) -> None:
        raise (away("SELECT 1", {}, Exception("gone")) if issubclass(away, DBAPIError) else away("no free connection"))

    engine = app.extensions["calltrack"].database.engine
    engine.dispose()
    event.listen(engine, "do_connect", refuse)
    assert "try again soon" in ana.refused(503, "GET", "/calls")
    assert ana.ask("GET", "/jobs").headers["Retry-After"] == "5"
    event.remove(engine, "do_connect", refuse)
    ana.get("/calls")


def test_a_mistake_of_ours_is_told_in_brief(ana: Program, write: Write, anas: Company) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
        recording = main_recording(session, call_id=call.id)
        assert recording is not None
        recording.status, recording.storage_key = "stored", "../outside.mp3"
    assert "log" in ana.refused(500, "GET", f"/calls/{call.call_sid}/recording.mp3")
