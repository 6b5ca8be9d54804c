"""Is an archive whole, and as it was written: everything is read, and compared with the sums and counts in it."""

import json
import tarfile
from collections import Counter
from dataclasses import fields
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any

from calltrack.backup.archive import (
    ABOUT,
    FILES,
    LARGEST_PART,
    MANIFEST,
    NOTES,
    SUMS,
    About,
    BadArchive,
    Manifest,
    hash_of,
    lines_of,
    members,
    read_about,
    sum_line,
    table_of,
)

# More than any line of sums that calltrack writes; a longer one is compared in pieces of so many bytes.
_LONGEST_LINE = 64 * 1024


def check(source: IO[bytes]) -> Manifest:
    """The archive's manifest, if all else is what it says. Raises BadArchive, which names what is not."""
    with TemporaryFile() as listed:
        seen = _Seen(read_about(source), listed)
        try:
            for name, size, body in members(source):
                seen.take(name, size=size, body=body)
        except tarfile.TarError as error:
            raise BadArchive(f"it is cut off: {error}") from None
    return seen.compare()


class _Seen:
    """What went by so far; `listed` holds a sum a part, on the disk because there may be millions."""

    def __init__(self, about: About, listed: IO[bytes]) -> None:
        self._listed = listed
        self._found = Manifest(revision=about.revision, began_at=about.began_at)
        self._found.rows = {shape.name: 0 for shape in about.tables}
        self._lines = {shape.name: sha256() for shape in about.tables}
        self._notes = Counter[str]()
        self._written: Manifest | None = None

    def take(self, name: str, *, size: int, body: IO[bytes]) -> None:
        """The next part. Raises BadArchive where it is damaged, or should not be here."""
        if self._written is not None or (self._found.sums and name != MANIFEST):
            raise BadArchive(f"{name!r} stands after the end")
        if name == MANIFEST:
            self._written = _read_manifest(body.read(LARGEST_PART))
        elif name == SUMS:
            self._found.sums = _compare_sums(self._listed, body)
        else:
            if name.startswith(FILES):
                self._found.files += 1
                self._found.bytes += size
            elif name != ABOUT:
                self._take_lines(name, lines_of(body, name=name, size=size))
                body.seek(0)
            self._listed.write(sum_line(hash_of(body), name))

    def compare(self) -> Manifest:
        """The manifest. Raises BadArchive where there is none, or where it says something else."""
        written = self._written
        if written is None:
            raise BadArchive("it has no manifest: the backup broke off before its end")
        self._found.lines = {name: lines.hexdigest() for name, lines in self._lines.items()}
        self._found.notes, self._found.ended_at = dict(self._notes), written.ended_at
        for one in fields(Manifest):
            if getattr(self._found, one.name) != getattr(written, one.name):
                raise BadArchive(f"its {one.name} are not what the manifest says")
        return written

    def _take_lines(self, name: str, lines: bytes) -> None:
        if name == NOTES:
            self._notes.update(_read_notes(lines))
        elif (table := table_of(name)) in self._lines:
            self._found.rows[table] += lines.count(b"\n")
            self._lines[table].update(lines)
        else:
            raise BadArchive(f"{name!r} belongs to no backup")


def _read_notes(lines: bytes) -> list[str]:
    """What is noted of each file; whatever restoring reads of a note is there."""
    try:
        notes = [json.loads(line) for line in lines.splitlines()]
        read = [value for one in notes for value in (one["key"], one["note"], one["note"] != "moved" or one["sha256"])]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadArchive("its notes cannot be read") from None
    if not all(isinstance(value, str) or value is True for value in read):
        raise BadArchive("its notes cannot be read")
    return [one["note"] for one in notes]


def _compare_sums(listed: IO[bytes], body: IO[bytes]) -> str:
    """The SHA-256 of the list of sums; names the first part that is not as it was."""
    listed.seek(0)
    whole = sha256()
    while line := body.readline(_LONGEST_LINE):
        if line != listed.readline(_LONGEST_LINE):
            raise BadArchive(f"{line[66:].decode(errors='replace').strip()} is not as it was written")
        whole.update(line)
    if listed.readline(1):
        raise BadArchive("it holds a part of which there is no sum")
    return whole.hexdigest()


def _read_manifest(body: bytes) -> Manifest:
    try:
        said: dict[str, Any] = json.loads(body)
        return Manifest(**said)
    except (ValueError, TypeError, RecursionError):
        raise BadArchive("its manifest cannot be read") from None
