"""Transcripts: what was said, in the order it was said, however it was delivered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.fold import Received
from calltrack.calls.transcripts import keep_speech, transcript_of, turns_on_recording, write_transcript
from calltrack.db import Database
from calltrack.models import Call, Recording, Step, Transcript
from calltrack.telephony.carrier import Event, Speech
from tests.campaigns.story import MORNING, Story


def heard(
    text: str = "", *, at: float | None = 0, speaker: str = "caller", sequence: int = 0, state: Any = "content"
) -> Received:
    """Something said `at` seconds after the call began."""
    moment = MORNING + timedelta(seconds=at) if at is not None else None
    speech = Speech("GT1", state, speaker=speaker, text=text, sequence=sequence)
    return Received(Event(kind="transcription", call_sid="CA1", at=moment, speech=speech), MORNING)


TALK = [
    heard(state="started", at=1),
    heard("my furnace is out", at=3.5, sequence=2),
    heard("since when", at=6, speaker="agent", sequence=2),
    heard("since monday", at=8.25, sequence=3),
    heard("we can come today", at=11, speaker="agent", sequence=3),
    heard(state="stopped", at=20),
]
# The carrier's clock is read when an utterance is over: each begins a third of a second a word earlier.
TURNS = [
    {"speaker": "caller", "start": 1.1, "text": "my furnace is out"},
    {"speaker": "agent", "start": 4.3, "text": "since when"},
    {"speaker": "caller", "start": 6.55, "text": "since monday"},
    {"speaker": "agent", "start": 8.6, "text": "we can come today"},
]


def kept(session: Session, call: Call, said: list[Received]) -> Transcript:
    keep_speech(session, call=call, said=said)
    session.flush()
    transcript = transcript_of(session, call_id=call.id)
    assert transcript is not None
    return transcript


def judged(session: Session) -> list[str]:
    return list(session.scalars(select(Step.state).where(Step.name == "classify")))


def test_what_was_said_is_in_order_with_speaker_and_second(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        transcript = kept(session, Story(session).call(), TALK)
        assert transcript.turns == TURNS
        assert transcript.text == "my furnace is out\nsince when\nsince monday\nwe can come today"
        assert (transcript.complete, transcript.source, transcript.zero_at) == (
            True,
            "carrier",
            MORNING + timedelta(seconds=1),
        )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(order=st.permutations(range(len(TALK))), repeated=st.lists(st.integers(0, len(TALK) - 1), max_size=4))
def test_order_and_repetition_of_deliveries_change_nothing(
    on_sqlite: Database, order: list[int], repeated: list[int]
) -> None:
    with on_sqlite.write() as session:
        assert kept(session, Story(session).call(), [TALK[i] for i in [*order, *repeated]]).turns == TURNS
        session.rollback()


def test_two_who_speak_in_the_same_instant_are_always_in_the_same_order(on_sqlite: Database) -> None:
    both = [heard("hello", at=1, sequence=2), heard("good morning", at=1, sequence=2, speaker="agent")]
    with on_sqlite.write.begin() as session:
        story = Story(session)
        one, other = kept(session, story.call(), both), kept(session, story.call(), both[::-1])
        assert one.turns == other.turns


def test_the_same_words_said_twice_are_two_turns(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        said = [heard("hello", at=1, sequence=1), heard("hello", at=3, sequence=2)]
        assert [turn["start"] for turn in kept(session, Story(session).call(), said).turns] == [0.0, 1.65]


def test_no_turn_starts_before_the_one_before_it_or_before_the_transcript(on_sqlite: Database) -> None:
    said = [heard("word " * 20, at=2), heard("word " * 9, at=5, sequence=2), heard("word " * 90, at=6, speaker="agent")]
    with on_sqlite.write.begin() as session:
        starts = [turn["start"] for turn in kept(session, Story(session).call(), said).turns]
    assert starts == sorted(starts)
    assert starts[0] == 0.0


def test_a_transcript_without_clocks_is_in_the_carriers_own_order(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        said = [heard("second", at=None, sequence=2), heard("first", at=None, sequence=1)]
        transcript = kept(session, Story(session).call(), said)
        assert [(turn["text"], turn["start"]) for turn in transcript.turns] == [("first", 0.0), ("second", 0.0)]
        assert transcript.zero_at is None


def test_without_speech_there_is_no_transcript(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        keep_speech(session, call=call, said=[Received(Event(kind="transcription", call_sid="CA1"), MORNING)])
        assert transcript_of(session, call_id=call.id) is None
        assert judged(session) == []


def test_a_transcript_that_only_began_is_empty_and_not_complete(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        transcript = kept(session, Story(session).call(), TALK[:1])
        assert (transcript.text, transcript.turns, transcript.complete) == ("", [], False)


def test_a_voicemails_whole_text_is_the_callers_where_there_is_no_other(on_sqlite: Database) -> None:
    whole = heard("Please call me back.", state="whole", at=None)
    with on_sqlite.write.begin() as session:
        story = Story(session)
        alone = kept(session, story.call(), [whole, whole])
        assert alone.turns == [{"speaker": "caller", "start": 0.0, "text": "Please call me back."}]
        assert (alone.complete, alone.zero_at) == (True, None)
        assert kept(session, story.call(), [whole, *TALK]).turns == TURNS


def test_a_change_after_the_call_has_it_judged_again_and_no_change_does_not(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        kept(session, call, TALK[:2])
        assert judged(session) == ["due"]
        session.scalars(select(Step)).one().state = "done"
        kept(session, call, TALK[:2])
        assert judged(session) == ["done"]
        kept(session, call, TALK)
        session.expire_all()
        assert judged(session) == ["due"]


def test_while_the_call_runs_nothing_is_judged(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        kept(session, Story(session).call(running=True), TALK)
        assert judged(session) == []


def test_our_own_speech_to_text_replaces_the_carriers_and_is_not_replaced(database: Database) -> None:
    ours = [
        {"speaker": "caller", "start": 0.4, "text": "my furnace is out"},
        {"speaker": "agent", "start": 2, "text": "oh"},
    ]
    with database.write.begin() as session:
        call = Story(session).call()
        kept(session, call, TALK)
        for _ in range(2):
            write_transcript(session, call_id=call.id, source="whisper", turns=ours)
            session.flush()
        transcript = kept(session, call, TALK)
        assert (transcript.source, transcript.text, transcript.complete) == ("whisper", "my furnace is out\noh", True)
        assert (transcript.turns, transcript.zero_at) == (ours, None)
        assert judged(session) == ["due"]


@pytest.mark.parametrize(
    ("zero_at", "recorded_at", "starts"),
    [
        (0, 4, [0.0, 1.0, 6.25]),
        (0, 0, [2.5, 5.0, 10.25]),
        (4, 0, [6.5, 9.0, 14.25]),
        (None, 4, [2.5, 5.0, 10.25]),
        (0, None, [2.5, 5.0, 10.25]),
    ],
)
def test_turns_are_put_on_the_recordings_clock_as_far_as_both_are_known(
    zero_at: float | None, recorded_at: float | None, starts: list[float]
) -> None:
    def moment(seconds: float | None) -> datetime | None:
        return None if seconds is None else datetime(2026, 5, 4, tzinfo=UTC) + timedelta(seconds=seconds)

    turns = [{"speaker": "caller", "start": start, "text": "x"} for start in (2.5, 5.0, 10.25)]
    transcript = Transcript(call_id=1, turns=turns, zero_at=moment(zero_at))
    placed = turns_on_recording(transcript=transcript, recording=Recording(recorded_at=moment(recorded_at)))
    assert [turn["start"] for turn in placed] == starts
    assert [turn["start"] for turn in turns] == [2.5, 5.0, 10.25], "the transcript itself stays as it is"


def test_without_a_recording_turns_keep_their_own_clock() -> None:
    transcript = Transcript(call_id=1, turns=[{"speaker": "caller", "start": 2.5, "text": "x"}], zero_at=MORNING)
    assert turns_on_recording(transcript=transcript, recording=None)[0]["start"] == 2.5
