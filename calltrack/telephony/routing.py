"""Which phones ring for a number: from the database, and from a snapshot on disk when the database is away."""

import json
import os
import tempfile
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Number
from calltrack.telephony.flows import Flow


def find_flow(session: Session, *, phone_number: str | None, transcribe: bool) -> Flow | None:
    """The flow of a tracking number; None for one that nobody owns."""
    if not phone_number:
        return None
    row = session.execute(
        select(Number, Account.announcement)
        .join(Account, Account.id == Number.account_id)
        .where(Number.phone_number == phone_number)
    ).first()
    return _flow(row[0], row[1], transcribe=transcribe) if row else None


def save_snapshot(session: Session, *, path: Path) -> None:
    """Write every number's routing to `path` if it changed, whole or not at all."""
    rows = session.execute(select(Number, Account.announcement).join(Account, Account.id == Number.account_id))
    routes = {
        number.phone_number: {"to": number.forward_to, "announcement": announcement, "whisper": number.whisper}
        for number, announcement in rows
    }
    snapshot = json.dumps(routes, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == snapshot.encode():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8") as file:
        file.write(snapshot)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def recall_flow(*, path: Path, phone_number: str | None, transcribe: bool) -> Flow | None:
    """The flow as the snapshot knows it; None when it does not."""
    try:
        route = json.loads(path.read_bytes())[phone_number or ""]
        return Flow(
            number=phone_number or "",
            forward_to=tuple(route["to"]),
            announcement=route["announcement"],
            whisper=route["whisper"],
            transcribe=transcribe,
        )
    except (OSError, ValueError, LookupError, TypeError):  # whatever is wrong with it, it does not know the number
        return None


def _flow(number: Number, announcement: str, *, transcribe: bool) -> Flow:
    return Flow(
        number=number.phone_number,
        forward_to=tuple(number.forward_to),
        announcement=announcement,
        whisper=number.whisper,
        transcribe=transcribe,
    )
