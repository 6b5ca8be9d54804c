"""Restoring a backup into an empty database of either kind: checked before, compared after, and all or nothing."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from psycopg import Error as PostgresError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from calltrack.backup.archive import TABLES, About, BadArchive, Manifest, lines_of, members, read_about, table_of
from calltrack.backup.checking import check
from calltrack.backup.files import apply_notes, check_room, put_files
from calltrack.backup.rows import LEFT_OUT, Shape, read_lines, read_row, settle, shapes, write_rows
from calltrack.db import Database
from calltrack.migrations.upgrade import migrate
from calltrack.storage import Storage

Tell = Callable[[str], None]


def restore(
    path: Path, *, database: Database, storage: Storage, now: datetime, tell: Tell = lambda _said: None
) -> Manifest:
    """Bring back what an archive holds, with today's tables.

    One transaction holds all rows: if it breaks off, the database is as empty as before, files that are in the storage
    already are those of the archive, and the same command can be given again. Raises BadArchive for an archive that is
    not whole or too new, and for a database or storage that holds something else; StorageUnavailable.
    """
    with path.open("rb") as source:
        manifest = check(source)
        tell("the archive is whole")
        about = read_about(source)
        check_room(source, storage=storage)
        with database.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SET LOCAL timezone = 'UTC'"))
            _make_tables(connection, about)
            _load(connection, source, about=about, tell=tell)
            _compare(connection, about=about, manifest=manifest)
            tell("every row is as it was")
            migrate(connection, revision="head")
            apply_notes(connection, source, now=now)
            tell(f"{put_files(source, storage=storage):,} files are back")
    return manifest


def _make_tables(connection: Connection, about: About) -> None:
    """The tables as they were when the backup was made, empty."""
    there = set(inspect(connection).get_table_names())
    if there and "alembic_version" not in there:
        raise BadArchive("the database belongs to something else; restore into one that is empty (DATABASE_URL)")
    if there:
        for name in [shape.name for shape in shapes(connection)] + sorted(LEFT_OUT & there - {"alembic_version"}):
            table = connection.dialect.identifier_preparer.quote(name)
            if connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first():  # noqa: S608 - told by the database
                raise BadArchive(f"the database is not empty: {name} has rows; restore into another one (DATABASE_URL)")
        migrate(connection, revision="base")
    try:
        migrate(connection, revision=about.revision)
    except LookupError:
        raise BadArchive(f"it was made by a newer calltrack ({about.made_by}); install that one first") from None
    if _columns(shapes(connection)) != _columns(about.tables):
        raise BadArchive("its tables are not those of the calltrack that it says it was made by")


def _columns(tables: list[Shape]) -> dict[str, Any]:
    return {one.name: (sorted(zip(one.columns, one.kinds, strict=True)), one.key) for one in tables}


def _load(connection: Connection, source: IO[bytes], *, about: About, tell: Tell) -> None:
    """Add all rows, in the order of the archive: what is pointed at comes first. Triggers find them as they come, and
    so make anew what is derived."""
    known = {shape.name: shape for shape in about.tables}
    written: Counter[str] = Counter()
    before: Shape | None = None

    def end(shape: Shape) -> None:
        settle(connection, shape)
        tell(f"{shape.name}: {written[shape.name]:,} rows")

    for name, size, body in members(source):
        if not name.startswith(TABLES):
            continue
        shape = known[table_of(name)]
        if before is not None and before != shape:
            end(before)
        before = shape
        try:
            written[shape.name] += write_rows(connection, shape, _rows(lines_of(body, name=name, size=size), shape))
        except (SQLAlchemyError, PostgresError, ValueError, TypeError) as error:
            said = str(getattr(error, "orig", error)).splitlines()
            raise BadArchive(f"{name} cannot be restored: {said[0] if said else type(error).__name__}") from None
    if before is not None:
        end(before)


def _rows(lines: bytes, shape: Shape) -> Iterator[list[Any]]:
    return (read_row(line, shape) for line in lines.split(b"\n")[:-1])


def _compare(connection: Connection, *, about: About, manifest: Manifest) -> None:
    """Read every row back: the lines must be those of the source, to the last byte."""
    for shape in about.tables:
        digest = sha256()
        for line in read_lines(connection, shape):
            digest.update(line)
        if digest.hexdigest() != manifest.lines[shape.name]:
            raise BadArchive(f"the rows of {shape.name} did not arrive as they were")
