"""Set phrases, found the quick way and the plain way."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify.conversations import CORPUS
from calltrack.classify.cues import FAMILIES, Cue, find_cues
from calltrack.classify.features import plain

PLAIN = {family: re.compile(rf"(?:\b(?=\w)|(?=\[))(?:{'|'.join(phrases)})") for family, phrases in FAMILIES.items()}
PHRASES = sorted({phrase for phrases in FAMILIES.values() for phrase in phrases})

FITTING = {
    "booked": {"sets it down", "text on the way", "offers a time", "asks where they are", "takes details"},
    "new job": {"describes trouble", "wants a visit", "wants it new", "upkeep", "asks whether it is done"},
    "quote request": {"wants a price", "wants it new", "looks around", "asks about the work"},
    "service question": {"asks whether it is done", "asks whether they come", "wants a price"},
    "emergency": {"in a hurry", "describes trouble", "wants a visit"},
    "existing job": {
        *("has an appointment", "moves an appointment", "confirms an appointment", "asks where they are"),
        *("asks for news", "returns a call", "work was done", "sets it down", "offers a time", "wants papers"),
    },
    "warranty/complaint": {"is not right yet", "is unhappy", "work was done", "describes trouble"},
    "billing": {"talks of a bill", "runs a plan", "wants papers"},
    "out of area": {"too far", "sends elsewhere", "gives up"},
    "service not offered": {"not our work", "sends elsewhere", "gives up"},
    "solicitor": {"sells", "recorded voice"},
    "vendor": {"supplies", "talks of a bill", "asks for news"},
    "robocall": {"recorded voice", "sells"},
    "job applicant": {"looks for work"},
    "wrong number": {"wrong number"},
    "internal or test call": {"from inside"},
}
"""Families that a turn may hold which a person marked as the one that says what the call is about."""


def families(text: str) -> set[str]:
    return {cue.family for cue in find_cues(low=text)}


def find_plainly(low: str) -> set[Cue]:
    return {Cue(family, *found.span()) for family, pattern in PLAIN.items() for found in pattern.finditer(low)}


_PIECES = st.sampled_from(PHRASES).flatmap(
    lambda phrase: st.from_regex(phrase, fullmatch=True, alphabet=st.characters(codec="ascii"))
)
_NEAR_PHRASES = st.lists(_PIECES | st.sampled_from(["the", "you", "[", "'", ".", "\n"]), max_size=6)


@given(_NEAR_PHRASES, st.sampled_from([" ", "", ", "]))
def test_phrases_are_found_as_each_familys_pattern_would_find_them(pieces, between):
    low = plain(text=between.join(pieces))
    assert set(find_cues(low=low)) == find_plainly(low)


def test_phrases_of_the_corpus_are_found_as_each_familys_pattern_would_find_them(conversations):
    for conversation in conversations[::8]:
        low = plain(text=conversation.facts().text)
        assert set(find_cues(low=low)) == find_plainly(low)


@given(_NEAR_PHRASES.map(" ".join))
def test_cues_come_in_order_and_those_of_a_family_do_not_overlap(text):
    found = find_cues(low=text.lower())
    assert [cue.start for cue in found] == sorted(cue.start for cue in found)
    for family in FAMILIES:
        ends = [0, *(cue.end for cue in found if cue.family == family)]
        starts = [cue.start for cue in found if cue.family == family]
        assert all(end <= start for end, start in zip(ends, starts, strict=False))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_phrase_is_a_pattern_that_something_has_to_match(family):
    for phrase in FAMILIES[family]:
        assert not re.compile(phrase).match("")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_phrase_stands_twice_in_a_family(family):
    assert len(set(FAMILIES[family])) == len(FAMILIES[family])


def test_a_phrase_begins_with_a_word():
    assert "wants a price" in families("a quote")
    assert "wants a price" not in families("misquoted")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("how much do you charge", "wants a price"),
        ("i'm gonna have to reschedule", "moves an appointment"),
        ("sorry we don't go out that far", "too far"),
        ("unfortunately we don't work on those", "not our work"),
        ("i think you have the wrong number", "wrong number"),
        ("press one to speak with", "recorded voice"),
        ("is [person_name] there", "asks for a person"),
        ("alright you're all set", "sets it down"),
    ],
)
def test_what_people_say_is_heard(text, family):
    assert family in families(text)


def test_marked_turns_are_heard():
    """A person marked the turns by which each conversation shows what it is; the families are to hear four in ten."""
    marks, heard = 0, 0
    for path in CORPUS.glob("*.jsonl"):
        for row in map(json.loads, path.read_text().splitlines()):
            for turn, why in row.get("marks", ()):
                if why in FITTING:
                    marks += 1
                    heard += bool(FITTING[why] & families(plain(text=row["turns"][turn][1])))
    assert marks > 2000
    assert heard / marks > 0.4
