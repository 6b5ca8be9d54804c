"""Whose call-backs are done together, and who may be asked for one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_user
from calltrack.calls.tasks import BadTask, ask_task, do_at_once, finish_task
from calltrack.db import Database
from calltrack.models import Call, Task
from tests.factories import NOON, Company, company, missed_call

NUMBER, CALLER, OTHER = "+13125550142", "+13125550111", "+13125550112"
SOON = NOON + timedelta(hours=2)


@pytest.fixture
def anas(database: Database) -> Company:
    with database.write.begin() as session:
        return company(session, name="Ana's Heating", number=NUMBER)


@pytest.fixture
def session(database: Database, anas: Company) -> Iterator[Session]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def call(session: Session) -> Call:
    return missed_call(session, number=NUMBER, caller=CALLER)


def ask(session: Session, call: Call) -> Task:
    return ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana")[0]


def test_one_call_back_settles_all_that_are_owed_to_the_caller(session: Session, call: Call) -> None:
    again = missed_call(session, number=NUMBER, caller=CALLER, started_at=NOON + timedelta(hours=1))
    others = missed_call(session, number=NUMBER, caller=OTHER)
    first, second, third = (ask(session, one) for one in (call, again, others))
    finish_task(session, task=first, result="reached", done_by="cho")
    session.refresh(second)
    assert second.done_by == "cho"
    assert third.done_at is None


@pytest.mark.parametrize("hidden", ["anonymous", "+266696687", "+7378742833"])
def test_callers_who_hide_their_number_are_not_one_person(session: Session, call: Call, hidden: str) -> None:
    these = [
        missed_call(session, number=NUMBER, caller=hidden, started_at=NOON + timedelta(hours=hour)) for hour in (1, 2)
    ]
    first, second = (ask(session, one) for one in these)
    assert do_at_once(session, call=these[0], kind="call-back", result="reached", done_by="cho") == [first.id]
    session.refresh(second)
    assert second.done_at is None


def test_a_task_is_given_to_nobody_who_may_do_none(session: Session, anas: Company, call: Call) -> None:
    reader = create_user(
        session, email="rae@example.com", name="Rae", password="a long pass phrase", account=anas.account,
        role="read-only",
    )  # fmt: skip
    session.flush()
    with pytest.raises(BadTask, match="who may do tasks"):
        ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana", user_id=reader.id)
