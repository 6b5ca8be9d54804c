"""Calls as people look for them: filtered, newest first, a page at a time; each with its outcome and why."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from calltrack.calls.facts import calls_with_facts, facts_of_calls, inbound
from calltrack.calls.facts import likely_booked as likely
from calltrack.calls.narrowing import Condition, by_index, choose_walk, conditions, those_that_fit
from calltrack.calls.tags import clean_tag
from calltrack.calls.walk import Spot, Walk
from calltrack.calls.why import Said, is_likely_booked, why_lead
from calltrack.calls.words import read_query
from calltrack.models import Account, Call, CallTag, Job
from calltrack.paging import Page, clamp, read_cursor, write_cursor
from calltrack.period import midnight, today
from calltrack.phone import normalise

EXAMINED = 10_000
"""So many calls a page looks at, at most, for those that fit."""
FIRST_STEP, LONGEST_STEP = 200, 1000
MOST_BEFORE = 100
LOOK_BACK = 30
"""Days, today included, in which people look for calls whose job is not known."""


@dataclass(frozen=True)
class ListedCall:
    """A call as a list shows it; `jobs` are external ids, `dialled` the tracking number."""

    id: int
    call_sid: str
    campaign_id: int | None
    campaign: str | None
    dialled: str | None
    caller: str | None
    caller_name: str | None
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration: int | None
    talk_seconds: int | None
    voicemail: bool
    missed_reason: str | None
    answered_by: str | None
    outcome: str | None
    is_lead: bool
    why: str
    label: Said | None
    booked_chance: float | None
    likely_booked: bool
    tags: list[str]
    jobs: list[str]

    @property
    def is_unjudged(self) -> bool:
        """Whether it still runs, so that nothing but a person's word could make it a lead or none."""
        by_person = self.label is not None and self.label.source == "human"
        return self.outcome is None and self.duration is None and not self.is_lead and not by_person


def list_calls(
    session: Session,
    *,
    account_id: int,
    zone: str,
    first: date | None = None,
    last: date | None = None,
    campaign_id: int | None = None,
    label: Literal["lead", "excused", "none"] | None = None,
    reason: str | None = None,
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None = None,
    is_lead: bool | None = None,
    likely_booked: bool | None = None,
    tag: str | None = None,
    q: str | None = None,
    caller: str | None = None,
    answered_by: str | None = None,
    reviewed: bool | None = None,
    min_seconds: int | None = None,
    max_seconds: int | None = None,
    first_time: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ListedCall]:
    """The account's inbound calls that fit every filter given, newest first.

    `first` and `last` are local dates in `zone`, both included. `label` none: nothing was said of the call yet;
    `reason`: the label in force gives it. `likely_booked`: an appointment was probably set, and no job is known.
    `reviewed`: a person's label is in force. `min_seconds`, `max_seconds`: of the whole call, both included.
    `first_time`: the caller had never called before. `q`: words of transcript, notes and names, or a number
    (docs/search.md); text without a word or number finds nothing. `limit` is kept within 1 to 200.

    A page looks at no more than EXAMINED calls: where few fit, it has fewer than `limit`, or none, and says how far
    back it looked. Raises calltrack.paging.BadCursor, and calltrack.calls.tags.BadTag for a tag that no call can have.
    """
    asked = None
    if q := _readable(q):
        asked = read_query(q)
        if not asked.asks():
            return Page(items=[], next=None)
    walk, fits = choose_walk(
        session,
        account_id=account_id,
        since=None if first is None else midnight(first, zone=zone),
        until=None if last is None else midnight(last + timedelta(days=1), zone=zone),
        query=asked,
        tag=clean_tag(tag) if (tag := _readable(tag)) else None,
        caller=normalise(caller) if (caller := _readable(caller)) else None,
        answered_by=normalise(answered_by) if (answered_by := _readable(answered_by)) else None,
        campaign_id=campaign_id,
        likely_booked=likely_booked,
    )
    fits += conditions(
        label=label, reason=_readable(reason) or None, outcome=outcome, is_lead=is_lead, likely_booked=likely_booked,
        reviewed=reviewed, min_seconds=min_seconds, max_seconds=max_seconds, first_time=first_time,
    )  # fmt: skip
    limit = clamp(limit)
    start = Spot(*read_cursor(cursor)) if cursor is not None else None
    with by_index(session):
        found, reached = _walk_back(session, walk, account_id=account_id, fits=fits, start=start, most=limit + 1)
        calls = calls_of_ids(session, account_id=account_id, call_ids=found[:limit])
    items = [calls[call_id] for call_id in found[:limit]]
    if len(found) > limit:
        return Page(items=items, next=write_cursor(items[-1].started_at, items[-1].id))
    if reached is None:
        return Page(items=items, next=None)
    return Page(items=items, next=write_cursor(*reached), looked_back_to=reached.moment)


def first_day_back(*, account: Account, now: datetime | None = None) -> date:
    """The first of the account's LOOK_BACK days."""
    return today(zone=account.time_zone, now=now) - timedelta(days=LOOK_BACK - 1)


def count_likely_booked(session: Session, *, account: Account, most: int, now: datetime | None = None) -> int:
    """How many calls of the LOOK_BACK days seem booked without a job, counted up to `most`."""
    since = midnight(first_day_back(account=account, now=now), zone=account.time_zone)
    rows = select(Call.id).where(inbound(account_id=account.id), Call.started_at >= since, likely).limit(most)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def call_facts(session: Session, *, account_id: int, call_id: int) -> ListedCall | None:
    """One call with its outcome and why; None unless it is an inbound call of this account."""
    rows = session.execute(calls_with_facts(account_id=account_id).where(Call.id == call_id)).all()
    return next(iter(listed(session, rows=rows)), None)


def calls_before(session: Session, *, account_id: int, caller: str, moment: datetime, days: int) -> list[ListedCall]:
    """The account's calls from `caller` (E.164) that began at most `days` days before `moment`, newest first; at most
    MOST_BEFORE of them."""
    rows = calls_with_facts(account_id=account_id).where(
        Call.caller == caller, Call.started_at.between(moment - timedelta(days=days), moment)
    )
    newest = rows.order_by(Call.started_at.desc(), Call.id.desc()).limit(MOST_BEFORE)
    return listed(session, rows=session.execute(newest).all())


def calls_of_ids(session: Session, *, account_id: int, call_ids: Collection[int]) -> dict[int, ListedCall]:
    """Those of these calls that are the account's, by id."""
    rows = facts_of_calls(account_id=account_id, call_ids=call_ids)
    return {call.id: call for call in listed(session, rows=session.execute(rows).all())}


def listed(session: Session, *, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ListedCall]:
    """Rows of `calls_with_facts` as calls of a list; their tags and jobs are read for all of them at once."""
    ids = [row.id for row in rows]
    tags, jobs = defaultdict[int, list[str]](list), defaultdict[int, list[tuple[int, str]]](list)
    if ids:  # sorted here: to give them in order PostgreSQL may read all that there are
        for call_id, tag in session.execute(select(CallTag.call_id, CallTag.tag).where(CallTag.call_id.in_(ids))):
            tags[call_id].append(tag)
        for booked_from, job_id, job in session.execute(
            select(Call.id, Job.id, Job.external_id)
            .join(Call, and_(Call.id == Job.call_id, Call.account_id == Job.account_id + 0))  # as in calls/facts.py
            .where(Job.call_id.in_(ids))
        ):
            jobs[booked_from].append((job_id, job))
    return [_listed(row, tags=sorted(tags[row.id]), jobs=[job for _, job in sorted(jobs[row.id])]) for row in rows]


def _walk_back(
    session: Session, walk: Walk, *, account_id: int, fits: list[Condition], start: Spot | None, most: int
) -> tuple[list[int], Spot | None]:
    """The first `most` calls that fit, or those of the EXAMINED; and how far back that is, where there may be more."""
    found: list[int] = []
    step, examined, reached = FIRST_STEP if fits else most, 0, start
    while True:
        stretch = walk(reached, step)
        reached, examined = stretch.reached, examined + stretch.examined
        found += (
            those_that_fit(session, account_id=account_id, call_ids=stretch.call_ids, fits=fits)
            if fits and stretch.call_ids
            else stretch.call_ids
        )
        if len(found) >= most or reached is None or examined >= EXAMINED:
            return found[:most], reached
        step = min(step * 2, LONGEST_STEP)


def _readable(text: str | None) -> str:
    """PostgreSQL knows no NUL in a text, so nothing stored holds one."""
    return (text or "").replace("\x00", "").strip()


def _listed(row: Row[*tuple[Any, ...]], *, tags: list[str], jobs: list[str]) -> ListedCall:
    label = None
    if row.label_value is not None:
        label = Said(
            value=row.label_value,
            reason=row.label_reason,
            source=row.label_source,
            confidence=row.label_confidence,
            model=row.label_model,
            review=row.label_review,
            by=row.label_said_by,
            at=row.label_said_at,
        )
    _, why = why_lead(
        jobs=jobs,
        missed=row.missed,
        missed_reason=row.missed_reason,
        running=row.ended_at is None,
        duration=row.duration,
        lead_seconds=row.lead_seconds,
        label=label,
        zone=row.time_zone,
    )
    return ListedCall(
        id=row.id,
        call_sid=row.call_sid,
        campaign_id=row.campaign_id,
        campaign=row.campaign,
        dialled=row.dialled,
        caller=row.caller,
        caller_name=row.caller_name,
        status=row.status,
        started_at=row.started_at,
        ended_at=row.ended_at,
        duration=row.duration,
        talk_seconds=row.talk_seconds,
        voicemail=row.voicemail,
        missed_reason=row.missed_reason,
        answered_by=row.answered_by,
        outcome=row.outcome,
        is_lead=row.is_lead,
        why=why,
        label=label,
        booked_chance=row.booked_chance,
        likely_booked=is_likely_booked(
            booked_chance=row.booked_chance,
            jobs=jobs,
            missed=row.missed,
            running=row.ended_at is None,
            voicemail=row.voicemail,
            tags=tags,
        ),
        tags=tags,
        jobs=jobs,
    )
