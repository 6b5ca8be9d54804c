"""The demo starts, fills the past once, goes on placing calls, and outlives whatever one of them meets."""

import logging
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer

from calltrack.demo.api import ApiError, Ask, api_in_process
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.conversations import read_script
from calltrack.demo.media import start_server
from calltrack.demo.run import place_one, place_past_calls, run_demo, set_up, wait_until_healthy
from calltrack.demo.seed import Campaign, seed
from calltrack.demo.wire import ConnectFailureError, Reply, post_to_wsgi
from tests.demo.books import API_KEY, Books
from tests.demo.office import ACCOUNT, BASE, DIAL_TWO, GREETING, TOKEN, VOICEMAIL, WHISPER, Office

DOCUMENTS: dict[str, str | Response] = {"voice": GREETING + DIAL_TWO, "whisper": WHISPER, "dial": VOICEMAIL}


class Server:
    """Webhooks and API in one application; a call becomes known by its voice request."""

    def __init__(self) -> None:
        self.books, self.office = Books(), Office(DOCUMENTS)
        self.app: Flask = self.books.add_to(self.office.app())
        self.many = threading.Event()
        self.app.after_request(self.learn)

    def learn(self, response: Response) -> Response:
        if request.path.endswith("/voice"):
            self.books.calls.add(request.form["CallSid"])
            if len(self.books.calls) >= 45:
                self.many.set()
        return response


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def ask(server: Server) -> Ask:
    return api_in_process(server.app, api_key=API_KEY)


@pytest.fixture
def carrier(server: Server) -> DemoCarrier:
    return DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(server.app))


@pytest.fixture
def campaigns(ask: Ask) -> list[Campaign]:
    return seed(ask=ask)


def test_the_past_is_about_forty_calls_over_two_weeks(
    server: Server, ask: Ask, carrier: DemoCarrier, campaigns: list[Campaign]
):
    now = datetime.now(UTC)
    assert 38 <= place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=lambda: True) <= 45
    assert {d["To"] for d in server.office.to("voice")} == {c.phone_number for c in campaigns}
    days = {datetime.strptime(d["Timestamp"][:16], "%a, %d %b %Y").date() for d in server.office.to("status")}  # noqa: DTZ007
    assert len(days) >= 12
    assert min(days) >= (now - timedelta(days=16)).date()
    assert max(days) <= now.date()
    assert {job["status"] for job in server.books.jobs.values()} >= {"completed", "scheduled"}


def test_the_past_is_placed_once(server: Server, ask: Ask, carrier: DemoCarrier, campaigns: list[Campaign]):
    placed = place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=lambda: True)
    assert place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=lambda: True) == 0
    assert len(server.books.calls) == placed


def test_a_past_that_was_cut_short_is_completed(ask: Ask, carrier: DemoCarrier, campaigns: list[Campaign]):
    turns = iter([True] * 10 + [False])
    first = place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=lambda: next(turns))
    rest = place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=lambda: True)
    assert (first, first + rest) == (10, 41)


def place(carrier: DemoCarrier, ask: Ask, campaigns: list[Campaign]):
    return place_one(
        carrier=carrier,
        ask=ask,
        campaigns=campaigns,
        conversation=read_script()["furnace-out"],
        chance=random.Random(1),
    )


def test_a_call_is_logged_in_one_line_with_the_caller_masked(
    ask: Ask, carrier: DemoCarrier, campaigns: list[Campaign], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "calltrack.demo")
    placed = place(carrier, ask, campaigns)
    assert placed
    assert len(caplog.messages) == 1
    assert "talked" in caplog.text
    assert placed.caller not in caplog.text


def test_a_server_that_is_away_is_said_and_ends_nothing(
    ask: Ask, campaigns: list[Campaign], caplog: pytest.LogCaptureFixture
):
    def away(**_request: object) -> Reply:
        raise ConnectFailureError("refused")

    caplog.set_level(logging.INFO, "calltrack.demo")
    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=away)
    placed = place(carrier, ask, campaigns)
    assert placed
    assert {error.code for error in placed.errors} == {11205}
    assert "could not be followed" in caplog.text


def test_a_job_that_cannot_be_booked_ends_nothing(
    carrier: DemoCarrier, campaigns: list[Campaign], caplog: pytest.LogCaptureFixture
):
    def refusing(method: str, path: str, body: object = None) -> object:
        raise ApiError(500, f"{method} {path} answered 500")

    assert place(carrier, refusing, campaigns) is None
    assert "answered 500" in caplog.text


def test_setting_up_is_tried_until_it_works(server: Server, ask: Ask, carrier: DemoCarrier):
    refusals = iter([ApiError(503, "not yet")])

    def shaky(method: str, path: str, body: object = None) -> object:
        for refusal in refusals:
            raise refusal
        return ask(method, path, body)

    stop = threading.Event()
    stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
    assert len(set_up(carrier=carrier, ask=shaky, ready=lambda: True, stop=stop)) == 5
    assert len(carrier.ledger.list(kind="number")) == 5


def test_a_stopped_demo_does_not_wait_for_the_server():
    stop = threading.Event()
    stop.set()
    assert not wait_until_healthy(public_url="http://127.0.0.1:9", stop=stop)


@pytest.fixture
def served(server: Server) -> Iterator[BaseWSGIServer]:
    running = start_server(app=server.app, host="127.0.0.1", port=0)
    yield running
    running.shutdown()
    running.server_close()


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_whole_demo_runs_over_the_network_until_it_is_stopped(
    server: Server, served: BaseWSGIServer, tmp_path: Path
):
    stop = threading.Event()
    demo = threading.Thread(
        target=run_demo,
        kwargs={
            "public_url": f"http://127.0.0.1:{served.server_port}",
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "api_key": API_KEY,
            "listen_port": 0,
            "data_folder": tmp_path,
            "stop": stop,
            "pause": (0.0, 0.01),
        },
    )
    demo.start()
    assert server.many.wait(60)
    stop.set()
    demo.join(30)
    assert not demo.is_alive()
    assert server.office.requests[0]["From"].startswith("+1")
    assert (tmp_path / "carrier.sqlite3").exists()
    assert {"DEMO-MANUAL-1", "DEMO-MANUAL-2"} < server.books.jobs.keys()
