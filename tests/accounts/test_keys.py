"""API keys: what opens, for how long, to how much, and what is kept of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, create_account
from calltrack.accounts.keys import create_key, find_key, key_of, list_keys, revoke_key, touch_key
from calltrack.campaigns.campaigns import create_campaign
from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.models import Account, ApiKey


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def account(session: Session) -> Account:
    return create_account(session, name="Ana's Heating", time_zone="UTC")


def test_a_key_opens_its_account_and_only_its_hash_and_beginning_are_kept(session: Session, account: Account) -> None:
    key = create_key(session, account=account, role="csr", name="  dispatch   board ")
    row = find_key(session, key=key, now=now())
    assert row is not None
    assert (row.account_id, row.role, row.name) == (account.id, "csr", "dispatch board")
    assert key not in row.key_hash
    assert key.startswith(row.begins)
    assert len(row.begins) < 8
    assert key != create_key(session, account=account, role="csr")
    for wrong in ("", key[:-1], key.upper(), row.key_hash):
        assert find_key(session, key=wrong, now=now()) is None


def test_a_revoked_key_opens_nothing_and_says_who_revoked_it(session: Session, account: Account) -> None:
    key = create_key(session, account=account, role="admin", by="ada@example.com")
    [row] = list_keys(session, account_id=account.id)
    revoke_key(session, key=row, by="ada@example.com", now=now())
    revoke_key(session, key=row, by="ana@example.com", now=now())
    assert find_key(session, key=key, now=now()) is None
    assert row.revoked_by == "ada@example.com"
    assert list_keys(session, account_id=account.id) == []
    assert list_keys(session, account_id=account.id, revoked=True) == [row]
    kept = changes_of(session, account_id=account.id, noun="key", noun_id=row.id)
    assert [one.field for one in kept] == ["key", "revoked"]
    assert key not in " ".join(str(one.now) for one in kept)


def test_a_key_opens_nothing_from_the_moment_it_expires(session: Session, account: Account) -> None:
    ends = now() + timedelta(days=30)
    key = create_key(session, account=account, role="admin", expires_at=ends)
    assert find_key(session, key=key, now=ends - timedelta(microseconds=1)) is not None
    assert find_key(session, key=key, now=ends) is None
    with pytest.raises(BadAccount, match="future"):
        create_key(session, account=account, role="admin", expires_at=now())


def test_a_key_is_limited_to_campaigns_of_its_own_account(session: Session, account: Account) -> None:
    other = create_account(session, name="Dee's Plumbing", time_zone="UTC")
    own = [create_campaign(session, account=account, name=name).id for name in ("Radio", "Billboard")]
    foreign = create_campaign(session, account=other, name="Radio").id
    key = create_key(session, account=account, role="read-only", campaign_ids=[own[1], own[0], own[1]])
    row = find_key(session, key=key, now=now())
    assert row is not None
    assert row.campaign_ids == sorted(own)
    for role, campaign_ids, why in (
        ("read-only", [], "at least one"),
        ("read-only", [*own, foreign], f"no campaign {foreign}"),
        ("admin", own, "administrator"),
        ("owner", own, "read-only"),
    ):
        with pytest.raises(BadAccount, match=why):
            create_key(session, account=account, role=role, campaign_ids=campaign_ids)


def test_another_companys_key_is_not_found(session: Session, account: Account) -> None:
    create_key(session, account=account, role="admin")
    key_id = session.scalars(select(ApiKey.id)).one()
    other = create_account(session, name="Dee's Plumbing", time_zone="UTC")
    assert key_of(session, account_id=other.id, key_id=key_id) is None
    assert key_of(session, account_id=account.id, key_id=key_id) is not None


def test_the_last_use_is_kept_to_the_minute(database: Database) -> None:
    with database.write.begin() as session:
        made = create_account(session, name="Ana's Heating", time_zone="UTC")
        key_id = find_key(session, key=create_key(session, account=made, role="csr"), now=now()).id  # type: ignore[union-attr]
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def touch(after: timedelta, used_at: datetime | None) -> bool:
        return touch_key(database, key_id=key_id, used_at=used_at, now=noon + after)

    assert touch(timedelta(0), None)
    assert not touch(timedelta(seconds=59), noon)
    assert not touch(timedelta(seconds=30), None)  # two who saw none: one of them writes
    assert touch(timedelta(seconds=60), noon)
    with database.read() as session:
        assert session.get_one(ApiKey, key_id).used_at == noon + timedelta(minutes=1)


def test_a_program_waits_for_nobody_who_writes(database: Database) -> None:
    with database.write.begin() as session:
        made = create_account(session, name="Ana's Heating", time_zone="UTC")
        key_id = find_key(session, key=create_key(session, account=made, role="csr"), now=now()).id  # type: ignore[union-attr]
    other = Database(database.url.render_as_string(hide_password=False))
    with other.write.begin() as writing:
        writing.get_one(ApiKey, key_id, with_for_update=True)
        assert not touch_key(database, key_id=key_id, used_at=None, now=now())
    assert touch_key(database, key_id=key_id, used_at=None, now=now())
    other.dispose()
