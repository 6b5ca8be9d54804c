"""How long recordings and transcripts are kept, and the nightly erasing of those whose time has run out.

The most specific rule holds: that of the reason of the label in force, else the campaign's, else the account's; no rule
keeps for ever. Days count from the call's start. A night looks at the calls whose days ran out since the night before
and at those that were labelled since, so that it costs the same however many calls there are; once a week, and when a
rule was changed, it looks at every call that is kept.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from calltrack.calls.steps import ask
from calltrack.config import Settings
from calltrack.db import Database, upsert
from calltrack.models import Account, Call, Campaign, Label, Reason, RetentionRun, Step
from calltrack.privacy.erasing import STEP, erase_call

NIGHT_HOUR = 2
"""The local hour at which a night's erasing begins."""

_FULL_EVERY = timedelta(days=7)
_ASKED_DAILY = timedelta(days=1)
_OVERLAP = timedelta(days=1)  # what a clock, a zone or a call that was told late may be off by
_BATCH = 500  # calls looked at in one question
_AT_ONCE = 20  # calls erased in one transaction: who writes meanwhile does not wait for a whole night
_BY = "retention"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """An account's rules in days: its own, by campaign (id), and by reason (label, name)."""

    account_id: int
    own: int | None
    campaigns: dict[int, int]
    reasons: dict[tuple[str, str], int]

    @cached_property
    def days(self) -> list[int]:
        """The different numbers of days, the fewest first; none: everything is kept for ever."""
        own = [] if self.own is None else [self.own]
        return sorted({*own, *self.campaigns.values(), *self.reasons.values()})

    @cached_property
    def fingerprint(self) -> str:
        """Another one says that a rule was changed."""
        told = [self.own, sorted(self.campaigns.items()), sorted(self.reasons.items())]
        return sha256(json.dumps(told).encode()).hexdigest()


def rules_of(session: Session, *, account: Account) -> Rules:
    """The account's rules as they are now."""
    campaigns = select(Campaign.id, Campaign.keep_days).where(Campaign.account_id == account.id)
    reasons = select(Reason.label, Reason.name, Reason.keep_days).where(Reason.account_id == account.id)
    own = session.scalar(select(Account.keep_days).where(Account.id == account.id))
    return Rules(
        account_id=account.id,
        own=own,
        campaigns={key: days for key, days in session.execute(campaigns) if days is not None},
        reasons={(label, name): days for label, name, days in session.execute(reasons) if days is not None},
    )


def erase_due(database: Database, _settings: Settings, now: datetime) -> int:
    """Erase what is due in every account whose night has begun since the last time; returns how many calls.

    Several workers may do so at once: what one has erased the other finds erased.
    """
    with database.read() as session:
        accounts = session.scalars(select(Account).order_by(Account.id)).all()
        runs = {run.account_id: run for run in session.scalars(select(RetentionRun))}
        rules = {account.id: rules_of(session, account=account) for account in accounts}
    erased = 0
    for account in accounts:
        run = runs.get(account.id)
        if not rules[account.id].days:
            continue
        if run is None:  # the first rule: it holds from the coming night on, as its page says
            _keep_run(database, account_id=account.id, walked_at=now, full_at=now, rules="", erased=0)
        elif run.walked_at < night_of(now, zone=account.time_zone):
            erased += _erase_account(database, rules=rules[account.id], run=run, now=now)
    _ask_again(database, now=now)
    return erased


def count_due(session: Session, *, account: Account, now: datetime, most: int = 1000) -> tuple[int, datetime]:
    """How many calls the coming night will erase, `most` + 1 at most; and when it begins."""
    tonight = night_of(now, zone=account.time_zone) + timedelta(days=1)
    rules, run = rules_of(session, account=account), last_run(session, account=account)
    if not rules.days:
        return 0, tonight
    found = set[int]()
    for which in _which(session, rules, run=run, now=tonight):
        found.update(session.scalars(which.where(_is_due(rules, now=tonight)).limit(most + 1)))
    return min(len(found), most + 1), tonight


def last_run(session: Session, *, account: Account) -> RetentionRun | None:
    """The last night's work; None before the first."""
    return session.get(RetentionRun, account.id)


def night_of(now: datetime, *, zone: str) -> datetime:
    """The latest beginning of a night that is not after `now`."""
    local = now.astimezone(ZoneInfo(zone))
    begin = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return (begin if begin <= local else begin - timedelta(days=1)).astimezone(now.tzinfo)


def _erase_account(database: Database, *, rules: Rules, run: RetentionRun, now: datetime) -> int:
    erased = 0
    with database.read() as session:
        looks = list(_which(session, rules, run=run, now=now))
    for which in looks:
        for ids in _due_ids(database, which, rules=rules, now=now):
            for place in range(0, len(ids), _AT_ONCE):
                with database.write.begin() as session:
                    erased += _erase(session, call_ids=ids[place : place + _AT_ONCE], rules=rules, now=now)
    full_at = now if _is_full(rules, run=run, now=now) else run.full_at
    _keep_run(
        database, account_id=rules.account_id, walked_at=now, full_at=full_at, rules=rules.fingerprint, erased=erased
    )
    if erased:
        _log.info("account %d: erased the recordings and words of %d calls", rules.account_id, erased)
    return erased


def _keep_run(database: Database, *, account_id: int, **told: object) -> None:
    with database.write.begin() as session:
        made = upsert(session, RetentionRun).values(account_id=account_id, **told)
        session.execute(made.on_conflict_do_update(index_elements=[RetentionRun.account_id], set_=told))


def _erase(session: Session, *, call_ids: Sequence[int], rules: Rules, now: datetime) -> int:
    """Erase those that still are due: somebody may have given a label that keeps them meanwhile."""
    due = _calls(rules.account_id).where(Call.id.in_(call_ids), _is_due(rules, now=now))
    found = session.execute(due.with_only_columns(Call, Label.value, Label.reason)).all()
    for call, label, reason in found:
        erase_call(session, call=call, why=_why(rules, call=call, label=(label, reason)), by=_BY, now=now)
    return len(found)


def _why(rules: Rules, *, call: Call, label: tuple[str | None, str | None]) -> str:
    """The rule in a sentence."""
    if (days := rules.reasons.get((label[0] or "", label[1] or ""))) is not None:
        return f"calls labelled {label[1]!r} are kept for {_days(days)}"
    if (days := rules.campaigns.get(call.campaign_id or 0)) is not None:
        return f"calls of this campaign are kept for {_days(days)}"
    return f"calls are kept for {_days(rules.own or 0)}"


def _days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def _is_full(rules: Rules, *, run: RetentionRun | None, now: datetime) -> bool:
    return run is None or run.rules != rules.fingerprint or now - run.full_at >= _FULL_EVERY


def _which(session: Session, rules: Rules, *, run: RetentionRun | None, now: datetime) -> Iterator[Select[Any]]:
    """The calls to look at, each question along an index: all that are old enough for any rule, or what is new."""
    calls = _calls(rules.account_id)
    if run is None or _is_full(rules, run=run, now=now):
        yield calls.where(Call.started_at < now - timedelta(days=rules.days[0]))
        return
    since = run.walked_at - _OVERLAP
    for days in rules.days:
        ago = timedelta(days=days)
        yield calls.where(Call.started_at >= since - ago, Call.started_at < now - ago)
    said = select(Label.call_id).where(Label.account_id == rules.account_id, Label.said_at >= since)
    labelled = sorted(set(session.scalars(said)))
    for place in range(0, len(labelled), _BATCH):  # named, because SQLite would rather read all calls that are old
        yield calls.where(Call.id.in_(labelled[place : place + _BATCH]))


def _calls(account_id: int) -> Select[Any]:
    """The account's calls that are kept, with what decides for how long."""
    by_reason = and_(
        Reason.account_id == Call.account_id, Reason.label == Label.value, Reason.name == Label.reason,
        Reason.keep_days.is_not(None),
    )  # fmt: skip
    return (
        select(Call.id)
        .outerjoin(Label, Label.id == Call.label_id)
        .outerjoin(Reason, by_reason)
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .where(Call.account_id == account_id, Call.erased_at.is_(None))
    )


def _is_due(rules: Rules, *, now: datetime) -> ColumnElement[bool]:
    days: Any = func.coalesce(Reason.keep_days, Campaign.keep_days, rules.own)
    return or_(*(and_(days == kept, Call.started_at < now - timedelta(days=kept)) for kept in rules.days))


def _due_ids(
    database: Database, which: Select[Any], *, rules: Rules, now: datetime
) -> Iterator[Sequence[int]]:  # fmt: skip
    """Batches of calls that are due, the oldest first; a batch is looked for from where the last one ended."""
    order = (Call.started_at, Call.id)
    batch = which.add_columns(Call.started_at).where(_is_due(rules, now=now)).order_by(*order).limit(_BATCH)
    place: tuple[datetime, int] | None = None
    while True:
        with database.read() as session:
            rows = session.execute(batch.where(tuple_(*order) > place) if place else batch).all()
        if not rows:
            return
        yield [call_id for call_id, _ in rows]
        place = (rows[-1][1], rows[-1][0])


def _ask_again(database: Database, *, now: datetime) -> None:
    """The carrier was away for a day, and the outbox gave up: what is erased here is to be gone there, too."""
    old = (Step.state == "failed", Step.name == STEP, Step.asked_at < now - _ASKED_DAILY)
    with database.read() as session:
        given_up = session.scalars(select(Step).where(*old)).all()
    if given_up:
        with database.write.begin() as session:
            for step in given_up:
                ask(session, call_id=step.call_id, name=STEP, subject=step.subject, again=True)
