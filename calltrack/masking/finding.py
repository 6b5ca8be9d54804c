"""Numbers that nobody should keep, found in what was said.

Found are card numbers with expiry dates and security codes, PINs and entry codes, social security numbers, and bank
account, routing and driver's licence numbers. By rules alone: by shape (a card's beginning and check digit, 3-2-4
digits), by what the talk is about (cues.py), and because it was said before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from calltrack.masking import cues, words
from calltrack.masking.cues import Kind, Topic
from calltrack.masking.runs import Run, ends_sentence, is_counted, is_date, month_before, read_runs
from calltrack.masking.shapes import (
    LONGEST_CARD,
    begins_like_card,
    has_phone,
    holds_card,
    is_card,
    is_like_card,
    is_phone,
    is_ssn,
    is_year,
)
from calltrack.masking.spoken import Item, read_items
from calltrack.masking.talk import name_by_topic

_REPEATED_WITHIN = 150  # words
_MOST_PARTS = 24


@dataclass(frozen=True)
class Found:
    """A number from character `start` to before `end`."""

    start: int
    end: int
    kind: Kind


def find_numbers(text: str) -> list[Found]:
    """The numbers of a text that are to be masked, in order; a line end is where somebody else speaks."""
    items = read_items(text)
    runs = read_runs(items)
    if not runs:
        return []
    kinds: dict[int, Kind] = {}
    chains = list(_chains(items, runs))
    for chain in chains:
        _by_shape(items, runs, chain, kinds)
    name_by_topic(items, runs, sizes=_sizes(items, runs, chains), kinds=kinds)
    for chain in chains:
        _by_correction(items, runs, chain, kinds)
    _by_repetition(items, runs, kinds)
    found = [Found(*_span(items, run, kinds[place]), kinds[place]) for place, run in enumerate(runs) if place in kinds]
    return _without_overlaps(found)


def _chains(items: Sequence[Item], runs: Sequence[Run]) -> Iterable[list[int]]:
    """Numbers that follow each other with nothing between them but what hands a number over."""
    chain: list[int] = []
    for place, run in enumerate(runs):
        if chain:
            between = items[runs[chain[-1]].after : run.first]
            if len(between) > 12 or any(item.word not in words.LINKS for item in between):
                yield chain
                chain = []
        chain.append(place)
    if chain:
        yield chain


def _sizes(items: Sequence[Item], runs: Sequence[Run], chains: Iterable[list[int]]) -> list[int]:
    """How many digits each number has together with those that it is handed over with."""
    sizes: list[int] = []
    for chain in chains:
        plain = [one for one in chain if not _is_aside(items, runs[one])]
        whole = sum(len(runs[place].digits) for place in plain)
        sizes += [whole if place in plain else len(runs[place].digits) for place in chain]
    return sizes


def _is_aside(items: Sequence[Item], run: Run) -> bool:
    """A price, a date, a year: no part of a number that is handed over."""
    in_a_year = run.first > 0 and items[run.first - 1].word in ("in", "since") and is_year(run.digits)
    return in_a_year or is_counted(items, run) or is_date(items, run)


def _by_correction(items: Sequence[Item], runs: Sequence[Run], chain: list[int], kinds: dict[int, Kind]) -> None:
    """`528, no, 529`: what a number takes back, or takes its place, is of its kind; so is what stands between two."""
    for pairs in (pairwise(chain), pairwise(chain[::-1])):
        for known, other in pairs:
            if known not in kinds or other in kinds or is_counted(items, runs[other]) or _is_phone(runs[other]):
                continue
            if _takes_back(items, runs[min(known, other)], runs[max(known, other)]):
                kinds[other] = kinds[known]
    for before, place, after in zip(chain, chain[1:], chain[2:], strict=False):
        if place not in kinds and kinds.get(before, "") == kinds.get(after) and not is_counted(items, runs[place]):
            kinds[place] = kinds[before]


def _takes_back(items: Sequence[Item], earlier: Run, later: Run) -> bool:
    return any(item.word in words.CORRECTIONS for item in items[earlier.after : later.first])


def _is_phone(run: Run) -> bool:
    return is_phone(run.digits, run.groups, strictly=False)


def _by_shape(items: Sequence[Item], runs: Sequence[Run], chain: list[int], kinds: dict[int, Kind]) -> None:
    """Card and social security numbers that nobody named."""
    for place in chain:
        run = runs[place]
        if place in kinds or _letters(items, run) > 1:
            continue
        other = _other_before(items, run)
        holds = holds_card(run.digits) and other is not cues.PAPER
        if holds or (other is None and is_like_card(run.digits, run.groups)):
            kinds[place] = "card"
        elif other not in (cues.PAPER, cues.PHONE, cues.MONEY) and is_ssn(run.groups):
            kinds[place] = "ssn"
    if len(chain) > 1:
        _over_turns(items, runs, chain, kinds)


def _letters(items: Sequence[Item], run: Run) -> int:
    """One may be misheard: `4347 319718X`, for `exp`."""
    return sum(one.isalpha() for item in items[run.first : run.after] if item.mixed for one in item.word)


def _over_turns(items: Sequence[Item], runs: Sequence[Run], chain: list[int], kinds: dict[int, Kind]) -> None:
    """A card or social security number that was handed over in parts, each perhaps said back or corrected."""
    other = _other_before(items, runs[chain[0]])
    claimed = other is cues.PAPER
    priced = other is cues.MONEY
    for begin in range(len(chain)):
        if begin and claimed:  # `job 3736. 4242. Okay. 4242.`: the first had what was announced
            claimed = not any(
                ends_sentence(item.gap) for item in items[runs[chain[begin - 1]].after : runs[chain[begin]].first + 1]
            )
        if claimed:
            continue
        parts: list[str] = []
        for end in range(begin, min(begin + _MOST_PARTS, len(chain))):
            run = runs[chain[end]]
            if not parts or run.digits not in (parts[-1], "".join(parts)):
                parts.append(run.digits)
            if run.mixed or sum(map(len, parts)) > LONGEST_CARD:
                break
            if len(parts) > 1 and (kind := _of_parts(parts, named=other is not None)):
                for place in chain[begin : end + 1]:
                    kinds.setdefault(place, kind)
        if begin or not priced:
            _like_a_card(items, runs, chain[begin:], kinds)


def _like_a_card(items: Sequence[Item], runs: Sequence[Run], chain: list[int], kinds: dict[int, Kind]) -> None:
    """A card number in parts of which one was misheard, or corrected."""
    if chain[0] in kinds or not begins_like_card(runs[chain[0]].digits):
        return
    groups: list[str] = []
    corrected = False
    for at, place in enumerate(chain[:_MOST_PARTS]):
        run = runs[place]
        if run.mixed or is_counted(items, run) or _is_phone(run) or place in kinds:
            return
        corrected = corrected or (at > 0 and _takes_back(items, runs[chain[at - 1]], run))
        groups += run.groups
        size = sum(map(len, groups))
        if size > 2 * LONGEST_CARD - 10:
            return
        last = at + 1 == len(chain)
        fours = sum(len(group) == 4 for group in groups)
        if size >= 14 and not has_phone(groups) and (fours >= 3 or (corrected and last)):
            for one in chain[: at + 1]:
                kinds.setdefault(one, "card")


def _of_parts(parts: Sequence[str], *, named: bool) -> Kind | None:
    whole = "".join(parts)
    if is_card(whole) and not is_phone(parts[0], (parts[0],), strictly=False):
        return "card"
    return "ssn" if is_ssn(parts) and not named else None


def _other_before(items: Sequence[Item], run: Run) -> Topic | None:
    """The nearest topic close before a number that says what it is, if that is nothing to mask."""
    at = run.first - 1
    found: Topic | None = None
    while at >= max(run.first - 10, 0):
        if items[at].digits and _is_satisfied(items, run, at + 1):
            break
        cue = cues.find_cue(items, at)
        if cue and cue[1] <= run.first and cue[0] not in (cues.NEUTRAL, cues.OFFER):
            found = cue[0]
            longer = cues.find_cue(items, at - 1) if at else None
            if longer and longer[1] >= cue[1]:
                found = longer[0]
            break
        at -= 1
    return found if found and found.kind is None else None


def _is_satisfied(items: Sequence[Item], run: Run, after: int) -> bool:
    """`invoice 4848, go ahead and run 4111 1111 1111 1111`: what was announced had its number before this one."""
    between = items[after : run.first]
    return (
        any(item.word not in words.LINKS for item in between)
        or any(ends_sentence(item.gap) for item in items[after : run.first + 1])
        or (not between and is_card(run.digits))
    )


def _by_repetition(items: Sequence[Item], runs: Sequence[Run], kinds: dict[int, Kind]) -> None:
    """What was masked once is masked wherever it, or a part of a long one, is said again near by."""
    known: list[tuple[int, str, Kind]] = [(runs[place].word, runs[place].digits, kind) for place, kind in kinds.items()]
    by_digits: dict[str, list[tuple[int, Kind]]] = {}
    for word, digits, kind in known:
        whole = [digits] if len(digits) >= 3 else []
        parts = {digits[begin : begin + 4] for begin in range(len(digits) - 3)} if len(digits) >= 9 else set()
        for part in {*whole, *parts}:
            by_digits.setdefault(part, []).append((word, kind))
    for place, run in enumerate(runs):
        if place in kinds or run.mixed or is_counted(items, run) or _other_before(items, run):
            continue
        near = [
            kind
            for word, kind in by_digits.get(run.digits, ())
            if abs(word - run.word) <= (_REPEATED_WITHIN if len(run.digits) > 3 else 25)
        ]
        if near:
            kinds[place] = near[0]


def _span(items: Sequence[Item], run: Run, kind: Kind) -> tuple[int, int]:
    """From which character to which; with the month of an expiry date, and the letters of a licence number."""
    first, after = run.first, run.after
    if kind == "card" and first and month_before(items, run):
        first -= 1 if items[first - 1].word in words.MONTHS else 2
    elif kind == "account":
        while first and _is_spelled_letter(items[first - 1]):
            first -= 1
    return items[first].start, items[after - 1].end


def _is_spelled_letter(item: Item) -> bool:
    return len(item.word) == 1 and item.word.isalpha() and item.word not in "ai" and not item.bracketed


def _without_overlaps(found: Iterable[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            kept[-1] = replace(kept[-1], end=max(one.end, kept[-1].end))
        else:
            kept.append(one)
    return kept
