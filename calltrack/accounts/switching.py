"""Going from one company to another, for people whom several have."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import hash_secret
from calltrack.accounts.providers import closed_to_passwords
from calltrack.models import Account, Membership, SignIn
from calltrack.scope import WHOLE_HOUSE

Step = Literal["gone over", "provider", "password"]


@dataclass(frozen=True)
class OwnAccount:
    """A company that a person belongs to."""

    id: int
    name: str


def own_accounts(session: Session, *, user_id: int) -> list[OwnAccount]:
    """Every company that the person belongs to, by name."""
    rows = session.execute(
        select(Account.id, Account.name)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id)
        .order_by(Account.name),
        execution_options=WHOLE_HOUSE,
    )
    return [OwnAccount(*row) for row in rows]


def switch_account(session: Session, *, token: str, account_id: int) -> Step | None:
    """Let a browser that is signed in see another of its person's companies; None where it is none of theirs.

    Nothing but "gone over" changes anything. "provider": the company wants its own provider to say who comes.
    "password": the browser came in by one company's provider, which opens that company alone, whatever it vouches for,
    and is not told whose the other is.
    """
    sign_in = session.get(SignIn, hash_secret(token), with_for_update=True)
    if sign_in is None:
        return None
    if account_id == sign_in.account_id:
        return "gone over"
    if sign_in.way == "provider":
        return "password"
    own = session.get(Membership, (sign_in.user_id, account_id), execution_options=WHOLE_HOUSE)
    if own is None:
        return None
    if account_id in closed_to_passwords(session, user_id=sign_in.user_id):
        return "provider"
    moved = update(SignIn).where(SignIn.token_hash == sign_in.token_hash).values(account_id=account_id)
    session.execute(moved.execution_options(synchronize_session=False))
    return "gone over"
