"""Accounts, their people and their programs' keys."""

import pytest
from sqlalchemy import select

from calltrack.accounts.accounts import (
    DEFAULT_REASONS,
    BadAccount,
    check_password,
    create_account,
    create_user,
    find_account,
)
from calltrack.db import Database
from calltrack.models import Account, Membership, Reason, User

PASSWORD = "correct horse"


def test_an_account_starts_with_the_default_reasons_and_a_minute_for_a_lead(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="  Ana's Heating ", time_zone="America/Chicago")
        reasons = session.execute(select(Reason.label, Reason.name).where(Reason.account_id == account.id)).all()
    assert (account.name, account.lead_seconds, account.match_days) == ("Ana's Heating", 60, 14)
    assert "recorded" in account.announcement
    assert sorted(tuple(row) for row in reasons) == sorted(
        (k, name) for k, names in DEFAULT_REASONS.items() for name in names
    )
    assert {len(names) for names in DEFAULT_REASONS.values()} == {4, 12}


def test_an_accounts_name_is_its_own(database: Database) -> None:
    with database.write.begin() as session:
        create_account(session, name="Ana's Heating", time_zone="UTC")
        with pytest.raises(BadAccount, match="already"):
            create_account(session, name=" Ana's Heating", time_zone="UTC")
        with pytest.raises(BadAccount, match="name"):
            create_account(session, name="  ", time_zone="UTC")
        assert session.scalars(select(Account.name)).all() == ["Ana's Heating"]


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "a\x00b", "CST6"])
def test_a_zone_that_is_none_is_refused(on_sqlite: Database, zone: str) -> None:
    with on_sqlite.write.begin() as session, pytest.raises(BadAccount, match="America/Chicago"):
        create_account(session, name="Ana's Heating", time_zone=zone)


def test_without_a_name_the_only_account_is_meant(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        with pytest.raises(BadAccount, match="no account yet"):
            find_account(session, name=None)
        ana = create_account(session, name="Ana's Heating", time_zone="UTC")
        assert find_account(session, name=None) is ana
        dee = create_account(session, name="Dee's Plumbing", time_zone="UTC")
        assert find_account(session, name="Dee's Plumbing") is dee
        with pytest.raises(BadAccount, match="several"):
            find_account(session, name=None)
        with pytest.raises(BadAccount, match="Eve"):
            find_account(session, name="Eve's")


def test_a_person_is_found_by_address_and_password_only(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        ana = create_user(
            session, account=account, email=" Ana@Example.com ", name="Ana", password=PASSWORD, role="admin"
        )
        assert ana.email == "ana@example.com"
        assert PASSWORD not in ana.password_hash
        assert check_password(session, email="ANA@example.com ", password=PASSWORD) is ana
        assert check_password(session, email="ana@example.com", password=PASSWORD + " ") is None
        assert check_password(session, email="ana@example.com", password="") is None
        assert check_password(session, email="eve@example.com", password=PASSWORD) is None


def test_an_address_that_cannot_be_is_nobody(database: Database) -> None:
    with database.read() as session:
        assert check_password(session, email="ana\x00@example.com", password=PASSWORD) is None


@pytest.mark.parametrize("email", ["", "ana", "ana @example.com", "ana\n@example.com", "ana\x00@example.com"])
def test_what_is_no_address_is_refused(on_sqlite: Database, email: str) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        with pytest.raises(BadAccount, match="e-mail"):
            create_user(session, account=account, email=email, name="Ana", password=PASSWORD, role="admin")


def test_a_short_password_or_an_unknown_role_is_refused(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        with pytest.raises(BadAccount, match="8 characters"):
            create_user(session, account=account, email="a@b.c", name="", password="1234567", role="admin")
        with pytest.raises(BadAccount, match="read-only"):
            create_user(session, account=account, email="a@b.c", name="", password=PASSWORD, role="owner")
        assert session.scalars(select(User)).all() == []


def test_a_person_known_already_gets_the_role_and_keeps_the_password(database: Database) -> None:
    with database.write.begin() as session:
        first = create_account(session, name="Ana's Heating", time_zone="UTC")
        second = create_account(session, name="Dee's Plumbing", time_zone="UTC")
        for account, role, password in (
            (first, "csr", PASSWORD),
            (second, "coach", "another one"),
            (first, "admin", ""),
        ):
            create_user(session, account=account, email="ana@example.com", name="Ana", password=password, role=role)
        session.flush()
        roles = {row.account_id: row.role for row in session.scalars(select(Membership))}
        assert roles == {first.id: "admin", second.id: "coach"}
        assert check_password(session, email="ana@example.com", password=PASSWORD) is not None
        assert check_password(session, email="ana@example.com", password="another one") is None
