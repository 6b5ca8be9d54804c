"""What can be said of a call without a model: nobody spoke, or hardly anybody did."""

import re

from calltrack.classify.reasons import TOO_SHORT
from calltrack.classify.verdict import CallFacts, Evidence, Verdict

RULES = "rules@2"

SHORTEST_TALK = 10
"""Seconds. Below this nobody has yet said what the call is about: the greeting alone takes about eight."""

FEWEST_WORDS = 5
"""Of a conversation. "Hello? Hello? Anybody there?" is four words."""

FEWEST_VOICEMAIL_WORDS = 3
"""Of a voicemail, where one person speaks alone and "furnace is out" already says it all."""

MANY_WORDS = 20
"""So many words are a conversation even if the carrier counted only a few seconds."""

# A word; in scripts that put no spaces between them (Thai to Burmese, Khmer, Japanese, Chinese) each character.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"\[([^\[\]\n]*)\]|[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['\u2019][^\W_{_UNSPACED}]+)*")

_NO_WORDS = re.compile(
    r"(?<![a-z])(?:applause|audio|background|beep|blank|breath|cough|click|crosstalk|dial|dtmf|hold|inaudible"
    r"|indiscernible|laugh|music|nois|pause|ring|sigh|silen|sound|static|tone|typing|unintelligible)|^[\W_]*$",
    re.IGNORECASE,
)


def count_words(*, text: str) -> int:
    """Spoken words in a transcript. A mask such as [PERSON_NAME] stands for one, a mark such as [silence] for none."""
    return sum(1 for match in _WORD.finditer(text) if match.group(1) is None or not _NO_WORDS.search(match.group(1)))


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
