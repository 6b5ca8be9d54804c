"""Lists of calls: every filter alone, the order, and pages."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls import listing
from calltrack.calls.listing import ListedCall, calls_of_ids, list_calls
from calltrack.calls.tags import note_call, tag_call
from calltrack.db import Database
from calltrack.models import Call, Transcript
from calltrack.paging import BadCursor, Page, read_cursor, write_cursor
from tests.campaigns.story import CHICAGO, MORNING, Story, at, undone


@pytest.fixture
def session(migrated: Database) -> Iterator[Session]:
    with undone(migrated) as session:
        yield session


def page(story: Story, **filters: Any) -> Page[ListedCall]:
    return list_calls(story.session, account_id=story.account.id, zone=CHICAGO, **filters)


def found(story: Story, **filters: Any) -> list[int]:
    return [call.id for call in page(story, **filters).items]


def ids(*calls: Call) -> list[int]:
    return [call.id for call in calls]


def transcribe(story: Story, call: Call, text: str) -> None:
    story.session.add(
        Transcript(call_id=call.id, source="carrier", text=text, turns=[], complete=True, updated_at=MORNING)
    )
    story.session.flush()


def test_newest_calls_come_first_and_of_one_moment_the_later_row(story: Story) -> None:
    old, new, twin = story.call(at("2026-05-01 10:00")), story.call(MORNING), story.call(MORNING)
    assert found(story) == ids(twin, new, old)


def test_only_the_accounts_own_inbound_calls_are_listed(story: Story) -> None:
    own = story.call()
    story.call(direction="outbound-dial")
    Story(story.session).call()
    assert found(story) == ids(own)


def test_first_and_last_are_local_dates_both_included(story: Story) -> None:
    moments = ["2026-03-07 23:59", "2026-03-08 00:00", "2026-03-08 23:59", "2026-03-09 00:00"]
    before, begin, end, after = (story.call(at(moment)) for moment in moments)
    clock_change = date(2026, 3, 8)
    assert found(story, first=clock_change, last=clock_change) == ids(end, begin)
    assert found(story, first=clock_change) == ids(after, end, begin)
    assert found(story, last=clock_change) == ids(end, begin, before)


def test_calls_of_one_campaign(story: Story) -> None:
    radio = story.campaign()
    call = story.call(campaign=radio)
    story.call()
    assert found(story, campaign_id=radio.id) == ids(call)


def test_by_the_label_in_force_or_none(story: Story) -> None:
    lead = story.call(says=("lead", "model"))
    excused = story.call(says=("excused", "rule"))
    unlabelled = story.call()
    assert [found(story, label=label) for label in ("lead", "excused", "none")] == [
        ids(lead), ids(excused), ids(unlabelled)
    ]  # fmt: skip


def test_by_outcome(story: Story) -> None:
    booked, missed, unbooked, excused = story.call(), story.call(missed=True), story.call(), story.call(seconds=5)
    story.call(running=True)
    story.job(call=booked)
    outcomes = {"booked": booked, "missed": missed, "unbooked": unbooked, "excused": excused}
    assert {outcome: found(story, outcome=outcome) for outcome in outcomes} == {
        outcome: ids(call) for outcome, call in outcomes.items()
    }


def test_a_missed_call_that_was_booked_is_listed_as_booked_only(story: Story) -> None:
    call = story.call(missed=True)
    story.job(call=call)
    assert (found(story, outcome="booked"), found(story, outcome="missed")) == (ids(call), [])


def test_by_whether_it_is_a_lead(story: Story) -> None:
    lead, other = story.call(), story.call(seconds=5)
    assert (found(story, is_lead=True), found(story, is_lead=False)) == (ids(lead), ids(other))


def test_reviewed_means_that_a_persons_label_is_in_force(story: Story) -> None:
    human, machine, none = story.call(says=("lead", "human")), story.call(says=("lead", "model")), story.call()
    assert (found(story, reviewed=True), found(story, reviewed=False)) == (ids(human), ids(none, machine))


def test_by_tag_however_it_is_spelled(story: Story) -> None:
    call = story.call()
    story.call()
    tag_call(story.session, call=call, tag="call back", tagged_by="ana")
    assert [found(story, tag=tag) for tag in ("call back", " Call  Back ", "call")] == [ids(call), ids(call), []]


@pytest.mark.parametrize("spelling", ["+13125550142", "(312) 555-0142", "312.555.0142"])
def test_by_caller_in_any_usual_spelling(story: Story, spelling: str) -> None:
    call = story.call(caller="+13125550142")
    story.call(caller="+13125550143")
    story.call(caller=None)
    assert found(story, caller=spelling) == found(story, q=spelling) == ids(call)


def test_q_looks_in_transcript_caller_name_and_notes_in_either_case(story: Story) -> None:
    calls = [story.call(caller=f"+1312555020{place}") for place in range(4)]
    transcribe(story, calls[0], "My FURNACE is out")
    calls[1].caller_name = "Furnace & Sons"
    note_call(story.session, call=calls[2], text="wants a new furnace", written_by="ana")
    tag_call(story.session, call=calls[3], tag="furnace", tagged_by="ana")
    story.session.flush()
    story.call()
    assert found(story, q="Furnace") == ids(*reversed(calls[:3]))


@pytest.mark.parametrize("name", ["q", "tag", "caller"])
def test_a_nul_finds_nothing_and_an_empty_word_filters_nothing(story: Story, name: str) -> None:
    call = story.call()
    assert found(story, **{name: "x\x00y"}) == []
    assert found(story, **{name: ""}) == ids(call)


def test_by_the_reason_that_the_label_in_force_gives(story: Story) -> None:
    retired, other = story.call(), story.call()
    story.say(retired, "excused", "human", reason="fax machine")
    story.say(other, "excused", "human", reason="solicitor")
    assert found(story, reason="fax machine") == ids(retired)
    story.say(retired, "lead", "human")
    assert found(story, reason="fax machine") == []


def test_by_duration_with_both_ends_included(story: Story) -> None:
    short, long = story.call(seconds=60), story.call(seconds=90)
    story.call(running=True)
    assert [found(story, min_seconds=least) for least in (60, 61, 91)] == [ids(long, short), ids(long), []]
    assert [found(story, max_seconds=most) for most in (59, 60, 90)] == [[], ids(short), ids(long, short)]
    assert found(story, min_seconds=61, max_seconds=89) == []


def test_a_caller_is_new_who_never_called_this_account_before(story: Story) -> None:
    Story(story.session).call(MORNING - timedelta(days=9), caller="+13125550142")
    story.call(MORNING - timedelta(days=8), caller="+13125550142", direction="outbound-dial")
    first, twin = story.call(caller="+13125550142"), story.call(caller="+13125550142")
    again, hidden = story.call(at("2026-05-04 10:00"), caller="+13125550142"), story.call(caller=None)
    assert found(story, first_time=True) == ids(first)
    assert found(story, first_time=False) == ids(again, twin)
    assert hidden.id not in found(story, first_time=True) + found(story, first_time=False)


def test_calls_of_ids_are_the_accounts_own(story: Story) -> None:
    mine, other = story.call(), Story(story.session).call()
    known = calls_of_ids(story.session, account_id=story.account.id, call_ids=[mine.id, other.id, 10**9])
    assert list(known) == ids(mine)


def test_filters_add_up(story: Story) -> None:
    radio = story.campaign()
    call = story.call(campaign=radio, says=("lead", "human"))
    story.call(campaign=radio)
    story.call(says=("lead", "human"))
    assert found(story, campaign_id=radio.id, reviewed=True, is_lead=True, outcome="unbooked") == ids(call)


def test_a_row_carries_all_that_a_list_shows(story: Story) -> None:
    call = story.call(campaign=story.campaign("Radio"), caller_name="Mia", talk_seconds=40, answered_by="+13125550199")
    story.say(call, "lead", "human", reason="new job")
    tag_call(story.session, call=call, tag="vip", tagged_by="ana")
    tag_call(story.session, call=call, tag="furnace", tagged_by="ana")
    jobs = [story.job(call=call), story.job(call=call)]
    (row,) = page(story).items
    assert row.label
    assert (row.campaign, row.caller_name, row.talk_seconds, row.answered_by) == ("Radio", "Mia", 40, "+13125550199")
    assert (row.label.value, row.label.reason, row.label.source, row.label.by) == (
        "lead", "new job", "human", "ana@example.com"
    )  # fmt: skip
    assert (row.tags, row.jobs) == (["furnace", "vip"], [job.external_id for job in jobs])
    assert (row.outcome, row.is_lead) == ("booked", True)
    assert row.why == f"booked: jobs {jobs[0].external_id}, {jobs[1].external_id}"


@pytest.mark.parametrize(("asked", "given_out"), [(0, 1), (-3, 1), (2, 2), (1000, 3)])
def test_a_page_holds_1_to_200_calls(story: Story, asked: int, given_out: int) -> None:
    for _ in range(3):
        story.call()
    assert len(page(story, limit=asked).items) == given_out


@given(offsets=st.lists(st.integers(0, 3), max_size=9), limit=st.integers(1, 4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_together_are_the_whole_list(session: Session, offsets: list[int], limit: int) -> None:
    with session.begin_nested() as attempt:
        story = Story(session)
        for offset in offsets:
            story.call(MORNING + timedelta(microseconds=offset))
        collected: list[int] = []
        cursor = None
        for _ in range(len(offsets) // limit + 1):
            one = page(story, limit=limit, cursor=cursor)
            collected += [call.id for call in one.items]
            cursor = one.next
            if cursor is None:
                break
        assert cursor is None
        assert collected == found(story)
        attempt.rollback()


@given(
    fits=st.lists(st.booleans(), max_size=30),
    limit=st.integers(1, 3),
    by=st.sampled_from(["label", "tag", "campaign", "agent", "caller", "q", "digits"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_page_that_looked_at_enough_calls_goes_on_with_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch, fits: list[bool], limit: int, by: str
) -> None:
    for name, few in (("EXAMINED", 6), ("FIRST_STEP", 2), ("LONGEST_STEP", 3)):
        monkeypatch.setattr(listing, name, few)
    with session.begin_nested() as attempt:
        story = Story(session)
        radio = story.campaign()
        expected = []
        for place, one in enumerate(fits):
            call = story.call(
                MORNING + timedelta(minutes=place),
                says=("lead", "human") if one else ("excused", "human"),
                campaign=radio, answered_by="+13125550199", caller_name="Furnace",
            )  # fmt: skip
            tag_call(session, call=call, tag="vip", tagged_by="ana")
            expected += [call.id] if one else []
        session.flush()
        walked: dict[str, dict[str, Any]] = {
            "label": {}, "tag": {"tag": "vip"}, "campaign": {"campaign_id": radio.id},
            "agent": {"answered_by": "+13125550199"}, "caller": {"caller": "+13125550142"}, "q": {"q": "furnace"},
            "digits": {"q": "1312"},
        }  # fmt: skip
        collected: list[int] = []
        cursor = None
        for _ in range(len(fits) + 2):
            one_page = page(story, limit=limit, cursor=cursor, label="lead", **walked[by])
            collected += [call.id for call in one_page.items]
            full = len(one_page.items) == limit
            assert full or one_page.next is None or one_page.looked_back_to is not None
            cursor = one_page.next
            if cursor is None:
                break
        assert cursor is None
        assert collected == expected[::-1]
        attempt.rollback()


def test_a_page_says_how_far_back_it_looked(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "EXAMINED", 2)
    monkeypatch.setattr(listing, "FIRST_STEP", 2)
    old = story.call(at("2026-05-01 10:00"), says=("lead", "human"))
    middle = story.call(at("2026-05-02 10:00"))
    story.call(at("2026-05-03 10:00"))
    top = page(story, reviewed=True)
    assert (top.items, top.looked_back_to) == ([], middle.started_at)
    rest = page(story, reviewed=True, cursor=top.next)
    assert ([call.id for call in rest.items], rest.next, rest.looked_back_to) == (ids(old), None, None)
    assert page(story).looked_back_to is None


def test_a_call_that_arrives_between_two_pages_moves_no_other(story: Story) -> None:
    first, second = story.call(at("2026-05-01 10:00")), story.call(at("2026-05-02 10:00"))
    top = page(story, limit=1)
    story.call(at("2026-05-03 10:00"))
    assert [call.id for call in top.items] == ids(second)
    assert found(story, cursor=top.next) == ids(first)


def test_a_cursor_keeps_microseconds() -> None:
    moment = MORNING + timedelta(microseconds=123_457)
    assert read_cursor(write_cursor(moment, 7)) == (moment, 7)


@given(word=st.one_of(st.text(max_size=30), st.integers(0).map(lambda n: write_cursor(MORNING, n + 2**63))))
def test_a_cursor_that_no_page_gave_out_is_refused(word: str) -> None:
    with pytest.raises(BadCursor, match="start again without a cursor"):
        read_cursor(word)
