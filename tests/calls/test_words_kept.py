"""Whatever changes what is known of a call changes what it is found by, at once and on both databases."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from calltrack.calls.tags import note_call, tag_call
from calltrack.calls.transcripts import write_transcript
from calltrack.db import Database
from calltrack.imports.bulk import insert, stamp
from calltrack.models import Call, CallNote, CallTag, CallWords, Customer, Transcript
from tests.calls.searching import CALLER, assert_index_agrees, found, ids, said
from tests.campaigns.story import MORNING, Story, undone


@pytest.fixture
def session(migrated: Database) -> Iterator[Session]:
    with undone(migrated) as session:
        yield session
        session.flush()
        assert_index_agrees(session)


def rows_of(story: Story) -> list[str]:
    return list(story.session.scalars(select(CallWords.text).where(CallWords.account_id == story.account.id)))


def merge_transcript(session: Session, call: Call) -> None:
    write_transcript(
        session, call_id=call.id, source="whisper", turns=[{"speaker": "caller", "start": 0.0, "text": "my furnace"}]
    )


def bulk_transcript(session: Session, call: Call) -> None:
    row = (call.id, "import", "my furnace", "[]", 1, stamp(MORNING, sqlite=True))
    insert(session, Transcript, columns="call_id source text turns complete updated_at".split(), rows=[row])


def new_customer(session: Session, call: Call) -> None:
    session.add(Customer(account_id=call.account_id, name="Furnace & Sons", phone=call.caller, created_at=MORNING))


def renamed_customer(session: Session, call: Call) -> None:
    customer = Customer(account_id=call.account_id, name="Mia", phone=call.caller, created_at=MORNING)
    session.add(customer)
    session.flush()
    session.execute(update(Customer).where(Customer.id == customer.id).values(name="Furnace & Sons"))


def customer_with_a_new_phone(session: Session, call: Call) -> None:
    customer = Customer(account_id=call.account_id, name="Furnace & Sons", phone=None, created_at=MORNING)
    session.add(customer)
    session.flush()
    customer.phone = call.caller


def by_sql(statement: str) -> Callable[[Session, Call], None]:
    def change(session: Session, call: Call) -> None:
        session.execute(text(statement), {"call": call.id, "at": stamp(MORNING, sqlite=True)})

    return change


WRITTEN: dict[str, Callable[[Session, Call], None]] = {
    "a transcript": merge_transcript,
    "an imported transcript": bulk_transcript,
    "a note": lambda session, call: note_call(session, call=call, text="my furnace", written_by="ana"),
    "a name": lambda session, call: setattr(call, "caller_name", "Furnace Inc"),
    "a customer": new_customer,
    "a customer renamed": renamed_customer,
    "a customer's new phone": customer_with_a_new_phone,
    "a note by hand": by_sql(
        "INSERT INTO call_notes (call_id, text, written_by, written_at) VALUES (:call, 'my furnace', 'ana', :at)"
    ),
    "a name by hand": by_sql("UPDATE calls SET caller_name = 'Furnace' WHERE id = :call"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_whatever_is_written_of_a_call_is_found_at_once(story: Story, how: str) -> None:
    call = story.call(caller=CALLER)
    story.call(caller="+13125550199")
    assert found(story, "furnace") == []
    WRITTEN[how](story.session, call)
    story.session.flush()
    assert found(story, "furnace") == ids(call)


def rewritten(table: type[Any], **values: Any) -> Callable[[Session, Call], Any]:
    return lambda session, call: session.execute(update(table).where(table.call_id == call.id).values(values))


def deleted(table: type[Any]) -> Callable[[Session, Call], Any]:
    return lambda session, call: session.execute(delete(table).where(table.call_id == call.id))


TAKEN_BACK: dict[str, tuple[str, Callable[[Session, Call], Any]]] = {
    "a note": ("a note", deleted(CallNote)),
    "a note changed": ("a note", rewritten(CallNote, text="-")),
    "a transcript": ("a transcript", deleted(Transcript)),
    "a transcript changed": ("a transcript", rewritten(Transcript, text="")),
    "a customer": ("a customer", lambda session, _: session.execute(delete(Customer))),
    "a customer's phone": ("a customer", lambda session, _: session.execute(update(Customer).values(phone=None))),
    "a name": ("a name", lambda _, call: setattr(call, "caller_name", None)),
    "the caller": ("a customer", lambda _, call: setattr(call, "caller", "+13125550143")),
    "the account": ("a note", lambda _, call: setattr(call, "account_id", None)),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_what_is_taken_back_is_found_no_longer(story: Story, how: str) -> None:
    call = story.call(caller=CALLER)
    written, taken_back = TAKEN_BACK[how]
    WRITTEN[written](story.session, call)
    story.session.flush()
    assert found(story, "furnace") == ids(call)
    taken_back(story.session, call)
    story.session.flush()
    assert found(story, "furnace") == []


def test_a_call_that_comes_after_its_customer_has_the_name(story: Story) -> None:
    story.session.add(Customer(account_id=story.account.id, name="Furnace", phone=CALLER, created_at=MORNING))
    story.session.flush()
    calls = [story.call(caller=CALLER), story.call(caller=CALLER, caller_name="Bo")]
    story.call(caller="+13125550199")
    assert found(story, "furnace") == ids(*reversed(calls))


def test_a_call_that_turns_out_to_be_older_moves_in_the_list(story: Story) -> None:
    first, second = said(story, "furnace", "furnace")
    tag_call(story.session, call=second, tag="vip", tagged_by="ana")
    story.session.flush()
    second.started_at = first.started_at - timedelta(days=1)
    story.session.flush()
    assert found(story, "furnace") == ids(first, second)


def test_a_tag_is_dated_by_its_call_whatever_it_was_given(story: Story) -> None:
    call = story.call()
    story.session.add(
        CallTag(
            call_id=call.id, tag="vip", account_id=story.account.id, tagged_by="ana", tagged_at=MORNING,
            called_at=MORNING - timedelta(days=9),
        )
    )  # fmt: skip
    story.session.flush()
    assert story.session.scalar(select(CallTag.called_at).where(CallTag.call_id == call.id)) == MORNING


def test_a_call_that_is_deleted_takes_its_words_along(story: Story) -> None:
    call = story.call(caller_name="Furnace")
    story.session.delete(call)
    story.session.flush()
    assert rows_of(story) == []


def test_a_call_of_which_nothing_is_known_costs_no_row(story: Story) -> None:
    story.call(caller_name="")
    assert rows_of(story) == []


def test_two_that_write_of_one_call_at_once_are_both_found(migrated: Database) -> None:
    with migrated.write.begin() as session:
        story = Story(session)
        call = story.call()
    with migrated.write() as first, ThreadPoolExecutor(1) as other:

        def note() -> None:
            with migrated.write.begin() as session:
                note_call(session, call=call, text="zeppelin", written_by="ana")

        note_call(first, call=call, text="my furnace", written_by="ana")
        first.flush()
        second = other.submit(note)
        first.commit()
        second.result(timeout=20)
    with migrated.read() as session:
        story.session = session
        assert found(story, "furnace zeppelin") == ids(call)


_WORDS = st.sampled_from(["leak", "leaks", "agua", "Water-Heater", "3.14", "no"])
_DEEDS = st.lists(st.tuples(st.sampled_from(["note", "transcript", "name", "move", "caller"]), _WORDS), max_size=8)


@given(deeds=_DEEDS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_deeds_the_words_are_those_that_stand_there(session: Session, deeds: list[tuple[str, str]]) -> None:
    with session.begin_nested() as attempt:
        story = Story(session)
        session.add(Customer(account_id=story.account.id, name="Quixote", phone=CALLER, created_at=MORNING))
        call = story.call(caller="+13125550199")
        for deed, word in deeds:
            match deed:
                case "note":
                    note_call(session, call=call, text=word, written_by="ana")
                case "transcript":
                    session.merge(Transcript(call_id=call.id, source="carrier", text=word, turns=[], complete=True,
                                             zero_at=None, updated_at=MORNING))  # fmt: skip
                case "name":
                    call.caller_name = word
                case "move":
                    call.started_at += timedelta(seconds=1)
                case _:
                    call.caller = CALLER if call.caller != CALLER else None
            session.flush()
        parts = [
            *session.scalars(select(CallNote.text).where(CallNote.call_id == call.id)),
            *session.scalars(select(Transcript.text).where(Transcript.call_id == call.id)),
            *([call.caller_name] if call.caller_name else []),
            *(["Quixote"] if call.caller == CALLER else []),
        ]
        for asked in ("leak", "agua", "water", "heater", "quixote", "14"):
            expected = any(asked in re.split(r"\W", part.lower()) or f"{asked}s" == part for part in parts)
            assert found(story, asked) == (ids(call) if expected else [])
        assert_index_agrees(session)
        attempt.rollback()
