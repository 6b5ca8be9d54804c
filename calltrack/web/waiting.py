"""How much waits for the visitor's review, as the menu says it."""

from datetime import UTC, datetime

from flask import g

from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.learning.blind import count_unanswered
from calltrack.learning.review import MOST_WAITING, count_unsure
from calltrack.web.visitors import visitor


def unsure_waiting() -> str:
    """Calls that the classifier is not sure of; empty for none."""
    return _words(_counted()[0])


def blind_waiting() -> str:
    """Calls that were drawn for a blind label; empty for none."""
    return _words(_counted()[1])


def review_waiting() -> str:
    """Both; empty for none."""
    return _words(sum(_counted()))


def _counted() -> tuple[int, int]:
    """Asked of the database once a request."""
    if "waiting" not in g:
        try:
            with ground().database.read() as session:
                account_id = visitor().account.id
                unsure = count_unsure(session, account_id=account_id, now=datetime.now(UTC))
                g.waiting = unsure, count_unanswered(session, account_id=account_id)
        except AWAY:  # the page that says so must not fail for its menu
            g.waiting = 0, 0
    counted: tuple[int, int] = g.waiting
    return counted


def _words(waiting: int) -> str:
    return f"{MOST_WAITING - 1}+" if waiting >= MOST_WAITING else str(waiting or "")
