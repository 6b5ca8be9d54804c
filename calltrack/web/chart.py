"""Where the bars of the day-by-day chart stand; the templates draw them.

All places are percentages of the plot, so that the drawing fills any width while its letters keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from calltrack.campaigns.scorecard import Kpis
from calltrack.web.words import short_day

MOST_BARS = 92
MOST_DATES = 6


@dataclass(frozen=True)
class Bar:
    """One day (or week): its counts, its left edge and the heights of its two bars."""

    name: str
    calls: int
    leads: int
    left: float
    calls_height: float
    leads_height: float


@dataclass(frozen=True)
class Chart:
    """Bars of `width`, lines at the heights of round counts, and dates under some bars. `unit`: day or week."""

    unit: str
    bars: list[Bar]
    width: float
    lines: list[tuple[int, float]]
    dates: list[tuple[str, float]]


def draw_days(days: Sequence[tuple[date, Kpis]]) -> Chart:
    """The chart of calls and leads, a bar a day; a bar for seven days where single ones would be too thin to see."""
    step = 1 if len(days) <= MOST_BARS else 7
    parts = [days[at : at + step] for at in range(0, len(days), step)]
    calls = [sum(kpis.calls for _, kpis in part) for part in parts]
    leads = [sum(kpis.leads for _, kpis in part) for part in parts]
    top, gap = round_scale(max([*calls, 1]))
    slot = 100 / len(parts)
    bars = [
        Bar(
            name=_name(part[0][0], part[-1][0]),
            calls=calls[place],
            leads=leads[place],
            left=round(slot * (place + 0.12), 3),
            calls_height=round(100 * calls[place] / top, 2),
            leads_height=round(100 * leads[place] / top, 2),
        )
        for place, part in enumerate(parts)
    ]
    every = -(-len(parts) // MOST_DATES)
    return Chart(
        unit="day" if step == 1 else "week",
        bars=bars,
        width=round(slot * 0.76, 3),
        lines=[(value, round(100 - 100 * value / top, 2)) for value in range(0, top + 1, gap)],
        dates=[
            (short_day(part[0][0]), round(slot * (place + 0.5), 2))
            for place, part in enumerate(parts)
            if place % every == 0
        ],
    )


def round_scale(largest: int) -> tuple[int, int]:
    """A round number from `largest` up, and the gap between at most five lines that reach it."""
    gap = 1
    while gap * 4 < largest:
        gap = gap * 5 // 2 if str(gap).startswith("2") else gap * 2
    return gap * -(-largest // gap), gap


def _name(first: date, last: date) -> str:
    if first == last:
        return f"{first:%a} {short_day(first)}"
    return f"{short_day(first)} to {short_day(last)}"
