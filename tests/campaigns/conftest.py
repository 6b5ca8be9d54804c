"""Every test here runs on SQLite and on PostgreSQL; what it writes is undone."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from calltrack.db import Database
from tests.campaigns.story import DATABASES, Story, open_database, undone


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with open_database(request) as opened:
        yield opened


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with undone(database) as session:
        yield session


@pytest.fixture
def story(session: Session) -> Story:
    return Story(session)
