"""The processes under `calltrack run`: started, watched, started again, and ended in their order."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Protocol

_LOOK_SECONDS, _STOP_SECONDS = 0.1, 15.0
# A child that dies sooner than this, again and again, is started after pauses that grow up to that.
_WORKED_SECONDS, _LONGEST_PAUSE = 5.0, 30.0
_log = logging.getLogger(__name__)


class Process(Protocol):
    """What a child is asked, however it was made."""

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> object: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class _Forked:
    """A child that was forked from us, asked as one of subprocess is."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._process = get_context("fork").Process(target=_in_a_session_of_its_own, args=(work,))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> object:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("calltrack", timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _in_a_session_of_its_own(work: Callable[[], None]) -> None:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    work()


def command(name: str, *, environment: Mapping[str, str]) -> Callable[[], Process]:
    """How to start a command of ours, in a session of its own: a Ctrl-C in the terminal is for the parent, who ends
    the children in their order."""
    words = [sys.executable, "-m", "calltrack.cli", name]
    return lambda: subprocess.Popen(words, env=environment, start_new_session=True)  # noqa: S603 - our own command


def fork(work: Callable[[], None]) -> Callable[[], Process]:
    """How to start `work` in a copy of this process, which has loaded everything already: it is there at once. This
    process must have no threads, and no connection that is open."""
    return lambda: _Forked(work)


def do_apart(work: Callable[[], None]) -> int:
    """Have `work` done by a copy of this process, so that what it loads does not stay here; its exit code."""
    process = _Forked(work)
    process.wait()
    return process.returncode or 0


@dataclass
class Child:
    """One process of ours, and when it is to be started again."""

    name: str
    launch: Callable[[], Process]
    process: Process = field(init=False)
    began: float = 0.0
    deaths: int = 0
    due: float | None = None

    def start(self) -> None:
        """Start it (anew)."""
        self.began, self.due = time.monotonic(), None
        self.process = self.launch()

    def plan_start(self, *, now: float, code: int) -> None:
        """At once where somebody killed it or it had worked for a while, after a growing pause where it keeps dying."""
        was_killed = code in (-signal.SIGKILL, -signal.SIGTERM)
        self.deaths = 0 if was_killed or now - self.began > _WORKED_SECONDS else self.deaths + 1
        self.due = now + (min(2.0 ** (self.deaths - 1), _LONGEST_PAUSE) if self.deaths else 0.0)


def watch(children: list[Child], *, stop: threading.Event) -> None:
    """Until the end, start again whatever died. Nobody's death ends the others: callers ring whoever is left."""
    while not stop.wait(_LOOK_SECONDS):
        for child in children:
            code, now = child.process.poll(), time.monotonic()
            if code is not None and child.due is None:
                _log.error("calltrack %s ended with exit code %s; starting it again", child.name, code)
                child.plan_start(now=now, code=code)
            if child.due is not None and now >= child.due:
                child.start()


def end(children: list[Child]) -> None:
    """Ask politely, last started first; whoever does not go in time is killed."""
    running = [child.process for child in reversed(children) if hasattr(child, "process")]
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
