"""Taking numbers out of what was said, and where in a recording they are heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calltrack.masking.cues import Kind
from calltrack.masking.finding import Found, find_numbers
from calltrack.masking.spoken import read_items
from calltrack.masking.talk import MASKS

__all__ = ["MASKS", "Found", "Kind", "MaskedTurns", "count_masks", "find_numbers", "mask_text", "mask_turns", "seconds"]

SILENT = "silent"
"""The key of a turn under which lies the stretch of seconds in which its numbers are heard."""

_MOST_ROUNDS = 4
# How long it takes to say what a mask stands for, and a word; people say numbers slowly.
_SECONDS: dict[str, float] = {MASKS["card"]: 16.0, MASKS["code"]: 6.0, MASKS["ssn"]: 10.0, MASKS["account"]: 12.0}
_SECONDS_A_WORD = 0.35
_BEFORE, _BEHIND = 1.5, 1.5
# Speech-to-text of our own says when each word was heard; it is a second late where it was quiet before.
_AROUND_A_WORD = 0.75
_SECONDS_A_DIGIT = 0.45


@dataclass(frozen=True)
class MaskedTurns:
    """Turns with masks in them: how many, and the stretches [from, to] in which their numbers are heard, in seconds
    on the clock of the turns."""

    turns: list[dict[str, Any]]
    count: int
    stretches: list[tuple[float, float]]


def mask_text(text: str) -> str:
    """The text with a mask in place of every number that is found; what is masked already stays as it is."""
    for _ in range(_MOST_ROUNDS):
        found = find_numbers(text)
        if not found:
            break
        for one in reversed(found):
            text = f"{text[: one.start]}{MASKS[one.kind]}{text[one.end :]}"
    return text


def count_masks(text: str) -> int:
    """How many numbers were masked in a text."""
    return sum(text.count(mask) for mask in MASKS.values())


def seconds(text: str) -> float:
    """About how long it takes to say a text, what is masked included."""
    long = sum(text.count(mask) * taken for mask, taken in _SECONDS.items())
    for mask in MASKS.values():
        text = text.replace(mask, " ")
    return long + _SECONDS_A_WORD * len(text.split())


def mask_turns(turns: Sequence[Mapping[str, Any]]) -> MaskedTurns:
    """Turns `{speaker, start, text}` with masks for the numbers, which may run over several of them.

    A turn with a mask gets `silent`, the stretch in which its numbers are heard: by the times of its words where it
    has `words` (`{at, start, end}`, `at` their place in the text), from its `end` backwards where it has that, else
    from its start on. Both keys are left out of what is returned. Masked turns come back as they are.
    """
    masked, stretches = _mask(turns)
    kept = [{name: value for name, value in turn.items() if name not in ("words", "end")} for turn in turns]
    for place, (turn, text) in enumerate(zip(kept, masked, strict=True)):
        if not count_masks(text):
            turn.pop(SILENT, None)
        elif SILENT not in turn or text != turn["text"]:
            turn[SILENT] = stretches[place] or _stretch(turns, place, text)
        turn["text"] = text
    return MaskedTurns(kept, sum(map(count_masks, masked)), [tuple(turn[SILENT]) for turn in kept if SILENT in turn])


def _mask(turns: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[float] | None]]:
    """The texts of the turns with masks, and for turns whose words have times where the numbers were heard."""
    # A line end within a turn is no change of speaker.
    texts = [str(turn["text"]).replace("\n", " ") for turn in turns]
    heard: list[list[float] | None] = [None] * len(texts)
    for _ in range(_MOST_ROUNDS):
        found = find_numbers("\n".join(texts))
        if not found:
            break
        begins = 0
        places = iter(found)
        one = next(places, None)
        fresh: list[str] = []
        for place, text in enumerate(texts):
            inside: list[Found] = []
            while one and one.start < begins + len(text):
                inside.append(Found(one.start - begins, one.end - begins, one.kind))
                one = next(places, None)
            if inside and turns[place].get("words") and text == str(turns[place]["text"]).replace("\n", " "):
                heard[place] = _heard(turns[place]["words"], inside, text=text)
            fresh.append(_with_masks(text, inside))
            begins += len(text) + 1
        texts = fresh
    return texts, heard


def _with_masks(text: str, found: Sequence[Found]) -> str:
    for one in reversed(found):
        text = f"{text[: one.start]}{MASKS[one.kind]}{text[one.end :]}"
    return text


def _heard(words: Sequence[Mapping[str, Any]], found: Sequence[Found], *, text: str) -> list[float] | None:
    digits = sum(len(item.digits) for one in found for item in read_items(text[one.start : one.end]))
    spoken = [
        word
        for word, after in zip(words, [*words[1:], None], strict=True)
        if any(one.start < (after["at"] if after else one.end + 1) and word["at"] < one.end for one in found)
    ]
    if not spoken:
        return None
    begin, end = float(spoken[0]["start"]), float(spoken[-1]["end"])
    begin = min(begin, end - _SECONDS_A_DIGIT * digits)
    return [round(max(0.0, begin - _AROUND_A_WORD), 2), round(end + _AROUND_A_WORD, 2)]


def _stretch(turns: Sequence[Mapping[str, Any]], place: int, text: str) -> list[float]:
    """Rather too long than too short: the whole turn, as far as the same person's turns before and behind leave it."""
    turn = turns[place]
    own = [other for other in turns if other.get("speaker") == turn.get("speaker")]
    here = next(at for at, other in enumerate(own) if other is turn)
    if turn.get("end") is not None:
        end = float(turn["end"])
        begin = end - seconds(text)
        before = [float(other["end"]) for other in own[:here] if other.get("end") is not None]
        return [round(max([begin - _BEFORE, *(one - 0.5 for one in before)]), 2), round(end + _BEHIND, 2)]
    begin = float(turn["start"])
    end = begin + seconds(text)
    if here + 1 < len(own):
        end = min(end, max(float(own[here + 1]["start"]), begin + 1))
    return [round(max(0.0, begin - _BEFORE), 2), round(end + _BEHIND, 2)]
