"""A small cast for tests of what is counted: a heating company in Chicago, its campaigns, its calls and its jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from calltrack.campaigns.scorecard import Kpis, Scorecards, scorecards
from calltrack.db import Database
from calltrack.models import (
    Account,
    Base,
    Call,
    Campaign,
    Customer,
    Invoice,
    InvoiceItem,
    Job,
    JobType,
    Label,
)
from calltrack.period import Period
from tests import servers

CHICAGO = "America/Chicago"
DATABASES = [
    "sqlite",
    pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.enable_socket]),
]
_numbers = count(1)
Row = TypeVar("Row", bound=Base)


@contextmanager
def open_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The tables on the database that the fixture's parameter names (one of DATABASES), empty."""
    if request.param == "sqlite":
        yield from _with_tables("sqlite://")
    else:
        server = request.getfixturevalue("postgres_url")
        with servers.postgres_database_of(server, template="template0") as url:
            yield from _with_tables(url)


def _with_tables(url: str) -> Iterator[Database]:
    database = Database(url)
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()


@contextmanager
def undone(database: Database) -> Iterator[Session]:
    """A session whose work is rolled back at the end."""
    with database.write() as session:
        yield session
        session.rollback()


def at(moment: str, *, zone: str = CHICAGO) -> datetime:
    """A local moment, `2026-05-03 09:30`, as UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def may(first: int, last: int | None = None) -> Period:
    """Days of May 2026 in Chicago, both included."""
    return Period(date(2026, 5, first), date(2026, 5, last or first), CHICAGO)


MORNING = at("2026-05-03 09:30")
LATE = at("2026-06-30 12:00")  # when everything has happened
INCOME = [(80_000, [(80_000, True)])]  # one invoice of 800.00, all of it earned


@dataclass
class Story:
    """One account and what happens to it; every builder flushes, so that ids are known."""

    session: Session
    zone: str = CHICAGO
    lead_seconds: int = 60
    account: Account = field(init=False)
    customer: Customer = field(init=False)
    _job_types: dict[int | None, JobType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.account = self._add(
            Account(
                name=f"Lakeside Heating {next(_numbers)}",
                time_zone=self.zone,
                lead_seconds=self.lead_seconds,
                match_days=14,
                announcement="",
                created_at=MORNING,
            )
        )
        self.customer = self._add(Customer(account_id=self.account.id, name="Mia", phone=None, created_at=MORNING))

    def campaign(self, name: str = "Radio", *, lead_seconds: int | None = None) -> Campaign:
        return self._add(Campaign(account_id=self.account.id, name=name, lead_seconds=lead_seconds, created_at=MORNING))

    def call(
        self,
        moment: datetime = MORNING,
        *,
        campaign: Campaign | None = None,
        seconds: int | None = 75,
        missed: bool = False,
        running: bool = False,
        says: tuple[str, str] | None = None,
        **more: Any,
    ) -> Call:
        """A call of 75 s that was answered. `says`: the label in force and who said it, ("excused", "human")."""
        values: dict[str, Any] = {
            "direction": "inbound", "caller": "+13125550142", "dialled": "+13125550100", "voicemail": False,
            "talk_seconds": None, "spoken": not missed, "missed_reason": "abandoned" if missed else None,
        }  # fmt: skip
        call = self._add(
            Call(
                carrier="twilio",
                carrier_account="AC1",
                call_sid=f"CA{next(_numbers)}",
                account_id=self.account.id,
                campaign_id=campaign.id if campaign else None,
                status="in-progress" if running else "completed",
                started_at=moment,
                ended_at=None if running else moment + timedelta(seconds=seconds or 0),
                duration=None if running else seconds,
                missed=missed,
                **{**values, **more},
            )
        )
        if says:
            self.say(call, *says)
        return call

    def say(
        self, call: Call, value: str, source: str, *, reason: str | None = None, by: str = "ana@example.com"
    ) -> None:
        label = self._add(
            Label(
                account_id=self.account.id, call_id=call.id, value=value, source=source, reason=reason,
                said_by=by if source == "human" else None, said_at=MORNING,
            )
        )  # fmt: skip
        call.label_id = label.id
        self.session.flush()

    def job(
        self,
        *,
        call: Call | None = None,
        campaign: Campaign | None = None,
        status: str = "scheduled",
        created: datetime = MORNING,
        completed: datetime | None = None,
        threshold: int | None = 50_000,
        invoices: list[tuple[int, list[tuple[int, bool]]]] | None = None,
    ) -> Job:
        """A job; `completed` also sets its status. `invoices`: (subtotal, [(amount, is it income)]) in cents."""
        job = self._add(
            Job(
                account_id=self.account.id,
                external_id=f"J-{next(_numbers)}",
                customer_id=self.customer.id,
                job_type_id=self._job_type(threshold).id,
                status="completed" if completed else status,
                created_at=created,
                completed_at=completed,
                call_id=call.id if call else None,
                campaign_id=campaign.id if campaign else None,
            )
        )
        for number, (subtotal, items) in enumerate(invoices or []):
            lines = [InvoiceItem(name="line", amount=amount, income=income) for amount, income in items]
            self._add(Invoice(job_id=job.id, number=str(number), subtotal=subtotal, items=lines))
        return job

    def sold_job(self, **more: Any) -> Job:
        """A completed job billed and earning 800.00, over its threshold of 500.00."""
        return self.job(**{"completed": at("2026-05-10 12:00"), "invoices": [(80_000, [(80_000, True)])], **more})

    def _job_type(self, threshold: int | None) -> JobType:
        if threshold not in self._job_types:
            name = f"repair from {threshold}"
            self._job_types[threshold] = self._add(
                JobType(account_id=self.account.id, name=name, sold_threshold=threshold)
            )
        return self._job_types[threshold]

    def _add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row


def cards(story: Story, *, first: int = 1, last: int = 31, now: datetime = LATE) -> Scorecards:
    return scorecards(story.session, account=story.account, period=may(first, last), now=now)


def total(story: Story, *, first: int = 1, last: int = 31, now: datetime = LATE) -> Kpis:
    return cards(story, first=first, last=last, now=now).total


def of(story: Story, campaign: Campaign, *, first: int = 1, last: int = 31) -> Kpis:
    items = cards(story, first=first, last=last).items
    return next(item.kpis for item in items if item.campaign_id == campaign.id)
