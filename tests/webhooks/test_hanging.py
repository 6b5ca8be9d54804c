"""A database that neither answers nor fails: callers are answered in time, and nothing is lost or kept twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from calltrack import deadline
from calltrack.models import Call, CallEvent
from calltrack.webhooks import views
from calltrack.webhooks.replay import replay_spool
from tests.twilio_wire import CHO, ended, post, voice


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "WAITING_SECONDS", 0.4)
    monkeypatch.setattr(views, "TELLING_SECONDS", 0.4)


@contextmanager
def hanging(app: Flask) -> Iterator[None]:
    """Somebody holds everything that a webhook writes."""
    database = app.extensions["calltrack"].database
    with database.write() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text("LOCK TABLE call_events IN ACCESS EXCLUSIVE MODE"))
        else:
            session.execute(text("SELECT 1"))  # the write lock comes with the first statement
        yield
        session.rollback()
    for doing in list(deadline._crew.stuck):
        doing.exception(10)


def test_the_business_rings_within_a_second_and_the_books_are_made_good_later(app: Flask, client: FlaskClient) -> None:
    house = app.extensions["calltrack"]
    with hanging(app):
        began = monotonic()
        assert CHO in post(client, "voice", voice()).text
        assert post(client, "status", ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=75)).status_code == 204
        assert monotonic() - began < 10, "each waited for less than the lock"
        assert len(list(house.settings.spool.glob("*.jsonl"))) == 1
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(CallEvent)) == 0, "what came too late was not kept"
    assert replay_spool(house) == 2
    with house.database.read() as session:
        call = session.scalars(select(Call)).one()
        assert (call.status, call.duration) == ("completed", 75)
        assert call.announcement, "as the caller heard it from the snapshot"


def test_while_it_hangs_pages_make_room_for_callers(app: Flask, client: FlaskClient) -> None:
    """On SQLite a lock that another writer has is said as such in time: nothing hangs there, and pages go on."""
    hangs = app.extensions["calltrack"].database.engine.dialect.name == "postgresql"
    with hanging(app):
        for _ in range(3):
            assert CHO in post(client, "voice", voice()).text
        assert deadline.hangs() == hangs
        assert client.get("/healthz").status_code == 200
        page = client.get("/sign-in")
        assert (page.status_code, page.headers.get("Retry-After")) == ((503, "30") if hangs else (200, None))
    assert client.get("/sign-in").status_code == 200
