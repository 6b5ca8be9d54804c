"""A CSV file as numbered lines of cells: UTF-8, commas, a header line that names the columns in any order."""

import csv
from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO

from calltrack.imports.fields import BadLine

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BadFile(ValueError):
    """A file that cannot be read as a whole; the message says what to do."""


class Table:
    """The lines of an open file. It is read anew from its beginning as often as anybody asks."""

    def __init__(self, file: BinaryIO, *, columns: Sequence[str], required: Collection[str]) -> None:
        self._file = file
        self._spoiled = ""
        self.bytes_read = 0
        first = next(self._records(), (1, BadLine("the file is empty; its first line names the columns")))[1]
        if isinstance(first, BadLine):
            raise BadFile(f"line 1: {first}")
        header = [name.strip() for name in first]
        missing = [name for name in columns if name in required and name not in header]
        if missing:
            hint = "; separate columns by commas" if len(header) == 1 and ";" in header[0] else ""
            raise BadFile(f"line 1 is the header; it lacks {', '.join(missing)}{hint}")
        twice = sorted({name for name in header if name in columns and header.count(name) > 1})
        if twice:
            raise BadFile(f"line 1 names {', '.join(twice)} twice; name each column once")
        self.unknown = [name or "(a column without a name)" for name in header if name not in columns]
        self._width = len(header)
        # A column that the file leaves out reads as the empty cell behind its last one.
        self._pick = itemgetter(*(header.index(name) if name in header else self._width for name in columns))

    def lines(self) -> Iterator[tuple[int, list[str] | BadLine]]:
        """Each line after the header, by the number it begins at: its cells in the order of `columns`, without the
        blanks around them, or what is wrong with it. Empty lines are passed over."""
        records = self._records()
        next(records, None)
        width, pick = self._width, self._pick
        for number, cells in records:
            if not cells:
                continue
            if isinstance(cells, BadLine):
                yield number, cells
            elif len(cells) != width:
                yield number, BadLine(f"it has {len(cells)} cells and the header {width}; quote a cell with a comma")
            else:
                cells.append("")
                yield number, [cell.strip() for cell in pick(cells)]

    def _records(self) -> Iterator[tuple[int, list[str] | BadLine]]:
        try:
            self._file.seek(0)
        except OSError:
            raise BadFile("it is read twice, so it has to be a file and not a pipe") from None
        self.bytes_read = 0
        reader = csv.reader(self._decoded(), strict=True)
        while True:
            number = reader.line_num + 1
            self._spoiled = ""
            try:
                cells: list[str] | BadLine = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = BadLine(f"it is not CSV ({error}); look for a quotation mark that is not closed")
            yield number, BadLine(self._spoiled) if self._spoiled else cells

    def _decoded(self) -> Iterator[str]:
        first = True
        for raw in self._file:
            self.bytes_read += len(raw)
            if first:
                first = False
                raw = raw.removeprefix(_BYTE_ORDER_MARK)  # noqa: PLW2901 - the line as it was meant
            if b"\0" in raw:
                self._spoiled = "it holds a NUL character; save the file as UTF-8 text"
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                self._spoiled = "it is not UTF-8; save the file as UTF-8"
                yield raw.decode(errors="replace")
