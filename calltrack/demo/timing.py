"""How long things take to say, known before a word is synthesised, so that placing a call costs nothing."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from calltrack.demo.conversations import Speaker, Turn


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A turn with its place in the conversation, in seconds from the moment the two are connected."""

    speaker: Speaker
    text: str
    start: float
    seconds: float


def seconds_to_say(text: str) -> float:
    """Estimate how long a sentence takes at an easy telephone pace; a digit is a whole word when spoken."""
    digits = sum(character.isdigit() for character in text)
    return round(0.3 + (len(text) - digits) / 15.5 + digits * 0.36, 2)


def lay_out(*, turns: Sequence[Turn], seed: str) -> tuple[list[Utterance], float]:
    """Place turns one after the other with the short silences of talk; return them and the whole length in seconds."""
    silence = random.Random(seed)
    at = 0.4
    placed: list[Utterance] = []
    for turn in turns:
        seconds = seconds_to_say(turn.text)
        placed.append(Utterance(speaker=turn.speaker, text=turn.text, start=round(at, 2), seconds=seconds))
        at += seconds + silence.uniform(0.25, 0.8)
    return placed, round(at + 0.6, 2)
