"""Wake the workers, by name and after commit. Losing a wake-up loses nothing: workers sweep the table themselves."""

import json
import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

QUEUE = "calltrack"
WORK = "calltrack.pipeline.sweep"
_log = logging.getLogger(__name__)
_SILENT_SECONDS = 5.0


@dataclass
class _Line:
    """Where the queue is, and until when (monotonic seconds) it is not asked because it did not answer."""

    url: str = ""
    quiet_until: float = 0.0


_line = _Line()


def attach(*, url: str) -> None:
    """Say where the queue is (`redis://`, `unix://`; empty: there is none, workers live by their sweep)."""
    _line.url, _line.quiet_until = url, 0.0


def attached() -> str:
    """Where the queue is; empty when there is none."""
    return _line.url


@lru_cache(maxsize=4)
def connect(url: str) -> Redis:
    """A connection pool to the queue's server that gives up quickly: a caller may be waiting."""
    return Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5)


class WakeUps:
    """How a wake-up is written down: as JSON, and read only if it is one. What RQ does without being told, Python's own
    serialisation, would let whoever can write to Redis run anything here; and so would any name of a function."""

    @staticmethod
    def dumps(one: Any, /) -> bytes:
        """Anything of a job, as JSON."""
        return json.dumps(one).encode()

    @staticmethod
    def loads(written: bytes, /) -> Any:
        """What stands there; ValueError for a job that is no wake-up of ours, older ones among them."""
        found = json.loads(written)
        if isinstance(found, list) and found != [WORK, None, [], {}]:
            raise ValueError("this job is no wake-up")
        return found


def open_queue(connection: Redis) -> Queue:
    """The queue of wake-ups."""
    return Queue(QUEUE, connection=connection, serializer=WakeUps)


def wake() -> None:
    """Ask a worker to look at the table now. A queue that is away is left alone for a few seconds."""
    if not _line.url or time.monotonic() < _line.quiet_until:
        return
    try:
        # One waiting wake-up is as good as many: it claims everything that is due.
        queue = open_queue(connect(_line.url))
        if queue.count < 2:
            queue.enqueue(WORK, job_timeout=3600, result_ttl=0, failure_ttl=3600)
    except RedisError as error:
        _line.quiet_until = time.monotonic() + _SILENT_SECONDS
        _log.warning("the queue is away (%s); workers will find the work by themselves", error)
