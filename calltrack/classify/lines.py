"""Calls as JSON lines: `transcript`, and where known `label`, `duration_s` and `id`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from calltrack.classify.reasons import LABELS, Label
from calltrack.classify.verdict import CallFacts


class BadLine(ValueError):
    """A line that is no call; the message names its number and what to do."""


@dataclass(frozen=True)
class Call:
    """One line: `label` is None where labels are not asked for, `id` the line's number where it has none."""

    id: str | int
    label: Label | None
    facts: CallFacts


def read_calls(*, lines: Iterable[str], labelled: bool) -> Iterator[Call]:
    """The calls in order, empty lines left out; BadLine at the first that cannot be read."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _read(number=number, line=line, labelled=labelled)


def _read(*, number: int, line: str, labelled: bool) -> Call:
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadLine(f"line {number} is not JSON ({error}): write one JSON object a line") from error
    if not isinstance(row, dict):
        raise BadLine(f'line {number} is not a JSON object: write {{"transcript": "...", ...}}')
    text = row.get("transcript", ...)
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise BadLine(f'line {number} has no transcript: add "transcript" with the words spoken, "" if there were none')
    label = row.get("label")
    if labelled and label not in LABELS:
        raise BadLine(f'line {number} has the label {label!r}: write "lead" or "excused"')
    return Call(
        id=_id(row=row, number=number),
        label=label if labelled else None,
        facts=CallFacts(
            turns=(), text=text, duration=_duration(value=row.get("duration_s"), number=number), talk_seconds=None
        ),
    )


def _id(*, row: dict[str, Any], number: int) -> str | int:
    given = row.get("id")
    if given is None:
        return number
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise BadLine(f"line {number} has an id that is neither text nor a whole number: correct it or leave it out")
    return given


def _duration(*, value: object, number: int) -> int | None:
    """Whole seconds; a bool, a text, a negative or an endless number is refused."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise BadLine(f"line {number} has the duration_s {value!r}: write seconds from 0 up, or leave it out")
    return int(value)
