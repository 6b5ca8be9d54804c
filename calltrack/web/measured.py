"""The measured error of the classifier: in plain words, as a matrix, week by week, and the calls it got wrong."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from calltrack.ground import ground
from calltrack.learning.measured import ErrorOf, measured_error
from calltrack.learning.sampling import next_draw
from calltrack.models import Account
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import short_day

bp = Blueprint("measured", __name__)
MOST_DATES = 6
_SCALES = (10, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Point:
    """One week's error: its place from the left and from above, and its interval, in percent of the plot."""

    name: str
    left: float
    top: float
    low: float
    high: float


@dataclass(frozen=True)
class Trend:
    """Points from left to right; `line` and `band` are SVG points in a plot of 100 x 100."""

    points: list[Point]
    line: str
    band: str
    lines: list[tuple[int, float]]
    dates: list[tuple[str, float]]


@bp.get("/classifier/error")
@requires("company.read")
def table() -> ResponseReturnValue:
    """The error over the newest weeks that were drawn."""
    account = visitor().account
    with ground().database.read() as session:
        found = measured_error(session, account_id=account.id)
        blind_calls = session.get_one(Account, account.id).blind_calls
    return render_template(
        "measured/table.html",
        found=found,
        trend=draw_trend(found.weeks) if len(found.weeks) > 1 else None,
        next_draw=next_draw(zone=account.time_zone, now=datetime.now(UTC)),
        blind_calls=blind_calls,
        of_hundred=of_hundred,
        plain=plain_words(found.error.share, found.error.low, found.error.high) if found.error else "",
    )


def of_hundred(share: float) -> str:
    """0.042 -> 4; under one in a hundred, `fewer than 1`."""
    return "fewer than 1" if 0 < share < 0.005 else str(round(100 * share))


def plain_words(share: float, low: float, high: float) -> str:
    """`about 4 carry the wrong label (between 2 and 8)`."""
    number = of_hundred(share)
    about = number if number == "fewer than 1" else f"about {number}" if share else "none that we found"
    verb = "carries" if number in ("1", "fewer than 1") else "carry"
    return f"{about} {verb} the wrong label (between {round(100 * low)} and {round(100 * high)})"


def draw_trend(weeks: list[ErrorOf]) -> Trend:
    """The error week by week with its interval; the place of a week follows from its date, so that a gap is a gap."""
    first, last = weeks[0].week, weeks[-1].week
    highest = max(one.error.high for one in weeks) * 100
    top = next(scale for scale in _SCALES if highest <= scale)

    def left(week: date) -> float:
        return round(2 + 96 * (week - first).days / max(1, (last - first).days), 2)

    def height(share: float) -> float:
        return round(100 - 10_000 * share / top, 2)

    points = [
        Point(
            f"Week of {short_day(one.week)}: {100 * one.error.share:.0f}% wrong, {one.error.checks} checked",
            left(one.week), height(one.error.share), height(one.error.low), height(one.error.high),
        )
        for one in weeks
    ]  # fmt: skip
    every = -(-len(weeks) // MOST_DATES)
    there = [f"{one.left},{one.high}" for one in points]
    back = [f"{one.left},{one.low}" for one in reversed(points)]
    return Trend(
        points=points,
        line=" ".join(f"{one.left},{one.top}" for one in points),
        band=" ".join([*there, *back]),
        lines=[(value, 100 - 100 * value / top) for value in range(0, top + 1, top // 2)],
        dates=[(short_day(one.week), left(one.week)) for place, one in enumerate(weeks) if place % every == 0],
    )
