"""Who changed what of all the things of one kind, for a page that shows them all."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from calltrack.changes import Noun, changes_of
from calltrack.models import Account, Change

MOST_CHANGES = 100


def newest_changes(session: Session, *, account: Account, noun: Noun, ids: Iterable[int]) -> list[Change]:
    """The newest MOST_CHANGES of these things, oldest first."""
    found = [one for it in ids for one in changes_of(session, account_id=account.id, noun=noun, noun_id=it)]
    return sorted(found, key=lambda one: one.id)[-MOST_CHANGES:]
