"""Who changed what of all the things of one kind, for a page that shows them all."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.changes import Noun
from calltrack.models import Account, Change

MOST_CHANGES = 100


def newest_changes(session: Session, *, account: Account, noun: Noun) -> list[Change]:
    """The newest MOST_CHANGES of them, oldest first."""
    own = select(Change).where(Change.account_id == account.id, Change.noun == noun)
    return list(session.scalars(own.order_by(Change.id.desc()).limit(MOST_CHANGES)))[::-1]
