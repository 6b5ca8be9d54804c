"""Rows as lines of JSON that say the same whichever database they came from, and lines as rows again.

A moment is `2026-05-04 17:00:00.000000` in UTC, a day `2026-05-04`, bytes are Base64, a JSON column is its own text,
and everything else is what JSON has for it. Two tables hold the same if, and only if, their lines are the same.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, Table, inspect
from sqlalchemy import types as kinds
from sqlalchemy.sql.compiler import IdentifierPreparer

# Made anew by the database's own triggers, each kind of database in a way of its own; or of no use elsewhere: whoever
# was signed in signs in again, links by e-mail are sent again, and who guessed passwords begins at none.
LEFT_OUT = {"alembic_version", "sqlite_sequence", "sign_ins", "mail_links", "throttles"}
_OF_THE_DATABASE = "call_words"
_AT_ONCE = 2_000
Row = Sequence[Any]


@dataclass(frozen=True)
class Shape:
    """A table as it stands in the database: its columns in order, and which of them order the rows."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    key: tuple[str, ...]


def shapes(connection: Connection) -> list[Shape]:
    """Every table that a backup holds, as the database has it today; what is pointed at comes first."""
    names = [name for name in inspect(connection).get_table_names() if _belongs(name)]
    found = MetaData()
    found.reflect(connection, only=names, resolve_fks=False)
    return [_shape(table) for table in found.sorted_tables]


def _belongs(name: str) -> bool:
    return name not in LEFT_OUT and not name.startswith(_OF_THE_DATABASE)


def _shape(table: Table) -> Shape:
    return Shape(
        name=table.name,
        columns=tuple(column.name for column in table.columns),
        kinds=tuple(_kind(column.type) for column in table.columns),
        key=tuple(column.name for column in table.primary_key.columns),
    )


def _kind(type_: kinds.TypeEngine[Any]) -> str:
    named: list[tuple[type[Any], str]] = [
        (kinds.Boolean, "truth"), (kinds.DateTime, "moment"), (kinds.Date, "day"), (JSON, "json"),
        (kinds.LargeBinary, "bytes"), (kinds.Integer, "whole"), (kinds.Float, "real"), (kinds.String, "text"),
    ]  # fmt: skip
    for one, name in named:
        if isinstance(type_, one):
            return name
    raise TypeError(f"no backup knows a column of the type {type_!r}")


def read_lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """The table's rows, ordered by their key, a line each; never more than a few thousand at once in memory."""
    words = connection.dialect.identifier_preparer
    on_sqlite = connection.dialect.name == "sqlite"
    wanted = ", ".join(
        _asked(words.quote(name), kind, on_sqlite=on_sqlite)
        for name, kind in zip(shape.columns, shape.kinds, strict=True)
    )
    asked = f"SELECT {wanted} FROM {words.quote(shape.name)} ORDER BY {_order(words, shape, on_sqlite=on_sqlite)}"  # noqa: S608 - names that the database told us, quoted
    streamed = {"stream_results": True, "max_row_buffer": _AT_ONCE}
    rows = connection.exec_driver_sql(asked, execution_options=streamed)
    change = _changes(shape, {"truth": bool, "bytes": _from_bytes} if on_sqlite else {"bytes": _from_bytes})
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with rows:
        for part in rows.partitions(_AT_ONCE):
            for row in part:
                yield encode(change(row)).encode() + b"\n"


def _asked(column: str, kind: str, *, on_sqlite: bool) -> str:
    if on_sqlite:
        return column
    return {
        "moment": f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        "day": f"to_char({column}, 'YYYY-MM-DD')",
        "json": f"CAST({column} AS text)",
    }.get(kind, column)


def _order(words: IdentifierPreparer, shape: Shape, *, on_sqlite: bool) -> str:
    """The same order everywhere: a server's locale has no say in it."""
    kind_of = dict(zip(shape.columns, shape.kinds, strict=True))
    bytewise = "" if on_sqlite else ' COLLATE "C"'
    return ", ".join(words.quote(name) + (bytewise if kind_of[name] == "text" else "") for name in shape.key)


def read_row(line: bytes, shape: Shape) -> list[Any]:
    """The row of a line. ValueError where it is none of this table."""
    row = json.loads(line)
    if not isinstance(row, list) or len(row) != len(shape.columns):
        raise ValueError(f"a line of {shape.name} is no row of it")
    return row


def write_rows(connection: Connection, shape: Shape, rows: Iterator[Row]) -> int:
    """Add rows to the table; returns how many. The table's triggers see them like any other."""
    words = connection.dialect.identifier_preparer
    table, columns = words.quote(shape.name), ", ".join(map(words.quote, shape.columns))
    if connection.dialect.name == "sqlite":
        change = _changes(shape, {"truth": _to_whole, "bytes": _to_bytes})
        places = ", ".join("?" * len(shape.columns))
        insert = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - as above
        written = 0
        while part := [tuple(change(row)) for row in islice(rows, _AT_ONCE)]:
            connection.exec_driver_sql(insert, part)
            written += len(part)
        return written
    change, written = _changes(shape, {"bytes": _to_bytes}), 0
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(change(row))
            written += 1
    return written


def settle(connection: Connection, shape: Shape) -> None:
    """Once all rows of a table are there: the next one gets a number that none has, and the planner learns how many
    there are, because triggers ask this table for each row of those that follow. SQLite does without both."""
    if connection.dialect.name == "sqlite":
        return
    words = connection.dialect.identifier_preparer
    table = words.quote(shape.name)
    connection.exec_driver_sql(f"ANALYZE {table}")
    for column in shape.key:
        sequence = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (table, column)).scalar()
        if sequence:
            largest = f"(SELECT max({words.quote(column)}) FROM {table})"  # noqa: S608 - as above
            connection.exec_driver_sql(f"SELECT setval(%s, coalesce({largest}, 1), {largest} IS NOT NULL)", (sequence,))


def _changes(shape: Shape, by_kind: dict[str, Callable[[Any], Any]]) -> Callable[[Row], Row]:
    """What has to be done to a row, and to most nothing has."""
    places = [(place, by_kind[kind]) for place, kind in enumerate(shape.kinds) if kind in by_kind]
    if not places:
        return list

    def change(row: Row) -> Row:
        changed = list(row)
        for place, work in places:
            if changed[place] is not None:
                changed[place] = work(changed[place])
        return changed

    return change


def _from_bytes(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _to_bytes(value: str) -> bytes:
    return b64decode(value, validate=True)


def _to_whole(value: object) -> int:
    return int(bool(value))
