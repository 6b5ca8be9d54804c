"""Tables that a browser saves or prints, instead of shows."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response, abort
from werkzeug.utils import secure_filename

from calltrack.paging import Page
from calltrack.paper.table import Table
from calltrack.paper.write import FORMATS, Format, write

T = TypeVar("T")
# The last part of an address, as routes know it.
SUFFIX = f"any({', '.join(FORMATS)})"


# Rows in one file: whoever asks for it waits for it, and a PDF of more is read by nobody.
MOST_ROWS: dict[Format, int] = {"csv": 100_000, "xlsx": 100_000, "pdf": 2_000}


def every(page_at: Callable[[str | None], Page[T]], *, wanted: Format) -> list[T]:
    """All rows of a list, page by page; a file of more than MOST_ROWS is refused. `page_at`: the page at a cursor."""
    rows: list[T] = []
    cursor = None
    while True:
        page = page_at(cursor)
        rows += page.items
        cursor = page.next
        if len(rows) > MOST_ROWS[wanted]:
            other = " or save it as CSV" if wanted == "pdf" else ""
            abort(400, f"A file of this kind holds at most {MOST_ROWS[wanted]:,} rows. Choose fewer days{other}.")
        if cursor is None:
            return rows


def download(table: Table, *, wanted: Format) -> Response:
    """The table as a file that is named for its title and subtitle."""
    content, media_type, extension = write(table, wanted)
    name = secure_filename(f"{table.title} {table.subtitle}")[:120] or "calltrack"
    answer = Response(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{extension}")
    return answer
