"""From the filters of a list to the index that it walks along, and to what each call on the way must fit."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, and_, any_, func, literal, literal_column, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from calltrack.calls.facts import OUTCOMES
from calltrack.calls.facts import is_lead as lead
from calltrack.calls.facts import likely_booked as likely
from calltrack.calls.finding import walk_query
from calltrack.calls.walk import Walk, walk_calls, walk_tag
from calltrack.calls.words import Query
from calltrack.models import Account, Call, CallTag, Campaign, Label
from calltrack.models.call import SOUNDS_BOOKED
from calltrack.telephony.carriers import WITHHELD

Condition = ColumnElement[bool]


def choose_walk(
    session: Session,
    *,
    account_id: int,
    since: datetime | None,
    until: datetime | None,
    query: Query | None,
    tag: str | None,
    caller: str | None,
    answered_by: str | None,
    campaign_id: int | None,
    likely_booked: bool | None,
) -> tuple[Walk, list[Condition]]:
    """The walk along the index that promises the fewest calls, and what is left to be asked of each of them."""
    columns = [
        column == value
        for column, value in ((Call.caller, caller), (Call.answered_by, answered_by), (Call.campaign_id, campaign_id))
        if value is not None
    ]
    if likely_booked:
        # The number stands here as it stands in the index (calls/facts.py).
        columns.append(Call.booked_chance >= literal_column(str(SOUNDS_BOOKED)))
    inbound = Call.direction == "inbound"
    if query is not None:
        walk = walk_query(session, account_id=account_id, query=query, since=since, until=until)
        return walk, [inbound, *columns, *([_tagged(tag)] if tag else [])]
    if tag is not None and caller is None:
        return walk_tag(session, account_id=account_id, tag=tag, since=since, until=until), [inbound, *columns]
    walk = walk_calls(session, account_id=account_id, since=since, until=until, along=tuple(columns[:1]))
    return walk, [*columns[1:], *([_tagged(tag)] if tag else [])]


def conditions(
    *,
    label: Literal["lead", "excused", "none"] | None,
    reason: str | None,
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None,
    is_lead: bool | None,
    likely_booked: bool | None,
    reviewed: bool | None,
    min_seconds: int | None,
    max_seconds: int | None,
    first_time: bool | None,
) -> Iterator[Condition]:
    """What only a look at each call can tell, as `list_calls` names it."""
    if label is not None:
        yield Label.id.is_(None) if label == "none" else Label.value == label
    if reason is not None:
        yield Label.reason == reason
    if outcome is not None:
        yield OUTCOMES[outcome]
    if is_lead is not None:
        yield lead if is_lead else ~lead
    if likely_booked is not None:
        yield likely if likely_booked else or_(Call.booked_chance.is_(None), ~likely)
    if reviewed is not None:
        by_person = and_(Label.id.is_not(None), Label.source == "human")
        yield by_person if reviewed else ~by_person
    if min_seconds is not None:
        yield Call.duration >= min_seconds
    if max_seconds is not None:
        yield Call.duration <= max_seconds
    if first_time is not None:
        yield and_(Call.caller.like("+%"), Call.caller.not_in(WITHHELD))  # who hides theirs may be anybody
        yield _EARLIER.is_(None) if first_time else _EARLIER.is_not(None)


def those_that_fit(
    session: Session, *, account_id: int, call_ids: Sequence[int], fits: Sequence[Condition]
) -> list[int]:
    """Those of the calls that fit all conditions, in the order given."""
    # The + 0, because SQLite, which may have no statistics, would rather read all calls of the account.
    rows = (
        select(Call.id)
        .select_from(Call)
        .join(Account, Account.id == Call.account_id)
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(Label, Label.id == Call.label_id)
        .where(_one_of(session, call_ids), Call.account_id + 0 == account_id, *fits)
    )
    fitting = set(session.scalars(rows))
    return [call_id for call_id in call_ids if call_id in fitting]


@contextmanager
def by_index(session: Session) -> Iterator[None]:
    """Meanwhile have rows read in the order of an index, and each label by its id: where it has not counted them yet,
    PostgreSQL may rather sort all that an account has, or read all labels that there are."""
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    ways = ("enable_sort", "enable_hashjoin", "enable_mergejoin")
    session.execute(select(*(func.set_config(way, "off", true()) for way in ways)))
    yield
    session.execute(select(*(func.set_config(way, "on", true()) for way in ways)))


def _one_of(session: Session, call_ids: Sequence[int]) -> Condition:
    """As one value, whose statement is written once for any number of ids."""
    if session.get_bind().dialect.name == "sqlite":
        return Call.id.in_(select(func.json_each(json.dumps(list(call_ids))).table_valued("value").c.value))
    return Call.id == any_(literal(list(call_ids), ARRAY(BigInteger)))


def _tagged(tag: str) -> Condition:
    return _first(select(CallTag.tag).where(CallTag.call_id == Call.id, CallTag.tag == tag)).is_not(None)


def _first(rows: Any) -> ColumnElement[Any]:
    """Whether there is a row, as a subquery with LIMIT: PostgreSQL may answer EXISTS by reading a whole table."""
    found: ColumnElement[Any] = rows.limit(1).correlate(Call).scalar_subquery()
    return found


_before = aliased(Call)
_EARLIER = _first(
    select(_before.id).where(
        _before.account_id == Call.account_id,
        _before.caller == Call.caller,
        _before.direction == "inbound",
        tuple_(_before.started_at, _before.id) < tuple_(Call.started_at, Call.id),
    )
)
