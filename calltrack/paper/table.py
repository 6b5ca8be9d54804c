"""A table before it is written down: named columns of exact values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["text", "whole", "percent", "money", "ratio", "moment", "date", "seconds"]
# text str; whole, seconds: int; money: int, in cents; percent (42.5 of 100), ratio: Decimal or int; moment: an aware
# datetime, written in the zone that it carries; date: date. None: nothing is known, or there is nothing to divide by.
Cell = str | int | Decimal | date | None
Row = Sequence[Cell]

# No file format keeps these: control characters but tab and line ends, half surrogate pairs, and what XML forbids.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """One column: its heading, and the kind of its values."""

    name: str
    kind: Kind = "text"

    @property
    def heading(self) -> str:
        """The name, with the unit that bare numbers need: seconds are read as 1:03 on a page only."""
        return f"{self.name} (s)" if self.kind == "seconds" else self.name


@dataclass(frozen=True)
class Table:
    """What is to be written. `rows` may be a generator, for it is read once; each row has a cell for each column.

    `totals` (empty: none) is the last line, set apart. Title and subtitle head a page; CSV has room for neither.
    """

    title: str
    subtitle: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    totals: Row = field(default=())


def as_text(cell: Cell) -> str:
    """A text as every format can keep it: nothing for None, U+FFFD for what cannot be written."""
    return "" if cell is None else _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(cell))


def units(cents: Cell) -> Decimal:
    """A cell of a money column in units of money, exactly, with two decimals. Raises TypeError for what is no cents."""
    if not isinstance(cents, int):
        raise TypeError(f"money is written from whole cents: {cents!r}")
    return Decimal(cents).scaleb(-2)


def local(moment: Cell) -> datetime:
    """A cell of a moment column. Raises ValueError for a moment without a zone: nobody knows which it is."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment!r}")
    return moment
