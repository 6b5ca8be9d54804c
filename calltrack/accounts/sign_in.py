"""Signing in: a random token in the browser's cookie, its hash here; and who is behind a program's key."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_key, hash_secret
from calltrack.models import Account, Membership, SignIn, User

LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Visitor:
    """Who is at a door: a person or a program, in one account, with one role there."""

    name: str
    role: str
    account: Account
    # None: a program, which nothing is assigned to.
    user_id: int | None = None


def sign_in(session: Session, *, user: User) -> str | None:
    """A new cookie token for a person whose password was checked; None for one without any account.

    Checking takes long on purpose, so it is done before: on SQLite a caller would wait for this session's lock.
    """
    account_id = session.scalar(
        select(Membership.account_id).where(Membership.user_id == user.id).order_by(Membership.account_id).limit(1)
    )
    if account_id is None:
        return None
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    session.add(
        SignIn(
            token_hash=hash_secret(token),
            user_id=user.id,
            account_id=account_id,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    return token


def who_is(session: Session, *, token: str) -> Visitor | None:
    """The person behind a cookie token, with the role that they have today."""
    row = session.execute(
        select(User.email, Membership.role, Account, User.id)
        .select_from(SignIn)
        .join(User, User.id == SignIn.user_id)
        .join(Account, Account.id == SignIn.account_id)
        .join(Membership, (Membership.user_id == User.id) & (Membership.account_id == Account.id))
        .where(SignIn.token_hash == hash_secret(token), SignIn.expires_at > datetime.now(UTC))
    ).first()
    return Visitor(name=row[0], role=row[1], account=row[2], user_id=row[3]) if row else None


def whose_key(session: Session, *, key: str) -> Visitor | None:
    """The program behind an API key, unless the key was revoked; its name tells two keys of one role apart."""
    row = find_key(session, key=key)
    if row is None:
        return None
    account = session.get_one(Account, row.account_id)
    return Visitor(name=f"key {row.id} ({row.role})", role=row.role, account=account)


def sign_out(session: Session, *, token: str) -> None:
    """Forget this browser, and everyone whose time is over."""
    session.execute(
        delete(SignIn).where((SignIn.token_hash == hash_secret(token)) | (SignIn.expires_at <= datetime.now(UTC)))
    )
