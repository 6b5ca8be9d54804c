"""Is this process alive, could a caller's call be lost, and the numbers behind that."""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from calltrack import queue
from calltrack.calls.steps import oldest_overdue
from calltrack.db import AWAY, Database, UTCDateTime
from calltrack.deadline import hangs, within
from calltrack.ground import ground
from calltrack.webhooks import spool

_PATIENCE_SECONDS = 4.0
_FIRST = ("/webhooks/", "/sounds/", "/healthz", "/readyz", "/metrics")  # what is answered all the same
# Below this much room, in bytes, somebody has to look: a day's recordings of a busy business.
_LOW_ON_DISK = 512 * 2**20
bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Open the door for monitoring, and have pages and programs make room for callers where there is too little."""
    app.register_blueprint(bp)
    app.before_request(_make_room)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 when a caller's call could be lost: neither the database nor the spool can be written."""
    house = ground()
    overdue, ahead = None, None
    try:
        overdue, ahead = within(_PATIENCE_SECONDS, lambda: _look_at(house.database))
        database = "ok"
    except AWAY as error:
        database = f"away: {type(error).__name__}"
    kept = spool.look(folder=house.settings.spool)
    ready = database == "ok" or kept.writable
    return (
        jsonify(
            ready=ready,
            database=database,
            queue=_queue_state(),
            oldest_overdue_step_seconds=overdue,
            spool=kept._asdict(),
            disk=_disk(house.settings.var),
            clock={"moved_seconds": round(_offset() - _OFFSET_AT_START, 1), "ahead_of_database_seconds": ahead},
        ),
        200 if ready else 503,
    )


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus's text format, over all web processes."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _make_room() -> Response | None:
    """While the database hangs, whoever can wait is told so at once: the threads that are left are for callers."""
    if not hangs() or request.path.startswith(_FIRST):
        return None
    text = "The database does not answer just now. Calls are still taken; please try again in a minute.\n"
    return Response(text, 503, content_type="text/plain", headers={"Retry-After": "30"})


def _look_at(database: Database) -> tuple[float, float | None]:
    """How many seconds the oldest step is overdue, and our clock ahead of the database's. Raises what AWAY holds."""
    with database.write() as session:
        _check_writable(session)
        now = datetime.now(UTC)
        return oldest_overdue(session, now=now).total_seconds(), _ahead_of_database(session, now=now)


def _offset() -> float:
    """What the clock on the wall is ahead of the one that only ever counts on."""
    return time.time() - time.monotonic()


_OFFSET_AT_START = _offset()


def _ahead_of_database(session: Session, *, now: datetime) -> float | None:
    """Seconds by which our clock is ahead of the database server's; None where both are on one machine's disk."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    theirs = session.scalar(select(func.clock_timestamp(type_=UTCDateTime())))
    return round((now - theirs).total_seconds(), 1) if theirs else None


def _disk(folder: Path) -> dict[str, object]:
    """The room that is left where the spool is (and, if it is SQLite, the database)."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return {"free_mb": None, "low": True, "error": type(error).__name__}
    return {"free_mb": free // 2**20, "low": free < _LOW_ON_DISK}


def _check_writable(session: Session) -> None:
    """A standby that only answers questions keeps no call. (On SQLite the session has the write lock already.)"""
    if session.get_bind().dialect.name == "postgresql" and session.scalar(text("SHOW transaction_read_only")) == "on":
        raise InternalError("SHOW transaction_read_only", None, Exception("the database is read-only"))


def _queue_state() -> str:
    url = queue.attached()
    if not url:
        return "none: workers look by themselves"
    try:
        queue.connect(url).ping()
    except RedisError as error:
        return f"away: {type(error).__name__}"
    return "ok"
