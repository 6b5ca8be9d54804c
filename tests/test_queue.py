"""The wake-up: one is as good as many, and a queue that is away is no reason to fail."""

import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from rq import Queue

from calltrack import queue


@pytest.fixture(autouse=True)
def nothing_attached() -> Iterator[None]:
    before = queue.attached()
    queue.attach(url="")
    yield
    queue.attach(url=before)
    queue.connect.cache_clear()


def waiting(url: str) -> list[str]:
    return [job.func_name or "" for job in Queue(queue.QUEUE, connection=queue.connect(url)).jobs]


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
