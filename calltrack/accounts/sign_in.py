"""Signing in: a random token in the browser's cookie, its hash here; and who is behind a program's key."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, not_, or_, select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import hash_secret
from calltrack.accounts.keys import find_key
from calltrack.accounts.providers import closed_to_passwords
from calltrack.accounts.sessions import is_alive
from calltrack.models import Account, Membership, SignIn, User
from calltrack.scope import WHOLE_HOUSE

LASTS = timedelta(days=14)
LONGEST_ADDRESS, LONGEST_BROWSER = 45, 300


@dataclass(frozen=True)
class Visitor:
    """Who is at a door: a person or a program, in one account, with one role there."""

    name: str
    role: str
    account: Account
    # None: a program, which nothing is assigned to.
    user_id: int | None = None
    # The campaigns that this visitor is limited to; None: all of the account.
    campaign_ids: frozenset[int] | None = None
    # When the person's browser was last seen, or the program's key used, as far as that was written down.
    seen_at: datetime | None = None
    key_id: int | None = None
    # How the person showed who they are (password, provider, invitation).
    way: str | None = None


def sign_in(
    session: Session,
    *,
    user: User,
    way: str = "password",
    address: str | None = None,
    browser: str | None = None,
    account_id: int | None = None,
) -> str | None:
    """A new cookie token for a person who proved who they are; None for one whom no account lets in.

    `way` says how they did (password, provider, invitation), `address` and `browser` from where. It leads into
    `account_id`, or into the first of their accounts that takes that way.
    Checking takes long on purpose, so it is done before: on SQLite a caller would wait for this session's lock.
    """
    own = select(Membership.account_id).where(Membership.user_id == user.id)
    if way != "provider":
        own = own.where(Membership.account_id.not_in(closed_to_passwords(session, user_id=user.id)))
    if account_id is not None:
        own = own.where(Membership.account_id == account_id)
    entered = session.scalar(own.order_by(Membership.account_id).limit(1), execution_options=WHOLE_HOUSE)
    if entered is None:
        return None
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    session.add(
        SignIn(
            token_hash=hash_secret(token),
            user_id=user.id,
            account_id=entered,
            created_at=now,
            expires_at=now + LASTS,
            address=(address or "")[:LONGEST_ADDRESS] or None,
            browser=(browser or "")[:LONGEST_BROWSER] or None,
            way=way,
            seen_at=now,
        )
    )
    return token


def who_is(session: Session, *, token: str) -> Visitor | None:
    """The person behind a cookie token, with the role that they have today.

    Nobody, where the account asks for a second factor and the person has none: they set one up at the next sign-in.
    """
    row = session.execute(
        select(User.email, Membership.role, Account, User.id, Membership.campaign_ids, SignIn.seen_at, SignIn.way)
        .select_from(SignIn)
        .join(User, User.id == SignIn.user_id)
        .join(Account, Account.id == SignIn.account_id)
        .join(Membership, (Membership.user_id == User.id) & (Membership.account_id == Account.id))
        .where(
            SignIn.token_hash == hash_secret(token),
            is_alive(datetime.now(UTC)),
            or_(not_(Account.second_factor), User.totp_confirmed_at.is_not(None)),
        )
    ).first()
    if row is None:
        return None
    return Visitor(
        name=row[0], role=row[1], account=row[2], user_id=row[3], campaign_ids=_limits(row[4]), seen_at=row[5],
        way=row[6],
    )  # fmt: skip


def whose_key(session: Session, *, key: str) -> Visitor | None:
    """The program behind an API key, unless the key was revoked; its name tells two keys of one role apart."""
    row = find_key(session, key=key, now=datetime.now(UTC))
    if row is None:
        return None
    account = session.get_one(Account, row.account_id)
    return Visitor(
        name=f"key {row.id} ({row.name or row.role})",
        role=row.role,
        account=account,
        campaign_ids=_limits(row.campaign_ids),
        seen_at=row.used_at,
        key_id=row.id,
    )


def _limits(campaign_ids: list[int] | None) -> frozenset[int] | None:
    return None if campaign_ids is None else frozenset(campaign_ids)


def sign_out(session: Session, *, token: str) -> None:
    """Forget this browser, and everyone whose time is over."""
    session.execute(
        delete(SignIn).where((SignIn.token_hash == hash_secret(token)) | (SignIn.expires_at <= datetime.now(UTC)))
    )
