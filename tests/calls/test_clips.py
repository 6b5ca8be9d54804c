"""Parts of calls that a link opens for a time: what can be shared, for how long, and which words go with it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.clips import (
    BadClip,
    clips_of,
    end_clip,
    find_clip,
    hear_clip,
    is_open,
    make_clip,
    words_between,
)
from calltrack.calls.recordings import main_recording
from calltrack.calls.transcripts import write_transcript
from calltrack.db import Database
from calltrack.models import Call, Clip, Recording, Transcript
from calltrack.storage import open_storage
from tests.factories import NOON, answered_call, company, store_recording

NUMBER = "+13125550142"


def shared(session: Session, call: Call, start: float = 3.0, end: float = 9.0, **more: Any) -> tuple[Clip, str]:
    given_ = {"lasts": "7", "with_words": True, "made_by": "ana", **more}
    return make_clip(session, call=call, start=start, end=end, **given_)


@pytest.fixture
def session(on_sqlite: Database) -> Any:
    with on_sqlite.write.begin() as opened, time_machine.travel(NOON, tick=False):
        yield opened


@pytest.fixture
def call(session: Session, tmp_path: Path) -> Call:
    """A call of 63 seconds of recording."""
    company(session, name="Ana's Heating", number=NUMBER)
    made = answered_call(session, number=NUMBER, recorded=True)
    store_recording(session, call=made, storage=open_storage(str(tmp_path / "r")), audio=b"x", folder=tmp_path)
    return made


def test_a_clip_is_found_by_its_token_of_which_only_a_hash_is_kept(session: Session, call: Call) -> None:
    clip, token = shared(session, call)
    assert len(token) >= 43
    assert find_clip(session, token=token) is clip
    assert token not in str(vars(clip))
    assert find_clip(session, token=clip.token_hash) is None
    assert find_clip(session, token="") is None
    assert (clip.start, clip.end, clip.made_by, clip.expires_at) == (3.0, 9.0, "ana", NOON + timedelta(days=7))


@pytest.mark.parametrize(("lasts", "days"), [("1", 1), ("7", 7), ("30", 30)])
def test_a_link_is_over_the_moment_its_time_is(session: Session, call: Call, lasts: str, days: int) -> None:
    clip, _ = shared(session, call, lasts=lasts)
    over = NOON + timedelta(days=days)
    assert is_open(clip, now=over - timedelta(microseconds=1))
    assert not is_open(clip, now=over)


def test_a_link_is_ended_once_and_by_whom(session: Session, call: Call) -> None:
    clip, _ = shared(session, call)
    end_clip(session, call=call, clip_id=clip.id, ended_by="ana")
    end_clip(session, call=call, clip_id=clip.id, ended_by="ben")
    assert not is_open(clip)
    assert (clip.ended_by, clip.ended_at) == ("ana", NOON)


def test_one_that_is_over_by_itself_is_not_said_to_have_been_ended(session: Session, call: Call) -> None:
    clip, _ = shared(session, call, lasts="1")
    with time_machine.travel(NOON + timedelta(days=2)):
        end_clip(session, call=call, clip_id=clip.id, ended_by="ana")
    assert clip.ended_at is None


def test_a_clip_of_another_call_is_not_ended_here(session: Session, call: Call) -> None:
    clip, _ = shared(session, call)
    other = answered_call(session, number=NUMBER)
    for clip_id in (clip.id, 404):
        with pytest.raises(BadClip, match="no such clip"):
            end_clip(session, call=other, clip_id=clip_id, ended_by="ana")
    assert is_open(clip)


@pytest.mark.parametrize(
    ("start", "end", "more"),
    [(9, 3, {}), (3, 3.5, {}), (-1, 3, {}), (70, 90, {}), (float("nan"), 9, {}), (3, 9, {"lasts": "8"})],
)
def test_what_cannot_be_shared_says_why(
    session: Session, call: Call, start: float, end: float, more: dict[str, Any]
) -> None:
    with pytest.raises(BadClip):
        shared(session, call, start, end, **more)
    assert session.scalars(select(Clip)).all() == []


def test_to_the_end_and_a_bit_more_is_to_the_end(session: Session, call: Call) -> None:
    clip, _ = shared(session, call, 60, 99)
    assert clip.end == 63


def test_a_call_without_a_recording_has_nothing_to_share(session: Session, call: Call) -> None:
    bare = answered_call(session, number=NUMBER)
    with pytest.raises(BadClip, match="no recording"):
        shared(session, bare)


def test_the_call_s_clips_are_listed_newest_first(session: Session, call: Call) -> None:
    first, second = shared(session, call)[0], shared(session, call)[0]
    assert clips_of(session, call_id=call.id) == [second, first]


def test_a_listener_gets_the_part_s_words_only_where_they_are_shared(session: Session, call: Call) -> None:
    turns = [{"speaker": "caller", "start": 4.0, "text": "my furnace is out"}]
    write_transcript(session, call_id=call.id, source="whisper", turns=turns)
    heard = hear_clip(session, clip=shared(session, call)[0])
    assert heard
    assert heard.turns == [{"speaker": "caller", "text": "my furnace is out"}]
    assert call.caller
    assert heard.caller == f"...{call.caller[-2:]}"
    without = hear_clip(session, clip=shared(session, call, with_words=False)[0])
    assert without
    assert without.turns == []


def test_an_erased_recording_leaves_nothing_to_hear(session: Session, call: Call) -> None:
    clip, _ = shared(session, call)
    recording = main_recording(session, call_id=call.id)
    assert recording
    recording.status = "absent"
    assert hear_clip(session, clip=clip) is None


def test_a_call_that_turns_out_to_be_another_company_s_is_not_heard(session: Session, call: Call) -> None:
    clip, _ = shared(session, call)
    call.account_id = company(session, name="Dee's", number="+13125550177").account.id
    assert hear_clip(session, clip=clip) is None


def test_a_turn_that_goes_beyond_the_part_is_cut_there() -> None:
    turns = [
        {"speaker": "agent", "start": 0.0, "text": "a b c d e f g h i j"},  # five seconds, half a second a word
        {"speaker": "caller", "start": 5.0, "text": "k l m n o p"},
    ]
    said = words_between(turns, start=2.0, end=5.6)
    assert said == [{"speaker": "agent", "text": "... e f g h i j"}, {"speaker": "caller", "text": "k l m ..."}]
    assert words_between(turns, start=40, end=50) == []


@given(
    lengths=st.lists(st.tuples(st.integers(0, 30), st.floats(0, 20)), max_size=12),
    start=st.floats(0, 100),
    seconds=st.floats(0, 60),
)
def test_no_word_is_shown_twice_and_none_out_of_order(
    lengths: list[tuple[int, float]], start: float, seconds: float
) -> None:
    turns, at, place = [], 0.0, 0
    for words, pause in lengths:
        turns.append({"speaker": "caller", "start": at, "text": " ".join(str(place + i) for i in range(words))})
        at, place = at + pause, place + words
    shown = [word for turn in words_between(turns, start=start, end=start + seconds) for word in turn["text"].split()]
    numbers = [int(word) for word in shown if word != "..."]
    assert numbers == sorted(set(numbers))
    everything = words_between(turns, start=0, end=10_000)
    assert [word for turn in everything for word in turn["text"].split()] == [str(i) for i in range(place)]


def test_a_clip_stays_of_the_recording_it_was_made_of(session: Session, call: Call) -> None:
    clip, _ = shared(session, call)
    first = hear_clip(session, clip=clip)
    later = Recording(
        call_id=call.id, recording_sid="RE9", status="stored", carrier_status="completed", duration=500,
        storage_key="later.mp3",
    )  # fmt: skip
    session.add(later)
    session.flush()
    assert main_recording(session, call_id=call.id) is later
    assert first
    assert hear_clip(session, clip=clip) == first


def test_what_was_said_before_the_recording_began_is_in_no_clip(session: Session, call: Call) -> None:
    recording = main_recording(session, call_id=call.id)
    assert recording
    recording.recorded_at = NOON + timedelta(seconds=12)
    turns = [{"speaker": "caller", "start": start, "text": text} for start, text in ((1.0, "4111"), (13.0, "hello"))]
    session.add(
        Transcript(
            call_id=call.id, source="carrier", text="", turns=turns, complete=True, zero_at=NOON, updated_at=NOON
        )
    )
    session.flush()
    heard = hear_clip(session, clip=shared(session, call, start=0, end=5)[0])
    assert heard
    assert [turn["text"] for turn in heard.turns] == ["hello"]
