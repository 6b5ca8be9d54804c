"""Whoever guesses has to wait, and nobody else for long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from calltrack.accounts.throttle import (
    LONGEST_WAIT,
    _wait,
    begin_try,
    failed,
    name_of,
    name_of_network,
    passed,
    wait_for,
)
from calltrack.db import Database
from calltrack.models import Throttle

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANA, OFFICE = name_of("email", "ana@example.com"), name_of("address", "203.0.113.9")


def waits_after(database: Database, name: str, failures: int, *, now: datetime = NOW) -> int:
    with database.write.begin() as session:
        for _ in range(failures):
            failed(session, name=name, now=now)
        return wait_for(session, name=name, now=now)


def test_five_failures_are_free_and_then_waits_double_up_to_a_quarter_of_an_hour(on_sqlite: Database) -> None:
    assert waits_after(on_sqlite, ANA, 4) == 0
    assert [waits_after(on_sqlite, ANA, 1) for _ in range(6)] == [60, 120, 240, 480, 900, 900]


def test_an_address_has_thirty(on_sqlite: Database) -> None:
    assert waits_after(on_sqlite, OFFICE, 29) == 0
    assert waits_after(on_sqlite, OFFICE, 1) == 60


def test_a_wait_ends_when_it_was_said_to(database: Database) -> None:
    assert waits_after(database, ANA, 8) == 480
    with database.read() as session:
        assert wait_for(session, name=ANA, now=NOW + timedelta(seconds=5.5)) == 475
        assert wait_for(session, name=ANA, now=NOW + timedelta(minutes=8)) == 0


def test_a_try_during_a_wait_is_not_counted(on_sqlite: Database) -> None:
    waits_after(on_sqlite, ANA, 8)
    with on_sqlite.write.begin() as session:
        assert [begin_try(session, names=[ANA, OFFICE], now=NOW) for _ in range(20)] == [480] * 20
        assert session.get_one(Throttle, OFFICE).failures == 0


def test_whoever_was_right_is_forgiven_and_an_address_only_that_try(database: Database) -> None:
    waits_after(database, ANA, 4)
    waits_after(database, OFFICE, 4)
    with database.write.begin() as session:
        assert begin_try(session, names=[ANA, OFFICE], now=NOW) == 0
        for name in (ANA, OFFICE):
            passed(session, name=name)
        passed(session, name="email:unknown")
    with database.read() as session:
        assert session.get(Throttle, ANA) is None
        assert session.get_one(Throttle, OFFICE).failures == 4


def test_failures_are_forgiven_one_by_one_and_forgotten_after_a_day(on_sqlite: Database) -> None:
    waits_after(on_sqlite, ANA, 7)
    assert waits_after(on_sqlite, ANA, 1, now=NOW + timedelta(hours=3)) == 60  # the fifth that counts
    with on_sqlite.write.begin() as session:
        begin_try(session, names=[OFFICE], now=NOW + timedelta(days=2))
        assert session.scalars(select(Throttle.name)).all() == [OFFICE]


def test_of_many_tries_at_once_no_more_are_looked_at_than_of_as_many_in_a_row(database: Database) -> None:
    def try_(_: int) -> int:
        with database.write.begin() as session:
            return begin_try(session, names=[ANA, OFFICE], now=NOW)

    with ThreadPoolExecutor(8) as crowd:
        assert sorted(crowd.map(try_, range(24)))[:6] == [0, 0, 0, 0, 0, 60]


def test_a_name_tells_nobodys_address() -> None:
    assert "ana" not in ANA
    assert ANA == name_of("email", "ANA@example.com") != name_of("code", "ana@example.com")
    assert len(name_of("email-device", "x" * 500)) <= 80


@given(
    failures=st.integers(0, 10**6), gone=st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    kind=st.sampled_from(["email", "address", "letter"]),
)  # fmt: skip
def test_nobody_ever_waits_longer_than_a_quarter_of_an_hour(failures: int, gone: timedelta, kind: str) -> None:
    row = Throttle(name=name_of(kind, "x"), failures=failures, last_at=NOW)
    wait = _wait(row, now=NOW + gone)
    assert 0 <= wait <= LONGEST_WAIT
    if gone >= timedelta(seconds=LONGEST_WAIT):
        assert wait == 0


@pytest.mark.parametrize("kind", ["email", "address"])
def test_a_clock_that_was_put_back_forgives_nothing(on_sqlite: Database, kind: str) -> None:
    name = name_of(kind, "x")
    waits_after(on_sqlite, name, 40)
    assert waits_after(on_sqlite, name, 1, now=NOW - timedelta(days=3)) > 0


def test_an_ipv6_customer_is_one_network_however_the_address_is_written() -> None:
    names = {name_of_network(one) for one in ("2001:db8::1", "2001:db8:0:0:ffff::9", "2001:db8::5%eth0")}
    assert len(names) == 1
    assert name_of_network("2001:db8:0:1::1") not in names
    assert name_of_network("192.0.2.1") != name_of_network("192.0.2.2")
    assert name_of_network(None) == name_of_network("")
