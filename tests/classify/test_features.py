"""From text to terms."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify.cues import PATTERNS
from calltrack.classify.features import OPENING_WORDS, PADDING, find_terms, plain, weigh_terms


def names(text: str) -> set[str]:
    return {term.name for term in find_terms(text=text)}


def test_masks_numbers_and_days_are_no_terms():
    masked, spoken = names("see you [DATE] at [TIME] okay"), names("see you Tuesday at 8:30 okay")
    assert masked == spoken
    assert "word:see you" in masked


def test_no_pair_spans_a_mask_or_the_end_of_a_sentence():
    assert not {"word:you okay", "word:done bye"} & names("see you [DATE] okay we are done. bye")


def test_words_after_the_opening_are_terms_of_the_whole_call_only():
    found = names("well " * OPENING_WORDS + "goodbye")
    assert "word:goodbye" in found
    assert "opening:goodbye" not in found


def test_a_set_phrase_counts_with_its_family():
    assert "cue:moves an appointment" in names("I'm gonna have to reschedule")
    assert "cue:too far" in names("sorry we don't go out that far")
    assert "opening cue:wants a price" in names("How much do you charge?")


@pytest.mark.parametrize("name", PATTERNS)
def test_no_family_matches_nothing(name):
    assert not PATTERNS[name].match("")


@given(st.text())
def test_a_terms_place_holds_its_words(text):
    low = plain(text=text)
    assert len(low) == len(text)
    for term in find_terms(text=text):
        block, _, words = term.name.partition(":")
        assert 0 <= term.start < term.end <= len(text)
        if block in {"word", "opening"}:
            assert re.findall(r"[a-z]+(?:'[a-z]+)*", low[term.start : term.end]) == words.split()


@given(st.lists(st.sampled_from(["leak", "quote", "invoice", "the"]), min_size=1))
def test_no_block_is_longer_than_one(words):
    terms = find_terms(text=" ".join(words))
    weighed = weigh_terms(terms=terms, idf={term.name: 2.0 for term in terms})
    for block in PADDING:
        assert sum(v * v for name, v in weighed.items() if name.startswith(f"{block}:")) < 1.0


def test_a_phrase_counts_for_more_among_few_than_among_many_but_is_never_all():
    idf = {"cue:wants a price": 2.0, "cue:in a hurry": 2.0}
    (alone,) = weigh_terms(terms=find_terms(text="a quote"), idf=idf).values()
    beside = weigh_terms(terms=find_terms(text="a quote asap"), idf=idf)["cue:wants a price"]
    assert beside < alone < 0.5


def test_terms_that_the_model_does_not_know_count_for_nothing():
    assert weigh_terms(terms=find_terms(text="leaking"), idf={"word:quote": 2.0}) == {}
