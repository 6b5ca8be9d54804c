"""Is this process alive, could a caller's call be lost, and the numbers behind that."""

import os
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from calltrack import queue
from calltrack.calls.steps import oldest_overdue
from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.webhooks import spool

bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Open the door for monitoring."""
    app.register_blueprint(bp)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 when a caller's call could be lost: neither the database nor the spool can be written."""
    house = ground()
    overdue: float | None = None
    try:
        with house.database.write() as session:
            _check_writable(session)
            overdue = oldest_overdue(session, now=datetime.now(UTC)).total_seconds()
        database = "ok"
    except AWAY as error:
        database = f"away: {type(error).__name__}"
    folder = house.settings.spool
    waiting, writable = spool.look(folder=folder)
    ready = database == "ok" or writable
    return (
        jsonify(
            ready=ready,
            database=database,
            queue=_queue_state(),
            oldest_overdue_step_seconds=overdue,
            spool={"waiting": waiting, "writable": writable},
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
