"""Calls as people look for them: filtered, newest first, a page at a time; each with its outcome and why."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.facts import OUTCOMES, calls_with_facts, inbound
from calltrack.calls.facts import is_lead as lead
from calltrack.calls.facts import likely_booked as likely
from calltrack.calls.tags import clean_tag
from calltrack.calls.why import Said, is_likely_booked, why_lead
from calltrack.models import Account, Call, CallNote, CallTag, Job, Label, Transcript
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.period import midnight, today
from calltrack.phone import normalise

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


def list_calls(
    session: Session,
    *,
    account_id: int,
    zone: str,
    first: date | None = None,
    last: date | None = None,
    campaign_id: int | None = None,
    label: Literal["lead", "excused", "none"] | None = None,
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None = None,
    is_lead: bool | None = None,
    likely_booked: bool | None = None,
    tag: str | None = None,
    q: str | None = None,
    caller: str | None = None,
    answered_by: str | None = None,
    reviewed: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ListedCall]:
    """The account's inbound calls that fit every filter given, newest first.

    `first` and `last` are local dates in `zone`, both included. `label` none: nothing was said of the call yet.
    `likely_booked`: an appointment was probably set, and no job is known. `reviewed`: a person's label is in force.
    `q` is looked for in transcript, caller, caller's name, notes and tags. `limit` is kept within 1 to 200. Raises
    calltrack.paging.BadCursor, and calltrack.calls.tags.BadTag for a tag that no call can have.
    """
    rows = calls_with_facts(account_id=account_id).where(
        *_between(first, last, zone=zone),
        *_holding(account_id=account_id, tag=tag, caller=caller, answered_by=answered_by, q=q),
    )
    if campaign_id is not None:
        rows = rows.where(Call.campaign_id == campaign_id)
    if label is not None:
        rows = rows.where(Label.id.is_(None) if label == "none" else Label.value == label)
    if outcome is not None:
        rows = rows.where(OUTCOMES[outcome])
    if is_lead is not None:
        rows = rows.where(lead if is_lead else ~lead)
    if likely_booked is not None:
        rows = rows.where(likely if likely_booked else or_(Call.booked_chance.is_(None), ~likely))
    if reviewed is not None:
        by_person = and_(Label.id.is_not(None), Label.source == "human")
        rows = rows.where(by_person if reviewed else ~by_person)
    if cursor is not None:
        rows = rows.where(older_than(read_cursor(cursor), moment=Call.started_at, row_id=Call.id))
    limit = clamp(limit)
    found = session.execute(rows.order_by(Call.started_at.desc(), Call.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    return Page(
        items=listed(session, rows=page),
        next=write_cursor(page[-1].started_at, page[-1].id) if len(found) > limit else None,
    )


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
    rows = session.execute(calls_with_facts(account_id=account_id).where(Call.id.in_(call_ids))).all()
    return {call.id: call for call in listed(session, rows=rows)}


def listed(session: Session, *, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ListedCall]:
    """Rows of `calls_with_facts` as calls of a list; their tags and jobs are read for all of them at once."""
    ids = [row.id for row in rows]
    tags, jobs = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    if ids:
        for call_id, tag in session.execute(
            select(CallTag.call_id, CallTag.tag).where(CallTag.call_id.in_(ids)).order_by(CallTag.tag)
        ):
            tags[call_id].append(tag)
        for booked_from, job in session.execute(
            select(Call.id, Job.external_id)
            .join(Call, and_(Call.id == Job.call_id, Call.account_id == Job.account_id + 0))  # as in calls/facts.py
            .where(Job.call_id.in_(ids))
            .order_by(Job.id)
        ):
            jobs[booked_from].append(job)
    return [_listed(row, tags=tags[row.id], jobs=jobs[row.id]) for row in rows]


def _between(first: date | None, last: date | None, *, zone: str) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield Call.started_at >= midnight(first, zone=zone)
    if last is not None:
        yield Call.started_at < midnight(last + timedelta(days=1), zone=zone)


def _holding(
    *, account_id: int, tag: str | None, caller: str | None, answered_by: str | None, q: str | None
) -> Iterator[ColumnElement[bool]]:
    """A word that is empty, as forms send them, asks for nothing."""
    if tag := _readable(tag):
        # From the tag to its calls, not from every call to its tags: a rare tag must not read them all.
        yield Call.id.in_(
            select(CallTag.call_id).where(CallTag.account_id == account_id, CallTag.tag == clean_tag(tag))
        )
    if caller := _readable(caller):
        yield Call.caller == normalise(caller)
    if answered_by := _readable(answered_by):
        yield Call.answered_by == normalise(answered_by)
    if q := _readable(q):
        yield _mentions(q)


def _mentions(words: str) -> ColumnElement[bool]:
    """`words` anywhere in what was said or written of the call; a phone number also in any usual spelling."""

    def holds(column: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.icontains(words, autoescape=True)
        return found

    return or_(
        holds(Call.caller),
        holds(Call.caller_name),
        Call.caller == normalise(words),
        exists().where(Transcript.call_id == Call.id, holds(Transcript.text)),
        exists().where(CallNote.call_id == Call.id, holds(CallNote.text)),
        exists().where(CallTag.call_id == Call.id, holds(CallTag.tag)),
    )


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
