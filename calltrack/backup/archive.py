"""The file that a backup is: a tar of plain parts, which also opens without calltrack.

In this order: `about.json` (what made it, the tables and their columns), `tables/NAME/000001.jsonl.gz` (rows.py),
`recordings/KEY` (a file of the storage under its key), `notes.jsonl` (files that are not as the rows say),
`SHA256SUMS` (of everything before it, for `sha256sum -c`), and `manifest.json`, without which nothing is whole.
"""

import json
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any

from calltrack.backup.rows import Shape

FORMAT = 1
ABOUT, NOTES, SUMS, MANIFEST = "about.json", "notes.jsonl", "SHA256SUMS", "manifest.json"
TABLES, FILES = "tables/", "recordings/"
LARGEST_PART = 256 * 1024**2  # bytes of rows that are held at once when they are read; parts are written at a 64th
_CHUNK = 1024**2


class BadArchive(ValueError):
    """What cannot be restored; the message says why."""


@dataclass(frozen=True)
class About:
    """What stands first in an archive. `began_at`: the moment of the snapshot, ISO 8601."""

    format: int
    made_by: str
    revision: str
    began_at: str
    tables: list[Shape]


@dataclass
class Manifest:
    """What stands last in an archive: the rows and the SHA-256 of each table's lines, and how many files there are.

    `notes` counts what is noted of files: erased, moved, altered, missing (files.py).
    """

    revision: str
    began_at: str
    ended_at: str = ""
    sums: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    notes: dict[str, int] = field(default_factory=dict)


class Writer:
    """An archive as it is written, from front to end: the target may be a pipe."""

    def __init__(self, target: IO[bytes], *, moment: int) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - `end` closes it
        self._moment = moment
        # A line a member, kept on the disk: there may be millions.
        self._listed = TemporaryFile()  # noqa: SIM115 - `__exit__` closes it

    def add(self, name: str, body: IO[bytes], *, size: int, digest: str) -> None:
        """Add a member of that many bytes and that SHA-256."""
        self._listed.write(sum_line(digest, name))
        self._put(name, body, size=size)

    def add_bytes(self, name: str, body: bytes) -> None:
        """Add a small member."""
        self.add(name, BytesIO(body), size=len(body), digest=sha256(body).hexdigest())

    def end(self, manifest: Manifest) -> None:
        """Add the sums and the manifest, and be done."""
        size = self._listed.tell()
        self._listed.seek(0)
        manifest.sums = hash_of(self._listed)
        self._listed.seek(0)
        self._put(SUMS, self._listed, size=size)
        body = json.dumps(asdict(manifest), indent=1).encode()
        self._put(MANIFEST, BytesIO(body), size=len(body))
        self._tar.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listed.close()

    def _put(self, name: str, body: IO[bytes], *, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._moment, 0o600
        self._tar.addfile(member, body)
        _forget(self._tar)


def members(source: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and body of each part from the front; a body is read before the next is asked for. BadArchive."""
    try:
        source.seek(0)
        with tarfile.open(fileobj=source, mode="r:") as tar:
            while (member := tar.next()) is not None:
                _forget(tar)
                body = tar.extractfile(member) if member.isreg() else None
                # A sparse one may be far larger than the archive, and one of less than nothing leads back to itself.
                if body is None or member.issparse() or member.size < 0:
                    raise BadArchive(f"{member.name!r} is no file: no backup of calltrack has such a part")
                yield member.name, member.size, body
    except BadArchive:
        raise
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BadArchive(f"this is no backup, or it is cut off: {error}") from None


def read_about(source: IO[bytes]) -> About:
    """What the archive says of itself at its front. BadArchive where it is none, or of another calltrack's format."""
    for name, size, body in members(source):
        if name != ABOUT or size > LARGEST_PART:
            break
        try:
            said = json.loads(body.read())
            if said["format"] != FORMAT:
                raise BadArchive(f"this backup has the format {said['format']!r}; this calltrack reads {FORMAT}")
            tables = [Shape(**{key: _tuple(value) for key, value in one.items()}) for one in said.pop("tables")]
            return About(tables=tables, **said)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, tarfile.TarError) as error:
            raise error if isinstance(error, BadArchive) else BadArchive("its about.json cannot be read") from None
    raise BadArchive("this is no backup of calltrack: it does not begin with about.json")


def lines_of(body: IO[bytes], *, name: str, size: int) -> bytes:
    """The lines of a table's part, or of the notes. BadArchive where they are damaged or more than can be."""
    if size > LARGEST_PART:
        raise BadArchive(f"{name} is larger than any part can be")
    packed = body.read()
    if not name.endswith(".gz"):
        return packed
    unpack = zlib.decompressobj(31)
    try:
        lines = unpack.decompress(packed, LARGEST_PART)
    except zlib.error as error:
        raise BadArchive(f"{name} is damaged: {error}") from None
    if not unpack.eof or unpack.unused_data:
        raise BadArchive(f"{name} is cut off, or larger than any part can be")
    return lines


def table_of(name: str) -> str:
    """Whose rows a part holds."""
    return name.removeprefix(TABLES).partition("/")[0]


def _forget(tar: tarfile.TarFile) -> None:
    """The library remembers each member that went by, and there may be millions."""
    vars(tar)["members"].clear()


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def sum_line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


def hash_of(body: IO[bytes]) -> str:
    digest = sha256()
    while chunk := body.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
