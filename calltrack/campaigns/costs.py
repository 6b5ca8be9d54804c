"""What a campaign costs a day, from which day on: stated whole, kept for ever, the newest statement in force."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.models import Campaign, CampaignCost, CostHistory

# A cost history: (first day, cents a day) in the order of the days.
History = Sequence[tuple[date, int]]


class BadCosts(ValueError):
    """A cost history that cannot be; the message says what to do."""


def state_costs(
    session: Session, *, campaign: Campaign, costs: Collection[tuple[date, int]], stated_by: str
) -> CostHistory:
    """From now on these are the campaign's costs: (first day, cents a day), in any order; none means it costs nothing.

    What was stated before stays to be asked about. Raises BadCosts.
    """
    often, count = Counter(day for day, _ in costs).most_common(1)[0] if costs else (None, 0)
    if count > 1:
        raise BadCosts(f"{often} has {count} costs; state one cost for each first day")
    if any(cents < 0 for _, cents in costs):
        raise BadCosts("a daily cost is zero or more")
    history = CostHistory(campaign_id=campaign.id, stated_at=datetime.now(UTC), stated_by=stated_by)
    session.add(history)
    session.flush()
    session.add_all(
        CampaignCost(history_id=history.id, starts_on=day, daily_cost=cents) for day, cents in sorted(costs)
    )
    session.flush()
    return history


def costs_in_force(session: Session, *, campaign_ids: Collection[int]) -> dict[int, list[tuple[date, int]]]:
    """The newest history of each campaign; an empty one where nothing was ever stated."""
    newest = (
        select(CostHistory.campaign_id, func.max(CostHistory.id).label("id"))
        .where(CostHistory.campaign_id.in_(campaign_ids))
        .group_by(CostHistory.campaign_id)
        .subquery()
    )
    histories: dict[int, list[tuple[date, int]]] = {campaign_id: [] for campaign_id in campaign_ids}
    for campaign_id, starts_on, daily_cost in session.execute(
        select(newest.c.campaign_id, CampaignCost.starts_on, CampaignCost.daily_cost)
        .join(newest, newest.c.id == CampaignCost.history_id)
        .order_by(CampaignCost.starts_on)
    ):
        histories[campaign_id].append((starts_on, daily_cost))
    return histories


def total_cost(history: History, *, first: date, last: date, today: date) -> int:
    """Cents for the days `first` to `last`, both included: each costs what is in force that day.

    Nothing before the history's first day, and nothing yet for days after the account's `today`.
    """
    after = min(last, today) + timedelta(days=1)
    ends = [*(starts_on for starts_on, _ in history), after][1:]
    return sum(
        cents * max(0, (min(end, after) - max(starts_on, first)).days)
        for (starts_on, cents), end in zip(history, ends, strict=True)
    )
