"""Causes that are easily missed: what left the period, and what was told late."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

from sqlalchemy.orm import Session

from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.changed import changed_since
from calltrack.db import Database
from calltrack.jobs.jobs import find_job, link_job, put_job
from calltrack.models import Call
from calltrack.period import Period
from tests import twilio_wire
from tests.campaigns.story import MORNING
from tests.campaigns.test_changed import FACTS, Told, excuse, told, verdict  # noqa: F401
from tests.factories import NOON, company, deliver, running_call
from tests.twilio_wire import BILLBOARD

LATER = MORNING + timedelta(days=60)


def known(told: Told, **facts: object) -> None:  # noqa: F811
    """A job that is known before the moment."""

    def tell(session: Session) -> None:
        put_job(session, account=told.account, facts=replace(FACTS, external_id="J-5", **facts), by="the CRM")  # type: ignore[arg-type]

    told.then(tell)
    told.moment = datetime.now(UTC)


def change(told: Told, **facts: object) -> list[str]:  # noqa: F811
    def tell(session: Session) -> None:
        put_job(session, account=told.account, facts=replace(FACTS, external_id="J-5", **facts), by="the CRM")  # type: ignore[arg-type]

    found = told.then(tell)
    assert found.differences
    return [cause.sentence for cause in found.causes]


def test_a_job_whose_completion_moved_out_of_the_period_is_named(told: Told) -> None:  # noqa: F811
    long_ago = MORNING - timedelta(days=40)
    known(told, created_at=long_ago)
    assert change(told, created_at=long_ago, completed_at=LATER)


def test_a_job_whose_creation_moved_out_of_the_period_is_named(told: Told) -> None:  # noqa: F811
    known(told, status="scheduled", completed_at=None)
    assert change(told, status="scheduled", completed_at=None, created_at=LATER)


def test_a_job_that_was_created_later_and_unlinked_from_a_call_of_the_period_is_named(told: Told) -> None:  # noqa: F811
    known(told, status="scheduled", completed_at=None, created_at=LATER, invoices=())

    def link(session: Session, call: Call | None) -> None:
        job = find_job(session, account=told.account, external_id="J-5")
        assert job
        link_job(session, job=job, call=call, matched_by="person" if call else None, linked_by="ana")

    told.then(lambda session: link(session, session.get_one(Call, told.short.id)))
    told.moment = datetime.now(UTC)
    found = told.then(lambda session: link(session, None))
    assert found.differences
    assert [cause.sentence for cause in found.causes] == ["ana unlinked job J-5 from its call"]


def test_news_of_a_call_that_was_known_is_counted(database: Database) -> None:
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD)
        call = running_call(session, number=BILLBOARD, started_at=NOON)
    period = Period(date(2026, 5, 4), date(2026, 5, 4), anas.account.time_zone)
    with up_to_date(database, account=anas.account, period=period):
        moment = datetime.now(UTC)
    with database.write.begin() as session:
        over = twilio_wire.ended(at=format_datetime(NOON + timedelta(seconds=90)), seconds=90, call=call.call_sid)
        deliver(session, "status", over, at=datetime.now(UTC))
    with up_to_date(database, account=anas.account, period=period) as session:
        found = changed_since(session, account=anas.account, period=period, as_of=moment)
    assert (found.calls, found.news) == (0, 1)
    assert found.differences


def test_a_persons_label_is_named_after_the_one_that_was_in_force(told: Told) -> None:  # noqa: F811
    told.then(lambda session: excuse(session, told.short, value="lead"))
    told.moment = datetime.now(UTC)

    def both(session: Session) -> None:
        verdict(session, told.short)  # excused, but never in force
        excuse(session, told.short)

    assert told.sentences(both) == ["ben@example.com labelled the call of 3 May excused, after lead"]
