"""What makes a call a lead, and its outcome: one test for each sentence of the rules."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls.facts import calls_with_facts
from calltrack.calls.listing import call_facts
from calltrack.calls.why import why_lead
from calltrack.models import Call
from tests.campaigns.story import Story


def is_lead(story: Story, call: Call) -> bool:
    facts = call_facts(story.session, account_id=story.account.id, call_id=call.id)
    assert facts
    return facts.is_lead


def outcome(story: Story, call: Call) -> str | None:
    facts = call_facts(story.session, account_id=story.account.id, call_id=call.id)
    assert facts
    return facts.outcome


# A lead


@pytest.mark.parametrize(
    "against", [{"seconds": 5}, {"says": ("excused", "human")}, {"missed": True}, {"running": True}]
)
def test_a_booked_call_is_a_lead_whatever_its_length_or_label_missed_or_not(
    story: Story, against: dict[str, Any]
) -> None:
    call = story.call(**against)
    assert not is_lead(story, call)
    story.job(call=call, status="canceled")
    assert is_lead(story, call)


def test_a_call_that_a_person_labelled_lead_is_one_whatever_its_length(story: Story) -> None:
    assert is_lead(story, story.call(seconds=3, says=("lead", "human")))


def test_a_missed_call_is_no_lead_even_if_a_person_says_so(story: Story) -> None:
    assert not is_lead(story, story.call(missed=True, says=("lead", "human")))


@pytest.mark.parametrize("source", ["model", "rule"])
def test_a_machines_word_does_not_make_a_short_call_a_lead(story: Story, source: str) -> None:
    assert not is_lead(story, story.call(seconds=59, says=("lead", source)))


@pytest.mark.parametrize(("seconds", "counts"), [(59, False), (60, True), (61, True)])
def test_a_call_of_exactly_60_seconds_is_a_lead(story: Story, seconds: int, counts: bool) -> None:
    assert is_lead(story, story.call(seconds=seconds)) is counts


def test_talk_time_does_not_matter_the_carriers_duration_does(story: Story) -> None:
    assert is_lead(story, story.call(seconds=60, talk_seconds=20))


@pytest.mark.parametrize(("seconds", "counts"), [(89, False), (90, True)])
def test_the_campaigns_lead_seconds_win_over_the_accounts(story: Story, seconds: int, counts: bool) -> None:
    assert is_lead(story, story.call(seconds=seconds, campaign=story.campaign(lead_seconds=90))) is counts


def test_a_campaign_of_zero_lead_seconds_takes_calls_of_any_length(story: Story) -> None:
    assert is_lead(story, story.call(seconds=0, campaign=story.campaign(lead_seconds=0)))


@pytest.mark.parametrize(("seconds", "counts"), [(119, False), (120, True)])
def test_without_the_campaigns_word_the_accounts_lead_seconds_count(
    session: Session, seconds: int, counts: bool
) -> None:
    story = Story(session, lead_seconds=120)
    assert is_lead(story, story.call(seconds=seconds, campaign=story.campaign())) is counts


@pytest.mark.parametrize("source", ["human", "model", "rule"])
def test_a_long_call_whose_label_is_excused_is_no_lead(story: Story, source: str) -> None:
    assert not is_lead(story, story.call(seconds=600, says=("excused", source)))


def test_only_the_label_in_force_counts(story: Story) -> None:
    call = story.call(seconds=600, says=("excused", "model"))
    story.say(call, "lead", "human")
    assert is_lead(story, call)


def test_a_call_of_unknown_length_is_no_lead(story: Story) -> None:
    assert not is_lead(story, story.call(seconds=None))


def test_a_running_call_is_neither_missed_nor_a_lead(story: Story) -> None:
    call = story.call(running=True)
    assert (is_lead(story, call), outcome(story, call)) == (False, None)


def test_a_voicemail_that_lasted_long_enough_is_a_lead(story: Story) -> None:
    assert is_lead(story, story.call(spoken=False, voicemail=True))


def test_only_inbound_calls_of_the_account_have_facts(story: Story) -> None:
    outbound, other = story.call(direction="outbound-dial"), Story(story.session).call()
    for call in (outbound, other):
        assert call_facts(story.session, account_id=story.account.id, call_id=call.id) is None


# Its outcome: the first that fits


def test_a_call_with_a_job_is_booked_even_if_it_was_missed(story: Story) -> None:
    call = story.call(missed=True)
    story.job(call=call)
    assert outcome(story, call) == "booked"


def test_a_call_that_nobody_took_is_missed_even_if_it_was_long(story: Story) -> None:
    assert outcome(story, story.call(missed=True, seconds=90)) == "missed"


def test_a_lead_without_a_job_is_unbooked(story: Story) -> None:
    assert outcome(story, story.call()) == "unbooked"


@pytest.mark.parametrize("more", [{"seconds": 5}, {"says": ("excused", "model")}, {"seconds": None}])
def test_any_other_ended_call_is_excused(story: Story, more: dict[str, Any]) -> None:
    assert outcome(story, story.call(**more)) == "excused"


def test_there_is_no_outcome_while_the_call_runs(story: Story) -> None:
    call = story.call(running=True, says=("lead", "human"))
    story.job(call=call)
    assert outcome(story, call) is None


def test_unlinking_the_job_takes_the_outcome_back(story: Story) -> None:
    call = story.call()
    job = story.job(call=call)
    assert outcome(story, call) == "booked"
    job.call_id = None
    story.session.flush()
    assert outcome(story, call) == "unbooked"


# The sentence and the count are one rule

one_call = st.fixed_dictionaries(
    {
        "seconds": st.one_of(st.none(), st.integers(0, 120)),
        "missed": st.booleans(),
        "running": st.booleans(),
        "says": st.one_of(
            st.none(), st.tuples(st.sampled_from(["lead", "excused"]), st.sampled_from(["human", "model", "rule"]))
        ),
    }
)
thresholds = st.one_of(st.none(), st.integers(0, 120))


@given(outlines=st.lists(st.tuples(one_call, thresholds, st.integers(0, 2)), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sentence_and_the_count_never_disagree(
    session: Session, outlines: list[tuple[dict[str, Any], int | None, int]]
) -> None:
    with session.begin_nested() as attempt:
        story = Story(session)
        for place, (outline, lead_seconds, jobs) in enumerate(outlines):
            call = story.call(campaign=story.campaign(f"no. {place}", lead_seconds=lead_seconds), **outline)
            for _ in range(jobs):
                story.job(call=call)
        for row in session.execute(calls_with_facts(account_id=story.account.id)).all():
            facts = call_facts(session, account_id=story.account.id, call_id=row.id)
            assert facts
            counted, _ = why_lead(
                jobs=facts.jobs,
                missed=row.missed,
                missed_reason=row.missed_reason,
                running=row.ended_at is None,
                duration=row.duration,
                lead_seconds=row.lead_seconds,
                label=facts.label,
                zone="America/Chicago",
            )
            assert row.is_lead is counted
        attempt.rollback()
