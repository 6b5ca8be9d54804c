"""Where a person is signed in: each browser, when it was last seen, and how it is sent away."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import hash_secret
from calltrack.accounts.last_seen import keep_last_seen
from calltrack.db import Database
from calltrack.models import Account, SignIn

IDLE_ENDS = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Browser:
    """One browser that is signed in. `id` names it to its owner, and opens nothing."""

    id: str
    account: str
    address: str | None
    browser: str | None
    way: str
    since: datetime
    seen_at: datetime
    is_this: bool


def is_alive(now: datetime) -> ColumnElement[bool]:
    """A sign-in that is neither over nor idle for too long."""
    seen_at = func.coalesce(SignIn.seen_at, SignIn.created_at)
    return and_(SignIn.expires_at > now, seen_at > now - IDLE_ENDS)


def list_browsers(
    session: Session, *, user_id: int, token: str, account_id: int | None = None, now: datetime | None = None
) -> list[Browser]:
    """Every browser in which the person is signed in, the last seen first; `token` is this one's. With `account_id`
    those of that account alone, here and below."""
    rows = session.execute(
        select(SignIn, Account.name)
        .join(Account, Account.id == SignIn.account_id)
        .where(*_theirs(user_id, account_id), is_alive(now or datetime.now(UTC)))
    )
    found = [
        Browser(
            id=one.token_hash,
            account=name,
            address=one.address,
            browser=one.browser,
            way=one.way,
            since=one.created_at,
            seen_at=one.seen_at or one.created_at,
            is_this=one.token_hash == hash_secret(token),
        )
        for one, name in rows
    ]
    return sorted(found, key=lambda one: (one.is_this, one.seen_at), reverse=True)


def mark_seen(database: Database, *, token: str, seen_at: datetime | None, now: datetime) -> bool:
    """Keep that the browser was here, once in five minutes at most; False where that was known, or somebody else is
    writing: a page must not wait for that."""
    return keep_last_seen(
        database, which=SignIn.token_hash == hash_secret(token), key=SignIn.token_hash, moment=SignIn.seen_at,
        known=seen_at, every=SEEN_EVERY, now=now,
    )  # fmt: skip


def end_browser(session: Session, *, user_id: int, browser_id: str, account_id: int | None = None) -> bool:
    """Sign one of the person's browsers out, at once; False where it was not signed in."""
    gone = delete(SignIn).where(*_theirs(user_id, account_id), SignIn.token_hash == browser_id)
    returned = gone.returning(SignIn.user_id)
    return session.execute(returned.execution_options(synchronize_session=False)).first() is not None


def end_others(session: Session, *, user_id: int, token: str = "", account_id: int | None = None) -> int:
    """Sign the person out everywhere but where `token` is shown; without one, everywhere. Returns how many ended."""
    gone = delete(SignIn).where(*_theirs(user_id, account_id), SignIn.token_hash != hash_secret(token))
    rows = session.execute(gone.returning(SignIn.token_hash).execution_options(synchronize_session=False))
    return len(rows.all())


def _theirs(user_id: int, account_id: int | None) -> list[ColumnElement[bool]]:
    of_account = [] if account_id is None else [SignIn.account_id == account_id]
    return [SignIn.user_id == user_id, *of_account]
