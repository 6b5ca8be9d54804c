"""What a verdict may depend on, as it stood when the call came: nothing that came to light later leaks into it.

A call, job or customer counts where it began before the call and was known here by then (for a call that was brought
in as a file: by the time it was brought in). What was booked from the call itself never counts.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.calls.facts import inbound
from calltrack.classify.verdict import CallFacts, Turn
from calltrack.models import Account, Call, CallEvent, Change, Customer, Job, Transcript
from calltrack.telephony.carriers import attestation, is_withheld

REPEAT = timedelta(days=14)
"""Who rang within so long before is a repeat caller."""

BATCH = 500
_OPEN = ("scheduled", "in_progress")
_Row: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class _Known:
    """What some calls' accounts knew of their callers; every list is of rows that one index finds."""

    zones: Mapping[int, ZoneInfo] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Sequence[_Row]] = field(default_factory=dict)
    customers: Mapping[tuple[int, str], Sequence[_Row]] = field(default_factory=dict)
    jobs: Mapping[int, Sequence[_Row]] = field(default_factory=dict)
    changes: Mapping[int, Sequence[_Row]] = field(default_factory=dict)


def facts_of(session: Session, *, call: Call) -> CallFacts:
    """Everything that a verdict on the call may depend on."""
    return facts_of_calls(session, calls=[call])[call.id]


def facts_of_calls(session: Session, *, calls: Sequence[Call]) -> dict[int, CallFacts]:
    """The same for many calls, by id, in a few queries for every BATCH of them."""
    facts = {}
    for place in range(0, len(calls), BATCH):
        batch = calls[place : place + BATCH]
        ids = [call.id for call in batch]
        transcripts = {
            one.call_id: one for one in session.scalars(select(Transcript).where(Transcript.call_id.in_(ids)))
        }
        known, stir = _read_known(session, batch), _read_attestations(session, batch)
        facts.update({call.id: _facts(call, transcripts.get(call.id), known, stir.get(call.id)) for call in batch})
    return facts


def _facts(call: Call, transcript: Transcript | None, known: _Known, stir: str | None) -> CallFacts:
    zone = known.zones.get(call.account_id or 0)
    caller = _caller(call)
    rang = customer = has_open_job = None
    if caller:
        rang = _rang_before(call, known.calls.get(caller, ()))
        jobs = [
            job
            for one in known.customers.get(caller, ())
            for job in known.jobs.get(one.id, ())
            if job.call_id != call.id and job.created_at < call.started_at and job.known_since <= _heard_of(call)
        ]
        customer = bool(jobs) or any(one.created_at <= call.started_at for one in known.customers.get(caller, ()))
        has_open_job = any(_was_open(job, known.changes.get(job.id, ()), moment=call.started_at) for job in jobs)
    return CallFacts(
        turns=tuple(
            Turn(speaker=turn["speaker"], start=float(turn["start"]), text=turn["text"])
            for turn in (transcript.turns if transcript else ())
        ),
        text=transcript.text if transcript else "",
        duration=call.duration,
        talk_seconds=call.talk_seconds,
        voicemail=call.voicemail,
        missed=call.missed,
        transcribed=transcript is not None,
        hour=call.started_at.astimezone(zone).hour if zone else None,
        repeat_caller=rang,
        known_customer=customer,
        open_job=has_open_job,
        blocked=is_withheld(caller=call.caller) if call.caller else None,
        stir=stir,
    )


def _caller(call: Call) -> tuple[int, str] | None:
    """Whose caller, and their number; None where there is none to know somebody by."""
    if call.account_id is None or not call.caller or not is_somebody(call.caller):
        return None
    return call.account_id, call.caller


def _heard_of(call: Call) -> datetime:
    return max(call.started_at, call.known_since)


def _rang_before(call: Call, calls: Sequence[_Row]) -> bool:
    """Among the calls of the same caller, by start."""
    first = bisect_left(calls, call.started_at - REPEAT, key=lambda one: one.started_at)
    last = bisect_left(calls, call.started_at, key=lambda one: one.started_at)
    return any(one.known_since <= _heard_of(call) for one in calls[first:last])


def _was_open(job: _Row, changes: Sequence[_Row], *, moment: datetime) -> bool:
    """By the job's status at the moment: what the first change after it says that it was, else what it is.

    A job that came in as completed was open until then.
    """
    status = next((change.was for change in changes if change.changed_at > moment), job.status)
    return status in _OPEN or (status == "completed" and job.completed_at is not None and job.completed_at > moment)


def _read_known(session: Session, batch: Sequence[Call]) -> _Known:
    accounts = {call.account_id for call in batch} - {None}
    if not accounts:
        return _Known()
    zones = {
        account_id: ZoneInfo(zone)
        for account_id, zone in session.execute(select(Account.id, Account.time_zone).where(Account.id.in_(accounts)))
    }
    calls: dict[tuple[int, str], Sequence[_Row]] = {}
    customers: dict[tuple[int, str], Sequence[_Row]] = {}
    for account_id in sorted(zones):
        callers = sorted({whose[1] for call in batch if (whose := _caller(call)) and whose[0] == account_id})
        if not callers:
            continue
        moments = [call.started_at for call in batch if call.account_id == account_id]
        earlier = (
            select(Call.caller, Call.started_at, Call.known_since)
            .where(inbound(account_id=account_id), Call.caller.in_(callers))
            .where(Call.started_at >= min(moments) - REPEAT, Call.started_at < max(moments))
            .order_by(Call.started_at)
        )
        calls.update(_by_caller(account_id, session.execute(earlier), name="caller"))
        theirs = select(Customer.id, Customer.phone, Customer.created_at)
        theirs = theirs.where(Customer.account_id == account_id, Customer.phone.in_(callers))
        customers.update(_by_caller(account_id, session.execute(theirs), name="phone"))
    jobs = _read_jobs(session, customer_ids=[one.id for rows in customers.values() for one in rows])
    changes = _read_changes(session, accounts=sorted(zones), job_ids=[job.id for rows in jobs.values() for job in rows])
    return _Known(zones, calls, customers, jobs, changes)


def _by_caller(account_id: int, rows: Iterable[_Row], *, name: str) -> dict[tuple[int, str], list[_Row]]:
    found = defaultdict[tuple[int, str], list[_Row]](list)
    for row in rows:
        found[account_id, getattr(row, name)].append(row)
    return found


def _read_jobs(session: Session, *, customer_ids: Sequence[int]) -> dict[int, list[_Row]]:
    columns = (Job.id, Job.customer_id, Job.call_id, Job.status, Job.created_at, Job.completed_at, Job.known_since)
    return _by(session, columns, Job.customer_id, customer_ids)


def _read_changes(session: Session, *, accounts: Sequence[int], job_ids: Sequence[int]) -> dict[int, list[_Row]]:
    """Changes of the jobs' status, oldest first."""
    of_status = (Change.account_id.in_(accounts), Change.noun == "job", Change.field == "status")
    return _by(session, (Change.noun_id, Change.was, Change.changed_at, Change.id), Change.noun_id, job_ids, *of_status)


def _by(
    session: Session, columns: Sequence[Any], key: Any, ids: Sequence[int], *conditions: Any
) -> dict[int, list[_Row]]:
    """Rows by the one of `ids` that they belong to, each list in the order of the rows' own ids."""
    found = defaultdict[int, list[_Row]](list)
    for place in range(0, len(ids), BATCH):
        rows = select(*columns).where(*conditions, key.in_(ids[place : place + BATCH]))
        for row in sorted(session.execute(rows), key=lambda row: int(row.id)):
            found[getattr(row, key.key)].append(row)
    return found


def _read_attestations(session: Session, batch: Sequence[Call]) -> dict[int, str]:
    """How the carrier vouched for each call's number, where it did; the first request that says so counts."""
    called = defaultdict[tuple[str, str], dict[str, int]](dict)
    for call in batch:
        called[call.carrier, call.carrier_account][call.call_sid] = call.id
    found: dict[int, str] = {}
    for (carrier, carrier_account), ids in called.items():
        events = select(CallEvent.id, CallEvent.call_sid, CallEvent.params).where(
            CallEvent.carrier == carrier,
            CallEvent.carrier_account == carrier_account,
            CallEvent.call_sid.in_(ids),
            CallEvent.kind == "voice",
        )
        for event in sorted(session.execute(events), key=lambda event: event.id):
            said = attestation(carrier=carrier, params=event.params)
            if said:
                found.setdefault(ids[event.call_sid], said)
    return found
