"""Making a backup, while calls come in: the rows of one moment, then the files that they name."""

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import Connection, inspect, text

from calltrack.backup.archive import (
    ABOUT,
    FORMAT,
    LARGEST_PART,
    NOTES,
    TABLES,
    About,
    BadArchive,
    Manifest,
    Writer,
    hash_of,
)
from calltrack.backup.files import Named, copy_files, named_files
from calltrack.backup.rows import Shape, read_lines, shapes
from calltrack.db import Database
from calltrack.storage import Storage

_PART = LARGEST_PART // 64
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Begun:
    """A backup that holds its rows; `named` lists the files that are still to be copied."""

    writer: Writer
    manifest: Manifest
    named: IO[bytes]


def back_up(
    database: Database, *, storage: Storage, target: IO[bytes], made_by: str, tell: Tell = lambda _said: None
) -> Manifest:
    """Write one archive of the whole database, as of one moment, and of every file that it names.

    Nobody waits for it. Raises BadArchive where there is nothing to back up, StorageUnavailable.
    """
    with snapshot(database) as connection:
        begun = begin(connection, target=target, made_by=made_by, tell=tell)
    return finish(begun, database=database, storage=storage)


def back_up_to(
    path: Path, *, database: Database, storage: Storage, made_by: str, tell: Tell = lambda _said: None
) -> Manifest:
    """The same into a file, that is there when it is whole and not before; `-` is standard output."""
    if str(path) == "-":
        return back_up(database, storage=storage, target=sys.stdout.buffer, made_by=made_by, tell=tell)
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            manifest = back_up(database, storage=storage, target=target, made_by=made_by, tell=tell)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever is written meanwhile, and writes nothing itself."""
    on_sqlite = database.engine.dialect.name == "sqlite"
    chosen = {} if on_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(read_only=True, **chosen) as connection:
        connection.execute(text("SELECT 1")).all()  # the transaction begins
        if not inspect(connection).has_table("alembic_version"):  # and this first look is its moment
            raise BadArchive("this database has no tables of calltrack: there is nothing to back up")
        yield connection


def begin(connection: Connection, *, target: IO[bytes], made_by: str, tell: Tell = lambda _said: None) -> Begun:
    """Write the rows that the connection sees, and list the files that they name."""
    moment = datetime.now(UTC)
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    about = About(FORMAT, made_by, revision, moment.isoformat(), shapes(connection))
    manifest = Manifest(revision=revision, began_at=about.began_at)
    with ExitStack() as undo:  # where it breaks off
        writer = undo.enter_context(Writer(target, moment=int(moment.timestamp())))
        writer.add_bytes(ABOUT, json.dumps(asdict(about), indent=1).encode())
        for shape in about.tables:
            _write_table(connection, shape, writer=writer, manifest=manifest)
            tell(f"{shape.name}: {manifest.rows[shape.name]:,} rows")
        named = undo.enter_context(TemporaryFile())
        for one in named_files(connection, about.tables):
            named.write(json.dumps(asdict(one)).encode() + b"\n")
        undo.pop_all()
    return Begun(writer, manifest, named)


def finish(begun: Begun, *, database: Database, storage: Storage) -> Manifest:
    """Copy the files, and end the archive."""
    manifest = begun.manifest
    with begun.writer, begun.named as listed, TemporaryFile() as notes:
        listed.seek(0)
        named = (Named(**json.loads(line)) for line in listed)
        copied = copy_files(database, storage=storage, named=named, writer=begun.writer, notes=notes)
        manifest.files, manifest.bytes, manifest.notes = copied.files, copied.bytes, copied.notes
        size = notes.tell()
        notes.seek(0)
        digest = hash_of(notes)
        notes.seek(0)
        begun.writer.add(NOTES, notes, size=size, digest=digest)
        manifest.ended_at = datetime.now(UTC).isoformat()
        begun.writer.end(manifest)
    return manifest


def _write_table(connection: Connection, shape: Shape, *, writer: Writer, manifest: Manifest) -> None:
    """The table's lines in parts, so that its size need not be known before."""
    digest, part, rows, number = sha256(), BytesIO(), 0, 0

    def put() -> None:
        nonlocal number
        number += 1
        packed = gzip.compress(part.getvalue(), compresslevel=3, mtime=0)
        writer.add_bytes(f"{TABLES}{shape.name}/{number:06}.jsonl.gz", packed)
        part.seek(0)
        part.truncate()

    for line in read_lines(connection, shape):
        part.write(line)
        rows += 1
        if part.tell() >= _PART:
            digest.update(part.getbuffer())
            put()
    digest.update(part.getbuffer())
    if part.tell():
        put()
    manifest.rows[shape.name], manifest.lines[shape.name] = rows, digest.hexdigest()
