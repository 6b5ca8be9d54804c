"""API keys: what programs come in with. A key is shown once; its hash, its beginning and its last use are kept."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, hash_secret
from calltrack.accounts.last_seen import keep_last_seen
from calltrack.accounts.limits import check_limits, limits_words
from calltrack.changes import record
from calltrack.db import Database
from calltrack.models import Account, ApiKey

LONGEST_KEY_NAME = 100
MOST_KEYS = 500
"""That an account may have at a time, not counting those that were revoked."""
COMMAND_LINE = "the command line"
_SHOWN = 7  # characters: `ct_` and four more, of 43 that are random
_USED_EVERY = timedelta(minutes=1)


def create_key(
    session: Session,
    *,
    account: Account,
    role: str,
    name: str = "",
    by: str | None = None,
    expires_at: datetime | None = None,
    campaign_ids: Iterable[int] | None = None,
) -> str:
    """A new API key; it is shown this once. Without `expires_at` it opens until it is revoked; `campaign_ids`: it sees
    these campaigns alone. Raises BadAccount."""
    limits = check_limits(session, account_id=account.id, role=role, campaign_ids=campaign_ids)
    name, now = " ".join(name.split()), datetime.now(UTC)
    if len(name) > LONGEST_KEY_NAME:
        raise BadAccount(f"a key's name has at most {LONGEST_KEY_NAME} characters")
    if expires_at is not None and expires_at <= now:
        raise BadAccount("a key expires in the future, or never")
    if len(list_keys(session, account_id=account.id)) >= MOST_KEYS:
        raise BadAccount(f"the company has {MOST_KEYS} keys; revoke those that nobody uses")
    key = f"ct_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        account_id=account.id, role=role, key_hash=hash_secret(key), name=name, begins=key[:_SHOWN],
        campaign_ids=limits, created_at=now, created_by=by, expires_at=expires_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    made = f"{name or 'without a name'}, {role}, {limits_words(limits)}"
    _record(session, row, fields={"key": (None, made)}, by=by)
    return key


def find_key(session: Session, *, key: str, now: datetime) -> ApiKey | None:
    """The key's row, unless it was revoked or has expired."""
    found = session.scalar(select(ApiKey).where(ApiKey.key_hash == hash_secret(key), ApiKey.revoked_at.is_(None)))
    return None if found is None or is_over(found, now=now) else found


def is_over(key: ApiKey, *, now: datetime) -> bool:
    """Whether the key opens nothing any more."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def touch_key(database: Database, *, key_id: int, used_at: datetime | None, now: datetime) -> bool:
    """Keep that the key is used, once a minute at most; `used_at` is when it was, as far as that was kept. False where
    that was known, or somebody else is writing: a program that only reads must not wait for those who write."""
    return keep_last_seen(
        database, which=ApiKey.id == key_id, key=ApiKey.id, moment=ApiKey.used_at, known=used_at, every=_USED_EVERY,
        now=now,
    )  # fmt: skip


def list_keys(session: Session, *, account_id: int, revoked: bool = False) -> list[ApiKey]:
    """The account's keys, the newest first: those that were not revoked (also when they have expired), or those that
    were."""
    own = select(ApiKey).where(
        ApiKey.account_id == account_id, ApiKey.revoked_at.is_not(None) if revoked else ApiKey.revoked_at.is_(None)
    )
    return list(session.scalars(own.order_by(ApiKey.id.desc()).limit(MOST_KEYS)))


def key_of(session: Session, *, account_id: int, key_id: int) -> ApiKey | None:
    """The account's key of that id."""
    return session.scalar(select(ApiKey).where(ApiKey.account_id == account_id, ApiKey.id == key_id))


def revoke_key(session: Session, *, key: ApiKey, by: str | None, now: datetime) -> None:
    """Have the key open nothing from here on; one that is revoked already stays as it is."""
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = now, by
        _record(session, key, fields={"revoked": (None, "yes")}, by=by)
        session.flush()


def _record(session: Session, key: ApiKey, *, fields: dict[str, tuple[object, object]], by: str | None) -> None:
    record(session, account_id=key.account_id, noun="key", noun_id=key.id, fields=fields, by=by or COMMAND_LINE)
