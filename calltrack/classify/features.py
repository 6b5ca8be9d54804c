"""From a call to weighted terms, in plain Python, so that no stored vectoriser has to be trusted.

Terms come in blocks: the words of the whole call, the words of its opening (where callers say what they want), the
families of `cues`, again for the whole call and its opening and, where channels are known, for each speaker; and what
is known of the call beside its words. Each block is scaled by its own length.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import NamedTuple

from calltrack.classify.circumstances import find_circumstances
from calltrack.classify.cues import find_cues
from calltrack.classify.verdict import CallFacts, Speaker

OPENING_WORDS = 110
"""Greeting, menu and the caller's first sentences."""

PADDING = {
    "word": 300.0,
    "opening": 300.0,
    "cue": 30.0,
    "opening cue": 30.0,
    "caller cue": 30.0,
    "agent cue": 30.0,
    "known": 30.0,
}
"""A block, and what is added to its squared length before scaling, so that one phrase in a short text is not all."""

SETTINGS = {"opening_words": OPENING_WORDS, "longest_run": 2, "padding": PADDING}
"""What a model must have been trained with to be read here."""

_TOKEN = re.compile(r"\[[^\[\]\n]*\]|[a-z]+(?:'[a-z]+)*|\d\S*|[.?!\n]")

# Of any script; single letters spell names and say nothing of the language.
_ANY_WORD = re.compile(r"\[[^\[\]\n]*\]|([^\W\d_]{2,}(?:'[^\W\d_]+)*)")

# Days, numbers and clock words are masked in some transcripts and spelled out in others: they say nothing either way.
_NEUTRAL = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december one two three four five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    " hundred thousand oh zero am pm o'clock".split()
)

Place = tuple[int, int]
Vocabulary = Mapping[str, Mapping[str, tuple[int, float]]]
"""Of each block, the terms a model knows: the row of each, and what one occurrence weighs."""


@dataclass(frozen=True)
class Terms:
    """What was found in a call: how often each term of each block, and the first place of each, where it has one."""

    counts: Mapping[str, Counter[str]]
    places: Mapping[tuple[str, str], Place]


class Weighed(NamedTuple):
    """The terms of a call that a model knows: its row, its value, and which it is."""

    rows: list[int]
    values: list[float]
    terms: list[tuple[str, str]]


def plain(*, text: str) -> str:
    """Lower case, straight apostrophes, and as many characters as before, so that offsets still fit."""
    low = text.lower()
    if len(low) != len(text):  # a few letters are longer in lower case
        low = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    return low.replace("\u2019", "'")


def find_terms(*, facts: CallFacts) -> Terms:
    """Every term of a call; masks such as [PERSON_NAME] and numbers are no terms."""
    low = plain(text=facts.text)
    words, places, opening_words, opening_end = _find_words(low)
    counts = {"word": Counter(words), "opening": Counter(words[:opening_words])}
    cues = find_cues(low=low)
    speaker_at = _speakers(facts)
    for block in ("cue", "opening cue", "caller cue", "agent cue"):
        counts[block] = Counter()
    for cue in cues:
        blocks = ["cue"]
        if cue.end <= opening_end:
            blocks.append("opening cue")
        if speaker_at and (speaker := _speaker_of(speaker_at, cue.start)) != "unknown":
            blocks.append(f"{speaker} cue")
        for block in blocks:
            counts[block][cue.family] += 1
            places.setdefault((block, cue.family), (cue.start, cue.end))
    counts["known"] = Counter(find_circumstances(facts=facts))
    return Terms(counts=counts, places=places)


def weigh_terms(*, terms: Terms, vocabulary: Vocabulary) -> Weighed:
    """Sublinear counts times what a term weighs, each block scaled to at most unit length; unknown terms left out."""
    weighed = Weighed([], [], [])
    for block, counts in terms.counts.items():
        known = vocabulary.get(block, {})
        found = [(name, count, known[name]) for name, count in counts.items() if name in known]
        values = [(1.0 + log(count)) * weight for _, count, (_, weight) in found]
        length = sqrt(PADDING[block] + sum(value * value for value in values))
        weighed.rows.extend(row for _, _, (row, _) in found)
        weighed.values.extend(value / length for value in values)
        weighed.terms.extend((block, name) for name, _, _ in found)
    return weighed


def known_share(*, text: str, vocabulary: Vocabulary) -> float:
    """How many of the different words of a text, in whatever script, are in the vocabulary: 0 to 1, and 0 where there
    are none. Masks, numbers and days do not count."""
    words = {match.group(1) for match in _ANY_WORD.finditer(plain(text=text))} - _NEUTRAL - {None}
    return len(words & vocabulary.get("word", {}).keys()) / len(words) if words else 0.0


def index_vocabulary(*, vocabulary: Sequence[str], idf: Sequence[float]) -> Vocabulary:
    """The terms ("block:term") of a model by block."""
    known: dict[str, dict[str, tuple[int, float]]] = {}
    for row, (term, weight) in enumerate(zip(vocabulary, idf, strict=True)):
        block, _, name = term.partition(":")
        known.setdefault(block, {})[name] = (row, weight)
    return known


def _find_words(low: str) -> tuple[list[str], dict[tuple[str, str], Place], int, int]:
    """Words and pairs of neighbours in order of their ends, the first place of each, how many of them belong to the
    opening, and where that ends. A mask, a number or the end of a sentence stands between neighbours."""
    found: list[str] = []
    places: dict[tuple[str, str], Place] = {}
    before, before_start, spoken = "", 0, 0
    opening, opening_end = 0, len(low)
    for match in _TOKEN.finditer(low):
        word = match.group()
        if not "a" <= word[0] <= "z" or word in _NEUTRAL:
            before = ""
            continue
        start, end = match.span()
        found.append(word)
        places.setdefault(("word", word), (start, end))
        if before:
            pair = f"{before} {word}"
            found.append(pair)
            places.setdefault(("word", pair), (before_start, end))
        before, before_start = word, start
        spoken += 1
        if spoken == OPENING_WORDS:
            opening, opening_end = len(found), end
    return found, places, opening if spoken >= OPENING_WORDS else len(found), opening_end


def _speakers(facts: CallFacts) -> list[tuple[int, Speaker]]:
    """Where each turn ends in the text, and who speaks it; empty where nobody knows who speaks."""
    if all(turn.speaker == "unknown" for turn in facts.turns):
        return []
    ends: list[tuple[int, Speaker]] = []
    cursor = 0
    for turn in facts.turns:
        found = facts.text.find(turn.text, cursor)
        if found >= 0:
            cursor = found + len(turn.text)
            ends.append((cursor, turn.speaker))
    return ends


def _speaker_of(ends: list[tuple[int, Speaker]], at: int) -> Speaker:
    for end, speaker in ends:
        if at < end:
            return speaker
    return "unknown"
