"""The kinds of talk that the rules know, each in many wordings and ways of saying digits; what is missed is printed."""

from pathlib import Path
from typing import Any

import pytest

from calltrack.masking.masking import find_numbers
from tests.privacy.make_phrases import fill
from tests.privacy.measure import measure

VARIANTS = 4


def _families() -> dict[str, list[dict[str, Any]]]:
    families: dict[str, list[dict[str, Any]]] = {}
    family = ""
    for at, line in enumerate(Path(__file__).with_name("families.txt").read_text().splitlines(), start=1):
        if line.startswith("=="):
            family = line.removeprefix("==").strip()
        elif line and not line.startswith("#"):
            families.setdefault(family, []).extend(
                {"id": f"{at}-{number}", **fill(wording=line.replace(" / ", "\n"), number=number)}
                for number in range(1, VARIANTS + 1)
            )
    return families


@pytest.mark.parametrize(("family", "phrases"), _families().items(), ids=list(_families()))
def test_each_family_is_masked_and_what_is_said_beside_it_stays(family: str, phrases: list[dict[str, Any]]) -> None:
    figures = measure(phrases=phrases, find_numbers=find_numbers)
    assert figures.found.hits >= 0.98 * figures.found.of, "\n".join(figures.missed)
    assert figures.others.hits <= 0.01 * figures.others.of + 1, "\n".join(figures.too_much)
