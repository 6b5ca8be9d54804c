"""Words in braces that stand for something else, such as {campaign} in a whisper."""

import re
from collections.abc import Collection

_BRACED = re.compile(r"\{[^{}]*\}")


def unknown_stand_in(words: str | None, *, known: Collection[str]) -> str | None:
    """The first word in braces that stands for nothing, because only the `known` ones do ("{campaign}"): it would be
    said or sent as it is written."""
    return next((one for one in _BRACED.findall(words or "") if one not in known), None)
