"""Agents: a phone has one name, that of the account's own agent."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_user
from calltrack.accounts.agents import (
    BadAgent,
    agent_names,
    forget_agent,
    list_agents,
    name_agent,
    phones_of,
    ringing_phones,
)
from calltrack.db import Database
from calltrack.models import Account, User
from tests.factories import NOON, Company, answered_call, company, missed_call
from tests.twilio_wire import CHO

NUMBER, DEES = "+13125550142", "+13125550177"
SPARE = "+13125550133"


def hire(session: Session, account: Account, name: str = "Cho") -> User:
    email = f"{name.lower()}@example.com"
    return create_user(session, account=account, email=email, name=name, password="long enough", role="csr")


@pytest.fixture
def anas(database: Database) -> Company:
    with database.write.begin() as session:
        return company(session, name="Ana's Heating", number=NUMBER)


def test_the_last_name_that_was_said_is_the_agents(database: Database, anas: Company) -> None:
    account_id = anas.account.id
    with database.write.begin() as session:
        cho = hire(session, anas.account)
        name_agent(session, account_id=account_id, phone="+13125550190", name="Charlie")
        name_agent(session, account_id=account_id, phone="(312) 555-0190", name=" Cho \x00 Park ", user_id=cho.id)
    with database.read() as session:
        assert agent_names(session, account_id=account_id) == {"+13125550190": "Cho Park"}
        assert phones_of(session, user_id=cho.id, account_id=account_id) == ["+13125550190"]


def test_a_phone_may_be_nobodys_again(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        name_agent(session, account_id=anas.account.id, phone=SPARE, name="Lee")
        assert forget_agent(session, account_id=anas.account.id, phone=SPARE)
        assert not forget_agent(session, account_id=anas.account.id, phone=SPARE)
        assert agent_names(session, account_id=anas.account.id) == {}


def test_another_companys_agents_are_theirs(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        dees = company(session, name="Dee's Plumbing", number=DEES)
        cho = hire(session, anas.account)
        name_agent(session, account_id=anas.account.id, phone=SPARE, name="Cho", user_id=cho.id)
        name_agent(session, account_id=dees.account.id, phone=SPARE, name="Dan")
        assert not forget_agent(session, account_id=dees.account.id, phone=CHO)
        assert agent_names(session, account_id=anas.account.id) == {SPARE: "Cho"}
        assert [one.name for one in list_agents(session, account_id=dees.account.id)] == ["Dan"]
        assert phones_of(session, user_id=cho.id, account_id=dees.account.id) == []
        with pytest.raises(BadAgent, match="own people"):
            name_agent(session, account_id=dees.account.id, phone=SPARE, name="Cho", user_id=cho.id)


@pytest.mark.parametrize(
    ("phone", "name"), [("12", "Cho"), ("", "Cho"), (SPARE, " "), (SPARE, "x" * 121), ("a\x00", "C"), (SPARE, "\x00")]
)
def test_what_is_no_agent_is_refused(database: Database, anas: Company, phone: str, name: str) -> None:
    with database.write.begin() as session, pytest.raises(BadAgent):
        name_agent(session, account_id=anas.account.id, phone=phone, name=name)


def test_the_phones_that_ring_are_those_of_the_numbers_and_those_that_answered_of_late(
    database: Database, anas: Company
) -> None:
    with database.write.begin() as session:
        answered_call(session, number=NUMBER, started_at=NOON)
        for day, phone in ((1, SPARE), (95, "+13125550111"), (2, "client:ana"), (3, SPARE)):
            answered_call(session, number=NUMBER, started_at=NOON - timedelta(days=day)).answered_by = phone
        missed_call(session, number=NUMBER)
        dees = company(session, name="Dee's Plumbing", number=DEES)
        answered_call(session, number=DEES, started_at=NOON).answered_by = "+13125550112"
        session.flush()
        since = NOON - timedelta(days=90)
        assert ringing_phones(session, account_id=anas.account.id, since=since) == sorted([CHO, SPARE])
        assert ringing_phones(session, account_id=dees.account.id, since=since) == sorted([CHO, "+13125550112"])


def test_many_calls_of_few_phones_are_few_looks(on_sqlite: Database) -> None:
    """The plan goes along the index: no scan of the calls of an account."""
    with on_sqlite.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=NUMBER)
        asked: list[tuple[str, Any]] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *found: asked.append((found[2], found[3])))
        ringing_phones(session, account_id=anas.account.id, since=NOON)
        statement, values = asked[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert [row for row in plan if "SCAN calls" in row[3]] == []
