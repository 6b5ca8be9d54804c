"""What is known of a call beside its words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify import CallFacts, Turn
from calltrack.classify.circumstances import CIRCUMSTANCES, find_circumstances
from tests.classify.conftest import said, written


def known(facts: CallFacts) -> set[str]:
    return set(find_circumstances(facts=facts))


def test_what_is_not_known_is_not_named():
    assert known(written("hi my furnace is out")) == set()


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"known_customer": True}, "known customer"),
        ({"open_job": True}, "open job"),
        ({"repeat_caller": True}, "rang before"),
        ({"blocked": True}, "number withheld"),
        ({"stir": "A"}, "number attested"),
        ({"stir": "B"}, "number not attested"),
        ({"stir": "failed"}, "number not attested"),
        ({"duration": 59}, "under a minute"),
        ({"duration": 301}, "over five minutes"),
        ({"hour": 8}, "in office hours"),
        ({"hour": 17}, "in office hours"),
        ({"hour": 18}, "in the evening"),
        ({"hour": 22}, "at night"),
        ({"hour": 0}, "at night"),
        ({"hour": 7}, "at night"),
    ],
)
def test_what_is_known_has_a_name(facts, name):
    assert known(replace(written("hi my furnace is out"), **facts)) == {name}


@pytest.mark.parametrize("seconds", [60, 300])
def test_between_one_and_five_minutes_is_nothing_special(seconds):
    assert known(replace(written("hi"), duration=seconds)) == set()


@pytest.mark.parametrize("name", ["known_customer", "open_job", "repeat_caller", "blocked"])
def test_what_is_denied_is_not_named(name):
    assert known(said("hi", "hi", **{name: False})) == set()


def test_who_says_more_than_twice_as_much_talks_most():
    assert known(said("Hello?", "my furnace is out again")) == {"caller talks most"}
    assert known(said("thank you for calling", "hi")) == {"agent talks most"}
    assert known(said("hi there", "hello to you too")) == set()


def test_a_voice_alone_does_not_talk_most():
    assert known(said("", "my furnace is out again")) == set()


def test_less_than_half_a_word_a_second_is_mostly_silence():
    assert known(said("hi", "yes", talk_seconds=5)) == {"mostly silence"}
    assert known(said("hi", "yes", talk_seconds=4)) == set()


_PERHAPS = st.none() | st.booleans()


@given(
    known_customer=_PERHAPS, open_job=_PERHAPS, repeat_caller=_PERHAPS, blocked=_PERHAPS,
    hour=st.none() | st.integers(0, 23), stir=st.sampled_from([None, "A", "B", "C", "failed"]),
    duration=st.none() | st.integers(0), talk_seconds=st.none() | st.integers(0),
    turns=st.lists(st.builds(Turn, st.sampled_from(["caller", "agent", "unknown"]), st.just(0.0), st.text())),
)  # fmt: skip
def test_every_name_is_known_beforehand_and_given_once(turns, **facts):
    found = list(find_circumstances(facts=CallFacts(turns=tuple(turns), text="", **facts)))
    assert set(found) <= set(CIRCUMSTANCES)
    assert len(set(found)) == len(found)
