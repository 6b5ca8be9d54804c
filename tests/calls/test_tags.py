"""Tags and notes: one word is one tag, and nothing is hung twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from calltrack.calls.tags import BadTag, clean_tag, note_call, notes_of, tag_call, tags_of, untag_call
from calltrack.db import Database
from calltrack.models import Call, CallTag
from tests.campaigns.story import Story


@pytest.mark.parametrize(
    ("raw", "tag"),
    [("VIP", "vip"), ("  call   back\tsoon ", "call back soon"), ("a\x00b", "ab"), ("x" * 60, "x" * 60)],
)
def test_one_word_is_one_tag_however_it_is_written(raw: str, tag: str) -> None:
    assert clean_tag(raw) == tag


@given(st.text(max_size=70))
def test_a_clean_tag_is_short_and_cleaning_it_again_changes_nothing(raw: str) -> None:
    try:
        tag = clean_tag(raw)
    except BadTag:
        return
    assert 0 < len(tag) <= 60
    assert clean_tag(tag) == tag


@pytest.mark.parametrize("raw", ["", "  ", "\x00", "x" * 61])
def test_no_tag_and_a_long_one_are_refused(raw: str) -> None:
    with pytest.raises(BadTag, match="60"):
        clean_tag(raw)


def test_a_tag_hangs_once_and_remembers_who_hung_it_first(database: Database) -> None:
    with database.write.begin() as session:
        call, other = (story := Story(session)).call(), story.call()
        tag_call(session, call=call, tag="VIP", tagged_by="ana")
        tag_call(session, call=call, tag="vip ", tagged_by="ben")
        tag_call(session, call=call, tag="angry", tagged_by="ben")
        tag_call(session, call=other, tag="vip", tagged_by="ben")
        assert tags_of(session, call_id=call.id) == ["angry", "vip"]
        by = session.scalars(select(CallTag.tagged_by).where(CallTag.tag == "vip", CallTag.call_id == call.id)).one()
        assert by == "ana"


def test_taking_a_tag_off_twice_is_once_and_leaves_the_others(database: Database) -> None:
    with database.write.begin() as session:
        call, other = (story := Story(session)).call(), story.call()
        for one in (call, other):
            tag_call(session, call=one, tag="vip", tagged_by="ana")
        tag_call(session, call=call, tag="angry", tagged_by="ana")
        for _ in range(2):
            untag_call(session, call=call, tag=" VIP ")
        assert (tags_of(session, call_id=call.id), tags_of(session, call_id=other.id)) == (["angry"], ["vip"])


@pytest.mark.slow
def test_the_same_tag_hung_at_once_hangs_once(database: Database) -> None:
    with database.write.begin() as session:
        call_id = Story(session).call().id

    def hang(number: int) -> None:
        with database.write.begin() as session:
            tag_call(session, call=session.get_one(Call, call_id), tag="vip", tagged_by=str(number))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(hang, range(12)))
    with database.read() as session:
        assert tags_of(session, call_id=call_id) == ["vip"]


def test_notes_are_kept_in_the_order_they_were_written(database: Database) -> None:
    with database.write.begin() as session:
        call = Story(session).call()
        note_call(session, call=call, text=" Wants\na quote \x00", written_by="ana")
        note_call(session, call=call, text="x" * 2000, written_by="ben")
        session.flush()
        notes = notes_of(session, call_id=call.id)
        assert [(note.written_by, note.text) for note in notes] == [("ana", "Wants\na quote"), ("ben", "x" * 2000)]


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "x" * 2001])
def test_an_empty_or_endless_note_is_refused(on_sqlite: Database, text: str) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        with pytest.raises(BadTag, match="2000"):
            note_call(session, call=call, text=text, written_by="ana")
        assert notes_of(session, call_id=call.id) == []
