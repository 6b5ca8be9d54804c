"""What is counted: the rows that every figure follows from, as SQL over the base rows.

There are three sources of rows, each row with `id`, `campaign_id` and the `moment` that dates it: calls by their start;
the cohort, which is jobs by the start of the call that booked them, or by their creation; and completed jobs by their
completion. `MEASURES` says which rows of a source a figure counts; a drill-down lists by the very same conditions.

A completed job without a completion moment is in the cohort figures and in `sold`, but in no day's revenue.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, exists, false, func, select, true

from calltrack.calls.facts import Rows, calls_with_facts, inbound
from calltrack.models import Call, Invoice, InvoiceItem, Job, JobType


@dataclass(frozen=True)
class Facts:
    """Counts of calls and jobs, and sums in cents; facts of different days or campaigns add up.

    Beside what KPIs show: `leads_by_machine` are leads because a machine says so and nothing else does,
    `excused_by_machine` calls that only a machine's word keeps from being leads.
    """

    calls: int = 0
    missed: int = 0
    leads: int = 0
    leads_by_machine: int = 0
    excused_by_machine: int = 0
    leads_booked: int = 0
    calls_booked: int = 0
    leads_sold: int = 0
    inbound_booked: int = 0
    manual_calls: int = 0
    sold: int = 0
    cohort_revenue: int = 0
    revenue: int = 0

    def __add__(self, other: "Facts") -> "Facts":
        return Facts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Facts)))


# Of the job at hand, in cents. `_income` is null where no income item was billed. Subqueries, because a join would
# count each invoice once for every item, and each job once for every invoice.
_subtotal = (
    select(func.coalesce(func.sum(Invoice.subtotal), 0))
    .where(Invoice.job_id == Job.id)
    .correlate(Job)
    .scalar_subquery()
)
_income = (
    select(func.sum(InvoiceItem.amount))
    .join(Invoice, Invoice.id == InvoiceItem.invoice_id)
    .where(Invoice.job_id == Job.id, InvoiceItem.income)
    .correlate(Job)
    .scalar_subquery()
)
_completed = Job.status == "completed"
_sold = and_(_completed, _subtotal > 0, _subtotal >= func.coalesce(JobType.sold_threshold, 0))


def counted_calls(*, account_id: int) -> Rows:
    """The account's inbound calls with all that `calls_with_facts` says, and `sold`: a job booked from it is sold."""
    sold = exists(
        select(Job.id)
        .join(JobType, JobType.id == Job.job_type_id)
        .where(Job.call_id == Call.id, Job.account_id == Call.account_id, _sold)
        .correlate(Call)
    )
    rows = calls_with_facts(account_id=account_id)
    return rows.add_columns(Call.started_at.label("moment"), sold.label("sold"))


def _jobs(*, campaign_id: Any, moment: Any, from_call: ColumnElement[bool]) -> Rows:
    return (
        select(
            Job.id, Job.external_id, Job.customer_id, Job.status, Job.created_at, Job.completed_at, Job.call_id,
            JobType.name.label("job_type"), func.coalesce(JobType.sold_threshold, 0).label("sold_threshold"),
            campaign_id.label("campaign_id"), moment.label("moment"), from_call.label("inbound"),
            _subtotal.label("subtotal"), _income.label("income"), _completed.label("completed"), _sold.label("sold"),
        )
        .select_from(Job)
        .join(JobType, JobType.id == Job.job_type_id)
    )  # fmt: skip


def inbound_jobs(*, account_id: int) -> Rows:
    """The account's jobs that an inbound call booked, by call start."""
    rows = _jobs(campaign_id=Call.campaign_id, moment=Call.started_at, from_call=true())
    return rows.join(Call, Call.id == Job.call_id).where(Job.account_id == account_id, inbound(account_id=account_id))


def manual_jobs(*, account_id: int) -> Rows:
    """All other jobs of the account, by their creation."""
    # A subquery for each job, because PostgreSQL may answer NOT EXISTS by reading every call there is.
    call = select(Call.id).where(Call.id == Job.call_id, inbound(account_id=account_id)).correlate(Job)
    rows = _jobs(campaign_id=Job.campaign_id, moment=Job.created_at, from_call=false())
    return rows.where(Job.account_id == account_id, call.scalar_subquery().is_(None))


def completed_jobs(*, account_id: int) -> Rows:
    """The account's completed jobs by the moment of completion; a linked call's campaign wins over the job's own."""
    is_linked = Call.id.is_not(None)
    campaign_id = case((is_linked, Call.campaign_id), else_=Job.campaign_id)
    rows = _jobs(campaign_id=campaign_id, moment=Job.completed_at, from_call=is_linked)
    return rows.outerjoin(Call, and_(Call.id == Job.call_id, inbound(account_id=account_id))).where(
        Job.account_id == account_id, _completed, Job.completed_at.is_not(None)
    )


@dataclass(frozen=True)
class Measure:
    """One figure of `Facts`: the rows of a source that `counted` holds for, or the sum of their `amount` column."""

    source: Literal["calls", "cohort", "completed"]
    counted: Callable[[Any], ColumnElement[bool]]
    amount: str | None = None


SOURCES: dict[str, tuple[Callable[..., Rows], ...]] = {
    "calls": (counted_calls,),
    "cohort": (inbound_jobs, manual_jobs),
    "completed": (completed_jobs,),
}
MEASURES = {
    "calls": Measure("calls", lambda _call: true()),
    "missed": Measure("calls", lambda call: call.outcome == "missed"),
    "leads": Measure("calls", lambda call: call.is_lead),
    "leads_by_machine": Measure(
        "calls", lambda call: and_(call.is_lead, ~call.booked, call.label_value == "lead", call.label_source != "human")
    ),
    "excused_by_machine": Measure(
        "calls",
        lambda call: and_(
            ~call.is_lead,
            ~call.missed,
            call.label_value == "excused",
            call.label_source != "human",
            call.duration >= call.lead_seconds,
        ),
    ),
    "leads_booked": Measure("calls", lambda call: and_(call.is_lead, call.booked)),
    "calls_booked": Measure("calls", lambda call: call.booked),
    "leads_sold": Measure("calls", lambda call: and_(call.is_lead, call.sold)),
    "inbound_booked": Measure("cohort", lambda job: job.inbound),
    "manual_calls": Measure("cohort", lambda job: ~job.inbound),
    "sold": Measure("cohort", lambda job: job.sold),
    "cohort_revenue": Measure("cohort", lambda job: and_(job.completed, job.income.is_not(None)), amount="income"),
    "revenue": Measure("completed", lambda job: job.income.is_not(None), amount="income"),
}


def within(rows: Rows, *, start: datetime, end: datetime) -> Rows:
    """The rows of a source that are dated from `start` to before `end`."""
    moment = rows.selected_columns.moment
    return rows.where(moment >= start, moment < end)
