"""Cutting a part out of a stored MP3 without decoding it: at frame boundaries, as a span of its bytes."""

from collections import deque
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from calltrack.frames import Frame, find_frames
from calltrack.storage import Storage

# A frame may borrow bytes of those before it. Two are taken along at most: no more is heard than was asked for, and
# a decoder that misses the rest starts with a twentieth of a second of silence.
_MOST_LEAD = 2
_MOST_KNOWN = 1000
_known: WeakKeyDictionary[Storage, dict[tuple[str, float, float], tuple[int, int] | None]] = WeakKeyDictionary()
_WITHOUT_SOUND = 36  # bytes of a frame at most: its header and side information


def cut(pieces: Iterable[bytes], *, start: float, end: float) -> tuple[int, int] | None:
    """The bytes of an MP3, from the first to before the last, that sound from `start` to `end` (seconds).

    Every frame is in it of which any part sounds then, and at most two before those, that the first can be decoded.
    None where nothing sounds then. `pieces` is read no further than needed.
    """
    lead: deque[Frame] = deque(maxlen=_MOST_LEAD)
    begin: int | None = None
    stop, passed = 0, 0.0
    for frame in find_frames(pieces):
        if passed >= end:
            break
        passed += frame.seconds
        if passed <= start + 1e-6:
            lead.append(frame)
            continue
        if begin is None:
            begin = _with_lead(frame, lead)
        stop = frame.at + frame.length
    return None if begin is None else (begin, stop)


def span_of(storage: Storage, *, key: str, start: float, end: float) -> tuple[int, int] | None:
    """`cut` of what is stored under `key`, remembered: a listener asks several times, and a recording never changes.

    Raises FileNotFoundError and StorageUnavailable.
    """
    known = _known.setdefault(storage, {})
    if (key, start, end) not in known:
        body = storage.read(key=key)
        try:
            found = cut(body, start=start, end=end)
        finally:
            body.close()
        if len(known) >= _MOST_KNOWN:  # cheap to find again
            known.clear()
        known[key, start, end] = found
    return known[key, start, end]


def _with_lead(first: Frame, lead: deque[Frame]) -> int:
    """Where to begin so that the frame finds what it borrowed, as far as the frames before it reach."""
    begin, missing = first.at, first.borrowed
    for before in reversed(lead):
        if missing <= 0:
            break
        begin, missing = before.at, missing - (before.length - _WITHOUT_SOUND)
    return begin
