"""Calls in which an appointment was probably set, though no job is linked to them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict, label_call
from calltrack.calls.listing import LOOK_BACK, call_facts, count_likely_booked, list_calls
from calltrack.calls.tags import tag_call, untag_call
from calltrack.calls.why import NO_JOB
from calltrack.models import Call
from tests.campaigns.story import CHICAGO, MORNING, Story


def judge(story: Story, call: Call, booked: float | None, *, value: str = "lead") -> Call:
    keep_verdict(
        story.session, call=call, value=value, reason=None, source="rule" if booked is None else "model",
        confidence=0.9, model="m@1", review=False, evidence=[], booked=booked,
    )  # fmt: skip
    story.session.flush()
    return call


def likely(story: Story, **filters: Any) -> list[int]:
    found = list_calls(story.session, account_id=story.account.id, zone=CHICAGO, likely_booked=True, **filters).items
    assert all(call.likely_booked for call in found)
    count = count_likely_booked(story.session, account=story.account, most=100, now=MORNING + timedelta(days=1))
    assert filters or count == len(found)
    return [call.id for call in found]


@pytest.mark.parametrize(("booked", "is_likely"), [(0.5, True), (0.93, True), (0.4999, False), (None, False)])
def test_a_call_is_likely_booked_from_a_half_on(story: Story, booked: float | None, is_likely: bool) -> None:
    call = judge(story, story.call(), booked)
    assert likely(story) == ([call.id] if is_likely else [])


def test_a_linked_job_answers_the_question_until_it_is_unlinked(story: Story) -> None:
    call = judge(story, story.call(), 0.9)
    job = story.job(call=call)
    assert likely(story) == []
    job.call_id = None
    story.session.flush()
    assert likely(story) == [call.id]


def test_a_job_of_another_account_is_no_job_of_the_call(story: Story) -> None:
    call = judge(story, story.call(), 0.9)
    Story(story.session).job(call=call)
    assert likely(story) == [call.id]


@pytest.mark.parametrize(
    "more", [{"missed": True}, {"running": True}, {"voicemail": True}, {"direction": "outbound-dial"}]
)
def test_nobody_sets_an_appointment_in_such_a_call(story: Story, more: dict[str, Any]) -> None:
    judge(story, story.call(**more), 0.9)
    assert likely(story) == []


def test_a_person_s_label_changes_nothing(story: Story) -> None:
    call = judge(story, story.call(), 0.9)
    for value in ("excused", "lead"):
        label_call(story.session, call=call, value=value, reason=None, note=None, said_by="ana")
        assert likely(story) == [call.id]


def test_the_latest_word_of_a_machine_counts_even_where_a_person_s_is_in_force(story: Story) -> None:
    call = judge(story, story.call(), 0.9)
    label_call(story.session, call=call, value="lead", reason=None, note=None, said_by="ana")
    judge(story, call, 0.2)
    assert likely(story) == []
    judge(story, call, 0.7)
    assert likely(story) == [call.id]
    judge(story, call, None, value="excused")
    assert likely(story) == []


def test_whoever_says_that_no_job_came_of_it_takes_the_call_off_the_list(story: Story) -> None:
    call = judge(story, story.call(), 0.9)
    tag_call(story.session, call=call, tag="coaching", tagged_by="ana")
    assert likely(story) == [call.id]
    tag_call(story.session, call=call, tag=" No  JOB ", tagged_by="ana")
    assert likely(story) == []
    untag_call(story.session, call=call, tag=NO_JOB)
    assert likely(story) == [call.id]


def test_only_calls_of_the_last_days_are_counted_and_only_so_many(story: Story) -> None:
    first = MORNING - timedelta(days=LOOK_BACK - 1, hours=9)  # half past midnight
    for moment in (first - timedelta(hours=1), first, first + timedelta(days=1)):
        judge(story, story.call(moment), 0.9)
    judge(story, Story(story.session).call(), 0.9)
    assert count_likely_booked(story.session, account=story.account, most=100, now=MORNING) == 2
    assert count_likely_booked(story.session, account=story.account, most=1, now=MORNING) == 1
    assert len(likely(story, limit=200)) == 3


one_call = st.fixed_dictionaries(
    {"missed": st.booleans(), "running": st.booleans(), "voicemail": st.booleans()},
)


@given(
    outlines=st.lists(
        st.tuples(
            one_call,
            st.sampled_from([None, 0.0, 0.4999, 0.5, 1.0]),
            st.integers(0, 1),
            st.sampled_from([None, NO_JOB, "spanish"]),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_call_says_of_itself_and_both_filters_never_disagree(
    session: Session, outlines: list[tuple[dict[str, Any], float | None, int, str | None]]
) -> None:
    with session.begin_nested() as attempt:
        story = Story(session)
        calls = []
        for outline, booked, jobs, tag in outlines:
            call = judge(story, story.call(**outline), booked)
            calls.append(call)
            for _ in range(jobs):
                story.job(call=call)
            if tag:
                tag_call(session, call=call, tag=tag, tagged_by="ana")
        session.flush()
        of: dict[str, Any] = {"account_id": story.account.id, "zone": CHICAGO}
        yes = {call.id for call in list_calls(session, likely_booked=True, **of).items}
        no = {call.id for call in list_calls(session, likely_booked=False, **of).items}
        facts = [call_facts(session, account_id=story.account.id, call_id=call.id) for call in calls]
        assert yes == {one.id for one in facts if one and one.likely_booked}
        assert no == {call.id for call in calls} - yes
        attempt.rollback()
