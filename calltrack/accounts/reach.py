"""How far a sign-in reaches: a person has one password and one second factor for all of their companies."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Membership
from calltrack.scope import WHOLE_HOUSE


def speaks_for_all(session: Session, *, user_id: int, account_id: int | None, way: str | None) -> bool:
    """Whether somebody who came into the account by `way` was proven to every company of theirs.

    A company's provider says what its administrator wants, and so speaks for that company alone: it is enough where
    the person belongs to no other.
    """
    if way != "provider":
        return True
    others = select(Membership.account_id).where(Membership.user_id == user_id, Membership.account_id != account_id)
    return session.scalar(others.limit(1), execution_options=WHOLE_HOUSE) is None
