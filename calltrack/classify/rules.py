"""What can be said of a call without a model: nobody spoke, or hardly anybody did."""

import re

from calltrack.classify.reasons import TOO_SHORT
from calltrack.classify.verdict import CallFacts, Evidence, Verdict

RULES = "rules@1"

SHORTEST_TALK = 10
"""Seconds. Below this nobody has yet said what the call is about: the greeting alone takes about eight."""

FEWEST_WORDS = 5
"""Of a conversation. "Hello? Hello? Anybody there?" is four words."""

FEWEST_VOICEMAIL_WORDS = 3
"""Of a voicemail, where one person speaks alone and "furnace is out" already says it all."""

MANY_WORDS = 20
"""So many words are a conversation even if the carrier counted only a few seconds."""

_WORD = re.compile(r"\[[^\[\]\n]*\]|([^\W_]+(?:['\u2019][^\W_]+)*)")


def count_words(*, text: str) -> int:
    """Spoken words in a transcript; bracketed marks such as [PERSON_NAME] or [silence] are not counted."""
    return sum(1 for match in _WORD.finditer(text) if match.group(1))


def needs_no_label(*, facts: CallFacts) -> bool:
    """A missed call has no label unless it left a voicemail."""
    return facts.missed and not facts.voicemail


def rule_on(*, facts: CallFacts) -> Verdict | None:
    """Excused as too short, with the sentence that says why as its evidence; None where a model must read the text.

    A number of seconds that is not known never makes a call too short, and an empty text of a call that was not
    transcribed is not silence.
    """
    words = count_words(text=facts.text)
    seconds = facts.talk_seconds if facts.talk_seconds is not None else facts.duration
    if seconds is not None and seconds < SHORTEST_TALK and words < MANY_WORDS and not (facts.voicemail and words):
        return _too_short(why=f"{seconds} s < {SHORTEST_TALK} s of talk", confidence=0.97)
    if not facts.transcribed:
        return None
    if words == 0:
        return _too_short(why="nobody said a word", confidence=0.97)
    fewest = FEWEST_VOICEMAIL_WORDS if facts.voicemail else FEWEST_WORDS
    if words < fewest:
        return _too_short(why=f"{words} words < {fewest} words", confidence=0.9)
    return None


def _too_short(*, why: str, confidence: float) -> Verdict:
    return Verdict(
        label="excused",
        reason=TOO_SHORT,
        confidence=confidence,
        source="rule",
        model=RULES,
        evidence=(Evidence(phrase=why, start=None, weight=0.0, offset=0),),
        review=False,
    )
