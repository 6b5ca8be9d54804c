"""When a campaign is in trouble: three rules over its facts and costs, in exact arithmetic.

Each answers by campaign id: why it is in trouble, or None where it is not. A campaign that is not in the answer is as
it was: an alert that is open stays open, and none is raised.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from calltrack.campaigns.costs import costs_in_force, total_cost
from calltrack.campaigns.facts import facts_by_campaign, facts_by_day
from calltrack.campaigns.sources import Facts
from calltrack.models import Account, Campaign
from calltrack.money import percentage
from calltrack.paper.words import written
from calltrack.period import Period, today

WEEKS_BEFORE = 28  # days that say what is usual
BUSY_DAYS = WEEKS_BEFORE // 2  # with a call, so that a campaign counts as one that rings
MISSED_DAYS, FEWEST_CALLS = 7, 10
COST_DAYS = 30
Found = dict[int, str | None]


def calls_stopped(
    session: Session, *, account: Account, campaigns: Sequence[Campaign], threshold: int, now: datetime
) -> Found:
    """No call for `threshold` full local days, nor yet today, after calls on at least half of the 28 days before.

    A silence that goes on is the same trouble, however long ago those days are by then.
    """
    last = today(zone=account.time_zone, now=now)
    silent_from = last - timedelta(days=threshold)
    period = Period(silent_from - timedelta(days=WEEKS_BEFORE), last, account.time_zone)
    facts = facts_by_day(session, account_id=account.id, period=period)
    rang = {(campaign_id, day) for (campaign_id, day), one in facts.items() if one.calls}
    found: Found = {}
    for campaign in campaigns:
        days = [day for campaign_id, day in rang if campaign_id == campaign.id]
        if any(day >= silent_from for day in days):
            found[campaign.id] = None
        elif len(days) >= BUSY_DAYS:
            since = max(days)
            full = "full day" if threshold == 1 else "full days"
            found[campaign.id] = (
                f"no call for {threshold} {full}, the last one on {since:%a} {since.day} {since:%b}; "
                f"before that, calls came on {len(days)} of {WEEKS_BEFORE} days"
            )
    return found


def missed_share(
    session: Session, *, account: Account, campaigns: Sequence[Campaign], threshold: int, now: datetime
) -> Found:
    """Of the last 7 days' calls (at least 10), today's included, a share is missed that is more than `threshold`
    percentage points above that of the 28 days before."""
    last = today(zone=account.time_zone, now=now)
    first = last - timedelta(days=MISSED_DAYS - 1)
    usual = Period(first - timedelta(days=WEEKS_BEFORE), first - timedelta(days=1), account.time_zone)
    week = facts_by_campaign(session, account_id=account.id, period=Period(first, last, account.time_zone))
    weeks = facts_by_campaign(session, account_id=account.id, period=usual)
    found: Found = {}
    for campaign in campaigns:
        of, before = week.get(campaign.id, Facts()), weeks.get(campaign.id, Facts())
        rise = 100 * (of.missed * before.calls - before.missed * of.calls)
        worse = of.calls >= FEWEST_CALLS and rise > threshold * of.calls * before.calls
        found[campaign.id] = (
            f"{of.missed} of {of.calls} calls of the last {MISSED_DAYS} days were missed "
            f"({percentage(of.missed, of.calls)}%), against {percentage(before.missed, before.calls)}% "
            f"in the {WEEKS_BEFORE} days before"
            if worse
            else None
        )
    return found


def cost_per_lead(
    session: Session, *, account: Account, campaigns: Sequence[Campaign], threshold: int, now: datetime
) -> Found:
    """The last 30 days' cost per lead, today's included, is above `threshold` cents; or they cost, and brought none."""
    last = today(zone=account.time_zone, now=now)
    period = Period(last - timedelta(days=COST_DAYS - 1), last, account.time_zone)
    facts = facts_by_campaign(session, account_id=account.id, period=period)
    costs = costs_in_force(session, campaign_ids=[campaign.id for campaign in campaigns])
    found: Found = {}
    for campaign in campaigns:
        leads = facts.get(campaign.id, Facts()).leads
        cost = total_cost(costs[campaign.id], first=period.first, last=last, today=last)
        spent = f"{written('money', cost)} in the last {COST_DAYS} days"
        if cost <= threshold * leads:  # without a lead, any cost is too much
            found[campaign.id] = None
        elif leads:
            each = written("money", -(-cost // leads))  # rounded up: it is more than the threshold
            found[campaign.id] = (
                f"a lead cost {each}, more than {written('money', threshold)}: {spent} brought {leads} "
                f"{'lead' if leads == 1 else 'leads'}"
            )
        else:
            found[campaign.id] = f"{spent}, and not one lead"
    return found


CONDITIONS: dict[str, Callable[..., Found]] = {
    "calls_stopped": calls_stopped,
    "missed_share": missed_share,
    "cost_per_lead": cost_per_lead,
}
