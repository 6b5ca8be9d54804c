"""The classifier's evidence, found again in the transcript's turns."""

from collections.abc import Mapping, Sequence
from typing import Any

Piece = tuple[str, bool]


def mark_evidence(*, turns: Sequence[str], evidence: Sequence[Mapping[str, Any]]) -> list[list[Piece]]:
    """Each turn in pieces of (text, is it evidence).

    `evidence`: {phrase, offset}, the offset in the turns joined by line ends. A phrase that does not stand at its
    offset (the transcript has changed since) is looked for anywhere.
    """
    text = "\n".join(turns)
    marked = [False] * len(text)
    for one in evidence:
        phrase, offset = str(one.get("phrase", "")), one.get("offset")
        if not phrase:
            continue
        if not isinstance(offset, int) or text[offset : offset + len(phrase)] != phrase:
            offset = text.casefold().find(phrase.casefold())
        if 0 <= offset < len(text):
            marked[offset : offset + len(phrase)] = [True] * len(text[offset : offset + len(phrase)])
    pieces, start = [], 0
    for turn in turns:
        pieces.append(_pieces(turn, marked[start : start + len(turn)]))
        start += len(turn) + 1
    return pieces


def _pieces(turn: str, marked: Sequence[bool]) -> list[Piece]:
    pieces: list[Piece] = []
    begin = 0
    for place in range(1, len(turn) + 1):
        if place == len(turn) or marked[place] != marked[begin]:
            pieces.append((turn[begin:place], marked[begin]))
            begin = place
    return pieces
