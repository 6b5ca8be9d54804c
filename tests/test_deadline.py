"""Who asks the database is answered in time, also when it hangs."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from calltrack import deadline
from calltrack.db import AWAY, Database
from calltrack.deadline import Overdue, give_up_if_late, hangs, within


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Work hangs until the event is set; afterwards nothing is stuck any more."""
    released = threading.Event()
    yield released
    released.set()
    for doing in list(deadline._crew.stuck):
        doing.result(10)
    assert not hangs()


def test_work_that_is_done_in_time_returns_and_raises_as_if_called() -> None:
    assert within(10, lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)
    with pytest.raises(TimeoutError, match="my own"):
        within(10, lambda: (_ for _ in ()).throw(TimeoutError("my own")))


def test_work_that_takes_too_long_is_given_up_on_and_counts_as_the_database_being_away(stuck: threading.Event) -> None:
    with pytest.raises(Overdue, match="did not answer within"):
        within(0.01, stuck.wait)
    assert issubclass(Overdue, AWAY)
    assert not hangs(), "one may be bad luck"


def test_what_comes_too_late_is_told_so_before_it_is_kept(stuck: threading.Event) -> None:
    late = threading.Event()

    def work() -> None:
        stuck.wait()
        try:
            give_up_if_late()
        except Overdue:
            late.set()

    with pytest.raises(Overdue):
        within(0.01, work)
    stuck.set()
    assert late.wait(10)
    give_up_if_late()  # nobody waits for this


def test_a_lock_that_somebody_else_has_is_no_database_that_hangs(on_sqlite: Database) -> None:
    def write() -> None:
        with on_sqlite.write.begin() as session:
            session.execute(text("UPDATE accounts SET name = 'another'"))

    with on_sqlite.write.begin() as session:
        session.execute(text("SELECT 1"))  # it has the lock from here on
        for _ in range(3):
            with pytest.raises(OperationalError, match="locked"):
                within(0.5, write)
    assert not hangs()
    within(10, write)


def test_while_work_hangs_nobody_waits_for_the_same_again_until_it_comes_back(stuck: threading.Event) -> None:
    for _ in range(2):
        with pytest.raises(Overdue):
            within(0.01, stuck.wait)
    began = threading.Event()
    with pytest.raises(Overdue, match="hangs"):
        within(10, began.set)
    assert hangs()
    assert not began.is_set()
    stuck.set()
    for doing in list(deadline._crew.stuck):
        doing.result(10)
    assert within(10, lambda: "again") == "again"
