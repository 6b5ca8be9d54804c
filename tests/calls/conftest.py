"""Databases as a migration leaves them, triggers and all, for tests that roll back what they did."""

import shutil
from collections.abc import Iterator

import pytest

from calltrack.db import Database
from tests import servers
from tests.campaigns.story import DATABASES


@pytest.fixture(scope="module", params=DATABASES)
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all tests of a module, SQLite and then PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("migrated") / "calltrack.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield from _opened(f"sqlite:///{path}")
    else:
        template, server = (request.getfixturevalue(f"postgres_{name}") for name in ("template", "url"))
        with servers.postgres_database_of(server, template=template) as url:
            yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()
