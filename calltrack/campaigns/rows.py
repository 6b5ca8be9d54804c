"""The rows behind a KPI: exactly the calls, jobs or days that it counts, each with why."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Row, select, union_all
from sqlalchemy.orm import Session

from calltrack.calls.listing import ListedCall, listed
from calltrack.calls.why import local_day
from calltrack.campaigns.costs import History, costs_in_force, total_cost
from calltrack.campaigns.sources import MEASURES, SOURCES, Measure, inbound_jobs, within
from calltrack.models import Account, Call, Campaign, Customer
from calltrack.money import to_text
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.period import Period, midnight, today

# What a KPI counts: itself, or for a quotient its numerator (a percentage) or what the cost is shared among.
# `total_cost` is counted in days.
COUNTED_BY = {
    "calls": "calls",
    "missed": "missed",
    "leads": "leads",
    "inbound_booked": "inbound_booked",
    "inbound_booked_pct": "leads_booked",
    "raw_booked_pct": "calls_booked",
    "manual_calls": "manual_calls",
    "sold": "sold",
    "sold_pct": "leads_sold",
    "revenue": "revenue",
    "cohort_revenue": "cohort_revenue",
    "total_cost": "total_cost",
    "cost_per_lead": "leads",
    "cost_per_booked_job": "inbound_booked",
    "roi": "revenue",
}


EVERY: Final = "every"  # in place of a campaign's id: all of them, and what belongs to none
Owner: TypeAlias = int | Literal["every"] | None

Counted: TypeAlias = "ListedCall | CountedJob | CostDay"


class BadKpi(ValueError):
    """Not a KPI; the message says which there are."""


@dataclass(frozen=True)
class CountedJob:
    """A job under a KPI: amounts in cents, `moment` what dates it here, `call_sid` the call that booked it."""

    id: int
    external_id: str
    customer: str
    job_type: str
    status: str
    created_at: datetime
    completed_at: datetime | None
    moment: datetime
    call_sid: str | None
    subtotal: int
    income: int
    why: str


@dataclass(frozen=True)
class CostDay:
    """A local day and what it cost, in cents."""

    date: date
    cost: int
    why: str


def rows(
    session: Session,
    *,
    account: Account,
    campaign_id: Owner,
    period: Period,
    kpi: str,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page[Counted]:
    """What `kpi` counts for a campaign (None: what belongs to none; EVERY: all) over the period, newest first.

    `limit` is kept within 1 to 200; `now` (default: this moment) decides which days cost something already.
    Raises BadKpi and calltrack.paging.BadCursor.
    """
    if kpi not in COUNTED_BY:
        raise BadKpi(f"there is no KPI {kpi!r}; choose one of: {', '.join(COUNTED_BY)}")
    after = None if cursor is None else read_cursor(cursor)
    limit = clamp(limit)
    counted_by = COUNTED_BY[kpi]
    if counted_by == "total_cost":
        now = now or datetime.now(UTC)
        histories = _histories(session, account=account, campaign_id=campaign_id)
        return _cost_days(histories, period=period, after=after, limit=limit, now=now)
    measure = MEASURES[counted_by]
    found = _counted(
        session, measure, account=account, campaign_id=campaign_id, period=period, after=after, limit=limit
    )
    page = found[:limit]
    following = write_cursor(page[-1].moment, page[-1].id) if len(found) > limit else None
    items: list[Counted]
    if measure.source == "calls":
        calls = listed(session, rows=page)
        items = [*(_sold_calls(session, account=account, calls=calls) if counted_by == "leads_sold" else calls)]
    else:
        items = [*_jobs(session, page, counted_by=counted_by, zone=account.time_zone)]
    return Page(items, following)


def _counted(
    session: Session,
    measure: Measure,
    *,
    account: Account,
    campaign_id: Owner,
    period: Period,
    after: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """One more than `limit` of the rows that the measure counts, newest first."""
    parts = []
    for rows_of in SOURCES[measure.source]:
        part = within(rows_of(account_id=account.id), start=period.start, end=period.end)
        row = part.selected_columns
        part = part.where(measure.counted(row))
        if campaign_id != EVERY:
            part = part.where(row.campaign_id.is_not_distinct_from(campaign_id))
        parts.append(part if after is None else part.where(older_than(after, moment=row.moment, row_id=row.id)))
    every = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    return session.execute(select(every).order_by(every.c.moment.desc(), every.c.id.desc()).limit(limit + 1)).all()


def _sold_calls(session: Session, *, account: Account, calls: list[ListedCall]) -> list[ListedCall]:
    """The calls, each with what was sold as its why."""
    jobs = inbound_jobs(account_id=account.id).subquery()
    sold = defaultdict[int, list[str]](list)
    for row in session.execute(
        select(jobs).where(jobs.c.call_id.in_([call.id for call in calls]), jobs.c.sold).order_by(jobs.c.id)
    ):
        sold[row.call_id].append(f"job {row.external_id} {_why_sold(row)}")
    return [replace(call, why="; ".join(sold[call.id])) for call in calls]


def _jobs(session: Session, found: Sequence[Row[*tuple[Any, ...]]], *, counted_by: str, zone: str) -> list[CountedJob]:
    customers = dict(
        session.execute(
            select(Customer.id, Customer.name).where(Customer.id.in_({row.customer_id for row in found}))
        ).all()
    )
    calls = {
        call_id: (call_sid, started_at)
        for call_id, call_sid, started_at in session.execute(
            select(Call.id, Call.call_sid, Call.started_at).where(
                Call.id.in_({row.call_id for row in found if row.inbound})
            )
        )
    }
    return [
        CountedJob(
            id=row.id,
            external_id=row.external_id,
            customer=customers[row.customer_id],
            job_type=row.job_type,
            status=row.status,
            created_at=row.created_at,
            completed_at=row.completed_at,
            moment=row.moment,
            call_sid=calls[row.call_id][0] if row.inbound else None,
            subtotal=int(row.subtotal),
            income=int(row.income or 0),
            why=_why_job(
                row, counted_by=counted_by, called_at=calls[row.call_id][1] if row.inbound else None, zone=zone
            ),
        )
        for row in found
    ]


def _why_job(row: Row[*tuple[Any, ...]], *, counted_by: str, called_at: datetime | None, zone: str) -> str:
    """Why this job counts here, in one sentence."""
    if called_at is not None:
        origin = f"booked from the call of {local_day(called_at, zone=zone)}"
    else:
        origin = f"booked without a call on {local_day(row.created_at, zone=zone)}"
    if counted_by == "sold":
        return f"{_why_sold(row)}; {origin}"
    if counted_by == "revenue":
        return f"completed on {local_day(row.completed_at, zone=zone)}: income {to_text(int(row.income))}"
    if counted_by == "cohort_revenue":
        return f"{origin} and completed: income {to_text(int(row.income))}"
    return origin


def _why_sold(row: Row[*tuple[Any, ...]]) -> str:
    threshold = row.sold_threshold
    enough = f">= {to_text(threshold)}" if threshold > 0 else "> 0, no sold threshold is set"
    return f"sold: invoiced {to_text(int(row.subtotal))} {enough}"


def _histories(session: Session, *, account: Account, campaign_id: Owner) -> Collection[History]:
    """What belongs to no campaign costs nothing."""
    if campaign_id == EVERY:
        campaign_ids = list(session.scalars(select(Campaign.id).where(Campaign.account_id == account.id)))
    else:
        campaign_ids = [] if campaign_id is None else [campaign_id]
    return costs_in_force(session, campaign_ids=campaign_ids).values()


def _cost_days(
    histories: Collection[History], *, period: Period, after: tuple[datetime, int] | None, limit: int, now: datetime
) -> Page[Counted]:
    """The days that cost something, newest first."""
    today_is = today(zone=period.zone, now=now)
    costs = [
        (day, sum(total_cost(history, first=day, last=day, today=today_is) for history in histories))
        for day in reversed(period.days())
    ]
    places = [(midnight(day, zone=period.zone), day, cost) for day, cost in costs if cost]
    left = [place for place in places if after is None or place[0] < after[0]]
    page = left[:limit]
    what = "this campaign" if len(histories) == 1 else "all campaigns"
    return Page(
        [CostDay(date=day, cost=cost, why=f"a day of {what} cost {to_text(cost)}") for _, day, cost in page],
        write_cursor(page[-1][0], 0) if len(left) > limit else None,
    )
