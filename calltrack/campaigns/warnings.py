"""What is missing in an account's set-up, so that its figures say less than they could: what, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from calltrack.calls.listing import LOOK_BACK, count_likely_booked
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.costs import costs_in_force, goes_on
from calltrack.campaigns.numbers import NumberHistory, list_numbers
from calltrack.changes import record
from calltrack.models import Account, Call, Campaign, Change, CostHistory, InvoiceItem, Job, JobType, LedgerAccount
from calltrack.period import local_date, today
from calltrack.phone import display

Kind = Literal[
    "campaign_without_cost",
    "campaign_without_number",
    "number_without_campaign",
    "archived_campaign_in_use",
    "job_type_without_threshold",
    "ledger_account_unclaimed",
    "job_without_campaign",
    "job_doubtful",
    "call_without_job",
]
MOST_JOBS = 1000  # more jobs, or calls, than that are not counted, so that no page waits for them


@dataclass(frozen=True)
class Subject:
    """One thing that a warning is about; `name` as people read it."""

    id: int
    name: str


@dataclass(frozen=True)
class SetupWarning:
    """What is so and what follows from it, and what to do. Jobs and calls are counted only, up to one more than
    MOST_JOBS."""

    kind: Kind
    sentence: str
    todo: str
    count: int
    subjects: list[Subject] = field(default_factory=list)


def setup_warnings(session: Session, *, account: Account, now: datetime) -> list[SetupWarning]:
    """All that is missing at `now`, in the order in which an account is set up."""
    found = [*_of_settings(session, account=account, now=now), *_of_jobs(session, account_id=account.id)]
    return [warning for warning in (*found, calls_without_job(session, account=account, now=now)) if warning.count]


def count_setup_warnings(session: Session, *, account: Account, now: datetime) -> int:
    """How many kinds of things are missing in the settings: for a notice, so without a look at the jobs."""
    return sum(warning.count > 0 for warning in _of_settings(session, account=account, now=now))


def calls_without_job(session: Session, *, account: Account, now: datetime) -> SetupWarning:
    """How many calls of late sound booked, though no job is linked to them; a count of 0 warns of nothing."""
    return _about_rows(
        "call_without_job",
        count_likely_booked(session, account=account, most=MOST_JOBS + 1, now=now),
        (
            f"call of the last {LOOK_BACK} days sounds booked, but has",
            f"calls of the last {LOOK_BACK} days sound booked, but have",
        ),
        "no job: no figure counts what was booked there.",
        "Link or book the job of each, or say on the call's page that no job came of it.",
    )


def unclaimed_ledger_accounts(session: Session, *, account: Account) -> list[Subject]:
    """Ledger accounts that invoices name and that are no income, though nobody ever said so."""
    used = exists(select(1).where(InvoiceItem.ledger_account_id == LedgerAccount.id))
    mine = (LedgerAccount.account_id == account.id, ~LedgerAccount.income, used, ~_SPOKEN_OF)
    return _subjects(session, select(LedgerAccount.id, LedgerAccount.name).where(*mine).order_by(LedgerAccount.name))


def claim_ledger_account(session: Session, *, ledger_account: LedgerAccount, by: str) -> None:
    """Keep that somebody said of it what it is, also where that changed nothing; said once, it is kept once."""
    if not session.scalar(select(_SPOKEN_OF).where(LedgerAccount.id == ledger_account.id)):
        fields = {"income": (None, "yes" if ledger_account.income else "no")}
        record(
            session, account_id=ledger_account.account_id, noun="ledger account", noun_id=ledger_account.id,
            fields=fields, by=by,
        )  # fmt: skip


_SPOKEN_OF = exists(
    select(1).where(
        Change.account_id == LedgerAccount.account_id,
        Change.noun == "ledger account",
        Change.noun_id == LedgerAccount.id,
    )
)


def _of_settings(session: Session, *, account: Account, now: datetime) -> Iterator[SetupWarning]:
    campaigns = list_campaigns(session, account=account)
    numbers = list_numbers(session, account=account, now=now)
    yield from _of_campaigns(session, account=account, campaigns=campaigns, numbers=numbers, now=now)
    yield _about(
        "job_type_without_threshold",
        _subjects(session, _without_threshold(account_id=account.id)),
        ("job type has", "job types have"),
        "no sold threshold, so that every billed job counts as sold.",
        "Set the invoice subtotal from which such a job counts as sold.",
    )
    yield _about(
        "ledger_account_unclaimed",
        unclaimed_ledger_accounts(session, account=account),
        ("ledger account stands", "ledger accounts stand"),
        "on invoices, and nobody has said whether it is income: until then it is no revenue.",
        "Say of each whether it is income.",
    )


def _of_campaigns(
    session: Session, *, account: Account, campaigns: list[Campaign], numbers: list[NumberHistory], now: datetime
) -> Iterator[SetupWarning]:
    used = [one for one in campaigns if one.archived_at is None]
    archived = [one for one in campaigns if one.archived_at is not None]
    stated = set(
        session.scalars(
            select(Campaign.id).where(
                Campaign.account_id == account.id, exists(select(1).where(CostHistory.campaign_id == Campaign.id))
            )
        )
    )
    yield _about(
        "campaign_without_cost",
        [Subject(one.id, one.name) for one in used if one.id not in stated],
        ("campaign has", "campaigns have"),
        "no stated cost, so that cost per lead and ROI look better than they are.",
        "Say what it costs, and from which day on; say 0 where it is free.",
    )
    has_number = {one.campaign_id for one in numbers} | {it.campaign_id for one in numbers for it in one.planned}
    yield _about(
        "campaign_without_number",
        [Subject(one.id, one.name) for one in used if one.id not in has_number],
        ("campaign has", "campaigns have"),
        "no tracking number, so that no call can be counted there.",
        "Attach a number, or archive a campaign that is over.",
    )
    yield _about(
        "number_without_campaign",
        [
            Subject(one.number.id, _number_words(one, zone=account.time_zone))
            for one in numbers
            if one.campaign_id is None
        ],
        ("number belongs", "numbers belong"),
        "to no campaign yet, so that calls there count for none.",
        "Attach it to a campaign from an earlier moment, or wait until its day comes.",
    )
    histories = costs_in_force(session, campaign_ids=[one.id for one in archived])
    day = today(zone=account.time_zone, now=now)
    costly = {campaign_id for campaign_id, history in histories.items() if goes_on(history, day=day)}
    yield _about(
        "archived_campaign_in_use",
        [Subject(one.id, one.name) for one in archived if one.id in costly | has_number],
        ("archived campaign still has", "archived campaigns still have"),
        "a daily cost, or a number that rings.",
        "End its cost and move its numbers, or restore it.",
    )


def _of_jobs(session: Session, *, account_id: int) -> Iterator[SetupWarning]:
    own = select(Job.id).where(Job.account_id == account_id)
    unlinked = own.where(Job.call_id.is_(None), Job.campaign_id.is_(None))
    # From the calls: those without a campaign are few, and an index leads to them.
    linked = own.join(Call, Call.id == Job.call_id).where(Call.account_id == account_id, Call.campaign_id.is_(None))
    yield _about_rows(
        "job_without_campaign",
        min(_count(session, unlinked) + _count(session, linked), MOST_JOBS + 1),
        ("job belongs", "jobs belong"),
        "to no campaign: only the totals say what came of it.",
        "Name the call that booked the job, or its campaign.",
    )
    yield _about_rows(
        "job_doubtful",
        _count(session, own.where(Job.doubtful)),
        ("job may", "jobs may"),
        "have been booked by calls of several campaigns: none of them counts such a job until a person says which.",
        "Choose the call that booked each.",
    )


def _without_threshold(*, account_id: int) -> Select[int, str]:
    unset = func.coalesce(JobType.sold_threshold, 0) == 0
    return select(JobType.id, JobType.name).where(JobType.account_id == account_id, unset).order_by(JobType.name)


def _subjects(session: Session, rows: Select[int, str]) -> list[Subject]:
    return [Subject(found_id, name) for found_id, name in session.execute(rows)]


def _count(session: Session, jobs: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(jobs.limit(MOST_JOBS + 1).subquery())) or 0


def _about(kind: Kind, subjects: list[Subject], verb: tuple[str, str], rest: str, todo: str) -> SetupWarning:
    count = len(subjects)
    return SetupWarning(kind, f"{count:,} {verb[count != 1]} {rest}", todo, count, subjects)


def _about_rows(kind: Kind, count: int, verb: tuple[str, str], rest: str, todo: str) -> SetupWarning:
    many = f"{count:,}" if count <= MOST_JOBS else f"More than {MOST_JOBS:,}"
    return SetupWarning(kind, f"{many} {verb[count != 1]} {rest}", todo, count)


def _number_words(one: NumberHistory, *, zone: str) -> str:
    if not one.planned:
        return display(one.number.phone_number)
    begins = local_date(one.planned[0].starts_at, zone=zone)
    return f"{display(one.number.phone_number)}, from {begins.day} {begins:%B %Y}"
