"""How many of the numbers that callers say are found, and how many others are masked by mistake."""

import itertools
import re
from pathlib import Path

import pytest

from calltrack.masking.masking import find_numbers
from tests.privacy import make_phrases
from tests.privacy.measure import FOLDER, FRESH, LAST, Share, measure, read_phrases, spoken_digits


def test_numbers_that_callers_say_are_found_and_other_numbers_are_left_alone() -> None:
    figures = measure(phrases=read_phrases(), find_numbers=find_numbers)
    assert figures.found.hits >= 0.98 * figures.found.of, "\n".join(figures.missed)
    assert figures.others.hits <= 0.01 * figures.others.of, "\n".join(figures.too_much)


def test_of_phrases_that_nobody_tuned_to_most_are_found_and_few_masked_in_vain() -> None:
    figures = measure(phrases=read_phrases(LAST), find_numbers=find_numbers)
    assert figures.found.hits >= 0.95 * figures.found.of
    assert figures.others.hits <= 0.05 * figures.others.of


@pytest.mark.parametrize("name", make_phrases.FILES)
def test_the_phrases_are_as_their_wordings_make_them(name: str) -> None:
    assert (FOLDER / name).read_text() == make_phrases.lines(name)


def test_the_phrases_are_many_and_various() -> None:
    phrases = read_phrases()
    with_numbers = [phrase for phrase in phrases if phrase["numbers"]]
    assert len(with_numbers) >= 350
    assert len(phrases) - len(with_numbers) >= 250
    assert len({phrase["id"].partition("-")[0] for phrase in with_numbers}) >= 120
    for phrase in phrases:
        for number in phrase["numbers"]:
            assert phrase["text"].startswith(number["text"], number["start"])
            assert spoken_digits(number["text"])


@pytest.mark.parametrize(("path", "others"), [(FRESH, 250), (LAST, 350)])
def test_the_later_phrases_are_many_and_various_too(path: Path, others: int) -> None:
    phrases = read_phrases(path)
    wordings_of = {phrase["id"].partition("-")[0]: bool(phrase["numbers"]) for phrase in phrases}
    assert len(phrases) >= 520
    assert len(wordings_of) >= 180
    assert sum(wordings_of.values()) >= 110
    assert sum(len(phrase["others"]) for phrase in phrases) >= others
    for phrase in phrases:
        for number in phrase["numbers"]:
            assert phrase["text"].startswith(number["text"], number["start"])
            assert number["kind"] in ("card", "code", "ssn", "account")
            assert spoken_digits(number["text"])


def test_no_wording_is_in_two_files() -> None:
    def bare(name: str) -> set[str]:
        return {re.sub(r"\{[^}]*\}|\W+", " ", wording).lower().strip() for _, wording in make_phrases.wordings(name)}

    for one, another in itertools.combinations(make_phrases.FILES.values(), 2):
        assert not bare(one) & bare(another) - {""}


def test_a_share_comes_with_wilsons_interval() -> None:
    low, high = Share(hits=98, of=100).interval()
    assert (round(low, 4), round(high, 4)) == (0.9300, 0.9945)
