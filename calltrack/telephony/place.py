"""Where in a flow a callback comes from: it travels in the query of our own callback URLs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_STEP = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Place:
    """A step by its name, and how often the caller has come by it already.

    `go`: which attempt at the step this is, from 0 (a menu asked again, the next phones rung). `turn`: whose turn it
    was there, from 1; 0 where nobody's. `version`: the FlowVersion that names the step; 0 is the plain flow. `key`:
    whoever answers a phone rung there has to press one. `number`: the tracking number (E.164), where the carrier's
    own words about an agent's leg may not name it. `told`: the caller has heard the announcement on the way here.
    """

    step: str = ""
    go: int = 0
    turn: int = 0
    version: int = 0
    key: bool = False
    number: str = ""
    told: bool = False


def read_place(args: Mapping[str, str]) -> Place:
    """The place that a query names; what we never wrote is no place at all."""
    step, digits = args.get("at", ""), args.get("to", "")
    numbers = [_whole(args.get(name, "")) for name in ("go", "turn", "v", "key", "c")]
    if not _STEP.fullmatch(step) or None in numbers or (digits and not _DIGITS.fullmatch(digits)):
        return Place()
    go, turn, version, key, told = (number or 0 for number in numbers)
    number = f"+{digits}" if digits else ""
    return Place(step=step, go=go, turn=turn, version=version, key=bool(key), number=number, told=bool(told))


def write_place(place: Place) -> str:
    """The query, without its question mark: what is empty or 0 is left out, and the keys are sorted, because the
    carrier may send them in that order while it signs them as they were written."""
    told = (
        ("at", place.step), ("c", int(place.told)), ("go", place.go), ("key", int(place.key)),
        ("to", place.number.removeprefix("+")), ("turn", place.turn), ("v", place.version),
    )  # fmt: skip
    return "&".join(f"{name}={value}" for name, value in told if value)


def _whole(raw: str) -> int | None:
    if not raw:
        return 0
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 10 else None
    return number if number is not None and number <= _LARGEST else None
