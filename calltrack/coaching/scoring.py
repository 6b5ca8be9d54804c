"""What the answers to a rubric's questions come to: pure, exact arithmetic, and nothing of it is ever stored.

    score = sum(weight x part) / sum(weight), over the questions that were answered and that apply

where yes is 1, no is 0, and 1 to 5 is (v - 1) / 4. A must-pass question that failed (no, or 1 or 2 of 5) makes it 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

Kind = Literal["yes-no", "scale"]
VALUES: dict[str, tuple[int, ...]] = {"yes-no": (0, 1), "scale": (1, 2, 3, 4, 5)}
_LARGEST_FAILING = {"yes-no": 0, "scale": 2}


class Asked(Protocol):
    """A question, as scoring sees it (see models/coaching.py)."""

    @property
    def id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def weight(self) -> int: ...
    @property
    def must_pass(self) -> bool: ...


@dataclass(frozen=True)
class Score:
    """What one evaluation comes to.

    `share` is 0 to 1, None where no question applies; `otherwise` is what it would be if no must-pass question had
    failed, and `failed` the texts of those that did. `answered` counts answers, those that say "does not apply"
    included, of `asked` questions.
    """

    share: Fraction | None
    otherwise: Fraction | None
    failed: tuple[str, ...]
    answered: int
    asked: int

    @property
    def percent(self) -> Decimal | None:
        """The score in percent with one decimal."""
        return percent(self.share)

    @property
    def would_be(self) -> Decimal | None:
        """What it would have been without the failed questions' rule, in percent with one decimal."""
        return percent(self.otherwise)

    @property
    def complete(self) -> bool:
        """Whether no question was left out."""
        return self.answered == self.asked


@dataclass(frozen=True)
class Mean:
    """The mean of scores, and how many it stands on."""

    share: Fraction | None
    count: int

    @property
    def percent(self) -> Decimal | None:
        """In percent with one decimal."""
        return percent(self.share)


def score(questions: Sequence[Asked], answers: Mapping[int, int | None]) -> Score:
    """The score of `answers`: question id to value; None: does not apply, no key: not answered."""
    weighed = [(one, value) for one in questions if (value := answers.get(one.id)) is not None]
    whole = sum(one.weight for one, _ in weighed)
    otherwise = (
        Fraction(sum((one.weight * part(one.kind, value) for one, value in weighed), Fraction(0)), whole)
        if whole
        else None
    )
    failed = tuple(one.text for one, value in weighed if one.must_pass and fails(one.kind, value))
    return Score(
        share=Fraction(0) if failed else otherwise,
        otherwise=otherwise,
        failed=failed,
        answered=sum(one.id in answers for one in questions),
        asked=len(questions),
    )


def part(kind: str, value: int) -> Fraction:
    """How much of a question's weight an answer earns, 0 to 1."""
    return Fraction(value) if kind == "yes-no" else Fraction(value - 1, 4)


def fails(kind: str, value: int) -> bool:
    """Whether an answer fails a must-pass question: no, or 1 or 2 of 5."""
    return value <= _LARGEST_FAILING[kind]


def mean(shares: Iterable[Fraction | None]) -> Mean:
    """The mean of the shares that there are."""
    known = [share for share in shares if share is not None]
    return Mean(share=sum(known, Fraction(0)) / len(known) if known else None, count=len(known))


def percent(share: Fraction | None) -> Decimal | None:
    """A share of 0 to 1 in percent, rounded half up to one decimal; None for none."""
    if share is None:
        return None
    return Decimal((2000 * share.numerator + share.denominator) // (2 * share.denominator)).scaleb(-1)
