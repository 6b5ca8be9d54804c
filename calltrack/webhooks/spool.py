"""Deliveries that came while the database was away: kept on disk before they are acknowledged, applied later."""

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from calltrack.telephony.carrier import Delivery

_log = logging.getLogger(__name__)

# The database cannot write just now (gone, all connections taken, read-only while it fails over): wait, in order.
_AWAY = (OperationalError, InterfaceError, InternalError, NoConnectionFree)


def put(*, folder: Path, delivery: Delivery) -> None:
    """Append one delivery to this process's file and wait until the disk has it; raises OSError when it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**asdict(delivery), "received_at": delivery.received_at.isoformat()}).encode() + b"\n"
    # Race: threads of this process and a replay meet in one file; the lock gives it to one at a time.
    with (folder / f"{os.getpid()}.jsonl").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line if _ends_in_a_line(file) else b"\n" + line)
        file.flush()
        os.fsync(file.fileno())


def replay(*, folder: Path, apply: Callable[[Delivery], None]) -> int:
    """Apply what is kept, oldest file first, and forget it; stops where the database is away again.

    A delivery that can never be applied is set aside in `refused.txt`, with a line in the log.
    """
    applied = 0
    for path in sorted(folder.glob("*.jsonl"), key=lambda one: one.stat().st_mtime):
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            left = [line for line in file.read().split(b"\n") if line]
            try:
                while left:
                    applied += _apply(left[0], folder=folder, apply=apply)
                    left.pop(0)
            except _AWAY:
                _log.warning("the database is away; %d deliveries stay in the spool", len(left))
            file.seek(0)
            file.write(b"".join(line + b"\n" for line in left))
            file.truncate()
            if left:
                break
    return applied


def look(*, folder: Path) -> tuple[int, bool]:
    """How many deliveries wait, and whether one more could be written."""
    waiting = sum(path.read_bytes().count(b"\n") for path in folder.glob("*.jsonl"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"a line")
    except OSError:
        return waiting, False
    return waiting, True


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
    except _AWAY:
        raise
    except Exception:  # noqa: BLE001 - one bad line must not keep the good ones back
        _log.exception("a spooled delivery cannot be applied; it is set aside")
        with (folder / "refused.txt").open("ab") as file:
            file.write(line + b"\n")
        return False
    return True
