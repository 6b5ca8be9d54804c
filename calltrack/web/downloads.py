"""Tables that a browser saves or prints, instead of shows."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from flask import Response
from werkzeug.utils import secure_filename

from calltrack.paging import Page
from calltrack.paper.table import Table
from calltrack.paper.write import FORMATS, Format, write

T = TypeVar("T")
# The last part of an address, as routes know it.
SUFFIX = f"any({', '.join(FORMATS)})"


MOST_ROWS = 100_000  # in one file


def every(page_at: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All rows of a list, page by page, up to the most that one file holds. `page_at`: the page at a cursor."""
    cursor, count = None, 0
    while count < MOST_ROWS:
        page = page_at(cursor)
        yield from page.items
        count, cursor = count + len(page.items), page.next
        if cursor is None:
            return


def download(table: Table, *, wanted: Format) -> Response:
    """The table as a file that is named for its title and subtitle."""
    content, media_type, extension = write(table, wanted)
    name = secure_filename(f"{table.title} {table.subtitle}")[:120] or "calltrack"
    answer = Response(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{extension}")
    return answer
