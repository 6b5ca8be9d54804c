"""What the carrier knows of its calls, recordings, numbers and texts, in one SQLite file that outlives the process."""

import json
import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Kind = Literal["call", "recording", "number", "text", "opt-out"]


class Ledger:
    """Rows by kind and sid, each a JSON object, newest first. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Open (or create) the file; without a path the ledger lives in memory."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False)
        with self._lock, self._database:
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS entries"
                " (kind TEXT, sid TEXT, moment TEXT, body TEXT, PRIMARY KEY (kind, sid))"
            )

    def write(self, *, kind: Kind, sid: str, moment: datetime, body: dict[str, Any]) -> None:
        """Add or replace one entry; `moment` orders the lists."""
        row = (kind, sid, moment.isoformat(), json.dumps(body))
        with self._lock, self._database:
            self._database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row)

    def read(self, *, kind: Kind, sid: str) -> dict[str, Any] | None:
        """Return one entry's body, or None."""
        with self._lock:
            row = self._database.execute("SELECT body FROM entries WHERE kind = ? AND sid = ?", (kind, sid)).fetchone()
        return json.loads(row[0]) if row else None

    def list(self, *, kind: Kind) -> list[dict[str, Any]]:
        """Return every body of a kind, newest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT body FROM entries WHERE kind = ? ORDER BY moment DESC, sid", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def erase(self, *, kind: Kind, sid: str) -> bool:
        """Delete one entry; return whether it was there."""
        with self._lock, self._database:
            return self._database.execute("DELETE FROM entries WHERE kind = ? AND sid = ?", (kind, sid)).rowcount > 0

    def close(self) -> None:
        """Close the file."""
        self._database.close()
