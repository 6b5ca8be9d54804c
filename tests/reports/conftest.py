"""A heating company with two campaigns, on both databases, and a mail server that keeps what it gets."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Account, Campaign
from tests.campaigns.story import Story
from tests.postbox import Postbox, postbox

ANA, BEN = "ana@example.com", "ben@example.com"


@dataclass(frozen=True)
class Firm:
    """One company: its account, and its campaigns."""

    account: Account
    radio: Campaign
    mailing: Campaign


@pytest.fixture
def firm(database: Database) -> Firm:
    with database.write.begin() as session:
        story = Story(session)
        return Firm(story.account, story.campaign("Radio"), story.campaign("Mailing <1>"))


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as running:
        yield running


@pytest.fixture
def settings(box: Postbox) -> Settings:
    return Settings(
        _env_file=None, smtp_url=box.url, mail_from="reports@example.com", public_url="https://calls.example.com"
    )
