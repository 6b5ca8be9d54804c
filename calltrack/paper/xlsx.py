"""A table as an XLSX workbook: numbers as numbers, so that a spreadsheet can go on computing.

The format itself keeps every number as a double; exact values are handed over as decimals and nothing is computed here.
"""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice
from typing import Any

from calltrack.paper.table import Cell, Column, Kind, Row, Table, as_text, local, units

_FORMATS: dict[Kind, str] = {
    "text": "@",
    "whole": "#,##0",
    "percent": "0.0%",
    "money": '"$"#,##0.00;[Red]-"$"#,##0.00',
    "ratio": '0.00"\N{MULTIPLICATION SIGN}"',
    "moment": "yyyy-mm-dd hh:mm",
    "date": "yyyy-mm-dd",
    "seconds": "#,##0",
}
_LONGEST_TEXT = 32_767  # the format's own limit, in characters
_FIRST_YEAR = 1900  # the format knows no earlier day
_HEADING_ROW = 3
# Widths in characters of the standard font.
_NARROWEST, _WIDEST = 8, 48
_LOOKED_AT = 200  # rows that decide a column's width: those after are written before anybody has seen them


def write_xlsx(table: Table) -> bytes:
    """One sheet: title, subtitle, a heading that stays in sight, the rows, the totals. A moment is local time."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

    made = BytesIO()
    with Workbook(made, {"constant_memory": True, "in_memory": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": as_text(table.title)})
        sheet = book.add_worksheet()
        rows = iter(table.rows)
        first = list(islice(rows, _LOOKED_AT))
        for place, column in enumerate(table.columns):
            sheet.set_column(
                place, place, _width(column, [row[place] for row in [*first, *filter(None, [table.totals])]])
            )
        sheet.freeze_panes(_HEADING_ROW + 1, 1)
        sheet.set_landscape()
        sheet.repeat_rows(_HEADING_ROW)
        sheet.write_string(0, 0, as_text(table.title), book.add_format({"bold": True, "font_size": 14}))
        sheet.write_string(1, 0, as_text(table.subtitle), book.add_format({"font_color": "#57626f"}))
        heading = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}
        for place, column in enumerate(table.columns):
            side = "left" if column.kind == "text" else "right"
            sheet.write_string(
                _HEADING_ROW, place, as_text(column.heading), book.add_format({**heading, "align": side})
            )
        plain = [book.add_format({"num_format": _FORMATS[column.kind]}) for column in table.columns]
        total = [
            book.add_format({"num_format": _FORMATS[column.kind], "bold": True, "top": 1}) for column in table.columns
        ]
        at = _HEADING_ROW
        for row in chain(first, rows):
            at += 1
            _write_row(sheet, at, table, row, plain)
        if table.totals:
            _write_row(sheet, at + 1, table, table.totals, total)
    return made.getvalue()


def _write_row(sheet: Any, at: int, table: Table, row: Row, formats: list[Any]) -> None:
    for place, (column, cell, written) in enumerate(zip(table.columns, row, formats, strict=True)):
        value = _value(column, cell)
        if value is None:
            sheet.write_blank(at, place, None, written)
        elif isinstance(value, str):
            sheet.write_string(at, place, value, written)  # a string cell: whatever it says, it is no formula
        elif isinstance(value, date):
            sheet.write_datetime(at, place, value, written)
        else:
            sheet.write_number(at, place, value, written)


def _value(column: Column, cell: Cell) -> str | Decimal | date | None:
    if cell is None:
        return None
    if column.kind == "text" or isinstance(cell, str):  # a line of totals names itself, whatever stands above it
        return as_text(cell)[:_LONGEST_TEXT]
    if column.kind == "moment":
        moment = local(cell).replace(tzinfo=None)
        return moment if moment.year >= _FIRST_YEAR else moment.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell if cell.year >= _FIRST_YEAR else str(cell)
    if column.kind == "money":
        return units(cell)
    return Decimal(cell).scaleb(-2) if column.kind == "percent" else Decimal(cell)


def _width(column: Column, cells: list[Cell]) -> int:
    """Room for the longest value seen, and for the longest word of the heading, which may wrap."""
    words = [len(word) for word in as_text(column.heading).split()]
    return min(_WIDEST, max(_NARROWEST, *words, *(_length(column, cell) for cell in cells), 0) + 1)


def _length(column: Column, cell: Cell) -> int:
    if cell is None:
        return 0
    if column.kind == "moment":
        return 16
    if column.kind == "money":
        return len(f"-${units(cell):,}")
    return len(as_text(cell)) + (0 if isinstance(cell, datetime | date | str) else 2)
