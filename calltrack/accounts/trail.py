"""What becomes of a person's way in, in the audit trail of every account that they belong to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.audit import Deed, note
from calltrack.models import Membership
from calltrack.scope import WHOLE_HOUSE

ACTION = "own.write"


def note_everywhere(
    session: Session,
    *,
    user_id: int,
    who: str,
    deed: Deed,
    route: str,
    detail: str | None = None,
    address: str | None = None,
) -> None:
    """Leave an entry in each of the person's accounts, which becomes true with the session's transaction."""
    mine = select(Membership.account_id).where(Membership.user_id == user_id).order_by(Membership.account_id)
    for account_id in session.scalars(mine, execution_options=WHOLE_HOUSE).all():
        note(
            session, account_id=account_id, who=who, deed=deed, action=ACTION, route=route, noun="person",
            noun_id=str(user_id), detail=detail, address=address,
        )  # fmt: skip
