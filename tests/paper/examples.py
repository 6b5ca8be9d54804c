"""A small table with every kind of value."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from calltrack.paper.table import Cell, Column, Table

CHICAGO = ZoneInfo("America/Chicago")
COLUMNS = [
    Column("Campaign"),
    Column("Calls", "whole"),
    Column("Booked %", "percent"),
    Column("Revenue", "money"),
    Column("ROI", "ratio"),
    Column("Last call", "moment"),
    Column("Since", "date"),
    Column("Talked", "seconds"),
]
RADIO: list[Cell] = [
    "Radio", 1250, Decimal("42.5"), 125_000, Decimal("3.40"), datetime(2026, 5, 3, 9, 30, tzinfo=CHICAGO),
    date(2026, 1, 31), 3723,
]  # fmt: skip
NOTHING: list[Cell] = ["Łódź", *[None] * 7]
TOTAL: list[Cell] = ["Total", 1250, Decimal("42.5"), -5, None, None, None, 63]


def table(*rows: list[Cell], totals: list[Cell] | None = None) -> Table:
    return Table("Scorecards of Ana's Heating", "May 2026", COLUMNS, rows, totals or [])


def texts(*values: str) -> Table:
    """One column of texts."""
    return Table("t", "s", [Column("Text")], [[value] for value in values])
