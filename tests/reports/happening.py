"""What happens to a company after its first day: calls, jobs and costs in a story that goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from calltrack.db import Database
from calltrack.models import Account
from tests.campaigns.story import Story


@contextmanager
def more(database: Database, account: Account) -> Iterator[Story]:
    """Go on with an account that is there, in a transaction of its own."""
    with database.write.begin() as session:
        story = Story(session)
        session.flush()
        story.account = account
        story.customer.account_id = account.id
        yield story
