"""A database to back up, and an empty one of the other kind to restore into."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from calltrack.db import Database
from calltrack.storage import Storage, open_storage
from tests import servers

WAYS = [
    pytest.param(("sqlite", "sqlite"), id="sqlite"),
    pytest.param(("sqlite", "postgres"), id="to-postgres", marks=[pytest.mark.postgres, pytest.mark.enable_socket]),
    pytest.param(("postgres", "sqlite"), id="from-postgres", marks=[pytest.mark.postgres, pytest.mark.enable_socket]),
]


@dataclass(frozen=True)
class House:
    """A database and a storage."""

    database: Database
    storage: Storage


@pytest.fixture(params=WAYS)
def houses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """One with today's tables, and an empty one: each kind of database as the source and as the target."""
    source, target = request.param
    with ExitStack() as stack:

        def opened(url: str, name: str) -> House:
            database = Database(url)
            stack.callback(database.dispose)
            return House(database, open_storage(str(tmp_path / name)))

        full = request.getfixturevalue("sqlite_database" if source == "sqlite" else "postgres_database")
        if target == "sqlite":
            empty = f"sqlite:///{tmp_path}/restored.db"
        else:
            server = request.getfixturevalue("postgres_url")
            empty = stack.enter_context(servers.postgres_database_of(server, template="template0"))
        yield opened(full, "recordings"), opened(empty, "restored")


@pytest.fixture
def house(sqlite_database: str, tmp_path: Path) -> Iterator[House]:
    """One with today's tables, for rules that no database could change."""
    database = Database(sqlite_database)
    yield House(database, open_storage(str(tmp_path / "recordings")))
    database.dispose()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    """One without any table."""
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    yield House(database, open_storage(str(tmp_path / "elsewhere")))
    database.dispose()
