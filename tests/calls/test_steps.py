"""The outbox: a step is asked for once, held by one worker, and tried again with patience."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rq import Queue
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack import queue
from calltrack.calls.steps import ask, claim, fail, finish, is_anything_due, oldest_overdue, postpone
from calltrack.db import Database
from calltrack.models import Step
from tests.campaigns.story import Story

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_queue() -> Iterator[None]:
    before = queue.attached()
    queue.attach(url="")
    yield
    queue.attach(url=before)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as stopped:
        yield stopped


def a_call(session: Session) -> int:
    return int(Story(session).call().id)


def seconds(moment: datetime) -> float:
    return (moment - NOW).total_seconds()


def test_a_step_is_asked_for_once(database: Database, clock: time_machine.Traveller) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        ask(session, call_id=call_id, name="fetch", subject="RE1")
        ask(session, call_id=call_id, name="fetch", subject="RE1", due_at=NOW + timedelta(hours=1))
        ask(session, call_id=call_id, name="fetch", subject="RE2")
        ask(session, call_id=call_id, name="classify")
        rows = session.scalars(select(Step).order_by(Step.id)).all()
        assert [(row.name, row.subject) for row in rows] == [("fetch", "RE1"), ("fetch", "RE2"), ("classify", "")]
        assert {(row.state, row.due_at, row.asked_at, row.attempts) for row in rows} == {("due", NOW, NOW, 0)}


def test_asking_again_once_it_is_done_changes_nothing_unless_again_is_said(
    database: Database, clock: time_machine.Traveller
) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        ask(session, call_id=call_id, name="classify")
        step = claim(session, now=NOW)
        assert step is not None
        assert finish(session, step=step, note="lead")
        ask(session, call_id=call_id, name="classify")
        assert claim(session, now=NOW) is None
        clock.shift(60)
        ask(session, call_id=call_id, name="classify", again=True)
        session.expire_all()
        row = session.scalars(select(Step)).one()
        assert (row.state, row.attempts, row.last_error, seconds(row.asked_at)) == ("due", 0, None, 60)


def test_the_step_that_has_been_due_longest_comes_first(database: Database) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        for name, minutes in (("b", -5), ("c", -1), ("a", -9), ("later", 1), ("d", 0)):
            ask(session, call_id=call_id, name=name, due_at=NOW + timedelta(minutes=minutes))
        claimed = []
        while step := claim(session, now=NOW):
            claimed.append(step.name)
        assert claimed == ["a", "b", "c", "d"]


def test_a_claim_is_a_lease_that_runs_out(database: Database) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        for name in ("fetch", "transcribe"):
            ask(session, call_id=call_id, name=name, due_at=NOW)
        leases = {}
        for _ in range(2):
            step = claim(session, now=NOW)
            assert step is not None
            assert step.lease_until is not None
            leases[step.name] = step.lease_until - NOW
        assert leases == {"fetch": timedelta(minutes=3), "transcribe": timedelta(hours=1)}
        assert claim(session, now=NOW + timedelta(minutes=2, seconds=59)) is None
        overtaken = claim(session, now=NOW + timedelta(minutes=3))
        assert overtaken is not None
        assert (overtaken.name, overtaken.attempts) == ("fetch", 2)


def test_who_lost_the_lease_settles_nothing(database: Database) -> None:
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch", due_at=NOW)
    with database.write.begin() as session:
        slow = claim(session, now=NOW)
    with database.write.begin() as session:
        quick = claim(session, now=NOW + timedelta(minutes=4))
    assert slow is not None
    assert quick is not None
    with database.write.begin() as session:
        assert not finish(session, step=slow)
        assert not fail(session, step=slow, error="late", permanent=True)
        assert not postpone(session, step=slow, until=NOW)
        assert finish(session, step=quick)
        assert session.scalars(select(Step.state)).one() == "done"


def test_news_overtake_a_step_under_way_and_it_runs_once_more(database: Database) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        ask(session, call_id=call_id, name="classify", due_at=NOW)
    with database.write.begin() as session:
        before = claim(session, now=NOW)
    assert before is not None
    with database.write.begin() as session:
        ask(session, call_id=call_id, name="classify", due_at=NOW, again=True)
    with database.write.begin() as session:
        assert not finish(session, step=before), "its result is from before the news"
    with database.write.begin() as session:
        after = claim(session, now=NOW)
        assert after is not None
        assert (after.id, after.attempts) == (before.id, 1)
        assert finish(session, step=after)


@pytest.mark.slow
def test_workers_that_claim_at_once_never_hold_the_same_step(database: Database) -> None:
    """Race: several workers see the same due row."""
    with database.write.begin() as session:
        call_id = a_call(session)
        for number in range(30):
            ask(session, call_id=call_id, name="fetch", subject=str(number), due_at=NOW)

    def work(_: int) -> list[int]:
        held = []
        for _ in range(30):
            with database.write.begin() as session:
                if step := claim(session, now=NOW):
                    held.append(step.id)
        return held

    with ThreadPoolExecutor(6) as threads:
        held = [step_id for one in threads.map(work, range(6)) for step_id in one]
    assert (len(held), len(set(held))) == (30, 30)


def test_the_waits_grow_from_a_second_to_an_hour(database: Database, clock: time_machine.Traveller) -> None:
    waits = []
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch")
        for _ in range(13):
            step = claim(session, now=datetime.now(UTC))
            assert step is not None
            assert fail(session, step=step, error="404", permanent=False)
            session.refresh(step)
            assert (step.state, step.last_error, step.lease) == ("due", "404", None)
            waits.append((step.due_at - datetime.now(UTC)).total_seconds())
            clock.move_to(step.due_at)
    assert waits == [1, 2, 5, 15, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.parametrize(("wish", "wait"), [(0, 1), (1, 1), (30, 30), (3600, 3600), (10**9, 3600)])
def test_a_longer_wish_of_the_other_side_wins_up_to_an_hour(
    on_sqlite: Database, clock: time_machine.Traveller, wish: int, wait: int
) -> None:
    with on_sqlite.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch")
        step = claim(session, now=NOW)
        assert step is not None
        fail(session, step=step, error="429", permanent=False, retry_after=wish)
        session.refresh(step)
        assert seconds(step.due_at) == wait


def test_after_a_day_it_is_given_up(database: Database, clock: time_machine.Traveller) -> None:
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch")
        for hours, tries, state in ((23.99, 20, "due"), (24, 21, "failed")):
            fail_once(session, clock, hours=hours, tries=tries, state=state)
        assert claim(session, now=NOW + timedelta(days=9)) is None


def fail_once(session: Session, clock: time_machine.Traveller, *, hours: float, tries: int, state: str) -> None:
    clock.move_to(NOW + timedelta(hours=hours))
    step = claim(session, now=NOW + timedelta(hours=hours))
    assert step is not None
    step.attempts = tries
    fail(session, step=step, error="404", permanent=False)
    session.refresh(step)
    assert step.state == state
    step.due_at = NOW
    session.flush()


def test_a_clock_that_jumps_ahead_ends_no_step_that_was_hardly_tried(
    database: Database, clock: time_machine.Traveller
) -> None:
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch")
        fail_once(session, clock, hours=24 * 365, tries=1, state="due")


def test_what_a_clock_that_ran_ahead_has_put_off_or_leased_is_due_once_it_is_right_again(database: Database) -> None:
    ahead = NOW + timedelta(days=40)
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="fetch", due_at=NOW)
        assert claim(session, now=ahead) is not None
        assert claim(session, now=ahead) is None, "it is leased"
        assert is_anything_due(session, now=NOW)
        step = claim(session, now=NOW)
        assert step is not None
        assert postpone(session, step=step, until=ahead)
        assert claim(session, now=NOW) is not None


def test_what_cannot_be_helped_is_given_up_at_once_and_can_be_asked_for_again(database: Database) -> None:
    with database.write.begin() as session:
        call_id = a_call(session)
        ask(session, call_id=call_id, name="fetch", due_at=NOW)
        step = claim(session, now=NOW)
        assert step is not None
        assert fail(session, step=step, error="gone", permanent=True)
        session.refresh(step)
        assert (step.state, step.last_error) == ("failed", "gone")
        assert claim(session, now=NOW + timedelta(days=2)) is None
        ask(session, call_id=call_id, name="fetch", due_at=NOW, again=True)
        assert claim(session, now=NOW) is not None


def test_putting_off_is_no_failed_attempt(database: Database) -> None:
    with database.write.begin() as session:
        ask(session, call_id=a_call(session), name="classify", due_at=NOW)
        for minute in range(3):
            step = claim(session, now=NOW + timedelta(minutes=minute))
            assert step is not None
            assert step.attempts == 1
            assert postpone(session, step=step, until=NOW + timedelta(minutes=minute + 1), why="no transcript yet")
            session.refresh(step)
            assert (step.attempts, step.state, step.last_error) == (0, "due", "no transcript yet")
            assert claim(session, now=NOW + timedelta(minutes=minute)) is None


def test_health_is_the_age_of_the_oldest_overdue_step(database: Database) -> None:
    with database.write.begin() as session:
        assert oldest_overdue(session, now=NOW) == timedelta(0)
        call_id = a_call(session)
        ask(session, call_id=call_id, name="later", due_at=NOW + timedelta(minutes=9))
        assert oldest_overdue(session, now=NOW) == timedelta(0)
        ask(session, call_id=call_id, name="old", due_at=NOW - timedelta(minutes=7))
        ask(session, call_id=call_id, name="new", due_at=NOW - timedelta(minutes=1))
        assert oldest_overdue(session, now=NOW) == timedelta(minutes=7)
        step = claim(session, now=NOW)
        assert step is not None
        finish(session, step=step)
        assert oldest_overdue(session, now=NOW) == timedelta(minutes=1)


def test_workers_are_woken_when_the_asking_is_committed_and_the_step_is_due(
    on_sqlite: Database, redis_database: str
) -> None:
    queue.attach(url=redis_database)
    line = Queue(queue.QUEUE, connection=queue.connect(redis_database))
    with on_sqlite.write.begin() as session:
        call_id = a_call(session)
        ask(session, call_id=call_id, name="later", due_at=datetime.now(UTC) + timedelta(hours=1))
    assert line.count == 0
    with on_sqlite.write() as session:
        ask(session, call_id=call_id, name="never")
        session.rollback()
    assert line.count == 0
    with on_sqlite.write.begin() as session:
        ask(session, call_id=call_id, name="now")
        assert line.count == 0
    assert line.count == 1
