"""The recordings and sounds that rows name: found in the snapshot, copied after it, put back where they were.

Between the snapshot and the copy a recording may be erased, or be replaced where a number in it was silenced. What is
not there, or not as the row says, is looked for again in the database as it is by then, and noted:

erased: it was erased meanwhile. moved: other bytes took its place, which are what was copied.
altered: the bytes are not those that were once stored. missing: nobody knows why.
"""

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import Connection, text, update

from calltrack.backup.archive import FILES, NOTES, BadArchive, Writer, lines_of, members
from calltrack.backup.rows import Shape
from calltrack.db import Database
from calltrack.models import Recording
from calltrack.storage import Storage

# Each file is a question to a bucket far away: so many are asked for at once.
_AT_ONCE = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KINDS = ("mp3", "wav")


@dataclass(frozen=True)
class Named:
    """A file that a row names: a recording's in which `column`. `sure`: it has to be there; `sha256` where the row
    knows it."""

    key: str
    recording_id: int | None = None
    column: str = ""
    sha256: str | None = None
    sure: bool = True


@dataclass
class Copied:
    """How many files and bytes, and how many of each note."""

    files: int = 0
    bytes: int = 0
    notes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Copy:
    """What is to be written of a file: its path, size and SHA-256 (none: there is nothing), and what is noted."""

    path: Path | None
    size: int = 0
    sha256: str = ""
    note: dict[str, Any] | None = None


def named_files(connection: Connection, shapes: list[Shape]) -> Iterator[Named]:
    """Every file that the rows of a snapshot name."""
    columns = {shape.name: set(shape.columns) for shape in shapes}
    keys = [name for name in ("storage_key", "original_key") if name in columns["recordings"]]
    digest = "sha256" if "sha256" in columns["recordings"] else "NULL"
    asked = f"SELECT id, {digest}, {', '.join(keys)} FROM recordings"  # noqa: S608 - our own names
    for recording_id, known, *found in connection.execute(text(asked), execution_options={"stream_results": True}):
        for name, key in zip(keys, found, strict=True):
            if key is not None:
                yield Named(key, recording_id, name, known if name == "storage_key" else None)
    if "sounds" in columns:
        yield from _named_sounds(connection)


def _named_sounds(connection: Connection) -> Iterator[Named]:
    """The sounds on offer; and those that are no more, but that callers of the past were told, or a flow said."""
    offered = {
        (row[0], row[1]): row[2] for row in connection.execute(text("SELECT account_id, sha256, kind FROM sounds"))
    }
    for (account_id, digest), kind in offered.items():
        yield Named(sound_key(account_id, digest, kind), sha256=digest)
    heard = connection.execute(
        text("SELECT DISTINCT account_id, announcement_audio FROM calls WHERE announcement_audio IS NOT NULL")
    )
    said = {(row[0], row[1]) for row in heard}
    plans = text("SELECT account_id, CAST(plan AS text) FROM flow_versions JOIN flows ON flows.id = flow_id")
    for account_id, plan in connection.execute(plans):
        said |= {(account_id, digest) for digest in _SHA256.findall(plan)}
    for account_id, digest in sorted(said - offered.keys()):
        for kind in _KINDS:
            yield Named(sound_key(account_id, digest, kind), sha256=digest, sure=False)


def sound_key(account_id: int, sha256: str, kind: str) -> str:
    """Where an uploaded sound lies (telephony/sounds.py says the same, and a test that it does)."""
    return f"{account_id}/sounds/{sha256}.{kind}"


def copy_files(
    database: Database, *, storage: Storage, named: Iterator[Named], writer: Writer, notes: IO[bytes]
) -> Copied:
    """Copy every file into the archive, and write what is noted of some as lines. Raises StorageUnavailable."""
    done = Copied()
    with ThreadPoolExecutor(_AT_ONCE) as pool, TemporaryDirectory() as folder:
        places = [Path(folder, str(number)) for number in range(_AT_ONCE)]

        def fetch(one: tuple[Named, Path]) -> _Copy:
            return _fetch(database, storage, one[0], one[1])

        while part := list(islice(named, _AT_ONCE)):
            for one, copy in zip(part, pool.map(fetch, zip(part, places, strict=False)), strict=True):
                if copy.note:
                    notes.write(json.dumps({"key": one.key, **copy.note}).encode() + b"\n")
                    what = copy.note["note"]
                    done.notes[what] = done.notes.get(what, 0) + 1
                if copy.path:
                    with copy.path.open("rb") as body:
                        writer.add(FILES + one.key, body, size=copy.size, digest=copy.sha256)
                    done.files, done.bytes = done.files + 1, done.bytes + copy.size
    return done


def _fetch(database: Database, storage: Storage, one: Named, target: Path) -> _Copy:
    copied = _copy(storage, one.key, target)
    if not one.sure or (copied and copied.sha256 == (one.sha256 or copied.sha256)):
        return copied or _Copy(None)
    now = _look_again(database, one)
    if now is None:
        return _Copy(None, note={"note": "erased"})
    key, digest = now
    moved = copied if key == one.key else _copy(storage, key, target)
    if moved is None:
        return _Copy(None, note={"note": "missing"})
    if key == one.key and moved.sha256 != digest:
        return _Copy(target, moved.size, moved.sha256, {"note": "altered"})
    return _Copy(target, moved.size, moved.sha256, {"note": "moved", "now": key, "sha256": moved.sha256})


def _copy(storage: Storage, key: str, target: Path) -> _Copy | None:
    digest, size = sha256(), 0
    try:
        body = storage.read(key=key)
    except (FileNotFoundError, ValueError):  # or a key that this storage would never have taken
        return None
    with closing(body), target.open("wb") as file:
        for chunk in body:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return _Copy(target, size, digest.hexdigest())


def _look_again(database: Database, one: Named) -> tuple[str, str | None] | None:
    """The key and SHA-256 that the database knows by now; None: it was erased. What is no recording is as it was."""
    if one.recording_id is None:
        return one.key, one.sha256
    asked = text("SELECT * FROM recordings WHERE id = :id")
    with database.read() as session:
        row = session.execute(asked, {"id": one.recording_id}).mappings().first()
    if row is None or row["status"] == "erased" or row[one.column] is None:
        return None
    return row[one.column], row.get("sha256") if one.column == "storage_key" else None


def check_room(source: IO[bytes], *, storage: Storage) -> None:
    """Refuse an archive of which the storage has a file that is another. Raises BadArchive, StorageUnavailable."""
    files = _files(source)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while part := list(islice(files, 64)):
            sizes = pool.map(lambda one: storage.size(key=one[0]), part)
            for (key, body), size in zip(part, sizes, strict=True):
                if size is not None and _is_other(storage, key, body):
                    raise BadArchive(
                        f"the storage has another file under {key!r}; restore into a folder or a bucket's prefix of "
                        "its own (RECORDINGS_URL)"
                    )


def put_files(source: IO[bytes], *, storage: Storage) -> int:
    """Put every file of the archive where it was; one that is there already stays (`check_room` compared it). Returns
    how many there are."""
    done, files = 0, _files(source)
    with ThreadPoolExecutor(_AT_ONCE) as pool, TemporaryDirectory() as folder:

        def put(one: tuple[str, Path]) -> None:
            if storage.size(key=one[0]) is None:
                storage.put(key=one[0], source=one[1])

        while part := list(_spread(islice(files, _AT_ONCE), Path(folder))):
            list(pool.map(put, part))
            done += len(part)
    return done


def _spread(files: Iterator[tuple[str, IO[bytes]]], folder: Path) -> Iterator[tuple[str, Path]]:
    """Each of a few files at a path of its own."""
    for number, (key, body) in enumerate(files):
        path = folder / str(number)
        with path.open("wb") as file:
            shutil.copyfileobj(body, file)
        yield key, path


def _files(source: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    for name, _, body in members(source):
        if name.startswith(FILES):
            yield name.removeprefix(FILES), body


def _is_other(storage: Storage, key: str, body: IO[bytes]) -> bool:
    with closing(storage.read(key=key)) as kept:
        return any(chunk != body.read(len(chunk)) for chunk in kept) or body.read(1) != b""


def apply_notes(connection: Connection, source: IO[bytes], *, now: datetime) -> None:
    """Have the rows of today's tables say what was found of their files: what was erased is not played, and what took
    another's place is known by its own sum."""
    for name, size, body in members(source):
        if name != NOTES:
            continue
        for note in map(json.loads, lines_of(body, name=name, size=size).splitlines()):
            of_this = update(Recording).where(Recording.storage_key == note["key"])
            if note["note"] == "erased":
                connection.execute(of_this.values(status="erased", storage_key=None, erased_at=now))
                sealed = update(Recording).where(Recording.original_key == note["key"])
                connection.execute(sealed.values(original_key=None))
            elif note["note"] == "moved":
                connection.execute(of_this.values(sha256=note["sha256"]))
