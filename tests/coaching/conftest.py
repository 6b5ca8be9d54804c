"""A team of coaches on both databases, undone after each test."""

import pytest
from sqlalchemy.orm import Session

from tests.coaching.team import Team, make_team


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)
