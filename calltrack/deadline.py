"""The database with a deadline: who asks is answered in time, also when it hangs and neither answers nor fails."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import TimeoutError as NoConnectionFree

T = TypeVar("T")
_THREADS = 8
# So many that do not come back say that nothing will. Then one in so many seconds asks all the same, to find out.
_MOST_STUCK, _ASK_AGAIN_SECONDS = 2, 5.0


class Overdue(NoConnectionFree):
    """The work took too long, and what it may still do is not kept: see `give_up_if_late`."""


@dataclass
class _Crew:
    """This process's threads for such work (made after a fork, not before), and what has not come back in time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor | None = None
    stuck: set[Future[Any]] = field(default_factory=set)
    ask_again_at: float = 0.0


_crew = _Crew()
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises; Overdue after so many seconds, or at once while earlier work hangs."""
    with _crew.lock:
        if hangs() and not _may_ask_again():
            raise Overdue("the database hangs; it is not asked until it answers")
        _crew.pool = _crew.pool or ThreadPoolExecutor(_THREADS, thread_name_prefix="deadline")
        context = copy_context()
        context.run(_ends_at.set, time.monotonic() + seconds)
        doing = _crew.pool.submit(context.run, work)
    try:
        done = doing.result(timeout=seconds)
    except TimeoutError:
        if doing.done():
            raise  # it was the work's own
        if not doing.cancel():
            _crew.stuck.add(doing)
            doing.add_done_callback(_crew.stuck.discard)
            _crew.ask_again_at = time.monotonic() + _ASK_AGAIN_SECONDS
        raise Overdue(f"the database did not answer within {seconds:g} s") from None
    _crew.stuck.clear()  # it answers: what has not come back never will
    return done


def give_up_if_late() -> None:
    """Raise Overdue where whoever asked has been given another answer already: for work about to be committed."""
    if (ends_at := _ends_at.get()) is not None and time.monotonic() > ends_at:
        raise Overdue("it is too late for this to be kept")


@contextmanager
def hurrying(seconds: float) -> Iterator[None]:
    """What is done within waits this long for SQLite's write lock at most: for what nobody should wait for."""
    before = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(before)


def seconds_left() -> float | None:
    """How long the work that asks may still take; None where nobody waits for it."""
    return None if (ends_at := _ends_at.get()) is None else ends_at - time.monotonic()


def hangs() -> bool:
    """True while the database is thought to hang: work that was given up on has not come back."""
    return len(_crew.stuck) >= _MOST_STUCK


def _may_ask_again() -> bool:
    now = time.monotonic()
    if now < _crew.ask_again_at:
        return False
    _crew.ask_again_at = now + _ASK_AGAIN_SECONDS
    return True
