"""Numbers as they are said without a break: several words and figures, hesitations between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from calltrack.masking import cues, words
from calltrack.masking.shapes import LONGEST_CARD, is_card
from calltrack.masking.spoken import Item


@dataclass(frozen=True, slots=True)
class Run:
    """A number as it was said without a break: items `first` to before `after`; `groups` as they were set apart."""

    first: int
    after: int
    digits: str
    groups: tuple[str, ...]
    word: int  # how many words stand before it
    mixed: bool
    priced: bool


def read_runs(items: Sequence[Item]) -> list[Run]:
    """The numbers of a text in order. None goes on over a line end, where somebody else speaks."""
    runs: list[Run] = []
    passed = at = 0
    while at < len(items):
        if not items[at].digits:
            passed += 1
            at += 1
            continue
        after = last = at + 1
        while after < len(items) and after - last < 4 and "\n" not in items[after].gap:
            if items[after].digits:
                if "$" in items[after].gap:
                    break
                if ends_sentence(items[after].gap) and not (after < at + 3 and _is_phone_in_sentences(items, at)):
                    break
                last = after + 1
            elif ends_sentence(items[after].gap) or not _goes_on(items, after):
                break
            after += 1
        for begin, end in _apart(items, at, last):
            numbers = [item for item in items[begin:end] if item.digits]
            runs.append(
                Run(
                    begin,
                    end,
                    "".join(item.digits for item in numbers),
                    _groups(items[begin:end]),
                    passed,
                    any(item.mixed for item in numbers),
                    "$" in items[begin].gap[-2:],
                )
            )
        at = last
    return runs


def _apart(items: Sequence[Item], first: int, after: int) -> list[tuple[int, int]]:
    """Cards that were said in one breath with other numbers, and these: `invoice 4848 4111 1111 1111 1111 05 27`."""
    numbers = [at for at in range(first, after) if items[at].digits]
    cuts = [first]
    begin = 0
    while begin < len(numbers):
        digits = ""
        for place in range(begin, min(begin + LONGEST_CARD, len(numbers))):
            digits += items[numbers[place]].digits
            if len(digits) > LONGEST_CARD:
                break
            if len(digits) >= 15 and is_card(digits):
                cuts += [numbers[begin], *numbers[place + 1 : place + 2]]
                begin = place
                break
        begin += 1
    if house := _house_behind(items, first, after):
        cuts.append(house)
    cuts = sorted({*cuts, after})
    return list(pairwise(cuts))


def _house_behind(items: Sequence[Item], first: int, after: int) -> int | None:
    """Where the house number begins in `it's 4421, 572 Maple Terrace`."""
    street = [item for item in items[after : after + 3] if not item.digits and "," not in item.gap]
    commas = [at for at in range(first + 1, after) if "," in items[at].gap]
    if len(commas) != 1 or not any(item.word in words.STREETS for item in street):
        return None
    before, behind = (
        sum(len(item.digits) for item in part) for part in (items[first : commas[0]], items[commas[0] : after])
    )
    return commas[0] if 3 <= before <= 8 and 2 <= behind <= 5 else None


def is_round(items: Sequence[Item], run: Run) -> bool:
    """`twenty-five hundred`: said as an amount is."""
    return run.after == run.first + 1 and items[run.first].word == "" and run.digits.endswith("00")


def is_date(items: Sequence[Item], run: Run) -> bool:
    """Written as a date is: 7/14/2027, 7/14, 7-14-27."""
    if len(run.groups) == 3 and all(item.gap == "-" for item in items[run.first + 1 : run.after]):
        month, day, year = run.groups
        return len(month) < 3 and len(day) < 3 and len(year) in (2, 4) and int(month) <= 12 and int(day) <= 31
    return len(run.groups) in (2, 3) and all(item.gap == "/" for item in items[run.first + 1 : run.after])


def _is_phone_in_sentences(items: Sequence[Item], at: int) -> bool:
    """`312. 555. 0142.`"""
    parts = items[at : at + 3]
    return [len(item.digits) for item in parts] == [3, 3, 4] and all(item.gap == ". " for item in parts[1:])


def ends_sentence(gap: str) -> bool:
    """Whether a sentence ends in the characters between two words."""
    return "\n" in gap or (gap[-1:] == " " and any(mark in gap for mark in ".?!;"))


def is_counted(items: Sequence[Item], run: Run) -> bool:
    """A price, a measure, an hour, a house number: what stands right behind or before says so."""
    if run.priced:
        return True
    behind = items[run.after : run.after + 4]
    for place, item in enumerate(behind):
        if "\n" in item.gap or (place and any(mark in item.gap for mark in ".?!,;")) or item.digits or item.bracketed:
            break
        if place == 0 and ("%" in item.gap or any(mark in item.gap for mark in ".?!")):
            return "%" in item.gap
        if item.word in words.UNITS and (place == 0 or (place == 1 and behind[0].word in ("a", "per"))):
            return True
        if item.word in words.STREETS and "'" not in item.gap and (place or len(run.digits) <= 5):
            return True
        if cues.find_cue(items, run.after + place):
            break
    return False


def month_before(items: Sequence[Item], run: Run) -> bool:
    before = [item.word for item in items[max(run.first - 2, 0) : run.first]]
    return bool(before) and (before[-1] in words.MONTHS or (before[-1] in ("of", "the") and before[0] in words.MONTHS))


def _goes_on(items: Sequence[Item], at: int) -> bool:
    """A hesitation, or the `of` in `twelve of twenty-six`."""
    if items[at].word in words.FILLERS:
        return True
    if items[at].word != "of" or at + 1 >= len(items):
        return False
    month, year = items[at - 1].digits, items[at + 1].digits
    return 0 < len(month) <= 2 and len(year) in (2, 4) and int(month) <= 12


def _groups(items: Sequence[Item]) -> tuple[str, ...]:
    """Digits that were said or written in one go: `three one two, five five five` are two groups, `312 555` too."""
    groups: list[str] = []
    before: Item | None = None
    for item in items:
        if not item.digits:
            before = None
            continue
        together = (
            before is not None
            and item.gap in (" ", "-", "\u2010", "\u2011")
            and (
                (before.spelled and item.spelled and item.gap == " ")
                or (len(before.digits) == 1 and len(item.digits) == 1 and not (before.spelled or item.spelled))
            )
        )
        if together:
            groups[-1] += item.digits
        else:
            groups.append(item.digits)
        before = item
    return tuple(groups)
