"""Deliveries that came while the database was away: kept on disk before they are acknowledged, applied later.

A web process appends to a file of its own (`PID.jsonl`). A replay sets such files aside (`*.replaying`) before it
applies them, so that no caller waits for it.
"""

import fcntl
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from calltrack.telephony.carrier import Delivery

REFUSED = "refused.txt"  # below the spool's folder: lines that can never be applied, a torn one among them
_log = logging.getLogger(__name__)


def put(*, folder: Path, delivery: Delivery) -> None:
    """Append one delivery to this process's file and wait until the disk has it; raises OSError when it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**asdict(delivery), "received_at": delivery.received_at.isoformat()}).encode() + b"\n"
    path, kept = folder / f"{os.getpid()}.jsonl", False
    while not kept:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Race: a replay may have set the file aside while we waited; then a new one is begun.
            if _is_at(path, file):
                begun = file.seek(0, os.SEEK_END) > 0
                file.write(line if _ends_in_a_line(file) else b"\n" + line)
                file.flush()
                os.fsync(file.fileno())
                if not begun:
                    _keep_name(folder)
                kept = True


def replay(*, folder: Path, apply: Callable[[Delivery], None]) -> int:
    """Apply what is kept, oldest first, and forget it; stops where the database is away again.

    A delivery that can never be applied is set aside in REFUSED, with a line in the log. One that was applied
    when this process died is applied again: that changes nothing.
    """
    _set_aside(folder)
    applied = 0
    for path in sorted(folder.glob("*.replaying"), key=_set_aside_at):
        with (
            suppress(FileNotFoundError, BlockingIOError),
            path.open("rb") as file,
        ):  # another process did it, or is at it
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(path, file):
                continue
            left = [line for line in file.read().split(b"\n") if line]
            try:
                while left:
                    applied += _apply(left[0], folder=folder, apply=apply)
                    left.pop(0)
            except (DBAPIError, NoConnectionFree):
                _log.warning("the database is away; %d deliveries stay in the spool", len(left))
                _keep_only(path, left)
                break
            path.unlink()
    return applied


class Look(NamedTuple):
    """How many deliveries wait, how many could not be applied and were set aside, whether one more could be written."""

    waiting: int
    refused: int
    writable: bool


def look(*, folder: Path) -> Look:
    """What is in the spool now."""
    waiting = sum(_lines(path) for path in [*folder.glob("*.jsonl"), *folder.glob("*.replaying")])
    refused = _lines(folder / REFUSED)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"a line")
            probe.flush()
    except OSError:
        return Look(waiting, refused, writable=False)
    return Look(waiting, refused, writable=True)


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except OSError:  # there is none, or (said by `writable`) nothing can be there
        return 0


def _keep_name(folder: Path) -> None:
    """Wait until the disk has the folder's entries: a file without a name would be lost with the power."""
    entries = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entries)
    finally:
        os.close(entries)


def _set_aside(folder: Path) -> None:
    for path in sorted(folder.glob("*.jsonl"), key=_written_at):
        with suppress(FileNotFoundError), path.open("rb") as file:  # another process has set it aside
            fcntl.flock(file, fcntl.LOCK_EX)  # no writer is in the middle of a line
            if _is_at(path, file):
                path.rename(folder / f"{path.stem}-{time.time_ns()}.replaying")


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _set_aside_at(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _keep_only(path: Path, lines: list[bytes]) -> None:
    """Make the file hold just these lines, on disk: they were acknowledged."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as fresh:
        fresh.write(b"".join(line + b"\n" for line in lines))
        fresh.flush()
        os.fsync(fresh.fileno())
    Path(fresh.name).replace(path)


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _ends_in_a_line(file: BinaryIO) -> bool:
    """False after a full disk or a crash left half a line: the next one must not be glued to it."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _apply(line: bytes, *, folder: Path, apply: Callable[[Delivery], None]) -> bool:
    """True when it was applied, False when it never can be."""
    try:
        told = json.loads(line)
        apply(Delivery(**{**told, "received_at": datetime.fromisoformat(told["received_at"])}))
    except (DataError, IntegrityError):  # a value that the database never takes
        return _refuse(line, folder=folder)
    except (DBAPIError, NoConnectionFree) as error:
        if _is_too_large(error):
            return _refuse(line, folder=folder)
        raise  # whatever else it says (gone, read-only, tables missing) may pass
    except Exception:  # noqa: BLE001 - one bad line must not keep the good ones back
        return _refuse(line, folder=folder)
    return True


def _is_too_large(error: Exception) -> bool:
    """PostgreSQL's class 54: a limit of its own was passed, as by a text that fits in no index."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None)).startswith("54")


def _refuse(line: bytes, *, folder: Path) -> bool:
    _log.exception("a spooled delivery cannot be applied; it is set aside")
    with (folder / REFUSED).open("ab") as file:
        file.write(line + b"\n")
    return False
