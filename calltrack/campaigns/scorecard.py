"""The scorecard: each campaign's KPIs, in arithmetic on exact facts and costs."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.certainty import Between, checked, leads_between
from calltrack.campaigns.costs import History, costs_in_force, total_cost
from calltrack.campaigns.facts import facts_by_campaign, facts_by_day, facts_of_days
from calltrack.campaigns.sources import Facts
from calltrack.models import Account, Campaign, Number, NumberAssignment
from calltrack.money import per, percentage, ratio, to_text
from calltrack.period import Period, today


@dataclass(frozen=True)
class Kpis:
    """The figures of one line of a scorecard; None where there is nothing to divide by.

    Sums are whole cents, money per lead or job is in units of money, percentages are 0 to 100 with one decimal.
    """

    calls: int
    missed: int
    leads: int
    inbound_booked: int
    inbound_booked_pct: Decimal | None
    raw_booked_pct: Decimal | None
    manual_calls: int
    sold: int
    sold_pct: Decimal | None
    revenue: int
    cohort_revenue: int
    total_cost: int
    cost_per_lead: Decimal | None
    cost_per_booked_job: Decimal | None
    roi: Decimal | None


@dataclass(frozen=True)
class CampaignScorecard:
    """One campaign's line; `phone`: the tracking numbers (E.164) that are assigned to it now.

    `leads_between`: how many leads there really are, at 95 %, for all that the classifier may have got wrong; None
    while too few of its words were checked.
    """

    campaign_id: int
    campaign: str
    phone: list[str]
    kpis: Kpis
    leads_between: Between | None
    archived: bool


@dataclass(frozen=True)
class DailyScorecard(CampaignScorecard):
    """One campaign's line, and the same for each local day of the period, in order."""

    days: list[tuple[date, Kpis]]


@dataclass(frozen=True)
class DailyTotal:
    """Everything together, and the same for each local day of the period, in order."""

    kpis: Kpis
    leads_between: Between | None
    days: list[tuple[date, Kpis]]


@dataclass(frozen=True)
class Scorecards:
    """Every campaign's line by name, zeros included; `total` also holds what is `without_campaign`: calls and jobs."""

    items: list[CampaignScorecard]
    total: Kpis
    without_campaign: Kpis
    leads_between: Between | None


def kpis_of(facts: Facts, *, cost: int) -> Kpis:
    """The KPIs that follow from counts, sums and a total cost in cents."""
    return Kpis(
        calls=facts.calls,
        missed=facts.missed,
        leads=facts.leads,
        inbound_booked=facts.inbound_booked,
        inbound_booked_pct=percentage(facts.leads_booked, facts.leads),
        raw_booked_pct=percentage(facts.calls_booked, facts.calls),
        manual_calls=facts.manual_calls,
        sold=facts.sold,
        sold_pct=percentage(facts.leads_sold, facts.leads),
        revenue=facts.revenue,
        cohort_revenue=facts.cohort_revenue,
        total_cost=cost,
        cost_per_lead=per(cost, facts.leads),
        cost_per_booked_job=per(cost, facts.inbound_booked),
        roi=ratio(facts.revenue, cost),
    )


def scorecards(
    session: Session, *, account: Account, period: Period, now: datetime | None = None, as_of: datetime | None = None
) -> Scorecards:
    """Every campaign of the account over the period, and all together. `now` (default: this moment) decides which
    numbers are a campaign's own and which days cost something already. `as_of`: all of it as known at that moment."""
    now = as_of or now or datetime.now(UTC)
    facts = facts_by_campaign(session, account_id=account.id, period=period, as_of=as_of)
    campaigns = [one for one in list_campaigns(session, account=account) if as_of is None or one.created_at <= as_of]
    costs = costs_in_force(session, campaign_ids=[campaign.id for campaign in campaigns], as_of=as_of)
    phones = numbers_at(session, account_id=account.id, moment=now, as_of=as_of)
    error = checked(session, account_id=account.id, as_of=as_of)
    spent = {one.id: _spent(costs[one.id], period=period, now=now) for one in campaigns}
    items = [
        CampaignScorecard(
            campaign_id=one.id,
            campaign=one.name,
            phone=phones.get(one.id, []),
            kpis=kpis_of(facts.get(one.id, Facts()), cost=spent[one.id]),
            leads_between=leads_between(facts.get(one.id, Facts()), error=error),
            archived=one.archived_at is not None,
        )
        for one in campaigns
    ]
    whole = sum(facts.values(), Facts())
    return Scorecards(
        items=items,
        total=kpis_of(whole, cost=sum(spent.values())),
        without_campaign=kpis_of(facts.get(None, Facts()), cost=0),
        leads_between=leads_between(whole, error=error),
    )


def campaign_scorecard(
    session: Session,
    *,
    account: Account,
    campaign: Campaign,
    period: Period,
    now: datetime | None = None,
    as_of: datetime | None = None,
) -> DailyScorecard:
    """One campaign of the account over the period, and day by day; `now` and `as_of` as for `scorecards`."""
    now = as_of or now or datetime.now(UTC)
    found = facts_by_day(session, account_id=account.id, period=period, campaign_id=campaign.id, as_of=as_of)
    history = costs_in_force(session, campaign_ids=[campaign.id], as_of=as_of)[campaign.id]
    days = [
        (day, kpis_of(found.get((campaign.id, day), Facts()), cost=_spent(history, period=one_day, now=now)))
        for day in period.days()
        for one_day in [Period(day, day, period.zone)]
    ]
    whole = sum(found.values(), Facts())
    error = checked(session, account_id=account.id, as_of=as_of)
    return DailyScorecard(
        campaign_id=campaign.id,
        campaign=campaign.name,
        phone=numbers_at(session, account_id=account.id, moment=now, as_of=as_of).get(campaign.id, []),
        kpis=kpis_of(whole, cost=_spent(history, period=period, now=now)),
        leads_between=leads_between(whole, error=error),
        archived=campaign.archived_at is not None,
        days=days,
    )


def total_scorecard(
    session: Session, *, account: Account, period: Period, now: datetime | None = None, as_of: datetime | None = None
) -> DailyTotal:
    """All campaigns together, with the calls and jobs that belong to none; `now` and `as_of` as for `scorecards`."""
    now = as_of or now or datetime.now(UTC)
    found = facts_of_days(session, account_id=account.id, period=period, as_of=as_of)
    campaigns = [one.id for one in list_campaigns(session, account=account)]
    costs = costs_in_force(session, campaign_ids=campaigns, as_of=as_of).values()
    today_is = today(zone=period.zone, now=now)
    days = [
        (day, kpis_of(found.get(day, Facts()), cost=total_cost_of_all(costs, first=day, last=day, today=today_is)))
        for day in period.days()
    ]
    whole = sum(found.values(), Facts())
    cost = total_cost_of_all(costs, first=period.first, last=period.last, today=today_is)
    error = checked(session, account_id=account.id, as_of=as_of)
    return DailyTotal(kpis=kpis_of(whole, cost=cost), leads_between=leads_between(whole, error=error), days=days)


def total_cost_of_all(histories: Iterable[History], *, first: date, last: date, today: date) -> int:
    """What several campaigns cost together, in cents."""
    return sum(total_cost(history, first=first, last=last, today=today) for history in histories)


def numbers_at(
    session: Session, *, account_id: int, moment: datetime, as_of: datetime | None = None
) -> dict[int, list[str]]:
    """Each campaign's tracking numbers: of a number's assignments in force by `moment`, the last word on the latest;
    of those that were known `as_of` a moment, where one is given."""
    assigned = (
        select(Number.phone_number, NumberAssignment.campaign_id)
        .join(NumberAssignment, NumberAssignment.number_id == Number.id)
        .where(Number.account_id == account_id, NumberAssignment.starts_at <= moment)
        .order_by(NumberAssignment.starts_at, NumberAssignment.id)
    )
    if as_of is not None:
        assigned = assigned.where(NumberAssignment.assigned_at <= as_of)
    belongs = dict(session.execute(assigned).all())
    phones = defaultdict[int, list[str]](list)
    for phone_number, campaign_id in sorted(belongs.items()):
        phones[campaign_id].append(phone_number)
    return dict(phones)


def as_json(kpis: Kpis) -> dict[str, Any]:
    """The KPIs as the public interface spells them: money as decimal strings, other fractions as numbers."""
    return {key: _WRITTEN[key](getattr(kpis, key)) for key in KPI_KEYS}


def _spent(history: History, *, period: Period, now: datetime) -> int:
    return total_cost(history, first=period.first, last=period.last, today=today(zone=period.zone, now=now))


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _fraction(value: Decimal | None) -> float | None:
    """One or two decimals survive a float; nothing is computed with it."""
    return None if value is None else float(value)


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys("calls missed leads inbound_booked manual_calls sold".split(), int),
    **dict.fromkeys("revenue cohort_revenue total_cost".split(), to_text),
    **dict.fromkeys("cost_per_lead cost_per_booked_job".split(), _amount),
    **dict.fromkeys("inbound_booked_pct raw_booked_pct sold_pct roi".split(), _fraction),
}
KPI_KEYS = tuple(Kpis.__dataclass_fields__)
