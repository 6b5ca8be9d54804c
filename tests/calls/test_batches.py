"""Many calls at once: each tag hangs once, and undoing takes back what was done and no more."""

from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.calls.batches import (
    MOST_CALLS,
    BadBatch,
    Hung,
    read_batch,
    tag_calls,
    undo_tag_calls,
    undo_untag_calls,
    untag_calls,
    write_batch,
)
from calltrack.calls.tags import BadTag, tag_call, tags_of, untag_call
from calltrack.db import Database
from calltrack.models import Call
from tests.campaigns.story import Story

NOW = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)


def hang(story: Story, *calls: Call, tag: str = "vip", by: str = "ana") -> Hung:
    sids = [call.call_sid for call in calls]
    return tag_calls(story.session, account=story.account, call_sids=sids, tag=tag, tagged_by=by, now=NOW)


def tags(story: Story, *calls: Call) -> list[list[str]]:
    return [tags_of(story.session, call_id=call.id) for call in calls]


def test_a_tag_hangs_on_all_and_those_that_had_it_are_counted(database: Database) -> None:
    with database.write.begin() as session:
        one, two, three = (story := Story(session)).call(), story.call(), story.call()
        tag_call(session, call=two, tag="vip", tagged_by="ben")
        done = hang(story, one, two, three, tag=" VIP ")
        assert (done.tag, done.changed, done.unchanged, done.unknown) == ("vip", 2, 1, [])
        assert tags(story, one, two, three) == [["vip"]] * 3


def test_undoing_takes_off_only_the_tags_that_were_hung_then(database: Database) -> None:
    with database.write.begin() as session:
        one, two, three = (story := Story(session)).call(), story.call(), story.call()
        tag_call(session, call=two, tag="vip", tagged_by="ana")
        done = hang(story, one, two, three)
        untag_call(session, call=three, tag="vip")
        tag_call(session, call=three, tag="vip", tagged_by="ben")  # somebody else's by now
        undo = partial(undo_tag_calls, session, account=story.account, batch=done.batch, tag="vip")
        assert [undo(tagged_by=who) for who in ("ben", "ana", "ana")] == [0, 1, 0]
        assert tags(story, one, two, three) == [[], ["vip"], ["vip"]]


def test_taking_a_tag_off_many_can_be_undone_on_those_that_had_it(database: Database) -> None:
    with database.write.begin() as session:
        one, two = (story := Story(session)).call(), story.call()
        tag_call(session, call=one, tag="vip", tagged_by="ana")
        sids = [one.call_sid, two.call_sid]
        done = untag_calls(session, account=story.account, call_sids=sids, tag="vip", now=NOW)
        assert (done.changed, done.unchanged, tags(story, one, two)) == (1, 1, [[], []])
        undone = undo_untag_calls(session, account=story.account, batch=done.batch, tag="vip", tagged_by="ana")
        assert (undone, tags(story, one, two)) == (1, [["vip"], []])


def test_calls_of_another_company_are_as_calls_that_never_were(database: Database) -> None:
    with database.write.begin() as session:
        mine, theirs = Story(session), Story(session)
        call, other = mine.call(), theirs.call()
        done = hang(mine, call, other)
        assert (done.changed, done.unknown) == (1, [other.call_sid])
        ours = hang(theirs, other)
        assert undo_tag_calls(session, account=mine.account, batch=ours.batch, tag="vip", tagged_by="ana") == 0
        assert undo_untag_calls(session, account=mine.account, batch=ours.batch, tag="vip", tagged_by="ana") == 0
        assert tags(theirs, other) == [["vip"]]


def test_nothing_done_has_no_word_and_too_many_or_no_tag_is_refused(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        assert hang(story).batch == ""
        with pytest.raises(BadTag):
            hang(story, story.call(), tag=" ")
        with pytest.raises(BadBatch, match=str(MOST_CALLS)):
            tag_calls(
                session, account=story.account, call_sids=[str(one) for one in range(201)], tag="a", tagged_by="a",
                now=NOW,
            )  # fmt: skip


@pytest.mark.parametrize(
    "junk",
    ["", ".", "1", "1.", "x.1", "-1.1", f"{10**25}.1", f"1.{10**18}", "1.1-999", "\u0663.1", "1.9999999999999999999"],
)
def test_a_word_that_was_not_given_out_undoes_nothing(database: Database, junk: str) -> None:
    with database.write.begin() as session:
        story = Story(session)
        for undo in (undo_tag_calls, undo_untag_calls):
            try:
                assert undo(session, account=story.account, batch=junk, tag="vip", tagged_by="ana") == 0
            except BadBatch:
                continue


@given(st.sets(st.integers(min_value=1, max_value=2**63 - 1), max_size=MOST_CALLS))
def test_a_word_names_exactly_the_rows_it_was_made_of(ids: set[int]) -> None:
    assert read_batch(write_batch(ids) or "1") == (sorted(ids) or [1])
