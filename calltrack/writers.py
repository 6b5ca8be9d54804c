"""SQLite lets one transaction write at a time: who is next, without long sleeps between two looks."""

import random
import sqlite3
import threading
import time
from typing import Any

from sqlalchemy import Connection, Engine, event

from calltrack.deadline import seconds_left


def take_turns(engine: Engine, *, longest_ms: int) -> None:
    """Have every transaction of `engine` begin as what it is: one that only reads, or one that writes.

    Writers begin with BEGIN IMMEDIATE: with the driver's own habits two read-then-update transactions lose one update
    silently. SQLite's own wait sleeps longer and longer between two looks (up to 100 ms) while others come and go; here
    the threads of a process queue up, and its first looks again several times a millisecond. Whoever has waited
    `longest_ms` gets SQLite's error, and sooner where somebody waits for them.
    """
    queue = threading.Lock()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        patience = longest_ms / 1000
        # A lock that is taken is no database that hangs: it is said before whoever waits is answered otherwise.
        if (left := seconds_left()) is not None:
            patience = max(0.0, min(patience, left * 0.8))
        last = time.monotonic() + patience
        connection.info["first"] = queue.acquire(timeout=patience)
        try:
            _take_lock(connection, last=last, longest_ms=longest_ms)
        except BaseException:
            _leave(connection)
            raise

    def _leave(connection: Connection) -> None:
        if connection.info.pop("first", False):
            queue.release()

    event.listen(engine, "commit", _leave)
    event.listen(engine, "rollback", _leave)


def _take_lock(connection: Connection, *, last: float, longest_ms: int) -> None:
    raw = connection.connection.cursor()
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while _is_taken(raw) and time.monotonic() < last:
            time.sleep(random.uniform(0.0001, 0.0004))
        if not raw.connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong, in SQLAlchemy's words
    finally:
        raw.execute(f"PRAGMA busy_timeout={longest_ms}")
        raw.close()


def _is_taken(cursor: Any) -> bool:
    """Try to begin; True when another process is writing."""
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False
