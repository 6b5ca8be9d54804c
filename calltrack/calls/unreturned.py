"""Missed calls that nobody has returned: who rang, was not answered, and has not been spoken with since.

A caller has been spoken with where a later call of theirs was answered (a voicemail is no talk), or where somebody has
done a call-back to them since. One who is to be called back later stands among the tasks, not here, until they ring
again. Whoever withholds their number cannot be called back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Subquery, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from calltrack.calls.callers import with_names
from calltrack.calls.facts import booked, inbound
from calltrack.models import Call, Campaign, Task
from calltrack.telephony.carriers import is_withheld

DAYS = 7  # older misses have found somebody else
MOST = 100  # more callers than these are not counted, so that no page waits for them


@dataclass(frozen=True)
class Unreturned:
    """A caller by the newest call that was missed; `times`: how often that was since they were last spoken with, in
    the last DAYS days."""

    id: int
    call_sid: str
    caller: str
    caller_name: str | None
    started_at: datetime
    campaign: str | None
    times: int


def unreturned(session: Session, *, account_id: int, now: datetime, limit: int = MOST) -> tuple[list[Unreturned], int]:
    """The callers who wait, the latest first, at most `limit` of them; and how many there are, counted up to MOST."""
    since = now - timedelta(days=DAYS)
    settled = _settled(account_id=account_id, since=since)
    later = aliased(Call)
    # From call to call along the index of the caller: what came after the one at hand?
    since_then = exists().where(
        later.account_id == account_id,
        later.caller == Call.caller,
        later.started_at >= Call.started_at,
        or_(later.started_at > Call.started_at, later.id > Call.id),
        later.direction == "inbound",
        or_(later.spoken, and_(later.missed, later.ended_at.is_not(None))),
    )
    rows = (
        select(Call.id, Call.call_sid, Call.caller, Call.caller_name, Call.started_at, Campaign.name.label("campaign"))
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(settled, settled.c.caller == Call.caller)
        .where(inbound(account_id=account_id), Call.started_at >= since, Call.missed, Call.ended_at.is_not(None))
        .where(Call.caller.like("+%"), ~booked, ~since_then)
        .where(or_(settled.c.moment.is_(None), settled.c.moment < Call.started_at))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(MOST)
    )
    found = [row for row in session.execute(rows) if row.caller and not is_withheld(caller=row.caller)]
    shown = found[:limit]
    times = _times(session, account_id=account_id, since=since, settled=settled, call_ids=[row.id for row in shown])
    waiting = [Unreturned(**row._asdict(), times=times[row.id]) for row in shown]
    return with_names(session, account_id=account_id, rows=waiting), len(found)


def _settled(*, account_id: int, since: datetime) -> Subquery:
    """By caller, when they were last called back, or somebody was asked to call them back."""
    own = select(Call.caller).join(Task, Task.call_id == Call.id)
    backs = own.where(Task.account_id == account_id, Task.kind == "call-back", Call.caller.is_not(None))
    done = backs.add_columns(Task.done_at.label("moment")).where(Task.done_at >= since)
    asked = backs.add_columns(Task.made_at.label("moment")).where(Task.done_at.is_(None))
    both = union_all(done, asked).subquery()
    return select(both.c.caller, func.max(both.c.moment).label("moment")).group_by(both.c.caller).subquery()


def _times(
    session: Session, *, account_id: int, since: datetime, settled: Subquery, call_ids: list[int]
) -> dict[int, int]:
    before, talk, never = aliased(Call), aliased(Call), since - timedelta(days=1)
    spoken_at = (
        select(func.max(talk.started_at))
        .where(talk.account_id == account_id, talk.caller == Call.caller, talk.direction == "inbound", talk.spoken)
        .where(talk.started_at >= since, talk.started_at < Call.started_at)
        .correlate(Call)
        .scalar_subquery()
    )
    times = (
        select(func.count())
        .where(before.account_id == account_id, before.caller == Call.caller, before.direction == "inbound")
        .where(before.missed, before.ended_at.is_not(None))
        .where(before.started_at <= Call.started_at, before.started_at >= since)
        .where(before.started_at > func.coalesce(spoken_at, never))
        .where(before.started_at > func.coalesce(settled.c.moment, never))
        .correlate(Call, settled)
        .scalar_subquery()
    )
    rows = select(Call.id, times).outerjoin(settled, settled.c.caller == Call.caller).where(Call.id.in_(call_ids))
    return dict(list(session.execute(rows)))
