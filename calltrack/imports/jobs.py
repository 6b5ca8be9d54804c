"""Jobs from a file: one line an invoice, the lines of a job anywhere in the file. imports/booking.py writes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.imports.booking import JobSaid, JobUnit, book_jobs, calls_named, compare_jobs, update_jobs
from calltrack.imports.costs import campaign_named
from calltrack.imports.fields import (
    TOLERANCE,
    BadLine,
    read_amount,
    read_answer,
    read_moment,
    read_optional,
    read_phone,
    read_text,
)
from calltrack.imports.kind import Agreement, Sorted
from calltrack.jobs.facts import STATUSES
from calltrack.jobs.listing import list_job_types
from calltrack.models import Account
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE

LONGEST_SID = 64


class JobRow(NamedTuple):
    """What a line says: of the job as such, and (amounts in cents) of one of its invoices, if it names one."""

    job: JobSaid
    invoice_number: str | None
    subtotal: int
    income: int | None


class JobFile:
    """A file of jobs; its unit is a job with all its invoices."""

    columns = (
        "external_id", "customer_name", "customer_phone", "job_type", "status", "created_at", "completed_at",
        "call_sid", "campaign", "technician_lead", "invoice_number", "invoice_subtotal", "income_amount",
    )  # fmt: skip
    required = frozenset({"external_id", "customer_name", "job_type", "status", "created_at"})

    def __init__(self, session: Session, *, account: Account) -> None:
        self._account_id, self._zone = account.id, ZoneInfo(account.time_zone)
        self._campaigns = {one.name: one.id for one in list_campaigns(session, account=account)}
        job_types = sorted(list_job_types(session, account=account), key=lambda one: one.id, reverse=True)
        self._job_types = {one.name: one.id for one in job_types}
        # Upper and lower case are the same job type: the first spelling, of the oldest or in the file, stands for all.
        self._spellings = {one.name.casefold(): one.name for one in job_types}
        self._latest = datetime.now(UTC) + TOLERANCE
        self._agreed = Agreement()
        # Of each job, how many lines are good: it is whole once so many were read.
        self._lines: dict[str, int] = {}

    def read(self, cells: list[str]) -> JobRow:
        """What a line says. Raises BadLine."""
        (
            external_id, name, phone, job_type, status, created_at, completed_at, sid, campaign, technician,
            number, subtotal, income,
        ) = cells  # fmt: skip
        if status not in STATUSES:
            raise BadLine(f"status is {status[:40]!r}; write one of: {', '.join(STATUSES)}")
        job = JobSaid(
            read_text(external_id, column="external_id", longest=LONGEST_NUMBER),
            read_text(name, column="customer_name", longest=LONGEST_NAME),
            read_phone(phone, column="customer_phone", longest=LONGEST_PHONE) if phone else None,
            self._spelled(read_text(job_type, column="job_type", longest=LONGEST_NAME)),
            status,
            read_moment(created_at, column="created_at", latest=self._latest, zone=self._zone),
            read_moment(completed_at, column="completed_at", latest=self._latest, zone=self._zone)
            if completed_at
            else None,
            read_optional(sid, column="call_sid", longest=LONGEST_SID),
            campaign_named(campaign, campaigns=self._campaigns) if campaign else None,
            read_answer(technician, column="technician_lead"),
        )
        if not number:
            if subtotal or income:
                raise BadLine("there is an amount, but no invoice_number; enter one")
            return JobRow(job, None, 0, None)
        return JobRow(
            job,
            read_text(number, column="invoice_number", longest=LONGEST_NUMBER),
            read_amount(subtotal, column="invoice_subtotal"),
            read_amount(income, column="income_amount") if income else None,
        )

    def _spelled(self, name: str) -> str:
        return name if name in self._job_types else self._spellings.setdefault(name.casefold(), name)

    def repeats(self, number: int, row: JobRow) -> bool:
        """Whether earlier lines have said all of it. Raises BadLine where one says otherwise of the job or invoice."""
        external_id = row.job.external_id
        first = self._agreed.other(external_id, row.job, number=number)
        if first is None:
            raise BadLine(
                f"line {self._agreed.first(external_id)} says otherwise of job {external_id}; "
                "lines of one job differ in their invoice only"
            )
        if row.invoice_number is not None:
            key = (external_id, row.invoice_number)
            first = self._agreed.other(key, row[1:], number=number)
            if first is None:
                raise BadLine(f"line {self._agreed.first(key)} has another amount for invoice {key[1]}; keep one")
        if first:
            return True
        self._lines[external_id] = self._lines.get(external_id, 0) + 1
        return False

    def doubts(self, session: Session, rows: Sequence[tuple[int, JobRow]]) -> Mapping[int, str]:
        """Calls that are not known."""
        named = {row.job.call_sid for _, row in rows if row.job.call_sid}
        known = calls_named(session, account_id=self._account_id, sids=named)
        doubts = {}
        for number, row in rows:
            if row.job.call_sid and row.job.call_sid not in known:
                self._lines[row.job.external_id] -= 1
                doubts[number] = f"there is no call {row.job.call_sid}; import the calls first, or leave call_sid empty"
        return doubts

    def gather(self, rows: Iterable[JobRow]) -> Iterator[tuple[int, JobUnit]]:
        """Jobs, each as soon as all its lines were read."""
        units: dict[str, JobUnit] = {}
        for row in rows:
            external_id = row.job.external_id
            unit = units.setdefault(external_id, JobUnit(row.job))
            unit.lines += 1
            if row.invoice_number is not None:
                unit.invoices[row.invoice_number] = (row.subtotal, row.income)
            if unit.lines == self._lines[external_id]:
                yield unit.lines, units.pop(external_id)

    def sort_out(self, session: Session, units: Sequence[JobUnit]) -> Sorted:
        """Jobs are known by their external id, and known just so when the file says nothing else of them."""
        return compare_jobs(session, account_id=self._account_id, units=units)

    def write(self, session: Session, *, account: Account, found: Sorted) -> None:
        """Insert the new jobs in bulk; known ones are changed one by one, so that what they were is kept."""
        update_jobs(session, account=account, changed=found.changed)
        book_jobs(session, account=account, new=found.new, job_types=self._job_types)

    def notices(self) -> list[str]:
        """None."""
        return []
