"""The worker's step that finds the jobs of a caller once the call has ended."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from calltrack import pipeline
from calltrack.db import Database
from calltrack.jobs.arriving import take_job
from calltrack.jobs.jobs import JobFacts, find_job
from calltrack.models import Account, Job, Step
from tests import twilio_wire
from tests.conftest import make_app
from tests.factories import NOON, answered_call, company, missed_call

BILLBOARD = "+13125550142"
FACTS = JobFacts("J-1", "Mia", twilio_wire.CALLER, "furnace repair", "scheduled", NOON + timedelta(hours=1))


@pytest.fixture
def account(database: Database, tmp_path: Path) -> Iterator[Account]:
    """A company with a job that names no call, and a worker."""
    house = make_app(database=database, folder=tmp_path).extensions["calltrack"]
    with database.write.begin() as session:
        found = company(session, name="Ana's Heating", number=BILLBOARD).account
        take_job(session, account=found, facts=FACTS, sent_by="the CRM")
    pipeline.open_workshop(pipeline.Workshop(house.database, house.settings, house.storage))
    yield found
    pipeline.close_workshop()


def the_job(database: Database, account: Account) -> Job:
    with database.read() as session:
        job = find_job(session, account=account, external_id="J-1")
        assert job
        return job


def test_a_job_that_came_before_its_call_is_linked_by_the_worker(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        call = answered_call(session, number=BILLBOARD)
    assert the_job(database, account).call_id is None
    pipeline.sweep()
    assert (the_job(database, account).call_id, the_job(database, account).matched_by) == (call.id, "phone")
    with database.read() as session:
        step = session.scalars(select(Step).where(Step.name == "match")).one()
    assert (step.state, step.last_error) == ("done", None)


def test_a_missed_call_gives_the_worker_nothing_to_match(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        missed_call(session, number=BILLBOARD)
    pipeline.sweep()
    assert the_job(database, account).call_id is None
    with database.read() as session:
        assert session.scalars(select(Step).where(Step.name == "match")).all() == []
