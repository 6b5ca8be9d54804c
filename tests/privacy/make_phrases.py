"""Fills the wordings with digits: `python -m tests.privacy.make_phrases` writes all phrase files, always alike.

What counts as what, decided before any rule was written:

- To be found: payment cards, also with a digit missing or a group said twice; security codes, expiry dates said with
  the card, PINs, one-time codes, and codes that open a gate, a door, a box or an alarm (all "code"); social security
  numbers and the last four of one ("ssn"); bank accounts, routing numbers, driver's licences ("account").
- Other numbers: telephones, addresses, zip codes, prices, dates, dates of birth, times, equipment, paperwork (also the
  codes of coupons, faults and confirmations), counts.
- In neither list, because either way is right: the last four digits of a card on file, a customer's account number.

Every fifth phrase or so is in small letters without punctuation, as live captions are.
"""

import json
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.privacy.number_kinds import BRANDS, FOUND, NAMED, NAMES, STREET_CITIES, card, expiry, gate, licence
from tests.privacy.other_numbers import other_words
from tests.privacy.spoken_digits import WAYS, joined

FOLDER = Path(__file__).parent
FILES = {
    "phrases.jsonl": "wordings.txt",
    "phrases_reserve.jsonl": "wordings_reserve.txt",
    "phrases_fresh.jsonl": "wordings_fresh.txt",
    "phrases_last.jsonl": "wordings_last.txt",
}
VARIANTS_OF_FOUND, VARIANTS_OF_OTHERS = 3, 2
SLOT = re.compile(r"\{([^{}]+)\}")


@dataclass
class Filling:
    """One phrase under way: its chance, which phrase of its wording it is, and the last number said."""

    chance: random.Random
    turn: int
    last: tuple[str, list[str]] = ("", [])
    names: frozenset[str] = frozenset()
    slots: int = 0
    pieces: list[tuple[str, str]] = field(default_factory=list)


def fill(*, wording: str, number: int) -> dict[str, Any]:
    """One phrase: its text, the numbers in it that are to be found, and the others with where they begin."""
    seed = zlib.crc32(wording.encode())
    filling = Filling(
        chance=random.Random(f"{wording} {number}"),
        turn=seed + number,
        names=frozenset(re.findall(r"[a-z]+", wording.lower())),
    )
    at = 0
    for slot in SLOT.finditer(wording):
        filling.pieces.append(("", wording[at : slot.start()]))
        filling.pieces.append(_fill_slot(slot.group(1), filling))
        at = slot.end()
    filling.pieces.append(("", wording[at:]))
    return _put_together(filling.pieces, captions=(seed + number) % 5 == 0)


def _fill_slot(slot: str, filling: Filling) -> tuple[str, str]:
    """What a slot is ("" for no number, "other", or a kind) and what is said there."""
    chance = filling.chance
    filling.slots += 1
    if slot[0] in "=~":
        return ("other" if slot[0] == "=" else ""), slot[1:]
    if slot[0] == "!":
        kind, _, said = slot[1:].partition(" ")
        return kind, said
    name, _, way = slot.partition(":")
    if name in ("city", "name"):
        return "", chance.choice(STREET_CITIES if name == "city" else NAMES)
    if name == "exp":
        return "code", expiry(chance, spoken=way == "words")
    if name == "gate":
        return "code", gate(chance)
    if name == "licence":
        return "account", licence(chance)
    if name in FOUND or name == "again":
        return _say_found(name, way, filling)
    return "other", other_words(chance)[name]()


def _say_found(name: str, way: str, filling: Filling) -> tuple[str, str]:
    chance = filling.chance
    way, _, between = way.partition("|")
    if name == "again":
        kind, groups = filling.last
    else:
        kind, make, ways = FOUND[name]
        groups = make(chance)
        if name == "card":
            groups = card(chance, _brand(way, filling), round_group=way == "hundreds")
        way = way if way in WAYS else ways[(filling.turn + filling.slots) % len(ways)]
    filling.last = (kind, groups)
    if between:
        return kind, joined(groups, between, chance, spoken=way == "words")
    return kind, WAYS[way](groups, chance)


def _brand(way: str, filling: Filling) -> str | None:
    """The slot's brand, else one that the wording names."""
    if way in BRANDS and way not in NAMED:
        return way
    named = [brand for name, brands in NAMED.items() if name in (way, *filling.names) for brand in brands]
    return filling.chance.choice(named) if named else None


def _put_together(pieces: list[tuple[str, str]], *, captions: bool) -> dict[str, Any]:
    text, numbers, others = "", [], []
    for what, piece in pieces:
        said = piece
        if captions:
            said = re.sub(r"[.,?!;](?=\s|$)", "", said).lower()
        elif what and said[0].isalpha() and (not text or re.search(r"[.?!]\s+$", text)):
            said = said[0].upper() + said[1:]
        if what == "other":
            others.append((said, len(text)))
        elif what:
            numbers.append({"text": said, "kind": what, "start": len(text)})
        text += said
    return {
        "text": text,
        "numbers": numbers,
        "others": [said for said, _ in others],
        "others_at": [at for _, at in others],
    }


def wordings(name: str) -> Iterator[tuple[str, str]]:
    """The family and the wording of each line of a file."""
    family = ""
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("=="):
            family = line.removeprefix("==").strip()
        elif line and not line.startswith("#"):
            yield family, line


def make(name: str) -> list[dict[str, Any]]:
    """All phrases of one file, each text once."""
    phrases: dict[str, dict[str, Any]] = {}
    for at, (family, wording) in enumerate(wordings(FILES[name]), start=1):
        variants = VARIANTS_OF_OTHERS if family.startswith("others") else VARIANTS_OF_FOUND
        for number in range(1, variants + 1):
            phrase = fill(wording=wording, number=number)
            phrases.setdefault(phrase["text"], {"id": f"{at:03}-{number}", "family": family, **phrase})
    return list(phrases.values())


def lines(name: str) -> str:
    """A phrase file's whole text."""
    return "".join(json.dumps(phrase, ensure_ascii=False) + "\n" for phrase in make(name))


if __name__ == "__main__":
    for name in FILES:
        (FOLDER / name).write_text(lines(name))
        print(name, len(make(name)))
