"""Which call booked a job, from wherever the job came: one test for each sentence of the rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.scorecard import scorecards
from calltrack.db import Database
from calltrack.jobs.arriving import UNSAID, Unsaid, book_job, take_job
from calltrack.jobs.jobs import JobFacts, link_job
from calltrack.jobs.linking import links_of
from calltrack.jobs.listing import list_jobs
from calltrack.jobs.matching import candidates_of, match_by_phone
from calltrack.models import Job
from tests.campaigns.story import MORNING, Story, at, may

MIAS, LEOS = "+13125550111", "+13125550122"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTS = JobFacts("J-1", "Mia", MIAS, "furnace repair", "scheduled", MORNING)


def take(story: Story, *, call_sid: str | Unsaid | None = UNSAID, **changes: Any) -> Job:
    facts = replace(FACTS, **changes)
    return take_job(story.session, account=story.account, facts=facts, call_sid=call_sid, sent_by="the CRM")


def how(story: Story, job: Job) -> list[tuple[str | None, str]]:
    """Every word on it: how it was made, and by whom."""
    return [(link.matched_by, link.linked_by) for link, _ in links_of(story.session, job=job)]


# How it is linked


def test_a_job_that_names_its_call_is_linked_to_that_call_whoever_rang_later(story: Story) -> None:
    named = story.call(MORNING - 40 * DAY, caller=LEOS)
    story.call(MORNING - HOUR, caller=MIAS)
    job = take(story, call_sid=named.call_sid)
    assert (job.call_id, job.matched_by, how(story, job)) == (named.id, "given", [("given", "the CRM")])


def test_a_missed_call_that_is_named_has_booked_the_job(story: Story) -> None:
    missed = story.call(MORNING - HOUR, caller=MIAS, missed=True)
    assert take(story, call_sid=missed.call_sid).call_id == missed.id


def test_a_job_that_is_booked_on_the_calls_page_is_linked_to_that_call(story: Story) -> None:
    call = story.call(caller=MIAS)
    job = book_job(story.session, account=story.account, call=call, external_id="J-1", customer_name="Mia",
                   job_type="repair", booked_by="cho@example.com")  # fmt: skip
    assert (job.call_id, how(story, job)) == (call.id, [("person", "cho@example.com")])


def test_a_job_that_names_no_call_is_matched_by_its_customers_phone(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=MIAS)
    job = take(story, customer_phone="312-555-0111")
    assert (job.call_id, job.matched_by, how(story, job)) == (call.id, "phone", [("phone", "phone")])


# The rule of the match


def test_a_call_of_the_same_phone_to_another_account_is_no_match(story: Story) -> None:
    Story(story.session).call(MORNING - HOUR, caller=MIAS)
    assert take(story).call_id is None


def test_a_call_from_another_phone_is_no_match(story: Story) -> None:
    story.call(MORNING - HOUR, caller=LEOS)
    assert take(story).call_id is None


def test_match_days_are_fourteen_unless_the_account_says_otherwise(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        assert create_account(session, name="Ana's Heating", time_zone="America/Chicago").match_days == 14


@pytest.mark.parametrize("days", [0, 3, 14])
def test_a_job_is_matched_up_to_match_days_after_the_call_and_no_longer(story: Story, days: int) -> None:
    story.account.match_days = days
    story.session.flush()
    call = story.call(MORNING - days * DAY, caller=MIAS)
    assert take(story).call_id == call.id
    assert take(story, external_id="J-2", created_at=MORNING + timedelta(microseconds=1)).call_id is None


def test_a_call_that_began_after_the_job_was_created_is_no_match(story: Story) -> None:
    story.call(MORNING + timedelta(microseconds=1), caller=MIAS)
    assert take(story).call_id is None


def test_jobs_that_are_matched_together_each_look_back_from_their_own_creation(story: Story) -> None:
    early, late = take(story), take(story, external_id="J-2", created_at=MORNING + 2 * DAY)
    first, second = (story.call(moment, caller=MIAS) for moment in (MORNING - HOUR, MORNING + DAY))
    match_by_phone(story.session, account=story.account, job_ids=[early.id, late.id])
    assert (early.call_id, late.call_id) == (first.id, second.id)


def test_of_several_calls_the_latest_wins(story: Story) -> None:
    calls = [story.call(MORNING - hours * HOUR, caller=MIAS) for hours in (5, 1, 3)]
    assert take(story).call_id == calls[1].id


def test_a_later_call_that_was_missed_does_not_win(story: Story) -> None:
    answered = story.call(MORNING - 5 * HOUR, caller=MIAS)
    story.call(MORNING - HOUR, caller=MIAS, missed=True)
    assert take(story).call_id == answered.id


def test_a_call_that_left_a_voicemail_was_not_missed_and_may_win(story: Story) -> None:
    story.call(MORNING - 5 * HOUR, caller=MIAS)
    voicemail = story.call(MORNING - HOUR, caller=MIAS, spoken=False, voicemail=True)
    assert take(story).call_id == voicemail.id


def test_candidates_of_different_campaigns_go_to_a_list_for_a_person_unlinked(story: Story) -> None:
    calls = [
        story.call(MORNING - hours * HOUR, caller=MIAS, campaign=story.campaign(name))
        for hours, name in ((5, "Radio"), (1, "Flyer"))
    ]
    job = take(story)
    assert (job.call_id, how(story, job)) == (None, [])
    waiting = list_jobs(story.session, account=story.account, doubtful=True).items
    assert [one.external_id for one in waiting] == ["J-1"]
    found = candidates_of(story.session, account=story.account, jobs=waiting)[job.id]
    assert [one.call_sid for one in found] == [one.call_sid for one in calls]


def test_a_person_who_decides_takes_the_job_off_that_list(story: Story) -> None:
    first = story.call(MORNING - 5 * HOUR, caller=MIAS, campaign=story.campaign("Radio"))
    story.call(MORNING - HOUR, caller=MIAS, campaign=story.campaign("Flyer"))
    job = take(story)
    link_job(story.session, job=job, call=first, matched_by="person", linked_by="ana")
    assert list_jobs(story.session, account=story.account, doubtful=True).items == []
    assert how(story, job) == [("person", "ana")]


# Undone


def test_a_match_can_be_undone_and_is_not_made_again(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=MIAS)
    job = take(story)
    assert job.call_id == call.id
    link_job(story.session, job=job, call=None, matched_by=None, linked_by="ana")
    match_by_phone(story.session, account=story.account, job_ids=[job.id])
    assert take(story).call_id is None
    assert how(story, job) == [("phone", "phone"), (None, "ana")]


def test_a_match_that_was_undone_counts_as_a_manual_call(story: Story) -> None:
    story.call(MORNING - HOUR, caller=MIAS)
    job = take(story)
    kpis = scorecards(story.session, account=story.account, period=may(1, 31)).total
    assert (kpis.inbound_booked, kpis.manual_calls) == (1, 0)
    link_job(story.session, job=job, call=None, matched_by=None, linked_by="ana")
    kpis = scorecards(story.session, account=story.account, period=may(1, 31)).total
    assert (kpis.inbound_booked, kpis.manual_calls) == (0, 1)


# What is never done


def test_a_call_back_is_no_inbound_call_and_books_nothing(story: Story) -> None:
    back = story.call(MORNING - HOUR, caller=MIAS, direction="outbound-dial")
    assert take(story).call_id is None
    job = take(story, external_id="J-2", call_sid=back.call_sid)
    kpis = scorecards(story.session, account=story.account, period=may(1, 31)).total
    assert (kpis.calls, kpis.leads, kpis.inbound_booked, kpis.manual_calls) == (0, 0, 0, 2)
    assert job.external_id == "J-2"


@pytest.mark.parametrize("linked", [False, True])
def test_a_job_without_a_campaign_is_listed_for_repair_and_counted_in_the_total(story: Story, *, linked: bool) -> None:
    if linked:
        story.call(MORNING - HOUR, caller=MIAS)
    take(story, status="completed", completed_at=at("2026-05-10 12:00"))
    listed = list_jobs(story.session, account=story.account, without_campaign=True).items
    assert [(one.external_id, one.call_id is not None) for one in listed] == [("J-1", linked)]
    found = scorecards(story.session, account=story.account, period=may(1, 31), now=datetime.now(UTC))
    assert found.total == found.without_campaign
    assert found.total.inbound_booked + found.total.manual_calls == 1


def test_a_job_that_gets_a_campaign_leaves_that_list(story: Story) -> None:
    story.call(MORNING - HOUR, caller=MIAS, campaign=story.campaign())
    take(story)
    assert list_jobs(story.session, account=story.account, without_campaign=True).items == []
