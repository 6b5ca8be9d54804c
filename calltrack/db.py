"""Engine, session, the UTC column type, and work to do once a transaction is safely committed."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from calltrack.writers import take_turns

# SQLite counts a primary key by itself only when it is called INTEGER.
BigKey = BigInteger().with_variant(Integer, "sqlite")


# The database cannot answer just now: gone, all connections taken, or read-only while it fails over.
AWAY = (OperationalError, InterfaceError, InternalError, NoConnectionFree)


# A caller may be on the line: who waits longer than this for a lock gets an OperationalError.
LONGEST_WAIT_MS = 4000


# A connection whose other end is gone without a word fails after ten seconds, not after the kernel's fifteen minutes.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC; a naive one is refused because nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it gets the naive UTC moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to an aware UTC moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Database:
    """One database: `write()` and `read()` open sessions.

    On SQLite a write session takes the write lock at once (BEGIN IMMEDIATE): with the driver's own habits two
    read-then-update transactions lose one update silently.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _open_engine(url)
        self.write: sessionmaker[Session] = sessionmaker(self.engine, expire_on_commit=False)
        # A page asks several questions; one snapshot answers them all, as an SQLite transaction always does.
        snapshot = {} if self.url.get_backend_name() == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self._reading = self.engine.execution_options(read_only=True, **snapshot)
        self.read: sessionmaker[Session] = sessionmaker(self._reading, expire_on_commit=False, autoflush=False)
        # The database as nobody's: for what is kept for all who may read it, whoever asks first.
        self.whole = self

    def within(self, info: Mapping[str, Any]) -> "Database":
        """The same database, whose sessions carry `info`: whose they are (scope.py), and what they do (audit.py)."""
        narrowed = copy(self)
        narrowed.write = sessionmaker(self.engine, expire_on_commit=False, info=dict(info))
        narrowed.read = sessionmaker(self._reading, expire_on_commit=False, autoflush=False, info=dict(info))
        narrowed.whole = self.whole
        return narrowed

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _open_engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        # Compiling a scorecard's query takes PostgreSQL several times as long as answering it.
        connect = {**_ALIVE, "connect_timeout": 5, "options": f"-c jit=off -c lock_timeout={LONGEST_WAIT_MS}"}
        return create_engine(
            address, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=connect, hide_parameters=True
        )
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={LONGEST_WAIT_MS}", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        _write_ahead(connection)

    take_turns(engine, longest_ms=LONGEST_WAIT_MS)
    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have readers and the writer not wait for each other.

    Race: two processes open a new file at once; SQLite does not wait for a lock there, so we do.
    """
    for patience in range(50, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError:
            if not patience:
                raise
            time.sleep(0.1)
        else:
            return


def upsert(session: Session, table: type[Any]) -> Any:
    """An INSERT into `table` that can say ON CONFLICT, in the database's own dialect."""
    return (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def after_commit(session: Session, work: Callable[[], None]) -> None:
    """Do `work` once, when `session` has committed, and never when it rolls back."""
    waiting = session.info.setdefault("after_commit", [])
    if work not in waiting:
        waiting.append(work)


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    if not session.in_nested_transaction():  # a savepoint's release is no commit yet
        for work in session.info.pop("after_commit", []):
            work()


@event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("after_commit", None)
