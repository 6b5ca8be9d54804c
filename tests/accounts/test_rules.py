"""Rules of the words account and reason."""

from sqlalchemy import select

from calltrack.accounts.accounts import create_account, create_user
from calltrack.calls.labels import reasons_of
from calltrack.db import Database
from calltrack.models import Base, Membership
from tests.campaigns.story import CHICAGO

# Owned through another row, or by the whole installation.
# An agency's person signs in once, for all of their accounts.
NOT_OF_AN_ACCOUNT = {"accounts", "users", "reconciliations", "recovery_codes", "identities", "throttles"}


def test_every_row_belongs_to_one_account_by_its_own_column_or_through_the_row_that_it_hangs_on() -> None:
    tables = Base.metadata.tables
    owned = {name for name, table in tables.items() if "account_id" in table.columns}

    def hangs_on(name: str) -> set[str]:
        return {key.column.table.name for column in tables[name].columns for key in column.foreign_keys}

    grown = set(owned)
    while more := {name for name in tables.keys() - grown if hangs_on(name) & grown}:
        grown |= more
    # The carrier's log is written before anybody knows whose number rang.
    assert tables.keys() - grown - NOT_OF_AN_ACCOUNT == {"call_events"}


def test_an_agencys_person_may_belong_to_several_accounts_with_a_role_in_each(database: Database) -> None:
    with database.write.begin() as session:
        shops = [create_account(session, name=name, time_zone=CHICAGO) for name in ("Ana's Heating", "Dee's Plumbing")]
        for shop, role in zip(shops, ("manager", "read-only"), strict=True):
            user = create_user(session, account=shop, email="eve@agency.example", name="Eve", password="a long one",
                               role=role)  # fmt: skip
        found = select(Membership.account_id, Membership.role).where(Membership.user_id == user.id)
        assert sorted(map(tuple, session.execute(found))) == [(shops[0].id, "manager"), (shops[1].id, "read-only")]


def test_the_default_reasons_are_these(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone=CHICAGO)
        assert reasons_of(session, account_id=account.id) == {
            "lead": ["new job", "quote request", "service question", "emergency"],
            "excused": [
                "wrong number", "solicitor", "robocall", "vendor", "job applicant", "existing job", "billing",
                "warranty/complaint", "out of area", "service not offered", "too short", "internal or test call",
            ],
        }  # fmt: skip
