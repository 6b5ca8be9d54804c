"""From a call to terms."""

import re

from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify import CallFacts, Turn
from calltrack.classify.features import (
    OPENING_WORDS,
    PADDING,
    find_terms,
    index_vocabulary,
    known_share,
    plain,
    weigh_terms,
)
from tests.classify.conftest import said, written


def names(text: str) -> set[str]:
    return all_names(written(text))


def all_names(facts: CallFacts) -> set[str]:
    return {f"{block}:{name}" for block, counts in find_terms(facts=facts).counts.items() for name in counts}


def vocabulary(*terms: str):
    return index_vocabulary(vocabulary=sorted(terms), idf=[2.0] * len(terms))


def weigh(text: str, *terms: str) -> list[float]:
    return weigh_terms(terms=find_terms(facts=written(text)), vocabulary=vocabulary(*terms)).values


def test_masks_numbers_and_days_are_no_terms():
    masked, spoken = names("see you [DATE] at [TIME] okay"), names("see you Tuesday at 8:30 okay")
    assert masked == spoken
    assert "word:see you" in masked


def test_no_pair_spans_a_mask_a_number_or_the_end_of_a_sentence():
    assert not {"word:you okay", "word:done bye", "word:for okay"} & names(
        "see you [DATE] okay we are done. bye for $45 okay"
    )


def test_words_after_the_opening_are_terms_of_the_whole_call_only():
    found = names("well " * OPENING_WORDS + "goodbye")
    assert "word:goodbye" in found
    assert "opening:goodbye" not in found


def test_a_phrase_after_the_opening_is_a_cue_of_the_whole_call_only():
    found = names("well " * OPENING_WORDS + "i need a quote")
    assert "cue:wants a price" in found
    assert "opening cue:wants a price" not in found


def test_a_set_phrase_counts_with_its_family():
    assert "cue:moves an appointment" in names("I'm gonna have to reschedule")
    assert "cue:too far" in names("sorry we don't go out that far")
    assert "opening cue:wants a price" in names("How much do you charge?")


def test_a_set_phrase_counts_for_who_said_it_where_that_is_known():
    assert "caller cue:wants a price" in all_names(said("Ace Plumbing.", "I need a quote."))
    assert "agent cue:wants a price" in all_names(said("Do you want a quote?", "Yes."))
    assert not {"caller cue:wants a price", "agent cue:wants a price"} & names("I need a quote.")


def test_what_is_known_of_the_call_is_a_term():
    assert "known:open job" in all_names(said("Ace Plumbing.", "Hi.", open_job=True))


_SPOKEN = st.text() | st.lists(
    st.sampled_from("a quote leaking we don't go that far [DATE] you're all set . \u0130 \x00".split()), max_size=30
).map(" ".join)


@given(st.lists(st.builds(Turn, st.sampled_from(["caller", "agent", "unknown"]), st.just(0.0), _SPOKEN), max_size=4))
def test_a_terms_place_holds_its_words(turns):
    text = "\n".join(turn.text for turn in turns)
    low = plain(text=text)
    assert len(low) == len(text)
    terms = find_terms(facts=CallFacts(turns=tuple(turns), text=text, duration=None, talk_seconds=None))
    assert set(terms.counts) == set(PADDING)
    for (block, name), (start, end) in terms.places.items():
        assert name in terms.counts[block]
        assert 0 <= start < end <= len(text)
        if block == "word":
            assert re.findall(r"[a-z]+(?:'[a-z]+)*", low[start:end]) == name.split()
    assert {("word", name) for name in terms.counts["word"]} <= terms.places.keys()


@given(st.lists(st.sampled_from(["leak", "quote", "invoice", "the"]), min_size=1))
def test_no_block_is_longer_than_one(words):
    terms = find_terms(facts=written(" ".join(words)))
    every = {f"{block}:{name}" for block, counts in terms.counts.items() for name in counts}
    weighed = weigh_terms(terms=terms, vocabulary=vocabulary(*every))
    assert {f"{block}:{name}" for block, name in weighed.terms} == every
    assert len(set(weighed.rows)) == len(every)
    for block in PADDING:
        values = [value for value, term in zip(weighed.values, weighed.terms, strict=True) if term[0] == block]
        assert sum(value * value for value in values) < 1.0


def test_a_phrase_counts_for_more_among_few_than_among_many_but_is_never_all():
    both = "cue:in a hurry", "cue:wants a price"
    (alone,) = weigh("a quote", *both)
    beside = weigh("a quote asap", *both)
    assert max(beside) < alone < 0.5


def test_a_term_said_again_counts_for_more_but_not_twice():
    (once,), (twice,) = weigh("quote", "word:quote"), weigh("quote quote", "word:quote")
    assert once < twice < 2 * once


def test_terms_that_the_model_does_not_know_count_for_nothing():
    assert weigh("leaking", "word:quote") == []


def test_the_share_of_known_words_counts_each_word_once_and_no_mask_number_or_day():
    words = vocabulary("word:my", "word:furnace")
    assert known_share(text="My my my FURNACE, [PERSON_NAME] on Monday 24", vocabulary=words) == 2 / 3
    assert known_share(text="[PERSON_NAME] Monday 24 a b c", vocabulary=words) == 0.0
    assert known_share(text="\u043c\u043e\u0439 furnace", vocabulary=words) == 1 / 2
    assert known_share(text="furnace", vocabulary={}) == 0.0
