"""The script is well-formed, and every reason and every way for a call to go is in it."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.demo.conversations import LINES, SCRIPT, Conversation, Turn, read_script
from calltrack.demo.timing import lay_out
from calltrack.demo.voices import CALLER_VOICES

LEAD_REASONS = {"new job", "quote request", "service question", "emergency"}
EXCUSED_REASONS = {
    "wrong number",
    "solicitor",
    "robocall",
    "vendor",
    "job applicant",
    "existing job",
    "billing",
    "warranty/complaint",
    "out of area",
    "service not offered",
    "too short",
    "internal or test call",
}

each_conversation = pytest.mark.parametrize("conversation", read_script().values(), ids=read_script().keys())


def reasons(label: str) -> set[str | None]:
    return {c.truth.reason for c in read_script().values() if c.truth.label == label}


def test_every_reason_of_either_label_is_played():
    assert reasons("lead") == LEAD_REASONS
    assert reasons("excused") == EXCUSED_REASONS


def test_every_way_for_a_call_to_go_is_played():
    assert {c.line for c in read_script().values()} == set(LINES) - {"hangs-up-in-menu"}, "its numbers have no menu"
    assert {c.first_to_hang_up for c in read_script().values()} == {"caller", "agent"}


def test_there_are_enough_different_conversations():
    spoken = [c.words for c in read_script().values() if c.words]
    assert len(spoken) >= 36
    assert len(set(spoken)) == len(spoken)


def test_messages_are_left_by_leads_and_by_others():
    assert {c.truth.label for c in read_script().values() if c.voicemail} == {"lead", "excused"}


@each_conversation
def test_a_conversation_is_well_formed(conversation: Conversation):
    assert re.fullmatch(r"\+1[2-9]\d{2}55501\d{2}", conversation.caller.number)
    assert conversation.caller.voice in CALLER_VOICES
    assert bool(conversation.turns) == (conversation.line == "answered")
    assert conversation.truth.booking is None or conversation.truth.label == "lead"
    assert (conversation.truth.label is None) == (not conversation.words)
    for text in conversation.words.splitlines():
        assert text == text.strip()
        assert text.isascii()


@pytest.mark.parametrize("conversation", [c for c in read_script().values() if c.words], ids=lambda c: c.id)
def test_a_talk_takes_as_long_as_on_a_real_telephone(conversation: Conversation):
    turns = conversation.turns or tuple(Turn(speaker="caller", text=text) for text in conversation.voicemail)
    utterances, seconds = lay_out(turns=turns, seed="a test")
    if conversation.truth.reason == "too short":
        assert seconds < 12
    else:
        assert (15 if conversation.voicemail else 30) <= seconds <= 90
    assert all(a.start + a.seconds < b.start for a, b in pairwise(utterances))


def test_booked_jobs_are_completed_scheduled_and_canceled():
    statuses = {c.truth.booking.status for c in read_script().values() if c.truth.booking}
    assert statuses == {"completed", "scheduled", "canceled"}


def test_no_caller_shares_another_ones_number():
    numbers = {c.caller.number: c.caller.name for c in read_script().values()}
    assert len(numbers) == len({c.caller.name for c in read_script().values()})


def test_the_script_is_plain_data():
    assert {path.suffix for path in SCRIPT.iterdir()} == {".json"}


TURNS = st.lists(st.builds(Turn, speaker=st.sampled_from(["caller", "agent"]), text=st.text(min_size=1, max_size=80)))


@given(TURNS, st.text(max_size=10))
def test_turns_follow_one_another_within_the_talk(turns: list[Turn], seed: str):
    utterances, seconds = lay_out(turns=turns, seed=seed)
    assert [utterance.text for utterance in utterances] == [turn.text for turn in turns]
    assert all(a.start + a.seconds < b.start for a, b in pairwise(utterances))
    assert all(utterance.start + utterance.seconds < seconds for utterance in utterances)
    assert lay_out(turns=turns, seed=seed) == (utterances, seconds)
