"""Day cells under odd dates, and under hands that write at the same time."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import pytest
from sqlalchemy import func, select

from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.campaigns.cells import refresh, refresh_some, up_to_date
from calltrack.campaigns.recount import recount
from calltrack.campaigns.scorecard import scorecards
from calltrack.db import Database
from calltrack.jobs.arriving import take_job
from calltrack.jobs.facts import Bill, Item, JobFacts
from calltrack.jobs.jobs import put_job, set_threshold
from calltrack.models import Account, Call, DirtyMark
from calltrack.period import Period
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, company, deliver, new_sid

_companies = count(1)
FACTS = JobFacts(
    external_id="J-1",
    customer_name="Mia",
    customer_phone=None,
    job_type="furnace",
    status="completed",
    created_at=NOON,
    completed_at=NOON + timedelta(days=16),
    invoices=[Bill("1", 10_000, [Item("work", 10_000, income=True)])],
)


@pytest.fixture
def anas(database: Database) -> Company:
    with database.write.begin() as session:
        number = next(_companies)
        return company(session, name=f"Heating {number}", number=f"+1414666{number:04}")


@pytest.fixture
def concurrent(postgres_database: str) -> Iterator[Database]:
    """SQLite lets one writer in at a time; here two write at once."""
    opened = Database(postgres_database)
    yield opened
    opened.dispose()


def total(database: Database, account: Account, first: date, last: date, figure: str) -> int:
    period = Period(first, last, account.time_zone)
    with up_to_date(database, account=account, period=period) as session:
        return int(getattr(scorecards(session, account=account, period=period).total, figure))


@pytest.mark.parametrize("year", [1975, 1999, 2026, 2101, 2150])
def test_a_setting_reaches_every_day_that_has_a_job_whatever_year_somebody_typed(
    database: Database, anas: Company, year: int
) -> None:
    moment = datetime(year, 6, 15, 17, tzinfo=UTC)
    with database.write.begin() as session:
        facts = replace(FACTS, created_at=moment, completed_at=moment)
        put_job(session, account=anas.account, facts=facts, by="the CRM")
    days = (date(year, 6, 1), date(year, 6, 30))
    assert total(database, anas.account, *days, "sold") == 1
    with database.write.begin() as session:
        set_threshold(session, account=anas.account, name="furnace", sold_threshold=50_000, by="ana")
    assert total(database, anas.account, *days, "sold") == 0
    assert recount(database, account_name=anas.account.name) == []


def test_a_setting_marks_days_that_there_are_and_not_the_years_between(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        for number, year in enumerate((1975, 2150)):
            facts = replace(FACTS, external_id=f"J-{number}", created_at=datetime(year, 6, 15, tzinfo=UTC))
            put_job(session, account=anas.account, facts=replace(facts, completed_at=facts.created_at), by="the CRM")
    refresh(database, account_id=anas.account.id)
    with database.write.begin() as session:
        session.get_one(Account, anas.account.id).lead_seconds = 5
    assert refresh(database, account_id=anas.account.id) < 20


def test_a_call_that_moves_to_another_campaign_while_a_job_is_linked_to_it_takes_the_job_along(
    concurrent: Database,
) -> None:
    """The call is told by its last callback to have begun before its number moved; meanwhile the job comes in."""
    database = concurrent
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=twilio_wire.BILLBOARD)
    sid, who = new_sid(), twilio_wire.parties(number=anas.number.phone_number)
    with database.write.begin() as session:
        other = create_campaign(session, account=anas.account, name="Radio")
        assign_number(
            session, account=anas.account, phone_number=anas.number.phone_number, campaign=other,
            forward_to=[twilio_wire.CHO], assigned_by="ana", starts_at=NOON + timedelta(seconds=3),
        )  # fmt: skip
        deliver(session, "voice", twilio_wire.voice(call=sid, **who), at=NOON + timedelta(seconds=5))
    refresh(database, account_id=anas.account.id)
    told, linked = threading.Event(), threading.Event()

    def link() -> None:
        told.wait(10)
        with database.write.begin() as session:
            account = session.get_one(Account, anas.account.id)
            take_job(session, account=account, facts=FACTS, call_sid=sid, sent_by="the CRM")
        linked.set()

    worker = threading.Thread(target=link)
    worker.start()
    with database.write.begin() as session:
        over = twilio_wire.ended(at=format_datetime(NOON + timedelta(seconds=75)), seconds=75, call=sid, **who)
        deliver(session, "status", over, at=NOON + timedelta(seconds=76))
        session.flush()
        told.set()
        assert not linked.wait(0.3)  # whoever links now waits until the call has its campaign
    worker.join(10)
    assert total(database, anas.account, date(2026, 5, 1), date(2026, 5, 31), "revenue") == 10_000
    assert recount(database, account_name=anas.account.name) == []


def test_a_call_that_was_imported_is_not_counted_again_when_the_carrier_speaks_of_it(
    database: Database, anas: Company
) -> None:
    sid = new_sid()
    with database.write.begin() as session:
        call = answered_call(session, number=anas.number.phone_number, sid=sid)
        call.carrier, call.carrier_account = "import", str(anas.account.id)
    with database.write.begin() as session:
        answered_call(session, number=anas.number.phone_number, sid=sid)
    with database.read() as session:
        mine = select(func.count()).select_from(Call).where(Call.account_id == anas.account.id)
        assert session.scalar(mine) == 1
    assert total(database, anas.account, date(2026, 5, 1), date(2026, 5, 31), "calls") == 1


def test_marks_that_come_while_a_day_is_counted_stay(database: Database, anas: Company) -> None:
    with database.write.begin() as session:
        answered_call(session, number=anas.number.phone_number)
    assert refresh_some(database, account_id=anas.account.id) > 0
    with database.write.begin() as session:
        answered_call(session, number=anas.number.phone_number)
    with database.read() as session:
        mine = select(func.count()).select_from(DirtyMark).where(DirtyMark.account_id == anas.account.id)
        assert session.scalar(mine) == 1
    assert total(database, anas.account, date(2026, 5, 4), date(2026, 5, 4), "calls") == 2
