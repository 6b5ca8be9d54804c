"""What a list shows of the words that a call was found by."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls.snippets import LENGTH, Snippet, find_snippets
from calltrack.calls.tags import note_call
from calltrack.calls.words import find_term, read_query, words_in
from calltrack.db import Database
from calltrack.models import Call, CallNote, Customer, Recording, Transcript
from tests.calls.searching import CALLER
from tests.campaigns.story import MORNING, Story, undone


@pytest.fixture
def story(migrated: Database) -> Iterator[Story]:
    with undone(migrated) as session:
        yield Story(session)


def snippet(session: Session, call: Call, q: str) -> Snippet | None:
    session.flush()
    return find_snippets(session, call_ids=[call.id], q=q).get(call.id)


def plain(found: Snippet | None) -> str:
    """The line, with what was found in brackets."""
    assert found is not None
    return "".join(f"[{text}]" if hit else text for text, hit in found.pieces)


def transcribe(story: Story, call: Call, *said: str, zero_at: float | None = None) -> None:
    turns = [{"speaker": "caller", "start": 10.0 * place, "text": text} for place, text in enumerate(said)]
    story.session.add(
        Transcript(
            call_id=call.id, source="carrier", text="\n".join(said), turns=turns, complete=True, updated_at=MORNING,
            zero_at=None if zero_at is None else MORNING + timedelta(seconds=zero_at),
        )
    )  # fmt: skip


def test_the_words_are_marked_in_what_was_said_with_the_second_of_the_turn(story: Story) -> None:
    call = story.call()
    transcribe(story, call, "Lakeside Heating", "José, my FURNACES are out", "oh no")
    found = snippet(story.session, call, "furnace jose")
    assert plain(found) == "Lakeside Heating [José], my [FURNACES] are out oh no"
    assert found is not None
    assert (found.where, found.second) == ("transcript", 10.0)


def test_the_second_is_that_of_the_recording(story: Story) -> None:
    call = story.call()
    transcribe(story, call, "hello", "furnace", zero_at=4)
    story.session.add(
        Recording(
            call_id=call.id, recording_sid="RE1", carrier_status="completed", status="stored",
            recorded_at=MORNING + timedelta(seconds=7),
        )
    )  # fmt: skip
    found = snippet(story.session, call, "furnace")
    assert found is not None
    assert found.second == 7.0


def test_a_transcript_without_turns_has_no_second(story: Story) -> None:
    call = story.call()
    story.session.add(
        Transcript(call_id=call.id, source="import", text="my furnace", turns=[], complete=True, updated_at=MORNING)
    )
    found = snippet(story.session, call, "furnace")
    assert (plain(found), found and found.second) == ("my [furnace]", None)


def test_a_line_is_short_of_whole_words_and_holds_what_stands_close_together(story: Story) -> None:
    call = story.call()
    transcribe(story, call, f"furnace {'and so on ' * 40}the furnace leaks {'and so on ' * 40}")
    line = plain(snippet(story.session, call, "leak furnace"))
    assert "the [furnace] [leaks] and so on" in line
    assert line.startswith("\N{HORIZONTAL ELLIPSIS} ")
    assert line.endswith(" \N{HORIZONTAL ELLIPSIS}")
    assert len(line) <= LENGTH + 10


def test_a_phrase_is_marked_as_a_whole_and_nowhere_else(story: Story) -> None:
    call = story.call()
    transcribe(story, call, "water, a heater, and a water-heater")
    assert plain(snippet(story.session, call, '"water heater"')) == "water, a heater, and a [water-heater]"


def test_notes_and_names_are_shown_where_they_have_more(story: Story) -> None:
    call = story.call(caller=CALLER, caller_name="B Quixote")
    transcribe(story, call, "hello there")
    story.session.add(Customer(account_id=story.account.id, name="Ana Quixote", phone=CALLER, created_at=MORNING))
    note_call(story.session, call=call, text="wants a new roof", written_by="ana")
    story.session.flush()
    story.session.query(CallNote).filter_by(call_id=call.id).update({"at": 12.5})
    for q, where, line, second in (
        ("roof", "note", "wants a new [roof]", 12.5),
        ("quixote", "name", "B [Quixote]", None),
        ("ana quixote", "name", "[Ana] [Quixote]", None),
        ("hello roof", "transcript", "[hello] there", 0.0),
    ):
        found = snippet(story.session, call, q)
        assert found is not None
        assert (found.where, plain(found), found.second) == (where, line, second)


@pytest.mark.parametrize("q", ["(312) 555-0142", "31255", "?!", "", "-roof"])
def test_a_call_that_was_found_by_its_number_has_none(story: Story, q: str) -> None:
    call = story.call(caller=CALLER)
    transcribe(story, call, "wants a new roof")
    assert snippet(story.session, call, q) is None


@given(said=st.text(max_size=60), asked=st.text(max_size=10))
def test_what_is_marked_is_what_was_asked_for(said: str, asked: str) -> None:
    places = list(words_in(said))
    for term in read_query(asked).wanted:
        for start, end in find_term(term, places):
            assert list(find_term(term, list(words_in(said[start:end])))) == [(0, end - start)]
