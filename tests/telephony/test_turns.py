"""Turns: every call the next one, once, whatever comes at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from calltrack.accounts.accounts import create_account
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import CallFlow
from calltrack.telephony.turns import forget_turns, guess_turn, take_turn
from tests.factories import NOON


@pytest.fixture(autouse=True)
def _flows(database: Database) -> None:
    with database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        session.add_all(
            CallFlow(id=number, account_id=account.id, name=f"Flow {number}", created_at=NOON) for number in (1, 2)
        )


def take(database: Database, call: str, *, step: str = "team", flow: int = 1) -> int:
    with database.write.begin() as session:
        return take_turn(session, flow_id=flow, step=step, call_sid=call, now=NOON)


def test_calls_take_their_turns_and_a_repeated_request_keeps_its_own(database: Database) -> None:
    assert [take(database, call) for call in ("CA1", "CA2", "CA1", "CA3", "CA2", "CA1")] == [1, 2, 1, 3, 2, 1]


def test_every_step_of_every_flow_counts_for_itself(database: Database) -> None:
    take(database, "CA1")
    assert take(database, "CA1", step="night") == take(database, "CA1", flow=2) == 1
    assert take(database, "CA2") == 2


def test_calls_at_the_same_time_get_different_turns_and_a_request_twice_at_once_one(database: Database) -> None:
    asks: list[Callable[[], int]] = [partial(take, database, f"CA{n % 12}") for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda ask: ask(), asks))
    assert turns[:12] == turns[12:]
    assert sorted(turns[:12]) == list(range(1, 13))


def test_a_turn_that_was_not_kept_is_nobodys(database: Database) -> None:
    with database.write() as session:
        take_turn(session, flow_id=1, step="team", call_sid="CA1", now=NOON)
        session.rollback()
    assert take(database, "CA2") == 1


def test_turns_of_two_days_ago_are_forgotten_and_the_count_goes_on(database: Database) -> None:
    take(database, "CA1")
    settings = Settings(_env_file=None)
    assert forget_turns(database, settings, NOON + timedelta(days=2)) == 0
    assert take(database, "CA1") == 1
    assert forget_turns(database, settings, NOON + timedelta(days=2, seconds=1)) == 1
    assert take(database, "CA2") == 2


def test_a_call_without_an_id_takes_no_turn(database: Database) -> None:
    take(database, "")
    assert take(database, "CA1") == 1


def test_guessed_turns_are_even_and_the_same_for_the_same_call() -> None:
    turns = [guess_turn(step="team", call_sid=f"CA{n}") for n in range(3000)]
    assert turns == [guess_turn(step="team", call_sid=f"CA{n}") for n in range(3000)]
    assert all(abs(sum(turn % 3 == rest for turn in turns) - 1000) < 120 for rest in range(3))
    assert min(turns) >= 1
