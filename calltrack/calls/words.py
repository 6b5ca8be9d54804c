"""Words as people look for them: what a word is, what a query asks for, and where a text has it.

A word is a run of letters and digits, upper or lower case, with or without accents. The database's triggers (migration
0005) take texts apart by the same rule.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from calltrack.phone import is_e164, normalise

PREFIX_FROM = 3
"""From so many letters on a word stands for all that begin with it."""
LONGEST_WORD = 100
"""Of a longer word only so much is compared."""

_FEWEST_DIGITS, _MOST_DIGITS = 4, 15
_PHONE = re.compile(r"[-+().\s/0-9]+")
# Marks above and below a letter that are no part of it.
_MARKS = "\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331"
_DROPPED = re.compile(f"[{_MARKS}]")
# What no language owns is taken for letters too, but nobody can ask for it (see CallWords).
_NOBODYS = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}{_NOBODYS}])+")
_ASKED = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_PART = re.compile(r'(?P<less>-?)(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


class Term(NamedTuple):
    """Words that follow each other; `begins`: the last of them stands for all that begin with it."""

    words: tuple[str, ...]
    begins: bool


@dataclass(frozen=True)
class Query:
    """All of `wanted` and none of `unwanted`, or a call from one of `callers` (numbers, or what numbers begin with).

    `caller`: the one number that was asked for, where a whole one was.
    """

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]
    caller: str | None
    callers: tuple[str, ...]

    def asks(self) -> bool:
        """False where nothing is left to look for, as in `?!`."""
        return bool(self.wanted or self.unwanted)


class Place(NamedTuple):
    """A word in a text: folded, and from which character to which it stands."""

    word: str
    start: int
    end: int


def read_query(asked: str) -> Query:
    """Any text as a query: words, "quoted phrases", -without; everything else only parts words."""
    wanted: dict[Term, None] = {}
    unwanted: dict[Term, None] = {}
    for part in _PART.finditer(asked.translate(_QUOTES)):
        found = _ASKED.findall(part["quoted"] or part["plain"] or "")
        words = tuple(filter(None, (_folded(word)[:LONGEST_WORD] for word in found)))
        if not words:
            continue
        if part["quoted"] is not None:
            (unwanted if part["less"] else wanted)[Term(words, begins=False)] = None
        elif part["less"]:
            unwanted[Term(words, begins=_begins(words[-1]))] = None
        else:
            wanted.update(dict.fromkeys(Term((word,), begins=_begins(word)) for word in words))
    caller, callers = _numbers(asked)
    return Query(tuple(wanted), tuple(unwanted), caller, callers)


def words_in(text: str) -> Iterator[Place]:
    """The words of a text, in order."""
    for found in _WORD.finditer(text):
        if word := _folded(found[0]):
            yield Place(word, *found.span())


def find_term(term: Term, places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """From which character to which a text, whose words are `places`, has what the term asks for."""
    *before, last = term.words
    for at in range(len(places) - len(before)):
        end = places[at + len(before)]
        if (end.word.startswith(last) if term.begins else end.word == last) and all(
            place.word == word for place, word in zip(places[at:], before, strict=False)
        ):
            yield places[at].start, end.end


def _numbers(asked: str) -> tuple[str | None, tuple[str, ...]]:
    """The phone number that was asked for, or with what numbers may begin that were asked for by their first digits."""
    written = asked.strip()
    digits = re.sub(r"\D", "", written)
    if not _PHONE.fullmatch(written) or not digits.isascii() or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return None, ()
    whole = normalise(written)
    if is_e164(whole):
        return whole, (whole,)
    return None, (f"+{digits}",) if "+" in written else (f"+1{digits}", f"+{digits}", digits)


def _begins(word: str) -> bool:
    return len(word) >= PREFIX_FROM


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    return "".join(map(_fold, _DROPPED.sub("", word)))


@cache
def _fold(letter: str) -> str:
    """Without case or accent. One letter never becomes two: a text and its words stay side by side."""
    small = next((one for one in (letter.casefold(), letter.lower()) if len(one) == 1), letter)
    plain = unicodedata.normalize("NFD", small)[0].lower()
    return plain if plain.isascii() else small
