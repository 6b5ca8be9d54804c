"""The phrases that decided, found again in a transcript as it is now."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any


@dataclass(frozen=True)
class Found:
    """A phrase and its `weight` in log-odds. `begin` and `end` count characters of the turns joined by line ends, and
    `turn` is the place of the turn in which it begins; all three are None for a phrase that nobody said."""

    phrase: str
    weight: float
    begin: int | None = None
    end: int | None = None
    turn: int | None = None


def find_evidence(*, turns: Sequence[str], evidence: Sequence[Mapping[str, Any]]) -> list[Found]:
    """Each phrase of `evidence` ({phrase, offset, weight}) at its place in the texts of `turns`.

    A phrase that does not stand at its offset, because the transcript has changed since, is looked for as whole words,
    as near to the offset as it is said; one place is never given to two phrases.
    """
    text = "\n".join(turns)
    begins = list(accumulate((len(turn) + 1 for turn in turns), initial=0))
    found: list[Found] = []
    for one in evidence:
        phrase, weight = str(one.get("phrase", "")), float(one.get("weight") or 0)
        taken = [(other.begin, other.end) for other in found if other.begin is not None and other.end is not None]
        span = _place(text, phrase, one.get("offset"), taken) if phrase else None
        if span is None:
            found.append(Found(phrase, weight))
        else:
            found.append(Found(text[slice(*span)], weight, *span, turn=bisect_right(begins, span[0]) - 1))
    return found


def _place(text: str, phrase: str, offset: object, taken: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    near = offset if isinstance(offset, int) else 0
    if isinstance(offset, int) and offset >= 0 and text.startswith(phrase, offset):
        return offset, offset + len(phrase)
    words = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
    free = (
        match.span()
        for match in words.finditer(text)
        if all(match.end() <= begin or end <= match.start() for begin, end in taken)
    )
    return min(free, key=lambda span: abs(span[0] - near), default=None)
