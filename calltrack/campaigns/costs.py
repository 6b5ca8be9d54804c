"""What a campaign costs a day, from which day on: stated whole, kept for ever, the newest statement in force."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.models import Campaign, CampaignCost, CostHistory

# A cost history: (first day, cents a day) in the order of the days.
History = Sequence[tuple[date, int]]
LARGEST_COST = 10**11  # cents


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
    if any(not 0 <= cents <= LARGEST_COST for _, cents in costs):
        raise BadCosts("a daily cost is zero or more, and at most a billion")
    history = CostHistory(campaign_id=campaign.id, stated_at=datetime.now(UTC), stated_by=stated_by)
    session.add(history)
    session.flush()
    session.add_all(
        CampaignCost(history_id=history.id, starts_on=day, daily_cost=cents) for day, cents in sorted(costs)
    )
    session.flush()
    return history


def costs_in_force(
    session: Session, *, campaign_ids: Collection[int], as_of: datetime | None = None
) -> dict[int, list[tuple[date, int]]]:
    """The newest history of each campaign, now or `as_of` a moment; an empty one where nothing was stated."""
    newest = (
        select(CostHistory.campaign_id, func.max(CostHistory.id).label("id"))
        .where(CostHistory.campaign_id.in_(campaign_ids), *([CostHistory.stated_at <= as_of] if as_of else []))
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


def cost_on(history: History, *, day: date) -> int | None:
    """Cents that `day` costs; None before the history's first day."""
    return next((cents for starts_on, cents in reversed(history) if starts_on <= day), None)


def goes_on(history: History, *, day: date) -> bool:
    """Whether any day after `day` costs something."""
    ends = [*(starts_on for starts_on, _ in history), date.max][1:]
    return any(cents and end > day + timedelta(days=1) for (_, cents), end in zip(history, ends, strict=True))


def spread_month(*, month: date, cents: int) -> list[tuple[date, int]]:
    """What each day of `month` (any day of it) costs when the whole month costs `cents`.

    The days add up to exactly that: what does not divide goes to the first days, a cent each. Raises BadCosts.
    """
    if cents < 0:
        raise BadCosts("a monthly cost is zero or more")
    first = month.replace(day=1)
    days = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
    each, extra = divmod(cents, days)
    return [(first + timedelta(days=place), each + (place < extra)) for place in range(days)]


def lay_over(history: History, *, days: Collection[tuple[date, int]]) -> list[tuple[date, int]]:
    """The history in which each of these days costs what is said of it, and every other day what it did before."""
    before, changes = dict(history), dict(history)
    firsts = sorted(before)

    def in_force(day: date) -> int:
        place = bisect_right(firsts, day)
        return before[firsts[place - 1]] if place else 0

    for day, _ in days:
        changes[day + timedelta(days=1)] = in_force(day + timedelta(days=1))
    changes.update(days)
    laid: list[tuple[date, int]] = []
    for day, cents in sorted(changes.items()):
        if cents != (laid[-1][1] if laid else 0) or day in before:
            laid.append((day, cents))
    return laid


@dataclass(frozen=True)
class Statement:
    """A whole cost history as somebody stated it; the newest of a campaign is in force."""

    stated_by: str
    stated_at: datetime
    costs: list[tuple[date, int]]


def list_statements(session: Session, *, campaign: Campaign, limit: int) -> list[Statement]:
    """The campaign's newest `limit` statements, the one in force first."""
    histories = session.scalars(
        select(CostHistory).where(CostHistory.campaign_id == campaign.id).order_by(CostHistory.id.desc()).limit(limit)
    ).all()
    costs = defaultdict[int, list[tuple[date, int]]](list)
    for history_id, starts_on, cents in session.execute(
        select(CampaignCost.history_id, CampaignCost.starts_on, CampaignCost.daily_cost)
        .where(CampaignCost.history_id.in_([history.id for history in histories]))
        .order_by(CampaignCost.starts_on)
    ):
        costs[history_id].append((starts_on, cents))
    return [Statement(one.stated_by, one.stated_at, costs[one.id]) for one in histories]


def drop_cost(session: Session, *, campaign: Campaign, starts_on: date, stated_by: str) -> bool:
    """State the history in force anew without the cost that starts on that day; False where there is none."""
    costs = _in_force(session, campaign=campaign)
    if costs.pop(starts_on, None) is None:
        return False
    state_costs(session, campaign=campaign, costs=list(costs.items()), stated_by=stated_by)
    return True


def end_costs(session: Session, *, campaign: Campaign, last: date, stated_by: str) -> None:
    """State the history in force anew, so that no day after `last` costs anything."""
    costs = {day: cents for day, cents in _in_force(session, campaign=campaign).items() if day <= last}
    if cost_on(sorted(costs.items()), day=last):
        costs[last + timedelta(days=1)] = 0
    state_costs(session, campaign=campaign, costs=list(costs.items()), stated_by=stated_by)


def amended_costs(
    history: History, *, starts: Mapping[date, int], days: Collection[tuple[date, int]]
) -> list[tuple[date, int]]:
    """The history with costs that count from a day until its next one (`starts`) and, laid over all that, costs of
    single `days`."""
    return lay_over(sorted({**dict(history), **starts}.items()), days=days)


def amend_costs(
    session: Session,
    *,
    campaign: Campaign,
    starts: Mapping[date, int],
    days: Collection[tuple[date, int]],
    stated_by: str,
) -> bool:
    """State the history in force anew, amended so (see `amended_costs`); False where that changes nothing.

    Raises BadCosts.
    """
    known = sorted(_in_force(session, campaign=campaign).items())
    amended = amended_costs(known, starts=starts, days=days)
    if amended == known:
        return False
    state_costs(session, campaign=campaign, costs=amended, stated_by=stated_by)
    return True


def _in_force(session: Session, *, campaign: Campaign) -> dict[date, int]:
    """Race: two people change the same history at once; the lock lets the second start from what the first stated."""
    session.execute(select(Campaign.id).where(Campaign.id == campaign.id).with_for_update(key_share=True))
    return dict(costs_in_force(session, campaign_ids=[campaign.id])[campaign.id])
