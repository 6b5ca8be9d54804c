"""How fast a backup is made, checked and restored.

    python -m benchmarks.backup [--calls 20000] [--recordings 200]

writes that many calls, a fifth with a transcript, and so many recordings of 250 kB into SQLite and, where its programs
are on the machine, PostgreSQL; backs each up, verifies the archive, and restores it into an empty database of the same
kind. Prints rows and MiB a second, the archive's size, and how much memory the process took at its most.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from benchmarks.desk_rows import write_desk
from calltrack.backup.archive import Manifest
from calltrack.backup.checking import check
from calltrack.backup.making import back_up_to
from calltrack.backup.restoring import restore
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.models import Recording
from calltrack.storage import Storage, open_storage
from tests import servers

RECORDING_BYTES = 250_000


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=int, default=20_000)
    asked.add_argument("--recordings", type=int, default=200)
    chosen = asked.parse_args()
    print(f"{chosen.calls:,} calls, {chosen.recordings:,} recordings of {RECORDING_BYTES // 1000} kB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _measure("SQLite", folder / "s", f"sqlite:///{name}/full.db", f"sqlite:///{name}/empty.db", chosen)
        for full, empty in _postgres():
            _measure("PostgreSQL", folder / "p", full, empty, chosen)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def _postgres() -> Iterator[tuple[str, str]]:
    programs = servers.find_postgres()
    if not programs:
        print("PostgreSQL is not on this machine")
        return
    with (
        servers.postgres_server(programs=programs) as server,
        servers.postgres_database_of(server, template="template0") as full,
        servers.postgres_database_of(server, template="template0") as empty,
    ):
        yield full, empty


def _measure(kind: str, folder: Path, full: str, empty: str, chosen: argparse.Namespace) -> None:
    storage, other = open_storage(str(folder / "recordings")), open_storage(str(folder / "restored"))
    archive = folder / "backup.tar"
    with _opened(full) as source, _opened(empty) as target:
        upgrade(source)
        write_desk(source, calls=chosen.calls, transcripts=chosen.calls // 5)
        _record(source, storage, folder, chosen.recordings)
        made = _timed(
            f"{kind}: backup",
            lambda: back_up_to(archive, database=source, storage=storage, made_by="a benchmark"),
        )
        print(f"  {sum(made.rows.values()):,} rows; the archive has {archive.stat().st_size / 1024**2:,.1f} MiB")
        with archive.open("rb") as file:
            _timed(f"{kind}: verify", lambda: check(file))
        _timed(f"{kind}: restore", lambda: restore(archive, database=target, storage=other, now=datetime.now(UTC)))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory at its most: {most:,.0f} MiB")


def _record(database: Database, storage: Storage, folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "recording.mp3"
    rows = []
    for place in range(1, count + 1):
        source.write_bytes(os.urandom(RECORDING_BYTES))
        key = f"1/2026/05/RE{place}.mp3"
        storage.put(key=key, source=source)
        rows.append(
            {"call_id": place, "recording_sid": f"RE{place}", "carrier_status": "completed", "status": "stored",
             "storage_key": key}
        )  # fmt: skip
    with database.engine.begin() as connection:
        connection.execute(insert(Recording), rows)


def _timed(what: str, work: Callable[[], Manifest]) -> Manifest:
    begins = time.monotonic()
    manifest = work()
    took = time.monotonic() - begins
    rows, size = sum(manifest.rows.values()), manifest.bytes / 1024**2
    print(f"{what}: {took:.1f} s, {rows / took:,.0f} rows/s with {size / took:,.1f} MiB/s of recordings beside them")
    return manifest


if __name__ == "__main__":
    main()
