"""What people write while they coach, checked: each refusal is a sentence that says what to do instead."""

import math

LONGEST_TEXT = 2000
LONGEST_RECORDING = 86_400.0


class BadCoaching(ValueError):
    """Something that cannot be kept; the message is a whole sentence that says what to do."""


def clean_text(text: str, *, called: str, longest: int = LONGEST_TEXT) -> str:
    """`text` without the blanks around it; it must hold something. Raises BadCoaching."""
    clean = text.replace("\x00", "").strip()
    if not clean:
        raise BadCoaching(f"Write {called}.")
    if len(clean) > longest:
        raise BadCoaching(f"Shorten {called}: it has at most {longest:,} characters.")
    return clean


def clean_optional(text: str, *, called: str, longest: int = LONGEST_TEXT) -> str | None:
    """The same for what may be left out: None for nothing."""
    return clean_text(text, called=called, longest=longest) if text.replace("\x00", "").strip() else None


def check_time(seconds: float) -> float:
    """A place in a recording: 0 to a day, in seconds. Raises BadCoaching."""
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_RECORDING:
        raise BadCoaching("A recording has no such time: write minutes and seconds from its beginning, such as 1:05.")
    return seconds
