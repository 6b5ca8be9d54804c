"""Signing in: a token for the browser, a hash here, and the role that a person has today."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account, create_user, find_account
from calltrack.accounts.keys import create_key
from calltrack.accounts.sign_in import LASTS, sign_out, who_is, whose_key
from calltrack.db import Database
from calltrack.models import ApiKey, Membership, SignIn
from tests.accounts import entering

EMAIL, PASSWORD = "ana@example.com", "correct horse"


@pytest.fixture(autouse=True)
def ana(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        for name, role in (("Ana's Heating", "manager"), ("Dee's Plumbing", "csr")):
            account = create_account(session, name=name, time_zone="UTC")
            create_user(session, account=account, email=EMAIL, name="Ana", password=PASSWORD, role=role)


def enter(session: Session) -> str:
    token = entering.enter(session, email=EMAIL, password=PASSWORD)
    assert token is not None
    session.flush()
    return token


def test_who_signs_in_is_known_by_the_token_in_their_first_account(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        visitor = who_is(session, token=enter(session))
        assert visitor is not None
        assert (visitor.name, visitor.role, visitor.account.name) == (EMAIL, "manager", "Ana's Heating")


def test_only_the_tokens_hash_is_kept_and_it_opens_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        token = enter(session)
        kept = session.scalars(select(SignIn.token_hash)).one()
        assert token not in kept
        assert who_is(session, token=kept) is who_is(session, token="") is None


def test_a_wrong_password_signs_nobody_in(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        assert entering.enter(session, email=EMAIL, password="wrong horse") is None
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0


def test_a_person_without_any_account_cannot_enter(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        session.execute(delete(Membership))
        assert entering.enter(session, email=EMAIL, password=PASSWORD) is None


def test_a_changed_role_counts_at_once_and_a_lost_one_ends_the_visit(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        token = enter(session)
        session.execute(update(Membership).values(role="read-only"))
        visitor = who_is(session, token=token)
        assert visitor is not None
        assert visitor.role == "read-only"
        session.execute(delete(Membership))
        assert who_is(session, token=token) is None


def test_a_sign_in_lasts_two_weeks(on_sqlite: Database) -> None:
    assert timedelta(days=14) == LASTS
    with on_sqlite.write.begin() as session:
        token = enter(session)
        row = session.scalars(select(SignIn)).one()
        assert row.expires_at - row.created_at == LASTS
        row.expires_at = datetime.now(UTC)
        session.flush()
        assert who_is(session, token=token) is None


def test_signing_out_forgets_this_browser_and_everyone_whose_time_is_over(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        mine, other, old = enter(session), enter(session), enter(session)
        expired = session.scalars(select(SignIn).order_by(SignIn.created_at.desc())).first()
        assert expired is not None
        expired.expires_at = datetime.now(UTC)
        session.flush()
        sign_out(session, token=mine)
        assert [who_is(session, token=token) is not None for token in (mine, other, old)] == [False, True, False]
        assert session.scalar(select(func.count()).select_from(SignIn)) == 1
        sign_out(session, token=mine)


def test_two_keys_of_one_role_are_told_apart_and_a_revoked_one_opens_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = find_account(session, name="Ana's Heating")
        keys = [create_key(session, account=account, role="csr") for _ in range(2)]
        session.flush()
        programs = [whose_key(session, key=key) for key in keys]
        assert [(one.name, one.role, one.account) for one in programs if one] == [
            ("key 1 (csr)", "csr", account), ("key 2 (csr)", "csr", account),
        ]  # fmt: skip
        session.execute(update(ApiKey).where(ApiKey.id == 1).values(revoked_at=datetime.now(UTC)))
        assert [whose_key(session, key=key) is not None for key in (*keys, "ct_unknown")] == [False, True, False]
