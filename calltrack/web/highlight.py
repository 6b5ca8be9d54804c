"""The classifier's evidence as a call's page shows it: marked in the turns, and as a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calltrack.calls.evidence import find_evidence

Piece = tuple[str, bool]
# In log-odds: a strong phrase doubles the odds of the label, a clear one makes them a quarter higher.
_STRONG, _CLEAR = 0.69, 0.22


@dataclass(frozen=True)
class Phrase:
    """A phrase that decided. `turn` is its turn's place, None where nobody said it; `strength` is a word, and `share`
    its length as a bar, 0 to 1 of the strongest of its list."""

    text: str
    turn: int | None
    strength: str
    share: float


def mark_evidence(*, turns: Sequence[str], evidence: Sequence[Mapping[str, Any]]) -> list[list[Piece]]:
    """Each turn in pieces of (text, is it evidence).

    `evidence`: {phrase, offset}, the offset in the turns joined by line ends. A phrase that does not stand at its
    offset (the transcript has changed since) is looked for anywhere.
    """
    marked = [False] * len("\n".join(turns))
    for one in find_evidence(turns=turns, evidence=evidence):
        if one.begin is not None and one.end is not None:
            marked[one.begin : one.end] = [True] * (one.end - one.begin)
    pieces, start = [], 0
    for turn in turns:
        pieces.append(_pieces(turn, marked[start : start + len(turn)]))
        start += len(turn) + 1
    return pieces


def list_evidence(*, turns: Sequence[str], evidence: Sequence[Mapping[str, Any]]) -> list[Phrase]:
    """The phrases, the strongest first. `evidence`: {phrase, offset, weight}."""
    found = sorted(find_evidence(turns=turns, evidence=evidence), key=lambda one: -one.weight)
    most = max((one.weight for one in found), default=0)
    return [
        Phrase(
            text=" ".join(one.phrase.split()),
            turn=one.turn,
            strength="strong" if one.weight >= _STRONG else "clear" if one.weight >= _CLEAR else "slight",
            share=round(max(one.weight, 0) / most, 2) if most > 0 else 0,
        )
        for one in found
    ]


def _pieces(turn: str, marked: Sequence[bool]) -> list[Piece]:
    pieces: list[Piece] = []
    begin = 0
    for place in range(1, len(turn) + 1):
        if place == len(turn) or marked[place] != marked[begin]:
            pieces.append((turn[begin:place], marked[begin]))
            begin = place
    return pieces
