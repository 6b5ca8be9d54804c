"""Files as people have them, and what the database says after they were imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.reading import find_call
from calltrack.campaigns.campaigns import create_campaign
from calltrack.campaigns.cells import in_force, refresh
from calltrack.campaigns.counting import count_days
from calltrack.campaigns.sources import Facts
from calltrack.db import Database
from calltrack.imports.importing import Report, import_file
from calltrack.jobs.jobs import find_job
from calltrack.models import Account, Call, Campaign, Customer, Job, Label, Step, Transcript
from calltrack.period import Period
from tests.factories import Company, company, tracking_number

BILLBOARD, RADIO, DEES_NUMBER = "+13125550142", "+13125550143", "+13125550177"
MIA, TOM = "+17735550101", "+17735550102"


@dataclass(frozen=True)
class Office:
    """One company and its files."""

    database: Database
    company: Company
    radio: Campaign

    @property
    def account(self) -> Account:
        return self.company.account

    def bring(self, noun: str, text: str | bytes, **options: Any) -> Report:
        """Import a file of that content."""
        content = text.encode() if isinstance(text, str) else text
        return import_file(
            self.database, account_id=self.account.id, noun=noun, file=BytesIO(content), **options
        )  # fmt: skip

    def calls(self, *lines: str, **options: Any) -> Report:
        """Import calls; a line is `call_sid,number,caller,started_at,duration` and what `header` adds to it."""
        return self.bring("calls", _file("call_sid,number,caller,started_at,duration", lines, options), **options)

    def jobs(self, *lines: str, **options: Any) -> Report:
        """Import jobs; a line is as this header, and what `header` adds to it."""
        header = "external_id,customer_name,customer_phone,job_type,status,created_at"
        return self.bring("jobs", _file(header, lines, options), **options)

    def call(self, session: Session, sid: str) -> Call:
        """The account's call of that sid."""
        found = find_call(session, account_id=self.account.id, call_sid=sid)
        assert found is not None
        return found

    def job(self, session: Session, external_id: str) -> Job:
        """The account's job of that id."""
        found = find_job(session, account=self.account, external_id=external_id)
        assert found is not None
        return found


def _file(header: str, lines: tuple[str, ...], options: dict[str, Any]) -> str:
    more = options.pop("header", "")
    return "\n".join([header + (f",{more}" if more else ""), *lines]) + "\n"


def open_office(database: Database) -> Office:
    """A company with a billboard, a radio spot, and a competitor."""
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD, roles=())
        company(session, name="Dee's Plumbing", number=DEES_NUMBER, roles=())
        radio = create_campaign(session, account=anas.account, name="Radio")
        tracking_number(session, account=anas.account, campaign=radio, phone_number=RADIO)
    return Office(database, anas, radio)


@pytest.fixture
def office(database: Database) -> Office:
    return open_office(database)


def everything(session: Session) -> dict[str, list[Any]]:
    """All that imports write, without ids and without the moments at which they wrote it."""
    calls = select(
        Call.carrier, Call.carrier_account, Call.call_sid, Call.account_id, Call.number_id, Call.campaign_id,
        Call.direction, Call.dialled, Call.caller, Call.status, Call.started_at, Call.ended_at, Call.duration,
        Call.talk_seconds, Call.spoken, Call.voicemail, Call.missed, Call.missed_reason, Call.answered_by,
        Label.value, Label.reason, Label.source, Label.said_by, Transcript.text, Step.name, Step.state,
    ).outerjoin(Label, Label.id == Call.label_id).outerjoin(Transcript).outerjoin(Step)  # fmt: skip
    jobs = [
        (
            job.external_id, job.customer.name, job.customer.phone, job.job_type.name, job.status, job.created_at,
            job.completed_at, job.technician_lead, job.call.call_sid if job.call else None, job.campaign_id,
            job.matched_by, job.doubtful,
            sorted((bill.number, bill.subtotal, [(it.name, it.amount, it.income) for it in bill.items])
                   for bill in job.invoices),
        )
        for job in session.scalars(select(Job))
    ]  # fmt: skip
    customers = select(Customer.external_id, Customer.name, Customer.phone, Customer.email, Customer.address)
    return {
        "calls": sorted(map(repr, session.execute(calls))),
        "jobs": sorted(map(repr, jobs)),
        "customers": sorted(map(repr, session.execute(customers))),
    }


def assert_cells_are_exact(office: Office) -> None:
    """Whatever an import changed was marked: cells that are counted anew where marked equal a count of everything."""
    year = Period(date(2026, 1, 1), date(2026, 12, 31), office.account.time_zone)
    refresh(office.database, account_id=office.account.id)
    with office.database.read() as session:
        kept = in_force(session, account_id=office.account.id, first=year.first, last=year.last)
        counted = count_days(session, account_id=office.account.id, period=year)
    assert _without_zeros(kept) == _without_zeros(counted)


def _without_zeros(facts: Mapping[Any, Facts]) -> dict[Any, Facts]:
    return {place: found for place, found in facts.items() if found != Facts()}
