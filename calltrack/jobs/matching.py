"""Matching by phone: which call booked a job whose sender names none.

The rule: the inbound calls from the customer's phone that were not missed and began at most the account's `match_days`
days before the job was created. The latest of them booked it, unless they are of different campaigns (none is one of
its own): then the job is doubtful, and a person has to say. A technician's lead is by definition booked from no call.

What is matched follows from the jobs and calls that there are and from nothing else, so it does not matter which came
first. Nobody's word is ever overridden: a job that a person or a sender has linked or unlinked is left alone.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, and_, exists, false, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.facts import inbound
from calltrack.db import Database
from calltrack.marks import mark
from calltrack.models import Account, Call, Customer, Job, JobLink
from calltrack.models.cell import NO_CAMPAIGN
from calltrack.phone import is_e164

BATCH = 1000
# As `matched_by` and `linked_by` of the ledger's rows; a row without `matched_by` is somebody's word that unlinks.
PHONE = "phone"


_Row: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Candidate:
    """A call that may have booked a job."""

    started_at: datetime
    id: int
    call_sid: str
    campaign_id: int | None


# A job as it was, and the call that it is linked to now.
_Move: TypeAlias = tuple[_Row, Candidate | None]


def match_by_phone(session: Session, *, account: Account, job_ids: Sequence[int]) -> None:
    """Match these jobs of the account anew, in a few queries for every thousand of them."""
    wait_for_turn(session, account=account)
    for place in range(0, len(job_ids), BATCH):
        moved = _match(session, account=account, job_ids=job_ids[place : place + BATCH])
        _mark_days(session, account_id=account.id, moved=moved)


def match_callers(session: Session, *, account: Account, callers: Collection[str]) -> None:
    """Match the jobs of whoever called from these numbers anew: calls of theirs came, went or changed."""
    wait_for_turn(session, account=account)
    numbers = [caller for caller in callers if is_e164(caller)]
    for place in range(0, len(numbers), BATCH):
        of_them = Customer.phone.in_(numbers[place : place + BATCH])
        jobs = select(Job.id).join(Customer).where(Job.account_id == account.id, of_them, _not_given)
        match_by_phone(session, account=account, job_ids=session.scalars(jobs.order_by(Job.id)).all())


def match_call(session: Session, *, call: Call) -> None:
    """Match anew the jobs of whoever called, and those that this call was found for before it changed."""
    linked = select(Job.id, Job.account_id).where(Job.call_id == call.id, Job.matched_by == PHONE)
    accounts = {call.account_id, *(account_id for _, account_id in session.execute(linked))} - {None}
    for account_id in sorted(filter(None, accounts)):
        account = session.get_one(Account, account_id)
        wait_for_turn(session, account=account)
        ids = session.scalars(linked.where(Job.account_id == account_id).with_only_columns(Job.id)).all()
        match_by_phone(session, account=account, job_ids=ids)
        if call.caller and account_id == call.account_id:
            match_callers(session, account=account, callers=[call.caller])


def match_all(database: Database) -> int:
    """Match every job of the accounts whose `match_days` changed since the last time anew; returns how many there were.

    A batch at a time, each in its own transaction, because there may be very many. Whatever stops it in between, it
    begins again: the result follows from jobs and calls alone.
    """
    with database.read() as session:
        accounts = session.scalars(select(Account).where(Account.match_days != Account.matched_days)).all()
        jobs = {account.id: worth_matching(session, account=account) for account in accounts}
    for account in accounts:
        for place in range(0, len(jobs[account.id]), BATCH):
            with database.write.begin() as session:
                match_by_phone(session, account=account, job_ids=jobs[account.id][place : place + BATCH])
        # Race: the setting was changed again meanwhile; then it is not done yet.
        done = update(Account).where(Account.id == account.id, Account.match_days == account.match_days)
        with database.write.begin() as session:
            session.execute(done.values(matched_days=account.match_days))
    return sum(map(len, jobs.values()))


def worth_matching(session: Session, *, account: Account) -> Sequence[int]:
    """All jobs but those of customers who never called, unless something was found for them before."""
    called = exists().where(Call.account_id == Job.account_id, Call.caller == Customer.phone)
    worth = or_(Job.matched_by == PHONE, Job.doubtful, called)
    return session.scalars(
        select(Job.id).join(Customer).where(Job.account_id == account.id, _not_given, worth).order_by(Job.id)
    ).all()


def candidates_of(session: Session, *, account: Account, jobs: Sequence[Job]) -> dict[int, list[Candidate]]:
    """The calls that the rule chooses from, by job id, oldest first."""
    rows = _phones(session, which=[Job.id.in_([job.id for job in jobs]), Job.account_id == account.id])
    return dict(_candidates(session, account_id=account.id, jobs=rows, window=_window(session, account=account)))


_not_given = or_(Job.call_id.is_(None), Job.matched_by == PHONE)


def _match(session: Session, *, account: Account, job_ids: Sequence[int]) -> list[_Move]:
    """Match a batch of jobs anew and return those that moved; their days are still to be marked."""
    jobs = _open_jobs(session, which=[Job.account_id == account.id, Job.id.in_(job_ids)])
    found = _candidates(session, account_id=account.id, jobs=jobs, window=_window(session, account=account))
    return _settle(session, chosen=[(job, *_choose(found[job.id])) for job in jobs])


def _window(session: Session, *, account: Account) -> timedelta:
    return timedelta(days=session.scalars(select(Account.match_days).where(Account.id == account.id)).one())


def _open_jobs(session: Session, *, which: Iterable[ColumnElement[bool]]) -> Sequence[_Row]:
    """Those of which nobody has said whether a call booked them: once a word is spoken, only words follow."""
    word = exists().where(JobLink.job_id == Job.id, or_(JobLink.matched_by.is_(None), JobLink.matched_by != PHONE))
    return _phones(session, which=[*which, or_(Job.matched_by == PHONE, and_(Job.call_id.is_(None), ~word))])


def _phones(session: Session, *, which: Iterable[ColumnElement[bool]]) -> Sequence[_Row]:
    columns = (
        Job.id, Job.created_at, Job.completed_at, Job.campaign_id, Job.call_id, Job.doubtful, Job.technician_lead,
        Customer.phone,
    )  # fmt: skip
    return session.execute(select(*columns).join(Customer, Customer.id == Job.customer_id).where(*which)).all()


def _candidates(
    session: Session, *, account_id: int, jobs: Sequence[_Row], window: timedelta
) -> Mapping[int, list[Candidate]]:
    """The calls that may have booked each job, oldest first: from the customer's phone, within the window before it."""
    called = [job for job in jobs if job.phone and is_e164(job.phone) and not job.technician_lead]
    created = [job.created_at for job in called] or [datetime.now(UTC)]
    # Sorted here: asked for in order of time, SQLite would read all calls of those days and not just the customers'.
    calls = select(Call.caller, Call.started_at, Call.id, Call.call_sid, Call.campaign_id).where(
        inbound(account_id=account_id),
        Call.caller.in_({job.phone for job in called}) if called else false(),
        Call.started_at.between(min(created) - window, max(created)),
        Call.ended_at.is_not(None),
        ~Call.missed,
    )
    by_caller: dict[str, list[Candidate]] = defaultdict(list)
    for caller, started_at, call_id, call_sid, campaign_id in session.execute(calls):
        by_caller[caller or ""].append(Candidate(started_at, call_id, call_sid, campaign_id))
    for theirs in by_caller.values():
        theirs.sort(key=lambda call: (call.started_at, call.id))
    found: dict[int, list[Candidate]] = defaultdict(list)
    for job in called:
        theirs = by_caller[job.phone]
        first = bisect_left(theirs, job.created_at - window, key=lambda call: call.started_at)
        found[job.id] = theirs[first : bisect_right(theirs, job.created_at, key=lambda call: call.started_at)]
    return found


def _choose(calls: Sequence[Candidate]) -> tuple[Candidate | None, bool]:
    """The call that booked the job, and whether that is doubtful."""
    if len({call.campaign_id for call in calls}) > 1:
        return None, True
    return (calls[-1] if calls else None), False


def _settle(session: Session, *, chosen: list[tuple[_Row, Candidate | None, bool]]) -> list[_Move]:
    """Write what changed, in bulk, and nothing else."""
    new = [
        (job, call, doubtful)
        for job, call, doubtful in chosen
        if (job.call_id, job.doubtful) != (call.id if call else None, doubtful)
    ]
    moved = [(job, call) for job, call, _ in new if job.call_id != (call.id if call else None)]
    if new:
        rows = [
            {
                "id": job.id,
                "call_id": call.id if call else None,
                "matched_by": PHONE if call else None,
                "doubtful": doubtful,
            }
            for job, call, doubtful in new
        ]
        session.execute(update(Job), rows)
        _tell_loaded_jobs(session, rows=rows)
    if moved:
        now = datetime.now(UTC)
        links = [
            {
                "job_id": job.id,
                "call_id": call.id if call else None,
                "matched_by": PHONE,
                "linked_by": PHONE,
                "linked_at": now,
            }
            for job, call in moved
        ]
        session.execute(insert(JobLink), links)
    return moved


def _mark_days(session: Session, *, account_id: int, moved: list[_Move]) -> None:
    """The day of the call that was linked, of the one that is, and the job's own days with either's campaign."""
    left = {job.call_id for job, _ in moved if job.call_id is not None}
    before = {
        call_id: (campaign_id, started_at)
        for call_id, campaign_id, started_at in session.execute(
            select(Call.id, Call.campaign_id, Call.started_at).where(Call.id.in_(left))
        )
    } if left else {}  # fmt: skip
    for job, call in moved:
        calls = [before[job.call_id]] if job.call_id in before else []
        calls += [(call.campaign_id, call.started_at)] if call else []
        own = product({job.campaign_id, *(campaign_id for campaign_id, _ in calls)}, _moments(job))
        for campaign_id, moment in (*calls, *own):
            mark(session, account_id=account_id, campaign_id=campaign_id or NO_CAMPAIGN, moment=moment)


def _moments(job: _Row) -> Iterator[datetime]:
    yield job.created_at
    if job.completed_at is not None:
        yield job.completed_at


def _tell_loaded_jobs(session: Session, *, rows: list[dict[str, Any]]) -> None:
    """Bulk statements pass by what the session has loaded."""
    loaded = [(job, row) for row in rows if (job := session.identity_map.get(session.identity_key(Job, row["id"])))]
    ids = {row["call_id"] for _, row in loaded} - {None}
    calls = {call.id: call for call in session.scalars(select(Call).where(Call.id.in_(ids)))} if ids else {}
    for job, row in loaded:
        for name in ("call_id", "matched_by", "doubtful"):
            set_committed_value(job, name, row[name])
        set_committed_value(job, "call", calls.get(row["call_id"]))
