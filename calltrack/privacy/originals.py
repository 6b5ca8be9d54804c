"""What was said and heard before numbers were taken out, sealed: for accounts that keep it, and who may open it."""

import json
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from calltrack.config import Settings
from calltrack.models import Recording, Transcript
from calltrack.sealing import seal, unseal
from calltrack.storage import Storage

WORDS, SOUND = "transcript", "recording"
"""What each is sealed for."""


def seal_turns(
    settings: Settings, *, plain: Sequence[dict[str, Any]], masked: Sequence[dict[str, Any]], before: str | None
) -> str:
    """The turns as they were said, sealed. `before`: what was sealed of the call earlier, which knows the numbers that
    are masked in `plain` by now. Raises SealBroken."""
    known: dict[tuple[str, str], deque[str]] = defaultdict(deque)
    for turn in _open(settings, before) if before else ():
        known[turn["speaker"], turn["masked"]].append(turn["text"])
    turns = []
    for said, turn in zip(plain, masked, strict=True):
        earlier = known[said["speaker"], turn["text"]]
        text = earlier.popleft() if earlier and said["text"] == turn["text"] else said["text"]
        turns.append({"speaker": said["speaker"], "start": turn["start"], "text": text, "masked": turn["text"]})
    return seal(settings, json.dumps(turns).encode(), purpose=WORDS).decode()


def original_turns(settings: Settings, *, transcript: Transcript | None) -> list[dict[str, Any]] | None:
    """The turns `{speaker, start, text}` as they were said; None where none are kept. Raises SealBroken."""
    if transcript is None or transcript.original is None:
        return None
    wanted = ("speaker", "start", "text")
    return [{name: turn[name] for name in wanted} for turn in _open(settings, transcript.original)]


def original_audio(settings: Settings, storage: Storage, *, recording: Recording | None) -> bytes | None:
    """The MP3 as it was before anything was silenced; None where none is kept.

    Raises SealBroken, StorageUnavailable.
    """
    if recording is None or recording.original_key is None or recording.status == "erased":
        return None
    try:
        sealed = b"".join(storage.read(key=recording.original_key))
    except FileNotFoundError:
        return None
    return unseal(settings, sealed, purpose=SOUND)


def _open(settings: Settings, sealed: str) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = json.loads(unseal(settings, sealed.encode(), purpose=WORDS))
    return turns
