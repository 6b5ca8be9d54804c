"""Moments of a recording, as forms send them and people type them."""

import re

from calltrack.web.forms import BadField, text_field

_LONGEST = 24 * 3600  # seconds; no carrier records for longer
_WRITTEN = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,6})?)", re.ASCII)


def read_pin() -> float | None:
    """The moment that a note is pinned to; None where its box `pinned` is not ticked. Raises BadField."""
    return read_moment(text_field("pinned")) if text_field("pinned") else None


def read_moment(written: str) -> float:
    """Seconds, from `83.5`, `1:23.5` or `1:02:03`. Raises BadField."""
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise BadField("Enter a moment of the recording like 1:23.")
    hours, minutes, seconds = found.groups()
    moment = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))
    if moment > _LONGEST:
        raise BadField("No recording is that long: enter a moment like 1:23.")
    return round(moment, 2)
