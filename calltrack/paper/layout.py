"""Where the lines of a table come to stand on pages: pure measuring, in points.

All columns stand side by side at the largest size at which they fit. Where even the smallest is too wide, they are laid
over several pages at a size that reads well, the first column repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrack.paper.letters import font

PADDING = 4.0
LEADING = 1.3  # of the letters' size
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_SPLIT_SIZE = 8.0
_WIDEST_TEXT = 21.0  # of the letters' size; longer texts are wrapped
_MOST_LINES = 6
_LOOSEST = 14.0  # more air than this beside a number, and the eye loses its row


@dataclass(frozen=True)
class Texts:
    """A table in letters that can be shown; `left`: which columns begin at their left edge, as words do."""

    headings: Sequence[str]
    left: Sequence[bool]
    rows: Sequence[Sequence[str]]
    totals: Sequence[str]


@dataclass(frozen=True)
class Band:
    """One row on a page: the lines of each of its cells, and its height."""

    cells: list[list[str]]
    height: float


@dataclass(frozen=True)
class Part:
    """Columns that stand side by side: their places in the table and their widths, with heading and totals."""

    places: Sequence[int]
    widths: Sequence[float]
    heading: Band
    totals: Band | None


@dataclass(frozen=True)
class Page:
    """Some rows of a part; `first`: the place of the first in the table; `last`: the part ends here."""

    part: Part
    first: int
    bands: list[Band]
    last: bool


@dataclass(frozen=True)
class Layout:
    """The size of the letters, and every page in order."""

    size: float
    pages: list[Page]


def lay_out(texts: Texts, *, width: float, height: float) -> Layout:
    """The table on pages that leave it this much room."""
    size, groups = _columns(texts, width)
    pages: list[Page] = []
    for places, widths in groups:
        part = Part(
            places,
            widths,
            _band(texts.headings, places, widths, size, bold=True),
            _band(texts.totals, places, widths, size, bold=True) if texts.totals else None,
        )
        bands = [_band(row, places, widths, size) for row in texts.rows]
        pages += _pages(part, bands, height)
    return Layout(size, pages)


def _columns(texts: Texts, room: float) -> tuple[float, list[tuple[Sequence[int], list[float]]]]:
    """The letters' size, and the places and widths of the columns that stand side by side."""
    places = range(len(texts.headings))
    for size in _SIZES:
        widths = [_natural(texts, place, size, room) for place in places]
        spare = room - sum(widths)
        if spare >= 0:
            loose = min(spare / len(widths), _LOOSEST)
            return size, [(places, [width + loose for width in widths])]
    widths = [_natural(texts, place, _SPLIT_SIZE, room) for place in places]
    groups = [[0]]
    for place in places[1:]:
        if len(groups[-1]) > 1 and sum(widths[one] for one in groups[-1]) + widths[place] > room:
            groups.append([0])
        groups[-1].append(place)
    return _SPLIT_SIZE, [(group, [widths[place] for place in group]) for group in groups]


def _natural(texts: Texts, place: int, size: float, room: float) -> float:
    """A column's width: its longest value or word of the heading. Two such columns always fit side by side."""
    plain, bold = font(), font(bold=True)
    widest = max((plain.width(row[place], size) for row in texts.rows), default=0.0)
    if texts.totals:
        widest = max(widest, bold.width(texts.totals[place], size))
    if texts.left[place]:
        widest = min(widest, _WIDEST_TEXT * size)
    words = [bold.width(word, size) for word in texts.headings[place].split(" ")]
    return min(max([*words, widest]) + 2 * PADDING, room / 2)


def _band(
    row: Sequence[str], places: Sequence[int], widths: Sequence[float], size: float, *, bold: bool = False
) -> Band:
    letters = font(bold=bold)
    cells = [
        letters.wrap(row[place], room=width - 2 * PADDING + 0.01, size=size, most=_MOST_LINES)
        for place, width in zip(places, widths, strict=True)
    ]
    return Band(cells, max(map(len, cells)) * size * LEADING + PADDING)


def _pages(part: Part, bands: list[Band], height: float) -> list[Page]:
    """As many rows a page as fit; the totals stay on the page of the last row."""
    room = height - part.heading.height
    below = part.totals.height if part.totals else 0.0
    starts, left = [0], room
    for place, band in enumerate(bands):
        needed = band.height + (below if place == len(bands) - 1 else 0.0)
        if needed > left and place > starts[-1]:
            starts.append(place)
            left = room
        left -= band.height
    ends = [*starts[1:], len(bands)]
    return [
        Page(part, first, bands[first:end], last=end == len(bands)) for first, end in zip(starts, ends, strict=True)
    ]
