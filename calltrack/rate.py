"""How often one visitor may ask: a bucket of tokens each, in this process, refilled steadily.

Programs may ask 100 times a second and 200 times at once, people who are signed in 50 and 200, and an address that
nobody is known behind 10 and 60. The carrier's door is not counted at all: each of its requests may be a caller.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from calltrack.network import network_of


@dataclass(frozen=True)
class Pace:
    """So many a second for as long as one likes, and so many at once after a rest."""

    a_second: float
    at_once: int


PROGRAM, PERSON, STRANGER = Pace(100, 200), Pace(50, 200), Pace(10, 60)
_MOST = 20_000  # buckets; the one that was asked for longest ago makes room, and is most likely full again


class Buckets:
    """What is left for whom."""

    def __init__(self) -> None:
        self._left = OrderedDict[str, tuple[float, float]]()
        self._lock = Lock()

    def take(self, name: str, pace: Pace, *, now: float) -> int:
        """0 when one token was there and is taken, else after how many whole seconds there will be one. `now` in
        seconds on a clock that never goes back."""
        with self._lock:
            tokens, then = self._left.pop(name, (float(pace.at_once), now))
            tokens = min(pace.at_once, tokens + max(0.0, now - then) * pace.a_second)
            allowed = tokens >= 1
            self._left[name] = (tokens - 1 if allowed else tokens, now)
            while len(self._left) > _MOST:
                self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) / pace.a_second))

    def __len__(self) -> int:
        return len(self._left)


_buckets = Buckets()


def wait_for_program(*, key_id: int | None) -> int:
    """Seconds that the program behind an API key has to wait; 0: it may go on, and one of its tokens is gone."""
    return _buckets.take(f"key {key_id}", PROGRAM, now=monotonic())


def wait_for_person(*, user_id: int | None) -> int:
    """The same for somebody who is signed in."""
    return _buckets.take(f"person {user_id}", PERSON, now=monotonic())


def wait_for_stranger(*, address: str | None) -> int:
    """The same for whoever asks from a network address and is not known."""
    return _buckets.take(f"address {network_of(address)}", STRANGER, now=monotonic())
