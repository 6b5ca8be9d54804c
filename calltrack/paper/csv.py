"""A table as CSV (RFC 4180, UTF-8): what programs read, and what a spreadsheet opens without harm."""

import csv
import re
from collections.abc import Iterator
from io import StringIO

from calltrack.paper.table import Cell, Column, Row, Table, as_text, local, units

# A spreadsheet takes a text that begins like this for a formula, and a caller chooses the name on their phone.
_LIKE_A_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
# A phone number in E.164 is at worst shown without its plus sign: it can do nothing, so it stays as it is.
_HARMLESS = re.compile(r"\+[0-9]{1,15}")


def write_csv(table: Table) -> Iterator[bytes]:
    """The heading, the rows and the totals, a line each.

    Money is a decimal string of units, a percentage 0 to 100, a moment ISO 8601 with offset; nothing is an empty cell.
    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    yield _line([_harmless(column.heading) for column in table.columns])
    for row in table.rows:
        yield _line(_cells(table, row))
    if table.totals:
        yield _line(_cells(table, table.totals))


def _cells(table: Table, row: Row) -> list[str]:
    return [_written(column, cell) for column, cell in zip(table.columns, row, strict=True)]


def _written(column: Column, cell: Cell) -> str:
    if cell is None:
        return ""
    if column.kind == "money":
        return f"{units(cell):f}"
    if column.kind == "moment":
        return local(cell).isoformat(timespec="seconds")
    return _harmless(as_text(cell)) if column.kind == "text" else str(cell)


def _harmless(text: str) -> str:
    return f"'{text}" if _LIKE_A_FORMULA.match(text) and not _HARMLESS.fullmatch(text) else text


def _line(cells: list[str]) -> bytes:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
