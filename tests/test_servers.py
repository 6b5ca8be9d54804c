"""What the test ground itself promises: real servers, fresh databases, and no way out to the network."""

import socket
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import redis
from playwright.sync_api import Page
from pytest_socket import SocketBlockedError, SocketConnectBlockedError
from sqlalchemy import NullPool, create_engine, text

from tests.servers import postgres_database_of

pytest_plugins = ["pytester"]


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_gets_an_empty_postgres_database_of_its_own(postgres_database: str, attempt: str) -> None:
    assert ask(postgres_database, "SELECT email FROM users") == []
    ask(postgres_database, "INSERT INTO users VALUES (1, 'ana@example.com', 'Ana', '', now())")


def test_a_database_is_dropped_while_somebody_is_still_connected(postgres_url: str) -> None:
    with postgres_database_of(postgres_url, template="template0") as url:
        forgotten = create_engine(url).connect()
        forgotten.execute(text("SELECT 1"))
    forgotten.invalidate()
    forgotten.close()
    assert ask(postgres_url, f"SELECT 1 FROM pg_database WHERE datname = '{url.rpartition('/')[2]}'") == []


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_finds_redis_empty(redis_database: str, attempt: str) -> None:
    with redis.Redis.from_url(redis_database) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_a_page_opens_in_the_machines_chromium(page: Page) -> None:
    page.set_content("<h1>Scorecard</h1>")
    assert page.get_by_role("heading").inner_text() == "Scorecard"


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_test_that_asks_for_no_server_opens_no_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.create_connection(("127.0.0.1", 9))


@pytest.mark.enable_socket
@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_an_enabled_socket_reaches_this_machine_and_no_other() -> None:
    with HTTPServer(("127.0.0.1", 0), Greeting) as server:
        Thread(target=server.handle_request).start()
        with urllib.request.urlopen(f"http://localhost:{server.server_port}/") as answer:
            assert answer.read() == b"hello"
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80))


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.mark.parametrize(("forbid", "outcome"), [("0", {"skipped": 3}), ("1", {"skipped": 1, "errors": 2})])
def test_only_shared_data_may_be_skipped_where_skips_are_forbidden(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, forbid: str, outcome: dict[str, int]
) -> None:
    pytester.makeconftest("from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport")
    pytester.makepyfile(
        test_whole_module="import pytest; pytest.importorskip('no_such_module')",
        test_each="""
            import pytest

            @pytest.fixture
            def server():
                pytest.skip("no such program on the PATH")

            def test_server(server):
                pass

            @pytest.mark.shared_data
            @pytest.mark.skip(reason="absent")
            def test_shared_data():
                pass

            @pytest.mark.xfail(reason="known")
            def test_known_to_fail():
                raise AssertionError
        """,
    )
    monkeypatch.setenv("CALLTRACK_FORBID_SKIPS", forbid)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    result = pytester.runpytest_subprocess("--continue-on-collection-errors", "-o", "markers=shared_data")
    result.assert_outcomes(**outcome, xfailed=1)
    if forbid == "1":
        result.stdout.fnmatch_lines(["*test_server was skipped*no such program on the PATH*"])
