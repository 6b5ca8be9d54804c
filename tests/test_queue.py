"""The wake-up: one is as good as many, and a queue that is away is no reason to fail."""

import json
import logging
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from rq import Queue, SimpleWorker

from calltrack import queue


@pytest.fixture(autouse=True)
def nothing_attached() -> Iterator[None]:
    before = queue.attached()
    queue.attach(url="")
    yield
    queue.attach(url=before)
    queue.connect.cache_clear()


def waiting(url: str) -> list[str]:
    return [job.func_name or "" for job in queue.open_queue(queue.connect(url)).jobs]


def test_without_a_queue_nothing_happens() -> None:
    queue.wake()
    assert queue.attached() == ""


def test_a_wake_up_names_the_sweep(redis_database: str) -> None:
    queue.attach(url=redis_database)
    queue.wake()
    assert waiting(redis_database) == [queue.WORK]
    module, _, function = queue.WORK.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_many_wake_ups_are_no_more_than_two(redis_database: str) -> None:
    """The second is for a worker that has begun to look before the last commit."""
    queue.attach(url=redis_database)
    for _ in range(10):
        queue.wake()
    assert len(waiting(redis_database)) == 2


def test_a_queue_that_is_away_is_said_once_and_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    queue.attach(url=f"unix://{tmp_path}/no.sock")
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            queue.wake()
    assert [record.getMessage()[:17] for record in caplog.records] == ["the queue is away"]


def test_attaching_again_asks_at_once(tmp_path: Path, redis_database: str) -> None:
    queue.attach(url=f"unix://{tmp_path}/no.sock")
    queue.wake()
    queue.attach(url=redis_database)
    queue.wake()
    assert waiting(redis_database) == [queue.WORK]


@dataclass
class Bomb:
    """What would run while it is only being read."""

    trace: str

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.trace,)


def test_a_wake_up_holds_nothing_that_runs_when_it_is_read(redis_database: str) -> None:
    queue.attach(url=redis_database)
    queue.wake()
    client = queue.connect(redis_database)
    (job,) = queue.open_queue(client).jobs
    packed = client.hget(job.key, "data")
    assert isinstance(packed, bytes)
    assert json.loads(zlib.decompress(packed)) == [queue.WORK, None, [], {}]


def test_what_others_left_in_redis_is_neither_run_nor_in_the_way(redis_database: str, tmp_path: Path) -> None:
    """Jobs of an older version, one that runs while it is read, and one that names another function."""
    queue.attach(url=redis_database)
    client = queue.connect(redis_database)
    old = Queue(queue.QUEUE, connection=client)
    old.enqueue(queue.WORK, failure_ttl=60)
    old.enqueue("builtins.print", Bomb(str(tmp_path / "bomb")))
    Queue(queue.QUEUE, connection=client, serializer="json").enqueue("os.mkdir", str(tmp_path / "named"))
    worker = SimpleWorker([queue.open_queue(client)], connection=client, serializer=queue.WakeUps)
    worker.work(burst=True, logging_level="CRITICAL")
    assert list(tmp_path.iterdir()) == []
    assert old.count == 0
    queue.wake()
    assert waiting(redis_database) == [queue.WORK]
