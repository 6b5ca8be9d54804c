"""Lists a page at a time, newest first, with cursors that stay right while new rows arrive."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, literal, tuple_

from calltrack.db import UTCDateTime

MOST_ROWS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_ID = 2**63 - 1

T = TypeVar("T")


class BadCursor(ValueError):
    """Not a cursor that a page gave out; the message says what to do."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor of the rows after them (None: these are the last).

    `looked_back_to`: the page was ended there, before it was full, because few rows fit; `next` goes on from there.
    """

    items: list[T]
    next: str | None
    looked_back_to: datetime | None = None


def write_cursor(moment: datetime, row_id: int) -> str:
    """An opaque word for the row after which the next page starts."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(f"{microseconds}.{row_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """The row that `write_cursor` was given. Raises BadCursor for any other word."""
    try:
        microseconds, row_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(".")
        moment, number = _EPOCH + timedelta(microseconds=int(microseconds)), int(row_id)
    except (ValueError, OverflowError):
        number = -1
    if not 0 <= number <= _LARGEST_ID:
        raise BadCursor("this cursor is none that a page gave out; start again without a cursor")
    return moment, number


def older_than(place: tuple[datetime, int], *, moment: Any, row_id: Any) -> ColumnElement[bool]:
    """The rows after `place` in an order of newest first."""
    return tuple_(moment, row_id) < tuple_(literal(place[0], UTCDateTime()), literal(place[1], BigInteger()))


def clamp(limit: int) -> int:
    """Rows a page: 1 to 200."""
    return max(1, min(limit, MOST_ROWS))
