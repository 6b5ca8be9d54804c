"""What changed in a scorecard since an earlier moment, and why: read from the ledgers."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound
from calltrack.calls.why import local_day
from calltrack.campaigns.scorecard import Kpis, kpis_of, scorecards
from calltrack.campaigns.sources import Facts
from calltrack.models import (
    Account,
    Call,
    CallEvent,
    Campaign,
    Change,
    CostHistory,
    Job,
    JobLink,
    JobType,
    Label,
    LedgerAccount,
)
from calltrack.period import Period

MOST_CAUSES = 200  # of each kind, the newest


@dataclass(frozen=True)
class Difference:
    """A campaign's line (None: the total) that reads otherwise now."""

    campaign_id: int | None
    campaign: str
    then: Kpis
    now: Kpis


@dataclass(frozen=True)
class Cause:
    """Something that was said or changed since, in one sentence, with what it is about."""

    at: datetime
    sentence: str
    call_sid: str | None = None
    job: str | None = None
    campaign_id: int | None = None


@dataclass(frozen=True)
class Changed:
    """So many `calls` and `jobs` of the period came to be known since, and `news` is how many calls that were known
    there was more to hear of, because they were under way or told out of order. `causes` newest first."""

    differences: list[Difference]
    calls: int
    news: int
    jobs: int
    causes: list[Cause]


def changed_since(session: Session, *, account: Account, period: Period, as_of: datetime) -> Changed:
    """The period's scorecards as known then and as known now, and every reason for a difference between them."""
    then = scorecards(session, account=account, period=period, as_of=as_of)
    now = scorecards(session, account=account, period=period)
    before = {line.campaign_id: line.kpis for line in then.items}
    nothing = kpis_of(Facts(), cost=0)
    lines: list[tuple[int | None, str, Kpis, Kpis]]
    lines = [(one.campaign_id, one.campaign, before.get(one.campaign_id, nothing), one.kpis) for one in now.items]
    lines.append((None, "Total", then.total, now.total))
    of_period = and_(inbound(account_id=account.id), _within(Call.started_at, period))
    calls = select(func.count()).select_from(Call).where(of_period, Call.known_since > as_of)
    heard_since = exists().where(
        CallEvent.carrier == Call.carrier,
        CallEvent.carrier_account == Call.carrier_account,
        CallEvent.call_sid == Call.call_sid,
        CallEvent.kind != "transcription",
        CallEvent.received_at > as_of,
    )
    news = select(func.count()).select_from(Call).where(of_period, Call.known_since <= as_of, heard_since)
    jobs = select(func.count()).select_from(Job).where(Job.id.in_(_jobs(account, period)), Job.known_since > as_of)
    causes = [
        *_labels(session, account=account, which=of_period, as_of=as_of),
        *_links(session, account=account, period=period, as_of=as_of),
        *_costs(session, account=account, as_of=as_of),
        *_changes(session, account=account, period=period, as_of=as_of),
    ]
    return Changed(
        differences=[Difference(*line) for line in lines if line[2] != line[3]],
        calls=session.scalars(calls).one(),
        news=session.scalars(news).one(),
        jobs=session.scalars(jobs).one(),
        causes=sorted(causes, key=lambda cause: cause.at, reverse=True),
    )


def _within(moment: Any, period: Period) -> ColumnElement[bool]:
    return and_(moment >= period.start, moment < period.end)


def _jobs(account: Account, period: Period) -> Any:
    """Ids of the jobs that the period may count: by their call, their creation or their completion.

    Three queries made one, because an index answers each of them, and none all three at once.
    """
    own = Job.account_id == account.id
    by_call = select(Job.id).join(Call, Call.id == Job.call_id).where(own, _within(Call.started_at, period))
    return union(
        by_call.where(inbound(account_id=account.id)),
        *(select(Job.id).where(own, _within(moment, period)) for moment in (Job.created_at, Job.completed_at)),
    )


def _linked_before(account: Account, period: Period) -> Any:
    """The jobs that were ever linked to a call of the period."""
    calls = and_(inbound(account_id=account.id), _within(Call.started_at, period))
    return select(JobLink.job_id).join(Call, Call.id == JobLink.call_id).where(calls)


def _labels(session: Session, *, account: Account, which: ColumnElement[bool], as_of: datetime) -> Iterator[Cause]:
    """What was said of calls that were known already; what was first said of a new one belongs to its coming."""
    known = (
        select(Label, Call.call_sid, Call.started_at)
        .join(Call, Call.id == Label.call_id)
        .where(Label.account_id == account.id, Call.known_since <= as_of, which)
        .order_by(Label.id.desc())
        .limit(MOST_CAUSES)
    )
    said = session.execute(known.where(Label.said_at > as_of)).all()
    ledgers = defaultdict[int, list[Label]](list)
    for label in session.scalars(
        select(Label).where(Label.call_id.in_({label.call_id for label, _, _ in said})).order_by(Label.id)
    ):
        ledgers[label.call_id].append(label)
    for label, call_sid, started_at in said:
        before = [one for one in ledgers[label.call_id] if one.id < label.id and _stood(one, label.said_at)]
        if label.source != "human" and any(one.source == "human" for one in before):
            continue  # no machine's word counts after a person's
        who = label.said_by or "a person" if label.source == "human" else "the classifier"
        reason = f": {label.reason}" if label.reason else ""
        in_force = next((one for one in reversed(before) if one.source == "human"), before[-1] if before else None)
        was = f", after {in_force.value}" if in_force else ""
        call = f"the call of {local_day(started_at, zone=account.time_zone)}"
        yield Cause(label.said_at, f"{who} labelled {call} {label.value}{reason}{was}", call_sid=call_sid)
    for label, call_sid, started_at in session.execute(known.where(Label.source == "human", Label.undone_at > as_of)):
        call = f"the call of {local_day(started_at, zone=account.time_zone)}"
        whose = "their" if label.undone_by == label.said_by else f"{label.said_by or 'a person'}'s"
        taken = f"{label.undone_by} took back {whose} label {label.value} of {call}"
        yield Cause(label.undone_at or label.said_at, taken, call_sid=call_sid)


def _stood(label: Label, moment: datetime) -> bool:
    """Whether nobody had taken the word back by then."""
    return label.undone_at is None or label.undone_at > moment


def _links(session: Session, *, account: Account, period: Period, as_of: datetime) -> Iterator[Cause]:
    linked = (
        select(JobLink, Job.external_id, Call.call_sid, Call.started_at)
        .join(Job, Job.id == JobLink.job_id)
        .outerjoin(Call, Call.id == JobLink.call_id)
        .where(Job.account_id == account.id, JobLink.linked_at > as_of)
        .where(
            or_(
                JobLink.job_id.in_(_jobs(account, period)),
                JobLink.job_id.in_(_linked_before(account, period)),
            )
        )
        .order_by(JobLink.id.desc())
        .limit(MOST_CAUSES)
    )
    for link, external_id, call_sid, started_at in session.execute(linked):
        if link.call_id is None:
            sentence = f"{link.linked_by} unlinked job {external_id} from its call"
        else:
            how = "was matched by phone" if link.matched_by == "phone" else f"was linked by {link.linked_by}"
            sentence = f"job {external_id} {how} to the call of {local_day(started_at, zone=account.time_zone)}"
        yield Cause(link.linked_at, sentence, call_sid=call_sid, job=external_id)


def _costs(session: Session, *, account: Account, as_of: datetime) -> Iterator[Cause]:
    stated = (
        select(CostHistory, Campaign.name)
        .join(Campaign, Campaign.id == CostHistory.campaign_id)
        .where(Campaign.account_id == account.id, CostHistory.stated_at > as_of)
        .order_by(CostHistory.id.desc())
        .limit(MOST_CAUSES)
    )
    for history, name in session.execute(stated):
        yield Cause(
            history.stated_at, f"{history.stated_by} stated the costs of {name} anew", campaign_id=history.campaign_id
        )


def _changes(session: Session, *, account: Account, period: Period, as_of: datetime) -> Iterator[Cause]:
    """Changed jobs of the period, and changed settings."""
    since = select(Change).where(Change.account_id == account.id, Change.changed_at > as_of)
    jobs = _jobs(account, period)
    # A job that was moved to another day may have been of the period before.
    moved = Change.field.in_(("created at", "completed at", "created_at", "completed_at"))
    for about in (
        and_(Change.noun == "job", or_(Change.noun_id.in_(jobs), moved)),
        Change.noun.in_(("account", "campaign", "job type", "ledger account")),
    ):
        found = session.scalars(since.where(about).order_by(Change.id.desc()).limit(MOST_CAUSES)).all()
        names = _names(session, found)
        for change in found:
            name = names.get((change.noun, change.noun_id), "")
            what = f"{change.noun} {name}".strip() if change.noun != "account" else "the account"
            values = f"from {change.was or 'none'} to {change.now or 'none'}"
            yield Cause(
                change.changed_at,
                f"{change.changed_by} changed {change.field} of {what} {values}",
                job=name if change.noun == "job" else None,
                campaign_id=change.noun_id if change.noun == "campaign" else None,
            )


def _names(session: Session, changes: Any) -> dict[tuple[str, int], str]:
    names: dict[tuple[str, int], str] = {}
    for noun, table, name in (
        ("job", Job, Job.external_id),
        ("campaign", Campaign, Campaign.name),
        ("job type", JobType, JobType.name),
        ("ledger account", LedgerAccount, LedgerAccount.name),
    ):
        ids = {change.noun_id for change in changes if change.noun == noun}
        if ids:
            found = session.execute(select(table.id, name).where(table.id.in_(ids)))
            names |= {(noun, row_id): text for row_id, text in found}
    return names
