"""Matching by phone: the rule, that no word is overridden, and that it does not matter what came first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from calltrack.db import Database
from calltrack.jobs.arriving import UNSAID, Unsaid, take_job
from calltrack.jobs.customers import put_customer
from calltrack.jobs.jobs import JobFacts, link_job, put_job
from calltrack.jobs.matching import candidates_of, match_by_phone, match_call, match_callers, worth_matching
from calltrack.models import DirtyMark, Job, JobLink
from tests.campaigns.story import MORNING, Story, undone

MIAS, LEOS = "+13125550111", "+13125550122"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FACTS = JobFacts("J-1", "Mia", MIAS, "furnace repair", "scheduled", MORNING)


def take(story: Story, *, call_sid: str | Unsaid | None = UNSAID, **changes: Any) -> Job:
    facts = replace(FACTS, **changes)
    return take_job(story.session, account=story.account, facts=facts, call_sid=call_sid, sent_by="a sender")


def links(session: Session, job: Job) -> list[tuple[int | None, str | None, str]]:
    """The ledger: call, how, and by whom."""
    ledger = select(JobLink).where(JobLink.job_id == job.id).order_by(JobLink.id)
    return [(link.call_id, link.matched_by, link.linked_by) for link in session.scalars(ledger)]


def test_a_job_finds_the_latest_call_from_its_customers_phone(story: Story) -> None:
    story.call(MORNING - 3 * DAY, caller=MIAS)
    latest = story.call(MORNING - DAY, caller=MIAS)
    story.call(MORNING - HOUR, caller=LEOS)
    job = take(story, customer_phone="(312) 555-0111")
    assert (job.call, job.call_id, job.matched_by, job.doubtful) == (latest, latest.id, "phone", False)
    assert links(story.session, job) == [(latest.id, "phone", "phone")]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (timedelta(0), True),
        (14 * DAY, True),
        (14 * DAY + timedelta(microseconds=1), False),
        (-timedelta(microseconds=1), False),
    ],
)
def test_the_call_began_within_match_days_before_the_job_both_ends_included(
    story: Story, before: timedelta, *, found: bool
) -> None:
    call = story.call(MORNING - before, caller=MIAS)
    assert take(story).call_id == (call.id if found else None)


@pytest.mark.parametrize(
    "call", [{"missed": True}, {"running": True}, {"direction": "outbound-dial"}, {"caller": LEOS}]
)
def test_a_call_that_was_missed_still_runs_went_out_or_is_another_s_booked_nothing(
    story: Story, call: dict[str, Any]
) -> None:
    story.call(MORNING - HOUR, **{"caller": MIAS, **call})
    job = take(story)
    assert (job.call_id, job.matched_by, job.doubtful, links(story.session, job)) == (None, None, False, [])


@pytest.mark.parametrize("phone", [None, "anonymous", "Restricted", "12"])
def test_what_is_no_phone_number_matches_nothing(story: Story, phone: str | None) -> None:
    story.call(MORNING - HOUR, caller=phone)
    assert take(story, customer_phone=phone).call_id is None


def test_a_technicians_lead_is_booked_from_no_call(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=MIAS)
    assert take(story, technician_lead=True).call_id is None
    assert take(story).call_id == call.id
    assert take(story, technician_lead=True).call_id is None


def test_another_company_s_calls_are_not_looked_at(story: Story) -> None:
    Story(story.session).call(MORNING - HOUR, caller=MIAS)
    assert take(story).call_id is None


@pytest.mark.parametrize("other", ["Radio", None])
def test_calls_of_different_campaigns_leave_it_to_a_person(story: Story, other: str | None) -> None:
    billboard = story.campaign("Billboard")
    first = story.call(MORNING - DAY, caller=MIAS, campaign=billboard)
    second = story.call(MORNING - HOUR, caller=MIAS, campaign=story.campaign(other) if other else None)
    job = take(story)
    assert (job.call_id, job.doubtful, links(story.session, job)) == (None, True, [])
    found = candidates_of(story.session, account=story.account, jobs=[job])
    assert [call.id for call in found[job.id]] == [first.id, second.id]
    link_job(story.session, job=job, call=first, matched_by="person", linked_by="ana")
    assert (job.call_id, job.doubtful) == (first.id, False)


def test_calls_of_one_campaign_are_no_doubt(story: Story) -> None:
    radio = story.campaign()
    story.call(MORNING - DAY, caller=MIAS, campaign=radio)
    last = story.call(MORNING - HOUR, caller=MIAS, campaign=radio)
    missed = story.call(MORNING, caller=MIAS, campaign=story.campaign("Billboard"), missed=True)
    assert take(story).call_id == last.id != missed.id


def test_a_call_that_arrives_after_its_job_is_found(story: Story) -> None:
    job = take(story)
    call = story.call(MORNING - HOUR, caller=MIAS)
    match_call(story.session, call=call)
    assert (job.call, job.matched_by) == (call, "phone")


def test_a_call_that_turns_out_missed_or_somebody_else_s_loses_its_jobs(story: Story) -> None:
    older, call = story.call(MORNING - DAY, caller=MIAS), story.call(MORNING - HOUR, caller=MIAS)
    job = take(story)
    call.missed = True
    match_call(story.session, call=call)
    assert job.call_id == older.id
    older.account_id, older.direction = None, "outbound-dial"
    match_call(story.session, call=older)
    assert links(story.session, job) == [
        (call.id, "phone", "phone"), (older.id, "phone", "phone"), (None, "phone", "phone"),
    ]  # fmt: skip
    assert job.matched_by is None
    call.missed = False
    match_call(story.session, call=call)
    assert job.call_id == call.id, "an unlink by phone is nobody's word"


@pytest.mark.parametrize("word", ["given", "person"])
def test_a_word_is_never_overridden(story: Story, word: str) -> None:
    said = story.call(MORNING - DAY, caller=LEOS)
    job = take(story)
    link_job(story.session, job=job, call=said, matched_by=word, linked_by="somebody")
    nearer = story.call(MORNING - HOUR, caller=MIAS)
    match_call(story.session, call=nearer)
    match_by_phone(story.session, account=story.account, job_ids=worth_matching(story.session, account=story.account))
    assert take(story).call_id == said.id
    assert job.matched_by == word


def test_null_unlinks_for_good(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=MIAS)
    assert take(story, call_sid=None).call_id is None, "also where nothing was linked yet"
    match_call(story.session, call=call)
    job = take(story)
    assert (job.call_id, links(story.session, job)) == (None, [(None, None, "a sender")])
    take(story, call_sid=None)
    assert len(links(story.session, job)) == 1
    assert take(story, call_sid=call.call_sid).matched_by == "given"


def test_the_sender_who_names_the_call_that_was_matched_makes_it_a_word(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=MIAS)
    job = take(story)
    take(story, call_sid=call.call_sid)
    assert [how for _, how, _ in links(story.session, job)] == ["phone", "given"]


def test_a_changed_phone_or_date_is_matched_anew(story: Story) -> None:
    mias, leos = story.call(MORNING - HOUR, caller=MIAS), story.call(MORNING - HOUR, caller=LEOS)
    assert take(story).call_id == mias.id
    assert take(story, customer_phone=LEOS).call_id == leos.id
    assert take(story, created_at=MORNING - DAY).call_id is None


def test_a_customer_s_new_phone_is_every_job_s(story: Story) -> None:
    call = story.call(MORNING - HOUR, caller=LEOS)
    who: dict[str, Any] = {"account": story.account, "external_id": "C-1", "name": "Mia", "by": "a sender"}
    put_customer(story.session, phone=MIAS, **who)
    job = take(story, customer_external_id="C-1", customer_phone=None)
    assert (job.customer.phone, job.call_id) == (MIAS, None)
    put_customer(story.session, phone=LEOS, **who)
    assert job.call_id == call.id


def test_when_match_days_change_all_is_matched_anew(story: Story) -> None:
    call = story.call(MORNING - 20 * DAY, caller=MIAS)
    job = take(story)
    for days, found in ((30, call.id), (10, None), (20, call.id)):
        story.account.match_days = days
        match_by_phone(
            story.session, account=story.account, job_ids=worth_matching(story.session, account=story.account)
        )
        assert job.call_id == found


def test_the_days_of_both_calls_and_of_the_job_are_marked(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        radio = story.campaign()
        call = story.call(MORNING - 3 * DAY, caller=MIAS, campaign=radio)
        job = put_job(session, account=story.account, facts=FACTS, by="a test")
        account, ids = story.account, [job.id]
    with database.write.begin() as session:
        session.query(DirtyMark).delete()
        match_by_phone(session, account=account, job_ids=ids)
    with database.write.begin() as session:
        own = select(DirtyMark.campaign_id, DirtyMark.moment).where(DirtyMark.account_id == account.id)
        assert {(radio.id, call.started_at), (0, MORNING)} <= {tuple(row) for row in session.execute(own)}
        session.query(DirtyMark).delete()
        match_by_phone(session, account=account, job_ids=ids)
    with database.read() as session:
        assert session.scalars(own).all() == [], "nothing changed"


def test_a_thousand_jobs_are_matched_in_a_few_queries(database: Database) -> None:
    with undone(database) as session:
        story = Story(session)
        for number in range(1000):
            story.call(MORNING - HOUR, caller=f"+1312555{number:04}")
            facts = replace(FACTS, external_id=str(number), customer_phone=f"+1312555{number:04}")
            put_job(session, account=story.account, facts=facts, by="a test")
        ids = session.scalars(select(Job.id).where(Job.account_id == story.account.id)).all()
        session.expunge_all()
        asked = list[str]()

        def note(*said: Any) -> None:
            asked.append(said[2])

        event.listen(database.engine, "before_cursor_execute", note)
        match_by_phone(session, account=story.account, job_ids=ids)
        event.remove(database.engine, "before_cursor_execute", note)
        linked = session.scalars(select(Job.id).where(Job.id.in_(ids), Job.matched_by == "phone")).all()
        assert len(linked) == 1000
        assert len(asked) < 15


def test_the_callers_of_many_calls_are_matched_at_once(story: Story) -> None:
    mine, other = take(story), take(story, external_id="J-2", customer_phone=LEOS)
    mias, leos = story.call(MORNING, caller=MIAS), story.call(MORNING, caller=LEOS)
    match_callers(story.session, account=story.account, callers=[MIAS, LEOS, "anonymous"])
    assert (mine.call_id, other.call_id) == (mias.id, leos.id)
