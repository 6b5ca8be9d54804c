"""The spool: what was acknowledged is applied later, in order, whatever happened to the file meanwhile."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from calltrack.telephony.carrier import Delivery
from calltrack.webhooks import spool
from tests.twilio_wire import ACCOUNT, voice

ARRIVED = datetime(2026, 5, 4, 15, 0, 1, 250_000, tzinfo=UTC)


def delivery(number: int = 0, **changes: str) -> Delivery:
    return Delivery(
        carrier="twilio",
        carrier_account=ACCOUNT,
        kind="voice",
        params=voice(call=f"CA{number}", **changes),
        received_at=ARRIVED + timedelta(seconds=number),
        token=f"token {number}",
        announcement="Recorded.",
    )


def put(folder: Path, *numbers: int) -> None:
    for number in numbers:
        spool.put(folder=folder, delivery=delivery(number))


def replayed(folder: Path) -> list[Delivery]:
    applied: list[Delivery] = []
    spool.replay(folder=folder, apply=applied.append)
    return applied


def spooled(folder: Path) -> Path:
    return folder / f"{os.getpid()}.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "spool"


def test_what_was_put_comes_back_whole_in_order_and_once(folder: Path) -> None:
    put(folder, 0, 1, 2)
    assert replayed(folder) == [delivery(0), delivery(1), delivery(2)]
    assert replayed(folder) == []
    put(folder, 3)
    assert replayed(folder) == [delivery(3)]


@given(texts=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4))
def test_whatever_is_said_comes_back_as_it_was(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("spool")
    odd = replace(delivery(), params=texts, announcement=None)
    spool.put(folder=folder, delivery=odd)
    assert replayed(folder) == [odd]


def test_a_last_line_torn_by_a_crash_is_set_aside_and_the_rest_applied(folder: Path) -> None:
    put(folder, 0, 1)
    torn = spooled(folder).read_text()[:-20]
    spooled(folder).write_text(torn)
    assert replayed(folder) == [delivery(0)]
    assert (folder / "refused.txt").read_text() == torn.splitlines()[1] + "\n"
    assert spool.look(folder=folder) == (0, 1, True)


def test_what_is_put_after_a_torn_line_is_not_lost_with_it(folder: Path) -> None:
    # a full disk, or a crash, left half a line behind
    put(folder, 0)
    spooled(folder).write_text(spooled(folder).read_text()[:-20])
    put(folder, 1)
    assert replayed(folder) == [delivery(1)]


@pytest.mark.parametrize(
    "junk",
    [
        b"not json",
        b"{}",
        b"[]",
        b'{"received_at": "yesterday"}',
        b"\x00\x00\x00\x00",
        b"\xff\xfe",
    ],
)
def test_a_line_that_nobody_can_read_does_not_keep_the_others_back(folder: Path, junk: bytes) -> None:
    put(folder, 0)
    with spooled(folder).open("ab") as file:
        file.write(junk + b"\n")
    put(folder, 1)
    assert replayed(folder) == [delivery(0), delivery(1)]
    assert (folder / "refused.txt").exists()
    assert replayed(folder) == []


def test_a_delivery_that_cannot_be_applied_is_set_aside(folder: Path) -> None:
    put(folder, 0, 1, 2)
    applied: list[Delivery] = []

    def apply(one: Delivery) -> None:
        if one == delivery(1):
            raise ValueError("never")
        applied.append(one)

    assert spool.replay(folder=folder, apply=apply) == 2
    assert applied == [delivery(0), delivery(2)]
    assert len((folder / "refused.txt").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("INSERT", {}, Exception("server closed the connection")),
        InterfaceError("INSERT", {}, Exception("connection already closed")),
        # a pool without a free connection, and a PostgreSQL that has become read-only (a fail-over)
        NoFreeConnection("QueuePool limit of size 8 overflow 8 reached"),
        InternalError("INSERT", {}, Exception("cannot execute INSERT in a read-only transaction")),
    ],
)
def test_while_the_database_is_away_the_rest_waits_in_order(folder: Path, away: Exception) -> None:
    put(folder, 0, 1, 2)
    applied: list[Delivery] = []

    def apply(one: Delivery) -> None:
        if one == delivery(1):
            raise away
        applied.append(one)

    assert spool.replay(folder=folder, apply=apply) == 1
    assert applied == [delivery(0)]
    assert spool.look(folder=folder)[0] == 2
    assert replayed(folder) == [delivery(1), delivery(2)]
    assert not (folder / "refused.txt").exists()


def test_the_files_of_other_processes_are_applied_too_oldest_first(folder: Path) -> None:
    put(folder, 1)
    spooled(folder).rename(folder / "99999.jsonl")
    put(folder, 0)
    os.utime(spooled(folder), (1, 1))
    assert replayed(folder) == [delivery(0), delivery(1)]


def test_threads_that_write_at_once_lose_nothing(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: put(folder, number), range(60)))
    assert sorted(one.received_at for one in replayed(folder)) == [delivery(n).received_at for n in range(60)]


def test_a_replay_among_writers_applies_everything_once(folder: Path) -> None:
    applied: list[Delivery] = []

    def work(number: int) -> None:
        if number % 5 == 0:
            spool.replay(folder=folder, apply=applied.append)
        else:
            put(folder, number)

    folder.mkdir(parents=True)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(100)))
    applied.extend(replayed(folder))
    assert sorted(one.token for one in applied) == sorted(f"token {n}" for n in range(100) if n % 5)


@pytest.mark.slow
def test_processes_that_write_at_once_lose_nothing(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.webhooks.test_spool import put; "
        "put(Path(sys.argv[1]), *range(int(sys.argv[2]), int(sys.argv[2]) + 20))"
    )
    root = Path(__file__).parents[2]
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(folder), str(first)], cwd=root) for first in (0, 20, 40)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert sorted(one.received_at for one in replayed(folder)) == [delivery(n).received_at for n in range(60)]


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="spool"):
        put(tmp_path / "spool", 0)
    assert spool.look(folder=tmp_path / "spool") == (0, 0, False)


def test_looking_counts_what_waits(folder: Path) -> None:
    assert spool.look(folder=folder) == (0, 0, True)
    put(folder, 0, 1)
    assert spool.look(folder=folder) == (2, 0, True)
