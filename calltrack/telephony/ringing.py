"""Which phones a ring step rings now: all at once, one after the other, in turns, or shared out by weight."""

import math
from collections.abc import Sequence
from hashlib import sha256

from calltrack.telephony.plan import Phone, Ring

MOST_AT_ONCE = 10  # the carrier rings no more phones in one go


def phones_to_ring(
    ring: Ring, *, own: Sequence[str], never: frozenset[str], call_sid: str, step: str, go: int, turn: int
) -> tuple[str, ...]:
    """The phones of go number `go` (from 0), E.164; none when all have been rung.

    `own`: the number's own phones, for a ring that names none. `never`: phones that must not be rung, the tracking
    number (it would call itself) and the caller's own. `turn` (from 1) says which phone the call begins with.
    """
    # Not checked again: what does not look like a number was refused when it was entered.
    named = ring.phones or tuple(Phone.model_construct(phone=phone, weight=1) for phone in dict.fromkeys(own))
    if ring.strategy == "turns" and named:
        first = (turn - 1) % len(named)
        named = named[first:] + named[:first]
    elif ring.strategy == "weighted":
        named = tuple(sorted(named, key=lambda one: _lot(one, call_sid=call_sid, step=step)))
    phones = [one.phone for one in named if one.phone not in never]
    size = MOST_AT_ONCE if ring.strategy == "all" else 1
    return tuple(phones[go * size : (go + 1) * size])


def _lot(one: Phone, *, call_sid: str, step: str) -> float:
    """A waiting time drawn for the phone, exponential at the rate of its weight: the smallest of several is the
    phone's with the probability of its share, and so on among the rest. The same call draws the same lots."""
    drawn = int.from_bytes(sha256(f"{call_sid}/{step}/{one.phone}".encode()).digest()[:8])
    return -math.log((drawn + 1) / 2**64) / one.weight
