"""The database with a deadline: who asks is answered in time, also when it hangs and neither answers nor fails."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import TimeoutError as NoConnectionFree

T = TypeVar("T")
_THREADS = 8
# So many that do not come back say that nothing will: whoever asks next is told so at once.
_MOST_STUCK = 2


class Overdue(NoConnectionFree):
    """The work took too long. It goes on, and may yet succeed: only what can be repeated may be done like this."""


@dataclass
class _Crew:
    """This process's threads for such work (made after a fork, not before), and what has not come back in time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor | None = None
    stuck: set[Future[Any]] = field(default_factory=set)


_crew = _Crew()


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises; Overdue after so many seconds, or at once while earlier work hangs."""
    if hangs():
        raise Overdue("the database hangs; it is not asked until it answers")
    with _crew.lock:
        _crew.pool = _crew.pool or ThreadPoolExecutor(_THREADS, thread_name_prefix="deadline")
        doing = _crew.pool.submit(copy_context().run, work)
    try:
        return doing.result(timeout=seconds)
    except TimeoutError:
        if doing.done():
            raise  # it was the work's own
        if not doing.cancel():
            _crew.stuck.add(doing)
            doing.add_done_callback(_crew.stuck.discard)
        raise Overdue(f"the database did not answer within {seconds:g} s") from None


def hangs() -> bool:
    """True while the database is thought to hang: work that was given up on has not come back."""
    return len(_crew.stuck) >= _MOST_STUCK
