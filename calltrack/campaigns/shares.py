"""Shares that a sample shows, and how sure they are at 95 %: pure arithmetic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.96


@dataclass(frozen=True)
class Share:
    """A share (0 to 1) that a sample shows; `like`: how many equally weighted draws would tell as much."""

    share: float
    like: float

    def between(self) -> tuple[float, float]:
        """Wilson's interval at 95 %."""
        return wilson(self.share * self.like, self.like)


def wilson(count: float, whole: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; 0 to 1 where there is nothing to go by."""
    if whole == 0:
        return 0.0, 1.0
    share = count / whole
    middle = (share + Z**2 / (2 * whole)) / (1 + Z**2 / whole)
    reach = Z / (1 + Z**2 / whole) * sqrt(max(0.0, share * (1 - share)) / whole + Z**2 / (4 * whole**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def plain(hits: int, draws: int) -> Share:
    """The share that draws of equal weight show."""
    return Share(hits / draws, float(draws)) if draws else Share(0.0, 0.0)


def weighted(parts: Iterable[tuple[int, int, float]]) -> Share:
    """The share in a whole that was drawn from part by part: (hits, draws, how many the part stands for).

    The mean of the parts' shares, each weighted by what its part stands for (Cochran, Sampling Techniques, 3rd ed.,
    section 5.3). `like` is Kish's effective sample size, (sum of weights)^2 / sum of squared weights (Kish, Survey
    Sampling, section 11.7): draws of unequal weight tell less. Wilson's interval with that size in place of the count
    of draws keeps its level where the normal one fails, at shares near 0 (Franco and others, Journal of Survey
    Statistics and Methodology 7, 2019). Parts without a draw say nothing.
    """
    drawn = [(hits, draws, stands / draws) for hits, draws, stands in parts if draws]
    total = sum(draws * weight for _, draws, weight in drawn)
    if not total:
        return Share(0.0, 0.0)
    squares = sum(draws * weight**2 for _, draws, weight in drawn)
    return Share(sum(hits * weight for hits, _, weight in drawn) / total, total**2 / squares)


def joined(parts: Sequence[tuple[float, float, tuple[float, float]]]) -> tuple[float, float, float]:
    """The sum of independent estimates, each (factor, estimate, its interval): the sum, its lower and upper bound.

    The bounds are recovered from each interval's own distances, squared and added: MOVER (Zou and Donner, Statistics in
    Medicine 27, 2008), of which Newcombe's hybrid score interval is a case. Simply adding the worst of each would make
    95 % nearly 99 %.
    """
    whole = sum(factor * estimate for factor, estimate, _ in parts)
    down = up = 0.0
    for factor, estimate, (low, high) in parts:
        below, above = factor * (estimate - low), factor * (high - estimate)
        if factor < 0:
            below, above = -above, -below
        down, up = down + below**2, up + above**2
    return whole, whole - sqrt(down), whole + sqrt(up)


def foreseen(share: Share, *, among: int) -> tuple[float, float]:
    """Between which shares of `among` further calls the hits lie, at 95 %.

    Beside the sample's own error, the hits among so few calls are a matter of chance: Wilson's interval with
    1 / draws + 1 / calls in place of 1 / draws (Wang, The American Statistician 64, 2010).
    """
    if not share.like or not among:
        return 0.0, 1.0
    size = share.like * among / (share.like + among)
    return wilson(share.share * size, size)
