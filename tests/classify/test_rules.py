"""What is decided without a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify.rules import RULES, count_words, needs_no_label, rule_on
from tests.classify.conftest import said

ASKING = "Hi, my water heater is leaking and I need somebody to come out and look at it."


def why(facts) -> str:
    verdict = rule_on(facts=facts)
    assert verdict is not None
    assert (verdict.label, verdict.reason, verdict.source, verdict.model) == ("excused", "too short", "rule", RULES)
    return verdict.evidence[0].phrase


def test_a_call_of_nine_seconds_is_too_short():
    assert why(said("Hello?", "Sorry, wrong button, goodbye now.", talk_seconds=9)) == "9 s < 10 s of talk"


def test_a_call_of_ten_seconds_is_read():
    assert rule_on(facts=said("Hello?", "Can you come and fix my furnace?", talk_seconds=10)) is None


def test_the_seconds_of_talk_count_before_the_seconds_of_ringing():
    assert why(said("Hello?", "Is that the plumber, hello?", duration=45, talk_seconds=4)).startswith("4 s")


def test_twenty_words_are_a_conversation_however_short_it_was_timed():
    assert rule_on(facts=said("Ace Plumbing.", ASKING, "Yes.", "Please hurry.", talk_seconds=8)) is None


def test_a_missing_duration_never_makes_a_call_too_short():
    assert rule_on(facts=said("Ace Plumbing.", "I need a plumber.")) is None


def test_four_words_are_no_conversation():
    assert why(said("Hello? Hello? Anybody there?", duration=70)) == "4 words < 5 words"


def test_silence_is_too_short_however_long():
    assert why(said("", duration=300)) == "nobody said a word"


def test_a_mask_stands_for_a_word_and_a_noise_mark_for_none():
    assert count_words(text="[PERSON_NAME] [silence] uh, I\u2019m here - [MUSIC] [PHONE_NUMBER]") == 5


@pytest.mark.parametrize(
    "mark",
    ["[BLANK_AUDIO]", "[silence]", "[Music]", "[background noise]", "[inaudible]", "[laughter]", "[BEEP]",
     "[phone ringing]", "[NOISE]", "[sighs]", "[dial tone]", "[crosstalk]", "[hold music]", "[]", "[ _ ]"],
)  # fmt: skip
def test_noise_is_silence(mark):
    assert why(said(" ".join([mark] * 9))) == "nobody said a word"


@pytest.mark.parametrize("mask", ["[PERSON_NAME]", "[DATE]", "[ORGANIZATION]", "[MONEY_AMOUNT]", "[foreign language]"])
def test_what_was_said_and_masked_is_no_silence(mask):
    assert rule_on(facts=said(" ".join([mask] * 9))) is None


@pytest.mark.parametrize(
    "text",
    [
        "\u6211\u5bb6\u7684\u70ed\u6c34\u5668",
        "\u0e19\u0e49\u0e33\u0e23\u0e31\u0e48\u0e27\u0e17\u0e35\u0e48\u0e1a\u0e49\u0e32\u0e19",
    ],
)
def test_words_are_counted_where_no_spaces_part_them(text):
    assert rule_on(facts=said(text)) is None


@pytest.mark.parametrize("talk_seconds", [None, 3])
def test_a_short_voicemail_is_left_to_the_model(talk_seconds):
    assert rule_on(facts=said("Furnace is out.", voicemail=True, missed=True, talk_seconds=talk_seconds)) is None


def test_a_voicemail_of_two_words_is_too_short():
    assert why(said("Uh, hello.", voicemail=True, missed=True)) == "2 words < 3 words"


def test_a_call_nobody_transcribed_is_not_silence():
    assert rule_on(facts=said("", duration=300, transcribed=False)) is None
    assert why(said("", duration=5, transcribed=False)) == "5 s < 10 s of talk"


def test_a_missed_call_needs_no_label_unless_it_left_a_voicemail():
    assert needs_no_label(facts=said("", missed=True))
    assert not needs_no_label(facts=said(ASKING, missed=True, voicemail=True))


@given(st.text(), st.none() | st.integers(min_value=10), st.booleans())
def test_a_rule_excuses_for_words_exactly_when_they_are_few(text, seconds, voicemail):
    ruled = rule_on(facts=said(text, talk_seconds=seconds, voicemail=voicemail))
    assert (ruled is not None) == (count_words(text=text) < (3 if voicemail else 5))
