"""The filters that are on, in words, each with the address of the list without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import url_for

from calltrack.phone import display
from calltrack.web.filters import LONGEST_CALL
from calltrack.web.ranges import Preset, read_day
from calltrack.web.words import day

Choices = Mapping[str, Mapping[str, str]]
"""What can be chosen: for each filter with a choice its values, each with its words."""


@dataclass(frozen=True)
class Chip:
    """One filter: what it says, and where the list is without it."""

    words: str
    without: str


def chips_of(
    asked: Mapping[str, str], *, choices: Choices, presets: list[Preset], agents: Mapping[str, str]
) -> list[Chip]:
    """The filters that are on, in the order of the form; a usual range is one of them, not two."""
    usual = next((one.name for one in presets if (str(one.first), str(one.last)) == _range(asked)), None)
    chips = [_chip(asked, usual, "from", "to")] if usual else []
    for name, value in asked.items():
        if (not usual or name not in ("from", "to")) and not _is_refused(name, value):
            chips.append(_chip(asked, _words(name, value, choices=choices, agents=agents), name))
    return chips


def _chip(asked: Mapping[str, str], words: str, *names: str) -> Chip:
    left = {name: value for name, value in asked.items() if name not in names}
    return Chip(words, url_for("web.calls.table", **left))  # type: ignore[arg-type]


def _is_refused(name: str, value: str) -> bool:
    """Whether it is a length that filters nothing, because it is none."""
    is_length = value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= LONGEST_CALL
    return name in ("longer", "shorter") and not is_length


def _range(asked: Mapping[str, str]) -> tuple[str, str]:
    return asked.get("from", ""), asked.get("to", "")


def _words(name: str, value: str, *, choices: Choices, agents: Mapping[str, str]) -> str:
    if name in choices and value in choices[name]:
        return choices[name][value]
    if name in ("from", "to"):
        known: date | None = read_day(value)
        return f"{name.capitalize()} {day(known) if known else value}"
    if name == "answered_by":
        return f"Answered by {agents.get(value) or display(value)}"
    return {
        "q": f"\N{LEFT DOUBLE QUOTATION MARK}{value}\N{RIGHT DOUBLE QUOTATION MARK}",
        "tag": f"Tag: {value}",
        "reason": f"Reason: {value}",
        "longer": f"At least {value} s",
        "shorter": f"At most {value} s",
    }.get(name, f"{name.capitalize()}: {value}")
