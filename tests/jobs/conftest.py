"""A company to which things happen, on both databases, and undone after each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from calltrack.db import Database
from tests.campaigns.story import DATABASES, Story, open_database, undone


@pytest.fixture(scope="module", params=DATABASES)
def tables(request: pytest.FixtureRequest) -> Iterator[Database]:
    with open_database(request) as opened:
        yield opened


@pytest.fixture
def session(tables: Database) -> Iterator[Session]:
    with undone(tables) as session:
        yield session


@pytest.fixture
def story(session: Session) -> Story:
    return Story(session)
