"""What a caller chose in a menu, by key or by voice."""

import re

from calltrack.telephony.carrier import Event
from calltrack.telephony.plan import Menu

_WORD = re.compile(r"[^\W_]+")


def choose(menu: Menu, *, event: Event) -> str | None:
    """The step that a key or what was said leads to; None where neither means anything here.

    Said words count where a choice's words stand in them as whole words, one after the other; of several the longest
    are meant (`new furnace` rather than `furnace`), then those of the earlier choice.
    """
    if event.digits:
        return next((choice.next for choice in menu.choices if choice.key == event.digits), None)
    said = _spoken(event.said or "")
    best, meant = 0, None
    for choice in menu.choices:
        for words in map(_spoken, choice.words):
            if len(words) > max(best, 2) and words in said:
                best, meant = len(words), choice.next
    return meant


def _spoken(text: str) -> str:
    """The words alone, lower case, a space around each; two spaces where there is none."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
