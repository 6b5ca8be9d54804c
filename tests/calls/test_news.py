"""What a list has missed: a row's version changes exactly when the row would look otherwise."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from calltrack.calls.labels import label_call, undo_label
from calltrack.calls.listing import list_calls
from calltrack.calls.news import HEAD, as_rows, look
from calltrack.calls.tags import tag_call, untag_call
from calltrack.db import Database
from calltrack.models import Call, Recording
from tests.campaigns.story import CHICAGO, MORNING, Story


def version(story: Story, call: Call) -> str:
    story.session.flush()
    return look(story.session, account_id=story.account.id, call_ids=[call.id]).rows[call.id].version


def label(story: Story, call: Call) -> None:
    label_call(story.session, call=call, value="excused", reason=None, note=None, said_by="ana")


def end(story: Story, call: Call) -> None:
    call.status, call.ended_at, call.duration = "completed", MORNING + timedelta(seconds=80), 80


def record(story: Story, call: Call) -> None:
    story.session.add(Recording(call_id=call.id, recording_sid="RE1", carrier_status="completed", status="stored"))


def tag(story: Story, call: Call) -> None:
    tag_call(story.session, call=call, tag="vip", tagged_by="ana")


def book(story: Story, call: Call) -> None:
    story.job(call=call)


@pytest.mark.parametrize("happens", [label, end, record, tag, book])
def test_a_row_has_another_version_once_it_looks_otherwise(
    database: Database, happens: Callable[[Story, Call], None]
) -> None:
    with database.write.begin() as session:
        call = (story := Story(session)).call(running=True)
        before = look(session, account_id=story.account.id, call_ids=[])
        assert version(story, call) == before.rows[call.id].version
        happens(story, call)
        after = look(session, account_id=story.account.id, call_ids=[])
        assert version(story, call) == after.rows[call.id].version != before.rows[call.id].version
        assert after.head != before.head


def test_what_is_taken_back_looks_as_before(database: Database) -> None:
    with database.write.begin() as session:
        call = (story := Story(session)).call()
        before = version(story, call)
        tag(story, call)
        untag_call(session, call=call, tag="vip")
        label(story, call)
        assert call.label_id
        undo_label(session, call=call, label_id=call.label_id, said_by="ana")
        assert version(story, call) == before


def test_the_list_and_the_news_make_the_same_rows(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        for minute in range(5):
            tag(story, story.call(MORNING + timedelta(minutes=minute), says=("lead", "human")))
        page = list_calls(session, account_id=story.account.id, zone=CHICAGO)
        shown = as_rows(session, account_id=story.account.id, calls=page.items)
        now = look(session, account_id=story.account.id, call_ids=[])
        assert shown == [now.rows[row.call.id] for row in shown]
        assert now.since == MORNING


def test_an_older_call_and_anothers_change_nothing_at_the_head(database: Database) -> None:
    with database.write.begin() as session:
        story, other = Story(session), Story(session)
        old = story.call()
        for minute in range(HEAD):
            story.call(MORNING + timedelta(minutes=minute + 1))
        before = look(session, account_id=story.account.id, call_ids=[])
        label(story, old)
        theirs = other.call()
        session.flush()
        now = look(session, account_id=story.account.id, call_ids=[old.id, theirs.id, 2**63 - 1])
        assert (now.head, now.rows[old.id].call.label is not None) == (before.head, True)
        assert theirs.id not in now.rows


def test_an_account_without_calls_has_a_head_that_its_first_call_changes(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        nothing = look(session, account_id=story.account.id, call_ids=[])
        assert (nothing.rows, nothing.since) == ({}, None)
        story.call()
        assert look(session, account_id=story.account.id, call_ids=[]).head != nothing.head
