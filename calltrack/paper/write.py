"""A table in the format that somebody asked for."""

from typing import Literal, get_args

from calltrack.paper.csv import write_csv
from calltrack.paper.table import Table

Format = Literal["csv", "xlsx", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)
_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def write(table: Table, format: Format) -> tuple[bytes, str, str]:  # noqa: A002  (the field's own word)
    """The table as (content, media type, extension without a dot)."""
    return _content(table, format), _TYPES[format], format


def _content(table: Table, wanted: Format) -> bytes:
    """The libraries are loaded by who writes such a file, not by every process."""
    if wanted == "csv":
        return b"".join(write_csv(table))
    if wanted == "xlsx":
        from calltrack.paper.xlsx import write_xlsx

        return write_xlsx(table)
    from calltrack.paper.pdf import write_pdf

    return write_pdf(table)
