"""Turns of phrase by which people on the phone show what a call is about, in the trade's own words.

Each family of `cues.toml` is one feature of the model, beside the single words, so that a way of saying something that
is rare in the corpus still counts with its family. Which label a family speaks for is learnt, not written there.
"""

import re
import tomllib
from pathlib import Path


def _read_families() -> dict[str, str]:
    """A pattern for each family: any of its phrases, from the beginning of a word on."""
    cues = tomllib.loads(Path(__file__).with_name("cues.toml").read_text(encoding="utf-8"))
    families = {}
    for name, family in cues["families"].items():
        pattern = rf"\b(?:{'|'.join(family['phrases'])})"
        for part, words in cues["parts"].items():
            pattern = pattern.replace(f"<{part}>", f"(?:{words})")
        families[name] = pattern
    return families


FAMILIES = _read_families()
PATTERNS: dict[str, re.Pattern[str]] = {name: re.compile(pattern) for name, pattern in FAMILIES.items()}
