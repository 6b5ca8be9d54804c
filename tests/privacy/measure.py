"""How much of what callers say is masked: `python -m tests.privacy.measure [--reserve|--fresh|--last]` prints it all.

The rule, made before the maskers': a number counts as found when all of its spoken digits lie in stretches that were
found, or all but one where it has eight or more (one digit missing gives nobody a card). A spoken digit is a figure or
a number word. Another number counts as masked when any spoken digit of it lies in such a stretch.
"""

import argparse
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

FOLDER = Path(__file__).parent
PHRASES = FOLDER / "phrases.jsonl"
RESERVE, FRESH = FOLDER / "phrases_reserve.jsonl", FOLDER / "phrases_fresh.jsonl"
LAST = FOLDER / "phrases_last.jsonl"
NUMBER_WORDS = (
    "zero oh o one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand double triple"
).split()
SPOKEN_DIGIT = re.compile(rf"\d|(?<!next )\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
LONG = 8
"""From so many spoken digits on, one may be missing."""


class Span(Protocol):
    """A stretch of a text that was found, in characters."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...


@dataclass
class Share:
    """So many of so many."""

    hits: int = 0
    of: int = 0

    def count(self, *, hit: bool) -> None:
        self.hits += hit
        self.of += 1

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.of:
            return 0.0, 1.0
        z, p, n = 1.959964, self.hits / self.of, self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.hits:4} of {self.of:4}  {self.hits / max(1, self.of):7.2%}  ({low:.2%} to {high:.2%})"


@dataclass
class Figures:
    """What a masker did to a set of phrases."""

    found: Share = field(default_factory=Share)
    others: Share = field(default_factory=Share)
    by_kind: dict[str, Share] = field(default_factory=dict)
    kind_right: Share = field(default_factory=Share)
    quiet: Share = field(default_factory=Share)
    """Phrases without any number to be found in which something was masked all the same."""
    missed: list[str] = field(default_factory=list)
    too_much: list[str] = field(default_factory=list)


def spoken_digits(text: str) -> list[tuple[int, int]]:
    """Where each spoken digit stands."""
    return [match.span() for match in SPOKEN_DIGIT.finditer(text)]


def measure(*, phrases: Sequence[dict[str, Any]], find_numbers: Callable[[str], Sequence[Span]]) -> Figures:
    """Count what was found and what was masked too much."""
    figures = Figures()
    for phrase in phrases:
        text = phrase["text"]
        spans = find_numbers(text)
        for number in phrase["numbers"]:
            inside, of = _inside(text=text, stretch=number["text"], start=number["start"], spans=spans)
            hit = inside >= of - (of >= LONG)
            figures.found.count(hit=hit)
            figures.by_kind.setdefault(number["kind"], Share()).count(hit=hit)
            if hit:
                figures.kind_right.count(
                    hit=any(_touches(span, number) and span.kind == number["kind"] for span in spans)
                )
            else:
                figures.missed.append(f"{phrase['id']} {number['kind']:7} {inside}/{of} <{number['text']}> in: {text}")
        for other, start in zip(phrase["others"], phrase["others_at"], strict=True):
            inside, of = _inside(text=text, stretch=other, start=start, spans=spans)
            figures.others.count(hit=inside > 0)
            if inside:
                figures.too_much.append(f"{phrase['id']} {inside}/{of} <{other}> in: {text}")
        if not phrase["numbers"]:
            figures.quiet.count(hit=bool(spans))
    return figures


def _inside(*, text: str, stretch: str, start: int, spans: Sequence[Span]) -> tuple[int, int]:
    """How many spoken digits of a stretch lie in a found one, of how many."""
    end = start + len(stretch)
    digits = [(first, last) for first, last in spoken_digits(text) if start <= first and last <= end]
    return sum(any(span.start <= first and last <= span.end for span in spans) for first, last in digits), len(digits)


def _touches(span: Span, number: dict[str, Any]) -> bool:
    return bool(span.start < number["start"] + len(number["text"]) and number["start"] < span.end)


def read_phrases(path: Path = PHRASES) -> list[dict[str, Any]]:
    """The phrases of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def main() -> None:
    from calltrack.masking.masking import find_numbers

    parser = argparse.ArgumentParser(description="How much of what callers say is masked.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--reserve", dest="path", action="store_const", const=RESERVE, help="the phrases that were kept aside"
    )
    which.add_argument("--fresh", dest="path", action="store_const", const=FRESH, help="the third set of phrases")
    which.add_argument("--last", dest="path", action="store_const", const=LAST, help="the fourth set of phrases")
    path = parser.parse_args().path or PHRASES
    figures = measure(phrases=read_phrases(path), find_numbers=find_numbers)
    print(f"{path.name}\n  numbers found            {figures.found}")
    for kind, share in sorted(figures.by_kind.items()):
        print(f"    {kind:22} {share}")
    print(f"    named rightly          {figures.kind_right}")
    print(f"  other numbers masked     {figures.others}")
    print(f"  phrases masked in vain   {figures.quiet}")
    for heading, lines in (("missed", figures.missed), ("masked too much", figures.too_much)):
        print(f"\n{heading}: {len(lines)}", *lines, sep="\n  ")


if __name__ == "__main__":
    main()
