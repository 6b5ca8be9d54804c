"""The review queue: a word on its calls would change the scorecard, the most valuable first; and many words at once."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.calls.batches import MOST_CALLS, BadBatch, read_batch, write_batch
from calltrack.calls.labels import current_label, label_call
from calltrack.calls.listing import call_facts
from calltrack.campaigns.costs import state_costs
from calltrack.db import Database
from calltrack.learning.deeds import Deed, say_all, undo_all
from calltrack.learning.review import Waiting, count_unsure, find_waiting, lead_worth, queue
from calltrack.models import BlindCheck, Call, Campaign
from calltrack.paging import BadCursor
from tests.campaigns.story import MORNING, Story
from tests.learning.sample import MONDAY, verdict

NOW = MORNING + timedelta(days=2)


def waiting(story: Story, **more: Any) -> list[Waiting]:
    return queue(story.session, account=story.account, now=NOW, **more).items


def judged(story: Story, value: str, confidence: float, **more: Any) -> Call:
    review = confidence < 0.75
    return verdict(story.session, story.call(**more), value, confidence=confidence, review=review)


def costly(story: Story, name: str, *, cents: int, leads: int) -> Campaign:
    """A campaign that cost so much in the last 30 days and brought so many leads, on which people have spoken."""
    campaign = story.campaign(name)
    day = NOW.date() - timedelta(days=5)
    state_costs(story.session, campaign=campaign, costs=[(day, cents), (day + timedelta(days=1), 0)], stated_by="ana")
    for _ in range(leads):
        story.call(campaign=campaign, says=("lead", "human"))
    return campaign


# Which calls


@pytest.mark.parametrize(
    ("seconds", "says", "booked", "missed"),
    list(product([None, 30, 60, 75], [None, "lead", "excused"], [False, True], [False, True])),
)
def test_the_queue_holds_exactly_the_calls_that_a_word_can_change(
    on_sqlite: Database, seconds: int | None, says: str | None, booked: bool, missed: bool
) -> None:
    """Whatever a person may say, it is said, and what the call counts as before and after is compared."""
    with on_sqlite.write() as session:
        story = Story(session)
        call = story.call(seconds=seconds, missed=missed)
        if says:
            verdict(session, call, says)
        if booked:
            story.job(call=call)
        before = lead(story, call)
        found = waiting(story)
        changes = set[bool]()
        for value in ("lead", "excused"):
            with session.begin_nested() as savepoint:
                label_call(session, call=call, value=value, reason=None, note=None, said_by="ana")
                changes.add(lead(story, call) != before)
                savepoint.rollback()
        assert bool(found) == (True in changes)
        if found:
            lost = "1 lead less" in found[0].why
            assert lost == before
        session.rollback()


def lead(story: Story, call: Call) -> bool:
    facts = call_facts(story.session, account_id=story.account.id, call_id=call.id)
    assert facts is not None
    return facts.is_lead


def test_what_a_person_has_judged_what_still_runs_and_what_is_old_does_not_wait(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        story.call(says=("lead", "human"))
        story.call(running=True)
        judged(story, "lead", 0.6, moment=NOW - timedelta(days=60, seconds=1))
        judged(story, "lead", 0.6, direction="outbound-api")
        judged(Story(session), "lead", 0.6)
        only = judged(story, "lead", 0.6, moment=NOW - timedelta(days=59))
        assert [one.call.id for one in waiting(story)] == [only.id]


def test_a_call_that_waits_for_its_blind_check_is_not_shown_with_its_label(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call = judged(story, "lead", 0.6)
        check = BlindCheck(
            account_id=story.account.id, call_id=call.id, week=MONDAY, drawn_at=NOW, machine_label_id=call.label_id or 0
        )
        session.add(check)
        session.flush()
        assert (waiting(story), count_unsure(session, account_id=story.account.id, now=NOW)) == ([], 0)
        assert find_waiting(session, account=story.account, call_id=call.id, now=NOW) is None
        check.value = "cannot tell"
        session.flush()
        assert len(waiting(story)) == count_unsure(session, account_id=story.account.id, now=NOW) == 1


def test_the_classifier_asks_for_those_that_it_is_not_sure_of(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        judged(story, "lead", 0.6)
        judged(story, "lead", 0.9)
        story.job(call=judged(story, "lead", 0.6))
        story.call()
        assert count_unsure(session, account_id=story.account.id, now=NOW) == 1


# In which order


def test_the_most_valuable_comes_first(database: Database) -> None:
    """The chance that a word changes something, times what a lead costs: 84 dollars or 10."""
    with database.write.begin() as session:
        story = Story(session)
        dear = costly(story, "Google Ads", cents=42_000, leads=4)
        cheap = costly(story, "Flyer", cents=2_000, leads=2)
        one = judged(story, "lead", 0.56, campaign=dear)  # the fifth lead: 420 / 5
        two = judged(story, "excused", 0.9, campaign=dear)
        three = judged(story, "excused", 0.6, campaign=cheap)
        four = judged(story, "lead", 0.95, campaign=cheap, seconds=40)
        five = judged(story, "excused", 0.99, campaign=cheap)
        found = waiting(story)
        assert [item.call.id for item in found] == [one.id, four.id, two.id, three.id, five.id]
        assert [item.value for item in found] == [3696, 950, 840, 400, 10]
        assert [item.why for item in found] == [
            "56% sure; if it is no lead, Google Ads has 1 lead less, worth $84.00",
            "95% sure that it is a lead, but 40 s < 60 s: if you confirm it, Flyer has 1 lead more, worth $10.00",
            "90% sure; if it is a lead after all, Google Ads has 1 lead more, worth $84.00",
            "60% sure; if it is a lead after all, Flyer has 1 lead more, worth $10.00",
            "99% sure; if it is a lead after all, Flyer has 1 lead more, worth $10.00",
        ]


def test_a_campaign_without_a_cost_counts_as_the_mean_and_where_nothing_costs_all_leads_are_alike(
    on_sqlite: Database,
) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        nothing = lead_worth(session, account=story.account, now=NOW)
        assert (nothing.by_campaign, nothing.other, nothing.known) == ({}, 100, False)
        judged(story, "lead", 0.6, campaign=story.campaign("Radio"))
        assert waiting(story)[0].why == "60% sure; if it is no lead, Radio has 1 lead less"
        dear = costly(story, "Google Ads", cents=9_000, leads=2)
        story.campaign("Idle")
        worth = lead_worth(session, account=story.account, now=NOW)
        assert (worth.by_campaign, worth.other, worth.known) == ({dear.id: 4_500}, 3_000, True)  # 9,000 / 3 leads


def test_of_a_call_of_which_nothing_could_be_said_both_is_as_likely(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        story.call(seconds=90)
        story.call(seconds=20)
        assert {(item.value, item.why, item.seen, item.proposed) for item in waiting(story)} == {
            (50, "nothing could be said of it, and it counts as a lead; if it is none, there is 1 lead less", 0, None),
            (50, "nothing could be said of it, and 20 s < 60 s; if it is a lead, there is 1 lead more", 0, None),
        }  # fmt: skip


def test_pages_follow_each_other_though_calls_are_judged_meanwhile(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        calls = [judged(story, "lead", 0.5 + place % 5 / 100) for place in range(23)]
        story.job(call=calls[0])
        expected = [one.call.id for one in waiting(story, limit=200)]
        assert len(expected) == 22
        values = [one.value for one in waiting(story, limit=200)]
        assert values == sorted(values, reverse=True)
        seen, cursor = list[int](), None
        while True:
            page = queue(session, account=story.account, now=NOW, cursor=cursor, limit=5)
            seen += [one.call.id for one in page.items]
            cursor = page.next
            if cursor is None:
                break
            story.say(session.get_one(Call, seen[-1]), "lead", "human")
        assert seen == expected


@pytest.mark.parametrize("cursor", ["", "x", "\x00", "MTIz", "LTEuMQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "\u0663"])
def test_a_cursor_that_no_page_gave_out_is_refused(on_sqlite: Database, cursor: str) -> None:
    with on_sqlite.write() as session, pytest.raises(BadCursor):
        queue(session, account=Story(session).account, now=NOW, cursor=cursor)


# Many at once


def say(story: Story, *deeds: Deed) -> Any:
    return say_all(story.session, account=story.account, deeds=deeds, said_by="ana")


def test_what_can_be_said_is_said_and_of_the_rest_it_is_told_why_not(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        one, two, three, four = (judged(story, "lead", 0.6) for _ in range(4))
        others = judged(Story(session), "lead", 0.6)
        stale = three.label_id
        story.say(three, "excused", "human", by="ben@example.com")
        bare = story.call()
        found = say(
            story,
            Deed(two.call_sid, "confirm", seen=two.label_id),
            Deed(one.call_sid, "excused"),
            Deed(three.call_sid, "confirm", seen=stale),
            Deed(four.call_sid, "lead", reason="no such reason"),
            Deed(others.call_sid, "lead"),
            Deed(one.call_sid, "lead"),
            Deed(bare.call_sid, "confirm"),
        )
        assert [sid for sid, _ in found.done] == [one.call_sid, two.call_sid]
        assert [(label.source, label.value) for _, label in found.done] == [("human", "excused"), ("human", "lead")]
        why = {skipped.call_sid: (skipped.why, skipped.stale) for skipped in found.skipped}
        assert why[three.call_sid] == ("meanwhile ben@example.com said excused; look at it again", True)
        assert why[others.call_sid] == (f"there is no call {others.call_sid}", False)
        assert why[one.call_sid] == ("it is named twice; the first counts", False)
        assert why[four.call_sid][0].startswith("'no such reason' is no reason for lead")
        assert why[bare.call_sid][0].startswith("there is no label to confirm yet")
        undone, refused = undo_all(session, account=story.account, label_ids=read_batch(found.batch), said_by="ana")
        assert ([sid for sid, _ in undone], refused) == ([one.call_sid, two.call_sid], [])
        for call in (one, two):
            label = current_label(session, call=call)
            assert label is not None
            assert label.source == "model"


def test_a_deed_is_taken_back_once_and_by_its_own_company(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, other = Story(session), Story(session)
        found = say(story, Deed(judged(story, "lead", 0.6).call_sid, "confirm"))
        label_id = read_batch(found.batch)[0]
        ask: dict[str, Any] = {"label_ids": [label_id, 2**70, -1], "said_by": "ben"}
        undone, refused = undo_all(session, account=other.account, **ask)
        assert (undone, len(refused)) == ([], 3)
        assert undo_all(session, account=story.account, **ask)[0] == [(found.done[0][0], label_id)]
        assert dict(undo_all(session, account=story.account, **ask)[1])[label_id] == "ben has taken it back already"


def test_two_hundred_are_judged_at_once_and_no_more(on_sqlite: Database) -> None:
    with on_sqlite.write() as session:
        story = Story(session)
        assert len(say(story, *[Deed("x", "lead")] * MOST_CALLS).skipped) == MOST_CALLS
        with pytest.raises(BadBatch, match="judge at most 200 at once"):
            say(story, *[Deed("x", "lead")] * (MOST_CALLS + 1))
        with pytest.raises(BadBatch, match="take at most 200 back"):
            undo_all(session, account=story.account, label_ids=range(201), said_by="ana")


@given(label_ids=st.sets(st.integers(1, 2**62), min_size=1, max_size=20) | st.sets(st.integers(1, 60), min_size=1))
def test_a_batch_is_read_as_it_was_written(label_ids: set[int]) -> None:
    assert read_batch(write_batch(label_ids)) == sorted(label_ids)


@given(word=st.text(max_size=30))
def test_any_other_word_is_no_batch(word: str) -> None:
    try:
        found = read_batch(word)
    except BadBatch:
        return
    assert 0 < len(found) <= 2 * MOST_CALLS


def test_a_batch_of_everything_is_refused() -> None:
    for word in ("1-9999999", "9-1", "", ".", "1.", "-", "1-1-1", "\u0663"):
        with pytest.raises(BadBatch, match="none that was given out"):
            read_batch(word)
