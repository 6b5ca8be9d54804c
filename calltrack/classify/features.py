"""From a transcript to weighted terms, in plain Python and numpy, so that no stored vectoriser has to be trusted.

Terms come in blocks: the words of the whole call, the words of its opening (where callers say what they want), and
the families of `cues`, again for the whole call and its opening. Each block is scaled by its own length.
"""

import re
from collections import Counter
from collections.abc import Mapping
from math import log, sqrt
from typing import NamedTuple

from calltrack.classify.cues import PATTERNS

OPENING_WORDS = 110
"""Greeting, menu and the caller's first sentences."""

LONGEST_RUN = 2
"""Words in a term: single words and pairs."""

PADDING = {"word": 300.0, "opening": 300.0, "cue": 30.0, "opening cue": 30.0}
"""A block, and what is added to its squared length before scaling, so that one phrase in a short text is not all."""

SETTINGS = {"opening_words": OPENING_WORDS, "longest_run": LONGEST_RUN, "padding": PADDING}
"""What a model must have been trained with to be read here."""

_TOKEN = re.compile(r"\[[^\[\]\n]*\]|[a-z]+(?:'[a-z]+)*|[^\sa-z]*\d[^\s]*|[.?!\n]")

# Days, numbers and clock words are masked in some transcripts and spelled out in others: they say nothing either way.
_NEUTRAL = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december one two three four five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    " hundred thousand oh zero am pm o'clock".split()
)


class Term(NamedTuple):
    """A feature found in a text, and the characters it was found at."""

    name: str
    start: int
    end: int


def plain(*, text: str) -> str:
    """Lower case, straight apostrophes, and as many characters as before, so that offsets still fit."""
    lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.replace("\u2019", "'")


def find_terms(*, text: str) -> list[Term]:
    """Every term of a transcript in order of its block; masks such as [PERSON_NAME] and numbers are no terms."""
    low = plain(text=text)
    runs = _runs(low)
    words = [token for run in runs for token in run]
    opening_end = words[OPENING_WORDS - 1].end if len(words) >= OPENING_WORDS else len(low)
    terms = []
    for run in runs:
        for size in range(1, LONGEST_RUN + 1):
            for at in range(len(run) - size + 1):
                start, end = run[at].start, run[at + size - 1].end
                name = " ".join(token.name for token in run[at : at + size])
                terms.append(Term(f"word:{name}", start, end))
                if end <= opening_end:
                    terms.append(Term(f"opening:{name}", start, end))
    for name, pattern in PATTERNS.items():
        for match in pattern.finditer(low):
            terms.append(Term(f"cue:{name}", match.start(), match.end()))
            if match.end() <= opening_end:
                terms.append(Term(f"opening cue:{name}", match.start(), match.end()))
    return terms


def _runs(low: str) -> list[list[Term]]:
    """Words in unbroken runs: a mask, a number or the end of a sentence breaks one."""
    runs: list[list[Term]] = [[]]
    for match in _TOKEN.finditer(low):
        token = match.group()
        if not "a" <= token[0] <= "z" or token in _NEUTRAL:
            runs.append([])
        else:
            runs[-1].append(Term(token, match.start(), match.end()))
    return [run for run in runs if run]


def weigh_terms(*, terms: list[Term], idf: Mapping[str, float]) -> dict[str, float]:
    """Sublinear counts times `idf`, each block scaled to at most unit length; terms unknown to `idf` are left out."""
    counts = Counter(term.name for term in terms if term.name in idf)
    values = {name: (1.0 + log(count)) * idf[name] for name, count in counts.items()}
    squares = dict(PADDING)
    for name, value in values.items():
        squares[_block(name)] += value * value
    return {name: value / sqrt(squares[_block(name)]) for name, value in values.items()}


def _block(name: str) -> str:
    return name.partition(":")[0]
