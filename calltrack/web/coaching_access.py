"""Whose coaching the visitor sees: coaches everybody's, who answers the phone their own."""

from flask import abort
from sqlalchemy.orm import Session

from calltrack.accounts.agents import phones_of
from calltrack.coaching.evaluations import find_evaluation
from calltrack.coaching.reading import may_see, still_blind
from calltrack.models import Evaluation
from calltrack.web.visitors import visitor, visitor_may


def coaches() -> bool:
    """Whether the visitor evaluates calls."""
    return visitor_may("coaching.write")


def own_phones(session: Session) -> list[str]:
    """The phones that the visitor answers."""
    known = visitor()
    if known.user_id is None:
        return []
    return phones_of(session, user_id=known.user_id, account_id=known.account.id)


def user_id() -> int:
    """The visitor, as a person: nothing is assigned to a program, and none evaluates."""
    return visitor().user_id or abort(403, "Only a person can do this: sign in as one.")


def evaluation_at(session: Session, evaluation_id: int, *, own: bool = False) -> Evaluation:
    """The evaluation of that id if the visitor may see it (`own`: if they wrote it); anything else is not found."""
    known = visitor()
    found = find_evaluation(session, account_id=known.account.id, evaluation_id=evaluation_id)
    if found is None:
        abort(404)
    if own:
        return found if found.coach_id == known.user_id else abort(404)
    phones = own_phones(session)
    if not may_see(found, user_id=known.user_id, coaches=coaches(), phones=phones):
        abort(404)
    blind = still_blind(session, account_id=known.account.id, user_id=known.user_id)
    if found.coach_id != known.user_id and (found.call_id, found.rubric_id) in blind:
        abort(404, "You are to judge this call by yourself first: share your own evaluation, then you see this one.")
    return found
