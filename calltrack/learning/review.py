"""The review queue: calls on which a person's word would be worth most, first.

What a word is worth: the chance that it changes whether the call is a lead, times what a lead of the call's campaign
costs. The chance follows from the rule of calls/facts.py and the machine's confidence in its label:

    labelled                        a lead now?     what changes that           chance
    lead, long enough               yes             a person excuses it         1 - confidence
    lead, too short                 no              a person confirms it        confidence
    excused                         no              a person calls it a lead    1 - confidence
    nothing, long enough            yes             a person excuses it         0.5
    nothing, too short              no              a person calls it a lead    0.5

Of a missed call no word makes a lead, and a booked one is a lead whatever is said: neither is in the queue. Nor is a
call that waits for its blind check, because here the machine's label is shown.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, and_, case, cast, func, literal, or_, select, text, tuple_
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound, lead_seconds
from calltrack.calls.listing import ListedCall, calls_of_ids
from calltrack.campaigns.costs import costs_in_force, total_cost
from calltrack.campaigns.facts import facts_by_campaign
from calltrack.campaigns.sources import Facts
from calltrack.models import Account, BlindCheck, Call, Campaign, Job, Label
from calltrack.paging import BadCursor, Page, clamp
from calltrack.period import Period, today

DAYS = 60  # older calls change no decision any more
COST_DAYS = 30  # of which a lead's cost is taken
UNKNOWN = 100  # cents that a lead is worth where no campaign costs anything: all leads the same
UNSAID = 0.5  # the chance that a call is what it counts as while nobody has said anything of it
MOST_WAITING = 100
_PARTS = 100  # of a cent, in which values are ordered
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Worth:
    """What a lead costs, in cents: of each campaign that says so, and of any other; `known` where that is no guess."""

    by_campaign: dict[int, int]
    other: int
    known: bool


@dataclass(frozen=True)
class Waiting:
    """A call of the queue. `value`: what a word on it is worth, in cents; `seen`: the id of its label (0: none).
    `proposed`: the label that a machine gave, to be confirmed."""

    call: ListedCall
    value: int
    seen: int
    proposed: str | None
    why: str


def lead_worth(session: Session, *, account: Account, now: datetime) -> Worth:
    """Each campaign's cost per lead over the last COST_DAYS days, from the day cells; the mean of all where a campaign
    has no cost or no lead."""
    last = today(zone=account.time_zone, now=now)
    period = Period(last - timedelta(days=COST_DAYS - 1), last, account.time_zone)
    facts = facts_by_campaign(session, account_id=account.id, period=period)
    owners = session.scalars(select(Campaign.id).where(Campaign.account_id == account.id)).all()
    costs = costs_in_force(session, campaign_ids=owners)
    spent = {one: total_cost(costs[one], first=period.first, last=last, today=last) for one in owners}
    leads = {one: facts.get(one, Facts()).leads for one in owners}
    each = {one: _each(spent[one], leads[one]) for one in owners}
    mean = _each(sum(spent.values()), sum(one.leads for one in facts.values()))
    return Worth({one: cents for one, cents in each.items() if cents}, mean or UNKNOWN, known=bool(mean))


def queue(
    session: Session, *, account: Account, now: datetime, cursor: str | None = None, limit: int = 50, days: int = DAYS
) -> Page[Waiting]:
    """The account's calls of the last `days` days that a person's word could change, the most valuable first.

    `limit` is kept within 1 to 200. Raises calltrack.paging.BadCursor.
    """
    worth, limit = lead_worth(session, account=account, now=now), clamp(limit)
    scored = _scored(account_id=account.id, worth=worth, since=now - timedelta(days=days))
    place = scored.selected_columns.value, scored.selected_columns.id
    if cursor is not None:
        scored = scored.where(tuple_(*place) < tuple_(*(literal(one, BigInteger()) for one in _read_cursor(cursor))))
    # Sorted first, and only then asked call by call whether a job is linked, until there are enough: asked of all
    # hundred thousand, that question alone would take as long as the rest.
    ordered = scored.with_only_columns(*place).order_by(*(one.desc() for one in place)).offset(0).subquery()
    unbooked = select(ordered.c.id, ordered.c.value).where(_unbooked(ordered.c.id, account_id=account.id))
    found = session.execute(unbooked.limit(limit + 1)).all()
    items = _read(session, [row.id for row in found[:limit]], account=account, worth=worth, now=now)
    return Page(items, _write_cursor(found[limit - 1].value, found[limit - 1].id) if len(found) > limit else None)


def find_waiting(session: Session, *, account: Account, call_id: int, now: datetime) -> Waiting | None:
    """One call as it stands in the queue; None where it does not."""
    worth = lead_worth(session, account=account, now=now)
    found = _read(session, [call_id], account=account, worth=worth, now=now)
    return found[0] if found else None


def _read(session: Session, ids: Sequence[int], *, account: Account, worth: Worth, now: datetime) -> list[Waiting]:
    """These calls as they stand in the queue, in this order; without those that do not."""
    rows = _scored(account_id=account.id, worth=worth, since=now - timedelta(days=DAYS), call_ids=ids)
    scores = {row.id: row for row in session.execute(rows.where(_unbooked(Call.id, account_id=account.id)))}
    calls = calls_of_ids(session, account_id=account.id, call_ids=ids)
    return [_waiting(calls[one], scores[one], worth=worth) for one in ids if one in scores and one in calls]


def count_unsure(session: Session, *, account_id: int, now: datetime) -> int:
    """How many calls of the queue the classifier itself asks to have looked at; MOST_WAITING stands for more."""
    since = now - timedelta(days=DAYS)
    # From those few labels to their calls: `review` stands here as it stands in their index, and the + 0 keeps SQLite
    # from starting with all calls of those days.
    unsure = (
        select(Call.id)
        .join(Label, and_(Label.id == Call.label_id, Label.call_id == Call.id))
        .where(Label.account_id == account_id, text("labels.review"), Label.said_at >= since)
        .where(Label.source != "human", Call.account_id + 0 == account_id, Call.direction == "inbound")
        .where(Call.started_at >= since, *_open(account_id))
        .where(_unbooked(Call.id, account_id=account_id))
        .limit(MOST_WAITING)
    )
    return session.scalars(select(func.count()).select_from(unsure.subquery())).one()


def _open(account_id: int) -> tuple[Any, ...]:
    """Of ended calls those on which a word counts, as long as they are not booked, and that wait for no blind check."""
    blind = select(BlindCheck.call_id).where(BlindCheck.account_id == account_id, BlindCheck.value.is_(None))
    return Call.ended_at.is_not(None), ~Call.missed, Call.id.not_in(blind)


def _unbooked(call_id: Any, *, account_id: int) -> ColumnElement[bool]:
    """What `facts.booked` denies, of a call that is no row of the table itself."""
    job = select(Job.id).where(Job.call_id == call_id, Job.account_id == account_id).limit(1)
    return job.correlate_except(Job).scalar_subquery().is_(None)


def _scored(*, account_id: int, worth: Worth, since: datetime, call_ids: Sequence[int] | None = None) -> Any:
    """The calls of the queue, or of these those that are in it, booked ones too, each with `value` in parts of a cent
    and what `_waiting` needs."""
    mine = inbound(account_id=account_id)
    if call_ids is not None:  # + 0 as in calls/facts.py
        mine = and_(Call.id.in_(call_ids), Call.account_id + 0 == account_id, Call.direction == "inbound")
    too_short = or_(Call.duration.is_(None), Call.duration < lead_seconds)
    sure = func.coalesce(Label.confidence, UNSAID)
    chance = case(
        (Label.id.is_(None), literal(UNSAID, Float())),
        (and_(Label.value == "lead", too_short), sure),
        else_=1 - sure,
    )
    cents = case(worth.by_campaign, value=Call.campaign_id, else_=worth.other) if worth.by_campaign else worth.other
    value = cast(func.round(chance * cents * _PARTS), BigInteger)
    return (
        select(
            Call.id, value.label("value"), chance.label("chance"), too_short.label("too_short"),
            lead_seconds.label("lead_seconds"), Label.id.label("label_id"), Label.value.label("label"),
            Call.campaign_id,
        )
        .select_from(Call)
        .join(Account, Account.id == Call.account_id)
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(Label, Label.id == Call.label_id)
        .where(mine, Call.started_at >= since, *_open(account_id))
        .where(or_(Label.id.is_(None), Label.source != "human"))
    )  # fmt: skip


def _waiting(call: ListedCall, row: Any, *, worth: Worth) -> Waiting:
    cents = worth.by_campaign.get(row.campaign_id, worth.other)
    return Waiting(
        call=call,
        value=(row.value + _PARTS // 2) // _PARTS,
        seen=row.label_id or 0,
        proposed=row.label,
        why=_why(call, row, money=f", worth ${cents / 100:,.2f}" if worth.known else ""),
    )


def _why(call: ListedCall, row: Any, *, money: str) -> str:
    """`56% sure; if it is no lead, Google Ads has 1 lead less, worth $84.00`."""
    chance = row.chance if row.label == "lead" and row.too_short else 1 - row.chance
    sure = f"{min(99, round(100 * chance))}% sure"  # nothing that may be wrong is called certain
    there = f"{call.campaign} has" if call.campaign else "there is"
    more, less = f"{there} 1 lead more{money}", f"{there} 1 lead less{money}"
    length = "its length is not known" if call.duration is None else f"{call.duration} s < {row.lead_seconds} s"
    if row.label == "lead" and row.too_short:
        return f"{sure} that it is a lead, but {length}: if you confirm it, {more}"
    if row.label == "lead":
        return f"{sure}; if it is no lead, {less}"
    if row.label == "excused":
        return f"{sure}; if it is a lead after all, {more}"
    if row.too_short:
        return f"nothing could be said of it, and {length}; if it is a lead, {more}"
    return f"nothing could be said of it, and it counts as a lead; if it is none, {less}"


def _each(cents: int, leads: int) -> int:
    """Cents for each lead, rounded half up; 0 where there is no cost or no lead."""
    return (2 * cents + leads) // (2 * leads) if leads else 0


def _write_cursor(value: int, call_id: int) -> str:
    return urlsafe_b64encode(f"{value}.{call_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, int]:
    try:
        value, call_id = map(int, urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split("."))
    except ValueError:
        value = call_id = -1
    if not (0 <= value <= _LARGEST and 0 <= call_id <= _LARGEST):
        raise BadCursor("this cursor is none that a page gave out; start again without a cursor")
    return value, call_id
