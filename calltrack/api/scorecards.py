"""Scorecards: what each campaign cost and brought, and the calls and jobs behind each figure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.call_answers import CallAnswer, listed_answer
from calltrack.api.campaigns import CampaignPath, own_campaign
from calltrack.api.door import SCORECARDS, bp, give, requires, visitor
from calltrack.api.fields import Day, Items, Moment, MomentIn, Money, PageQuery, RangeDate
from calltrack.api.problems import Problem, refusals
from calltrack.calls.listing import ListedCall
from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.certainty import Between
from calltrack.campaigns.rows import CostDay, CountedJob, rows
from calltrack.campaigns.scorecard import KPI_KEYS, CampaignScorecard, as_json, campaign_scorecard, scorecards
from calltrack.ground import ground
from calltrack.period import Period, today

DEFAULT_DAYS = 30
MOST_DAYS = 3660  # ten years of days in one answer


class KpiAnswer(BaseModel):
    """KPIs: percentages 0 to 100 with one decimal, `roi` with two, money as text; null where nothing divides."""

    calls: int
    missed: int
    leads: int
    inbound_booked: int
    inbound_booked_pct: float | None
    raw_booked_pct: float | None
    manual_calls: int
    sold: int
    sold_pct: float | None
    revenue: str
    cohort_revenue: str
    total_cost: str
    cost_per_lead: str | None
    cost_per_booked_job: str | None
    roi: float | None


class SureAnswer(KpiAnswer):
    """The KPIs, and between how many and how many leads there really are at 95 %, as far as the classifier is known to
    err; null while too few of its labels were checked by a person. `leads_from` says what that is known by: the blind
    sample, or people's words on calls of their own choice; `leads_checks`, how many."""

    leads_low: int | None
    leads_high: int | None
    leads_from: Literal["blind", "people"] | None
    leads_checks: int | None


class ScorecardLine(SureAnswer):
    """One campaign; `phone` are the tracking numbers that belong to it now."""

    campaign_id: int
    campaign: str
    phone: list[str]


class DayLine(KpiAnswer):
    """One local day."""

    date: Day


class RangeAnswer(BaseModel):
    """The local dates that were counted, both included."""

    first: Day = Field(serialization_alias="from")
    last: Day = Field(serialization_alias="to")
    as_of: Moment | None = Field(None, description="The figures are as they were known then; null: as they are now")


class ScorecardsAnswer(RangeAnswer):
    """Every campaign by name, zeros included; `total` also holds calls and jobs without a campaign."""

    items: list[ScorecardLine]
    total: SureAnswer
    next: None = None


class CampaignDays(ScorecardLine, RangeAnswer):
    """One campaign, and the same for each day."""

    days: list[DayLine]


class RangeQuery(BaseModel):
    """Which local dates; left out: the last 30 days up to today."""

    first: RangeDate | None = Field(None, alias="from", description="The first local date; left out: 29 days before")
    last: RangeDate | None = Field(None, alias="to", description="The last local date, included; left out: today")


class KnownQuery(RangeQuery):
    """Which local dates, as they were known when."""

    as_of: MomentIn | None = Field(None, description="The figures as they were known at that moment; left out: now")


class RowsQuery(RangeQuery, PageQuery):
    """Which KPI's rows."""

    kpi: str = Field(json_schema_extra={"enum": list(KPI_KEYS)})


class CallRow(CallAnswer):
    """A call that is counted."""

    kind: Literal["call"]


class JobRow(BaseModel):
    """A job that is counted; `at` is the moment that dates it here, `income` what its income items sum up to."""

    kind: Literal["job"]
    external_id: str
    customer: str
    job_type: str
    status: str
    created_at: Moment
    completed_at: Moment | None
    at: Moment
    call_sid: str | None
    subtotal: Money
    income: Money
    why: str


class DayRow(BaseModel):
    """A local day that cost something."""

    kind: Literal["day"]
    date: Day
    cost: Money
    why: str


@bp.get("/scorecards", tags=[SCORECARDS], responses={200: ScorecardsAnswer})
@requires("scorecards.read")
def read_scorecards(query: KnownQuery) -> Response:
    """Every campaign's KPIs over a range of local dates, and all together."""
    account, period, as_of = visitor().account, _period(query), _past(query.as_of)
    with up_to_date(ground().database, account=account, period=period, as_of=as_of) as session:
        found = scorecards(session, account=account, period=period, as_of=as_of)
    return give(
        ScorecardsAnswer(
            first=period.first,
            last=period.last,
            as_of=as_of,
            items=[ScorecardLine.model_validate(_line(one)) for one in found.items],
            total=SureAnswer.model_validate(as_json(found.total) | _sure(found.leads_between)),
        )
    )


@bp.get("/scorecards/<int:campaign_id>", tags=[SCORECARDS], responses={200: CampaignDays, **refusals(404)})
@requires("scorecards.read")
def read_scorecard(path: CampaignPath, query: KnownQuery) -> Response:
    """One campaign's KPIs over a range of local dates, and day by day."""
    period, as_of = _period(query), _past(query.as_of)
    if (period.last - period.first).days >= MOST_DAYS:
        raise Problem(422, f"from and to are more than {MOST_DAYS} days apart; ask for fewer at once")
    account = visitor().account
    with up_to_date(ground().database, account=account, period=period, as_of=as_of) as session:
        campaign = own_campaign(session, path.campaign_id)
        found = campaign_scorecard(session, account=account, campaign=campaign, period=period, as_of=as_of)
    days = [{"date": day, **as_json(kpis)} for day, kpis in found.days]
    dates = {"first": period.first, "last": period.last, "as_of": as_of}
    return give(CampaignDays.model_validate({**dates, **_line(found), "days": days}))


@bp.get(
    "/scorecards/<int:campaign_id>/rows",
    tags=[SCORECARDS],
    responses={200: Items[CallRow | JobRow | DayRow], **refusals(404)},
)
@requires("scorecards.read", leaves="saw")
def read_rows(path: CampaignPath, query: RowsQuery) -> Response:
    """Exactly the calls, jobs or days that a KPI counts now, newest first, each with why."""
    period = _period(query)
    account = visitor().account
    with ground().database.read() as session:
        campaign = own_campaign(session, path.campaign_id)
        page = rows(
            session,
            account=account,
            campaign_id=campaign.id,
            period=period,
            kpi=query.kpi,
            cursor=query.cursor,
            limit=query.limit,
        )
    return give(Items[CallRow | JobRow | DayRow](items=[_row(one) for one in page.items], next=page.next))


def _period(query: RangeQuery) -> Period:
    zone = visitor().account.time_zone
    last = query.last or max(today(zone=zone), query.first or date.min)
    first = query.first or last - timedelta(days=DEFAULT_DAYS - 1)
    try:
        return Period(first, last, zone)
    except ValueError as error:
        raise Problem(422, f"{error}; swap from and to") from None


def _past(as_of: datetime | None) -> datetime | None:
    """None for a moment that has not come: what will be known is not known yet, and clocks differ a little."""
    return as_of if as_of is not None and as_of < datetime.now(UTC) else None


def _line(one: CampaignScorecard) -> dict[str, Any]:
    about = {"campaign_id": one.campaign_id, "campaign": one.campaign, "phone": one.phone}
    return about | as_json(one.kpis) | _sure(one.leads_between)


def _sure(between: Between | None) -> dict[str, Any]:
    low, high, source, checks = between or (None, None, None, None)
    return {"leads_low": low, "leads_high": high, "leads_from": source, "leads_checks": checks}


def _row(one: ListedCall | CountedJob | CostDay) -> CallRow | JobRow | DayRow:
    if isinstance(one, ListedCall):
        return CallRow(kind="call", **dict(listed_answer(one)))
    if isinstance(one, CostDay):
        return DayRow(kind="day", date=one.date, cost=one.cost, why=one.why)
    return JobRow.model_validate({**vars(one), "kind": "job", "at": one.moment})
