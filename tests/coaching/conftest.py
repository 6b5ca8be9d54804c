"""A team of coaches on both databases, undone after each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from calltrack.db import Database
from tests.campaigns.story import DATABASES, open_database, undone
from tests.coaching.team import Team, make_team


@pytest.fixture(scope="module", params=DATABASES)
def tables(request: pytest.FixtureRequest) -> Iterator[Database]:
    with open_database(request) as opened:
        yield opened


@pytest.fixture
def session(tables: Database) -> Iterator[Session]:
    with undone(tables) as session:
        yield session


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)
