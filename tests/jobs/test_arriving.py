"""Booking a job from a call: it is a new one, always."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from calltrack.db import Database
from calltrack.jobs.arriving import book_job, take_job
from calltrack.jobs.jobs import BadJob, JobFacts, set_threshold
from calltrack.models import Call, Job, JobLink
from tests.campaigns.story import MORNING, Story

BOOKING: dict[str, Any] = {"customer_name": "Mia", "job_type": "furnace repair", "booked_by": "cho@example.com"}


def test_a_booked_job_is_scheduled_now_for_whoever_called(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call = story.call(caller="+13125550111")
        job = book_job(session, account=story.account, call=call, external_id=" J-1 ", **BOOKING)
        assert (job.external_id, job.status, job.customer.phone) == ("J-1", "scheduled", "+13125550111")
        assert job.created_at > MORNING
        assert (job.call, job.call_id, job.matched_by) == (call, call.id, "person")
        assert session.scalars(select(JobLink.linked_by)).one() == "cho@example.com"


def test_a_hidden_number_is_no_phone_of_a_customer(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call = story.call(caller="anonymous")
        assert book_job(session, account=story.account, call=call, external_id="J-1", **BOOKING).customer.phone is None


def test_a_job_that_is_known_is_not_booked_again(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        known = book_job(session, account=story.account, call=story.call(), external_id="J-1", **BOOKING)
        with pytest.raises(BadJob, match="there is a job J-1 already"):
            book_job(session, account=story.account, call=story.call(), external_id="J-1 ", **BOOKING)
        other = Story(session)
        assert book_job(session, account=other.account, call=other.call(), external_id="J-1", **BOOKING) is not known


def test_of_two_who_book_the_same_job_at_once_one_is_refused(database: Database) -> None:
    """Race: both look whether there is such a job before either has made it."""
    with database.write.begin() as session:
        story = Story(session)
        account, calls = story.account, [story.call().id, story.call().id]
        # A type that is new would put the two one after the other.
        set_threshold(session, account=account, name=BOOKING["job_type"], sold_threshold=None, by="a test")
    together = Barrier(2, timeout=10)

    def book(call_id: int) -> list[bool]:
        booked = []
        for number in range(12):
            together.wait()
            try:
                with database.write.begin() as session:
                    call = session.get_one(Call, call_id)
                    book_job(session, account=account, call=call, external_id=str(number), **BOOKING)
            except BadJob:
                booked.append(False)
            else:
                booked.append(True)
        return booked

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(book, calls)
    assert [mine + theirs for mine, theirs in zip(one, other, strict=True)] == [1] * 12
    with database.read() as session:
        kept = {job.external_id: job.call_id for job in session.scalars(select(Job))}
        assert kept == {str(number): calls[0 if mine else 1] for number, mine in enumerate(one)}
        assert len(session.scalars(select(JobLink)).all()) == 12


def test_the_call_of_a_job_is_the_one_that_was_named_last(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        one, other = story.call(), story.call()
        facts = JobFacts("J-1", "Mia", None, "furnace repair", "scheduled", MORNING)
        for call in (one, other, None, one):
            sid = call.call_sid if call else None
            job = take_job(session, account=story.account, facts=facts, call_sid=sid, sent_by="a test")
            assert (job.call, job.call_id) == (call, call.id if call else None)
