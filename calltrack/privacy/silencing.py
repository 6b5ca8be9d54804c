"""The stretches of a stored recording in which a number is heard become silent, here and at the carrier.

A silenced recording lies under a name of its own, so that whoever is listening hears what they began with to its end
and nobody's copy is mistaken for it. The older one goes by the outbox step `discard`, once the row names the new one.
"""

import re
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.steps import ask
from calltrack.config import Settings
from calltrack.models import Recording
from calltrack.privacy.originals import SOUND
from calltrack.privacy.removing import sealed_key
from calltrack.privacy.silence import hush, join_stretches, silence
from calltrack.sealing import seal
from calltrack.storage import Storage

_VERSION = re.compile(r"(?:\.v(\d+))?\.mp3$")
_MOST_VERSIONS = 20


@dataclass(frozen=True)
class Silenced:
    """A silenced copy of a recording, stored under `key`; `was` is the row's key before."""

    recording_id: int
    was: str
    key: str
    digest: str
    stretches: list[tuple[float, float]]
    original_key: str | None


def stored_recordings(session: Session, *, call_id: int) -> list[Recording]:
    """The call's recordings that lie here."""
    stored = select(Recording).where(Recording.call_id == call_id, Recording.status == "stored")
    return list(session.scalars(stored.order_by(Recording.id)))


def is_silent(recording: Recording, stretches: Sequence[tuple[float, float]]) -> bool:
    """Whether all of the stretches are silent already."""
    known = join_stretches(recording.silenced or [])
    return all(
        any(begin <= since and until <= end for begin, end in known) for since, until in join_stretches(stretches)
    )


def silence_stored(
    settings: Settings,
    storage: Storage,
    *,
    recording: Recording,
    stretches: Sequence[tuple[float, float]],
    keep_original: bool,
) -> Silenced:
    """Store a copy with silence; with `keep_original` also the recording as it came, sealed. No row is changed.

    Raises FileNotFoundError where it is not in the storage, ValueError where it is no MP3, StorageUnavailable.
    """
    was = recording.storage_key or ""
    key = _next_key(was)
    with tempfile.TemporaryDirectory(prefix="calltrack-") as folder:
        source, target = Path(folder) / "before.mp3", Path(folder) / "after.mp3"
        with source.open("wb") as file, closing(storage.read(key=was)) as body:
            file.writelines(body)
        original_key = recording.original_key
        if keep_original and original_key is None:
            original_key = sealed_key(_VERSION.sub(".mp3", was))
            sealed = Path(folder) / "sealed"
            sealed.write_bytes(seal(settings, source.read_bytes(), purpose=SOUND))
            storage.put(key=original_key, source=sealed)
        silence(source=source, target=target, stretches=stretches)
        storage.put(key=key, source=target)
        digest = sha256(target.read_bytes()).hexdigest()
    joined = join_stretches([*(recording.silenced or []), *stretches])
    return Silenced(recording.id, was, key, digest, joined, original_key)


def keep_silenced(session: Session, *, made: Silenced) -> Recording | None:
    """The row names the silenced copy from now on, and the older one is discarded; None where the recording was erased
    or replaced meanwhile."""
    recording = session.get_one(Recording, made.recording_id)
    session.refresh(recording, with_for_update=True)
    if recording.status != "stored" or recording.storage_key != made.was:
        return None
    recording.storage_key, recording.sha256, recording.original_key = made.key, made.digest, made.original_key
    recording.silenced = [[round(begin, 2), round(end, 2)] for begin, end in made.stretches]
    recording.peaks = hush(recording.peaks, duration=float(recording.duration or 0), stretches=made.stretches)
    ask(session, call_id=recording.call_id, name="discard", subject=recording.recording_sid, again=True)
    return recording


def discard(storage: Storage, *, recording: Recording, usual: str) -> None:
    """Erase the copies of a recording that a silenced one took the place of; of an erased recording, all. `usual`: the
    name that its first one has."""
    if recording.status == "erased":
        for name in (usual, *(_version(usual, number) for number in range(1, _MOST_VERSIONS))):
            storage.delete(key=name)
    elif recording.storage_key:
        found = _VERSION.search(recording.storage_key)
        for number in range(int(found[1] or 0) if found else 0):
            storage.delete(key=_version(recording.storage_key, number))


def _next_key(key: str) -> str:
    found = _VERSION.search(key)
    if found is None or int(found[1] or 0) + 1 >= _MOST_VERSIONS:
        raise ValueError(f"{key} cannot be silenced once more")
    return _version(key, int(found[1] or 0) + 1)


def _version(key: str, number: int) -> str:
    return _VERSION.sub(f".v{number}.mp3" if number else ".mp3", key)
