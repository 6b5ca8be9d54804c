"""Numbers as people say them and speech-to-text writes them: which words stand for which digits."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_NUMBER_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    "|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
)
_WORDS = re.compile(
    rf"\[[^\[\]\n]*\]|(?:\d+|\b(?:{_NUMBER_WORDS}))(?=['\u2019]s\b)|\w+(?:['\u2019]\w+)*", re.IGNORECASE
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s)", re.ASCII)
_ONES = dict(zip("zero one two three four five six seven eight nine".split(), range(10), strict=True))
_DIGIT = {word: str(value) for word, value in _ONES.items()} | {"oh": "0", "niner": "9", "nought": "0", "naught": "0"}
_TEENS = {
    word: 10 + place
    for place, word in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * place
    for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40}
_SCALES = {"hundred": 100, "thousand": 1000}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_PLURAL = {f"{word}s": digit for word, digit in _DIGIT.items()} | {"zeroes": "0", "sixes": "6"}
_BEFORE_AN_AMOUNT = frozenset(
    "last first final next other remaining following middle second third ending back front".split()
)
# What speech-to-text hears instead of a digit, between two others that are spelled out.
_SOUNDS_LIKE = {"to": "2", "too": "2", "for": "4", "ate": "8", "won": "1", "tree": "3", "o": "0"}
# `that one`, `another one`: a pronoun.
_BEFORE_A_PRONOUN = frozenset("the that this which another any each every other old new no only".split())
# `one second`: no digit, but a wish.
_BEHIND_A_MOMENT = frozenset("second sec moment minute min more time of thing".split())
_NO_NUMBERS = frozenset({"cvv2", "cvc2"})
_JOINED = re.compile(r"[ \-\u2010-\u2013]*")


@dataclass(frozen=True, slots=True)
class Item:
    """A word or number of a text, from character `start` to before `end`, with the characters `gap` before it.

    `word` is in lower case without apostrophes. `digits` is what a number stands for, empty for words. `spelled`: it
    was written in words; `mixed`: it has letters in it, as a serial number does; `bracketed`: it stands in brackets.
    """

    start: int
    end: int
    gap: str
    word: str
    digits: str = ""
    spelled: bool = False
    mixed: bool = False
    bracketed: bool = False


def read_items(text: str) -> list[Item]:
    """The words and numbers of a text in order, in time linear in its length."""
    return list(_numbers(list(_words(text))))


def _words(text: str) -> Iterator[Item]:
    end = 0
    for found in _WORDS.finditer(text):
        raw, gap = found[0], text[end : found.start()]
        end = found.end()
        word = raw.lower().replace("'", "").replace("\u2019", "")
        if word == "id" and len(raw) > 2:  # `I'd` is no `ID`
            word = "would"
        if raw[0] == "[":
            yield Item(found.start(), end, gap, word, bracketed=True)
        elif raw.isdecimal():
            yield Item(found.start(), end, gap, word, "".join(str(int(one)) for one in raw))
        elif any(one.isdecimal() for one in raw) and word not in _NO_NUMBERS and not _ORDINAL.fullmatch(word):
            digits = "".join(str(int(one)) for one in raw if one.isdecimal())
            yield Item(found.start(), end, gap, word, digits, mixed=True)
        else:
            yield Item(found.start(), end, gap, word)


def _numbers(items: Sequence[Item]) -> Iterator[Item]:
    """The items, number words made numbers, several that make one number joined."""
    at = 0
    while at < len(items):
        digits, after = _number(items, at)
        if after == at:
            yield items[at] if items[at].mixed else replace(items[at], digits="", word=_spelled(items[at]))
            at += 1
            continue
        first, last = items[at], items[after - 1]
        spelled = not first.word.isdecimal()
        word = first.word if after == at + 1 else ""
        yield Item(first.start, last.end, first.gap, word, digits, spelled)
        at = after


def _spelled(item: Item) -> str:
    """`last 4` reads as `last four`."""
    return next((word for word, digit in _DIGIT.items() if digit == item.digits), item.word)


def _number(items: Sequence[Item], at: int) -> tuple[str, int]:
    """The digits of the number that begins here, and which item follows it; the same item where none begins."""
    item = items[at]
    follower = _joined(items, at + 1)
    if item.mixed or item.bracketed or _is_an_amount_of_digits(items, at):
        return "", at
    if item.digits:  # written in figures; `41 hundred`
        if len(item.digits) <= 3 and follower in _SCALES:
            return _scaled(items, at + 1, int(item.digits))
        return item.digits, at + 1
    if item.word in _TIMES and (digit := _single(follower)):
        return digit * _TIMES[item.word], at + 2
    if item.word in _DIGIT and item.word != "oh":
        return _from_one_digit(items, at, follower)
    if item.word in _TEENS or item.word in _TENS:
        value, after = _below_hundred(items, at)
        return _scaled(items, after, value) if _joined(items, after) in _SCALES else (str(value), after)
    if item.word in _SCALES and at and items[at - 1].word == "a":
        return _scaled(items, at, 1)
    return (_SOUNDS_LIKE | {"oh": "0"}).get(item.word, ""), at + _sounds_like_a_digit(items, at)


def _from_one_digit(items: Sequence[Item], at: int, follower: str) -> tuple[str, int]:
    word = items[at].word
    if word == "one" and at and items[at - 1].word in _BEFORE_A_PRONOUN and not _single(follower):
        return "", at
    if word == "one" and follower in _BEHIND_A_MOMENT:
        return "", at
    if follower in _PLURAL and 2 <= _ONES.get(word, 0) <= 6:  # `four zeros`
        return _PLURAL[follower] * _ONES[word], at + 2
    if follower in _SCALES and _ONES.get(word):
        return _scaled(items, at + 1, _ONES[word])
    return _DIGIT[word], at + 1


def _below_hundred(items: Sequence[Item], at: int) -> tuple[int, int]:
    word = items[at].word
    if word in _TENS:
        ones = _ONES.get(_joined(items, at + 1), 0)
        return _TENS[word] + ones, at + (2 if ones else 1)
    return _TEENS[word], at + 1


def _scaled(items: Sequence[Item], at: int, value: int) -> tuple[str, int]:
    """A value before `hundred` or `thousand` and what is added behind them."""
    total = value
    while (scale := _SCALES.get(_joined(items, at))) and (total < 100 or scale == 1000):
        total, at = total * scale, at + 1
        behind = at + 1 if _joined(items, at) == "and" else at
        added, after = _added(items, behind)
        if 0 < added < scale:
            total, at = total + added, after
            if scale == 1000 and added < 10 and _joined(items, at) == "hundred":
                total += added * 99
                rest, after = _added(items, at + 1)
                total, at = (total + rest, after) if rest else (total, at + 1)
            break
    return str(total), at


def _added(items: Sequence[Item], at: int) -> tuple[int, int]:
    word = _joined(items, at)
    if word in _TENS or word in _TEENS:
        return _below_hundred(items, at)
    return _ONES.get(word, 0), at + 1


def _joined(items: Sequence[Item], at: int) -> str:
    """The word there, if nothing but a space or dash stands before it."""
    return items[at].word if at < len(items) and _JOINED.fullmatch(items[at].gap) else ""


def _single(word: str) -> str:
    return word if len(word) == 1 and word.isdecimal() else _DIGIT.get(word, "0" if word == "o" else "")


def _is_an_amount_of_digits(items: Sequence[Item], at: int) -> bool:
    """`three digits`, `16-digit`, `the last four`: says how many digits, and is none of them."""
    item, follower = items[at], _joined(items, at + 1)
    if follower in ("digit", "digits", "numbers") and (item.digits or item.word in _DIGIT or item.word in _TEENS):
        return True
    value = item.digits or _DIGIT.get(item.word, "")
    before = items[at - 1].word if at and item.gap == " " else ""
    if before not in _BEFORE_AN_AMOUNT or value not in tuple("2345678"):
        return False
    behind = items[at + 1] if at + 1 < len(items) else None
    if before in ("back", "front"):
        alone = behind is None or "\n" in behind.gap or not (behind.digits or _is_number_word(behind.word))
        return value in ("3", "4") and alone
    if behind is None or not follower or not (behind.word in _DIGIT or (len(behind.digits) == 1 and item.digits)):
        return True
    single = 0  # `next four one two three four`: exactly as many follow
    while single < 9 and _single(_joined(items, at + 1 + single)):
        single += 1
    return single == int(value)


def _sounds_like_a_digit(items: Sequence[Item], at: int) -> bool:
    item = items[at]
    before = items[at - 1] if at else None
    follower = _joined(items, at + 1)
    stands_before = bool(before and "\n" not in item.gap and (before.digits or _is_number_word(before.word)))
    stands_behind = follower.isdecimal() or _is_number_word(follower)
    if item.word in ("oh", "o"):
        near = stands_before and not item.gap.strip(" ,-")
        return near or stands_behind
    return bool(
        item.word in _SOUNDS_LIKE
        and before
        and not (at > 1 and items[at - 2].word in _TENS)
        and (before.word in _DIGIT or follower in _DIGIT)
        and (before.word in _DIGIT or before.word in _SOUNDS_LIKE)
        and (follower in _DIGIT or follower in _SOUNDS_LIKE)
        and _JOINED.fullmatch(item.gap)
    )


def _is_number_word(word: str) -> bool:
    return word in _DIGIT or word in _TENS or word in _TEENS or word in _TIMES or word == "o"
