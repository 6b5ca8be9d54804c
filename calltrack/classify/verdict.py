"""What goes into the classifier and what comes out of it."""

from dataclasses import dataclass
from typing import Literal

from calltrack.classify.reasons import Label

Speaker = Literal["caller", "agent", "unknown"]


@dataclass(frozen=True)
class Turn:
    """What one person said without a break; `start` in seconds from the beginning of the recording."""

    speaker: Speaker
    start: float
    text: str


@dataclass(frozen=True)
class CallFacts:
    """All that a verdict may depend on.

    `text` is the whole transcript, normally `join_turns` of `turns` (which may be empty when only text is known).
    `duration` is the whole call in seconds, ringing included; `talk_seconds` the time two people were connected;
    either is None when it is not known. `transcribed` is False when nobody has listened to the call yet, so that
    an empty text does not mean silence. What is known of the caller only accompanies a transcript, and is None where
    nobody knows: `hour` of the company's local day in which the call began, `repeat_caller` rang in the 14 days
    before, `known_customer`, `open_job` (of theirs is scheduled or in progress), `blocked` number, and `stir`, the
    carrier's verdict on the number (A, B, C or failed).
    """

    turns: tuple[Turn, ...]
    text: str
    duration: int | None
    talk_seconds: int | None
    voicemail: bool = False
    missed: bool = False
    transcribed: bool = True
    hour: int | None = None
    repeat_caller: bool | None = None
    known_customer: bool | None = None
    open_job: bool | None = None
    blocked: bool | None = None
    stir: str | None = None


@dataclass(frozen=True)
class Evidence:
    """A phrase that spoke for the verdict.

    `offset` counts characters from the beginning of the text, `start` is the beginning of its turn in seconds (None
    without turns), `weight` the phrase's share of the decision in log-odds.
    """

    phrase: str
    start: float | None
    weight: float
    offset: int


@dataclass(frozen=True)
class Verdict:
    """A label with its reason. `confidence` is the probability of that label, 0 to 1; `model` is name@version.

    `booked` is the probability that an appointment was set in the call; None where only rules looked, or where the
    transcript was not `understood` (another language, or masks alone): then the label is a guess and a person is asked.
    """

    label: Label
    reason: str
    confidence: float
    source: Literal["rule", "model"]
    model: str
    evidence: tuple[Evidence, ...]
    review: bool
    booked: float | None = None
    understood: bool = True


def join_turns(*, turns: tuple[Turn, ...]) -> str:
    """The turns as one text, a line each."""
    return "\n".join(turn.text for turn in turns)


def start_of(*, facts: CallFacts, offset: int) -> float | None:
    """The start in seconds of the turn that holds the character at `offset` of the text; None when no turn does."""
    cursor = 0
    for turn in facts.turns:
        found = facts.text.find(turn.text, cursor)
        if found < 0:
            continue
        cursor = found + len(turn.text)
        if found <= offset < cursor:
            return turn.start
    return None
