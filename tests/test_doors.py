"""What every door does alike: headers, and how often one may ask."""

from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from calltrack import headers
from calltrack.api.limits import limit_stranger
from calltrack.api.problems import Problem
from calltrack.db import Database
from calltrack.web.limits import limit_pages
from tests.conftest import make_app

PATHS = [
    "/sign-in",
    "/nothing-here",
    "/static/app.css",
    "/api/v1/calls",
    "/api/docs",
    "/api/v1/openapi.json",
    "/healthz",
]


@pytest.fixture
def app(on_sqlite: Database, tmp_path: Path) -> Flask:
    made = make_app(database=on_sqlite, folder=tmp_path, public_url="https://calls.example.com")
    headers.init_app(made)
    return made


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_keeps_to_itself(app: Flask, path: str) -> None:
    said = app.test_client().get(path).headers
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["X-Frame-Options"] == "DENY"
    assert said["Cross-Origin-Opener-Policy"] == said["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "microphone=()" in said["Permissions-Policy"]
    assert said["Strict-Transport-Security"] == "max-age=31536000"
    assert [name for name, _ in said if name == "X-Frame-Options"] == ["X-Frame-Options"]


def test_over_plain_http_no_browser_is_told_to_come_back_by_https(on_sqlite: Database, tmp_path: Path) -> None:
    app = make_app(database=on_sqlite, folder=tmp_path, public_url="http://localhost:8000")
    headers.init_app(app)
    assert "Strict-Transport-Security" not in app.test_client().get("/sign-in").headers


def test_a_stranger_who_asks_for_pages_too_fast_is_told_when_to_go_on(app: Flask) -> None:
    app.testing = False
    app.before_request(limit_pages)
    client = app.test_client()
    answers = [client.get("/sign-in", environ_base={"REMOTE_ADDR": "192.0.2.7"}) for _ in range(100)]
    assert {one.status_code for one in answers} == {200, 429}
    assert answers[-1].headers["Retry-After"] == "1"
    assert client.get("/sign-in", environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200
    assert client.get("/healthz", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_whoever_tries_keys_too_fast_is_told_when_to_go_on(app: Flask) -> None:
    app.testing = False
    with app.test_request_context("/api/v1/calls", environ_base={"REMOTE_ADDR": "192.0.2.9"}):
        with suppress(Problem):
            for _ in range(100):
                limit_stranger()
        with pytest.raises(Problem) as refused:
            limit_stranger()
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "1"
