"""Call-backs and follow-ups: one open of a kind for each call, done by whoever was first; and when they are due."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_user
from calltrack.calls.due import AFTERNOON, MORNING, WHENS, due_at, due_choices
from calltrack.calls.task_list import list_tasks, read_task, tasks_of
from calltrack.calls.tasks import (
    BadTask,
    Kind,
    TaskDone,
    ask_task,
    do_at_once,
    find_task,
    finish_task,
    put_off_task,
    reassign_task,
    reopen_task,
)
from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.models import Call, Task
from calltrack.paging import BadCursor
from tests.factories import NOON, Company, answered_call, company, missed_call, running_call

NUMBER, DEES, CALLER, OTHER = "+13125550142", "+13125550177", "+13125550111", "+13125550112"
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


def ask(session: Session, call: Call, kind: Kind = "call-back", due: datetime = SOON, by: str = "ana") -> Task:
    return ask_task(session, call=call, kind=kind, due_at=due, made_by=by)[0]


def test_what_is_asked_for_twice_is_one_task_while_it_is_open(session: Session, call: Call) -> None:
    task, new = ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana", note=" soon\x00 ")
    again = ask_task(session, call=call, kind="call-back", due_at=NOON, made_by="ben")
    assert (new, task.note, task.made_by) == (True, "soon", "ana")
    assert again == (task, False)
    assert task.due_at == SOON
    other, new = ask_task(session, call=call, kind="follow-up", due_at=SOON, made_by="ana")
    assert (new, other.kind) == (True, "follow-up")
    finish_task(session, task=task, result="reached", done_by="cho")
    assert ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana")[1]


def test_the_first_who_did_it_has_done_it_and_the_second_is_told(session: Session, call: Call) -> None:
    task = ask(session, call)
    finish_task(session, task=task, result="left a message", done_by="cho")
    with pytest.raises(TaskDone, match="cho has done it already: left a message"):
        finish_task(session, task=task, result="reached", done_by="ana")
    assert (task.done_by, task.result) == ("cho", "left a message")


@pytest.mark.parametrize("result", ["", "  ", "\x00", "x" * 501])
def test_it_has_to_be_said_what_came_of_it(session: Session, call: Call, result: str) -> None:
    task = ask(session, call)
    with pytest.raises(BadTask, match="what came of it"):
        finish_task(session, task=task, result=result, done_by="cho")
    with pytest.raises(BadTask, match="what came of it"):
        do_at_once(session, call=call, kind="call-back", result=result, done_by="cho")
    assert task.done_at is None


def test_who_is_called_back_has_been_called_back_for_all_their_calls(session: Session, call: Call) -> None:
    earlier = missed_call(session, number=NUMBER, caller=CALLER, started_at=NOON - timedelta(hours=1))
    others = missed_call(session, number=NUMBER, caller=OTHER)
    owed, follow_up, not_theirs = ask(session, earlier), ask(session, earlier, "follow-up"), ask(session, others)
    assert do_at_once(session, call=call, kind="call-back", result="reached", done_by="cho") == [owed.id]
    session.expire_all()
    assert (owed.done_by, follow_up.done_at, not_theirs.done_at) == ("cho", None, None)


def test_a_call_back_that_nobody_asked_for_is_kept_and_the_second_is_told(session: Session, call: Call) -> None:
    (made,) = do_at_once(session, call=call, kind="call-back", result="wrong number", done_by="cho")
    task = session.get_one(Task, made)
    assert (task.made_by, task.done_by, task.result) == ("cho", "cho", "wrong number")
    with pytest.raises(TaskDone, match="cho has done it already: wrong number"):
        do_at_once(session, call=call, kind="call-back", result="reached", done_by="ana")
    rang_again = missed_call(session, number=NUMBER, caller=CALLER, started_at=datetime.now(UTC) + timedelta(hours=1))
    assert do_at_once(session, call=rang_again, kind="call-back", result="reached", done_by="ana") != [made]


def test_whoever_withholds_their_number_shares_no_call_backs(session: Session) -> None:
    one, two = (missed_call(session, number=NUMBER, caller="anonymous") for _ in range(2))
    do_at_once(session, call=one, kind="call-back", result="reached", done_by="cho")
    do_at_once(session, call=two, kind="call-back", result="reached", done_by="ana")


def test_what_is_done_can_be_opened_again_and_who_did_that_is_kept(session: Session, call: Call) -> None:
    task = ask(session, call)
    with pytest.raises(BadTask, match="open already"):
        reopen_task(session, task=task, by="ana")
    finish_task(session, task=task, result="reached", done_by="cho")
    reopen_task(session, task=task, by="ana")
    assert (task.done_at, task.done_by, task.result) == (None, None, None)
    (kept,) = changes_of(session, account_id=task.account_id, noun="task", noun_id=task.id)
    assert (kept.field, kept.was, kept.now, kept.changed_by) == ("result", "reached", None, "ana")
    finish_task(session, task=task, result="reached", done_by="cho")
    ask(session, call)
    with pytest.raises(BadTask, match="another call-back of this call is open"):
        reopen_task(session, task=task, by="ana")


def test_an_open_task_can_be_given_to_somebody_and_put_off(session: Session, anas: Company, call: Call) -> None:
    cho = person_of(session, anas, "Cho")
    task = ask(session, call)
    reassign_task(session, task=task, user_id=cho, by="ana")
    put_off_task(session, task=task, due_at=SOON + timedelta(days=1), by="ana")
    assert (task.user_id, task.due_at) == (cho, SOON + timedelta(days=1))
    assert len(changes_of(session, account_id=anas.account.id, noun="task", noun_id=task.id)) == 2
    reassign_task(session, task=task, user_id=None, by="ana")
    finish_task(session, task=task, result="reached", done_by="cho")
    with pytest.raises(TaskDone, match="cho has done it"):
        reassign_task(session, task=task, user_id=cho, by="ben")
    with pytest.raises(TaskDone, match="cho has done it"):
        put_off_task(session, task=task, due_at=NOON, by="ben")


def test_a_task_is_given_to_ones_own_people_only(session: Session, anas: Company, call: Call) -> None:
    dees = company(session, name="Dee's Plumbing", number=DEES)
    dan = person_of(session, dees, "Dan")
    with pytest.raises(BadTask, match="own people"):
        ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana", user_id=dan)
    with pytest.raises(BadTask, match="own people"):
        reassign_task(session, task=ask(session, call), user_id=dan, by="ana")
    with pytest.raises(BadTask, match="500 characters"):
        ask_task(session, call=call, kind="follow-up", due_at=SOON, made_by="ana", note="x" * 501)


def test_of_a_call_to_nobodys_number_nothing_can_be_asked(session: Session) -> None:
    call = missed_call(session, number="+13125559999")
    with pytest.raises(BadTask, match="nobody here owns"):
        ask(session, call)
    with pytest.raises(BadTask, match="nobody here owns"):
        do_at_once(session, call=call, kind="call-back", result="reached", done_by="cho")


def test_another_companys_tasks_are_as_unknown_as_none(session: Session, anas: Company, call: Call) -> None:
    dees = company(session, name="Dee's Plumbing", number=DEES)
    task = ask(session, call)
    where: dict[str, Any] = {"account_id": dees.account.id, "task_id": task.id}
    assert (find_task(session, **where), read_task(session, **where)) == (None, None)
    assert list_tasks(session, account_id=dees.account.id).items == []
    assert tasks_of(session, account_id=dees.account.id, call_id=call.id) == []


def test_open_tasks_are_listed_as_they_are_due_a_page_at_a_time(session: Session, anas: Company) -> None:
    calls = [missed_call(session, number=NUMBER, caller=f"+1312555012{one}") for one in range(5)]
    due = [NOON + timedelta(hours=hours) for hours in (3, 1, 2, 1, 5)]
    tasks = [ask(session, call, due=moment) for call, moment in zip(calls, due, strict=True)]
    wanted = [tasks[one].id for one in (1, 3, 2, 0, 4)]
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        page = list_tasks(session, account_id=anas.account.id, cursor=cursor, limit=2)
        seen += [one.id for one in page.items]
        cursor = page.next
    assert (seen, cursor) == (wanted, None)
    with pytest.raises(BadCursor):
        list_tasks(session, account_id=anas.account.id, cursor="x")
    until = list_tasks(session, account_id=anas.account.id, due_before=NOON + timedelta(hours=2)).items
    rest = list_tasks(session, account_id=anas.account.id, due_from=NOON + timedelta(hours=2)).items
    assert [one.id for one in (*until, *rest)] == wanted


def test_done_tasks_are_listed_the_latest_first_and_filters_hold(session: Session, anas: Company) -> None:
    cho = person_of(session, anas, "Cho")
    calls = [missed_call(session, number=NUMBER, caller=f"+1312555012{one}") for one in range(3)]
    tasks = [ask(session, call) for call in calls]
    reassign_task(session, task=tasks[1], user_id=cho, by="ana")
    where: dict[str, Any] = {"account_id": anas.account.id}
    assert [one.id for one in list_tasks(session, **where, user_id=cho).items] == [tasks[1].id]
    assert list_tasks(session, **where, kind="follow-up").items == []
    for task in tasks:
        finish_task(session, task=task, result="reached", done_by="cho")
    first = list_tasks(session, **where, state="done", limit=2)
    rest = list_tasks(session, **where, state="done", limit=2, cursor=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == [task.id for task in reversed(tasks)]
    assert list_tasks(session, **where, state="done", done_since=datetime.now(UTC) + timedelta(days=1)).items == []
    assert list_tasks(session, **where).items == []


def test_a_calls_tasks_say_all_that_is_known_of_them(session: Session, anas: Company) -> None:
    cho = person_of(session, anas, "Cho")
    call = answered_call(session, number=NUMBER, caller=CALLER)
    done, _ = ask_task(session, call=call, kind="follow-up", due_at=NOON, made_by="ana")
    finish_task(session, task=done, result="booked", done_by="cho")
    ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="ana", user_id=cho, note="evenings")
    first, second = tasks_of(session, account_id=anas.account.id, call_id=call.id)
    assert (first.kind, first.whose, first.assigned_to, first.note) == (
        "call-back",
        "Cho",
        "cho@example.com",
        "evenings",
    )
    assert (first.call_sid, first.caller, first.campaign, first.called_at) == (call.call_sid, CALLER, "Billboard", NOON)
    assert (second.result, second.done_by) == ("booked", "cho")


def at_once(database: Database, deed: Callable[[Session], object]) -> list[object]:
    """Two people do the same thing in the same moment: what each was told."""
    ready, told = threading.Barrier(2), list[object]()

    def do() -> None:
        with database.write() as session:
            ready.wait()
            try:
                told.append(deed(session))
                session.commit()
            except BadTask as wrong:
                told.append(wrong)

    threads = [threading.Thread(target=do) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_two_who_finish_a_task_at_once_one_has_done_it(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        task_id = ask(session, missed_call(session, number=NUMBER)).id

    def finish(session: Session) -> str:
        finish_task(session, task=session.get_one(Task, task_id), result="reached", done_by="somebody")
        return "done"

    told = at_once(database, finish)
    assert sorted(map(str, told)) == ["done", "somebody has done it already: reached"]


def test_of_two_who_called_back_at_once_one_is_kept(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        call_id = missed_call(session, number=NUMBER).id

    def called(session: Session) -> str:
        call = session.get_one(Call, call_id)
        do_at_once(session, call=call, kind="call-back", result="reached", done_by="somebody")
        return "done"

    told = at_once(database, called)
    assert sorted(map(str, told)) == ["done", "somebody has done it already: reached"]
    with database.read() as session:
        assert len(list_tasks(session, account_id=anas.account.id, state="done").items) == 1


def test_two_who_ask_at_once_get_the_same_task(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        call_id = missed_call(session, number=NUMBER).id

    def asks(session: Session) -> tuple[int, bool]:
        call = session.get_one(Call, call_id)
        task, new = ask_task(session, call=call, kind="call-back", due_at=SOON, made_by="somebody")
        return task.id, new

    one, two = at_once(database, asks)
    assert sorted([one, two], key=str) == [(1, False), (1, True)]
    with database.read() as session:
        assert len(list_tasks(session, account_id=anas.account.id).items) == 1


def test_a_call_that_is_under_way_can_have_a_task_too(session: Session, anas: Company) -> None:
    assert ask(session, running_call(session, number=NUMBER), "follow-up").id


ZONES = ["America/Chicago", "America/Havana", "Australia/Lord_Howe", "UTC", "Europe/Berlin", "America/St_Johns"]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(zone=st.sampled_from(ZONES), now=moments)
def test_a_choice_is_what_the_clock_on_the_wall_will_show(zone: str, now: datetime) -> None:
    here = now.astimezone(ZoneInfo(zone))
    assert due_at("hour", zone=zone, now=now) == now + timedelta(hours=1)
    morning = due_at("morning", zone=zone, now=now).astimezone(ZoneInfo(zone))
    assert (morning.date(), morning.time()) == (here.date() + timedelta(days=1), MORNING)
    afternoon = due_at("afternoon", zone=zone, now=now).astimezone(ZoneInfo(zone))
    assert (afternoon.date(), afternoon.time()) == (here.date(), AFTERNOON)


@given(zone=st.sampled_from(ZONES), now=moments)
def test_only_what_is_still_to_come_is_on_offer(zone: str, now: datetime) -> None:
    offered = due_choices(zone=zone, now=now)
    assert all(one.due_at > now for one in offered)
    gone = {when for when in WHENS if when not in {one.when for one in offered}}
    assert gone <= {"afternoon"}
    assert bool(gone) == (now.astimezone(ZoneInfo(zone)).time() >= AFTERNOON)


@pytest.mark.parametrize(
    ("evening", "hours"), [("2026-03-07 21:00", 11), ("2026-10-31 21:00", 13), ("2026-06-01 21:00", 12)]
)
def test_tomorrow_morning_is_at_nine_though_the_clock_is_changed_in_the_night(evening: str, hours: int) -> None:
    now = datetime.fromisoformat(evening).replace(tzinfo=ZoneInfo("America/Chicago"))
    due = due_at("morning", zone="America/Chicago", now=now)
    assert due - now.astimezone(UTC) == timedelta(hours=hours)
    assert due.astimezone(ZoneInfo("America/Chicago")).time() == time(9)


def person_of(session: Session, company_: Company, name: str) -> int:
    email = f"{name.lower()}@example.com"
    return create_user(session, account=company_.account, email=email, name=name, password="long enough", role="csr").id
