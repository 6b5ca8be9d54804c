"""Where the bars of a trend stand: one a week, 0 to 100 %; all places are percentages, so that it fills any width."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrack.coaching.trends import Trend, Week
from calltrack.web.words import percent, short_day

MOST_DATES = 9


@dataclass(frozen=True)
class Bar:
    """One week: its left edge and height, nothing high where nothing was evaluated; `dated`: its day is written."""

    week: Week
    day: str
    name: str
    left: float
    height: float
    dated: bool


@dataclass(frozen=True)
class Drawing:
    """The bars of one trend, each of `width`; `words` say the same to who cannot see it."""

    trend: Trend
    bars: list[Bar]
    width: float
    words: str


def draw_trend(trend: Trend) -> Drawing:
    """A bar for each week of the trend."""
    slot = 100 / len(trend.weeks)
    every = -(-len(trend.weeks) // MOST_DATES)
    return Drawing(
        trend=trend,
        bars=[
            Bar(
                week=week,
                day=short_day(week.first),
                name=f"Week of {short_day(week.first)}",
                left=round(slot * (place + 0.15), 3),
                height=float(week.mean.percent or 0),
                dated=(len(trend.weeks) - 1 - place) % every == 0,
            )
            for place, week in enumerate(trend.weeks)
        ],
        width=round(slot * 0.7, 3),
        words=_words(trend.weeks),
    )


def _words(weeks: Sequence[Week]) -> str:
    said = [f"{short_day(week.first)} {percent(week.mean.percent)}" for week in weeks if week.mean.count]
    return f"Mean score by week: {', '.join(said)}" if said else "Nothing was evaluated in these weeks"
