"""A company's long history, straight into the tables: the same rows for the same numbers, whatever the database."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import create_campaign
from calltrack.campaigns.costs import state_costs
from calltrack.db import Database
from calltrack.imports.bulk import insert, is_sqlite, stamp
from calltrack.marks import mark
from calltrack.models import Account, Call, Customer, Invoice, InvoiceItem, Job, JobType, Label
from calltrack.period import today

ZONE = "America/Chicago"
BATCH = 20_000


def write_history(database: Database, *, name: str, calls: int, jobs: int, campaigns: int, days: int) -> Account:
    """The account, with its calls, labels, jobs and invoices spread evenly over the days up to today."""
    chance = random.Random(1)  # the same history in every run
    now = datetime.now(UTC).replace(microsecond=0)
    begin = now - timedelta(days=days)
    with database.write.begin() as session:
        account = create_account(session, name=name, time_zone=ZONE)
        made = [create_campaign(session, account=account, name=f"Campaign {one:03}") for one in range(campaigns)]
        for campaign in made:
            first = today(zone=ZONE) - timedelta(days=days)
            state_costs(session, campaign=campaign, costs=[(first, chance.randrange(1000, 9000))], stated_by="bench")
        types = [JobType(account_id=account.id, name=f"Type {one}", sold_threshold=50_000) for one in range(5)]
        customer = Customer(account_id=account.id, name="Mia", phone=None, created_at=begin)
        session.add_all([*types, customer])
        session.flush()
        owners = [campaign.id for campaign in made]
        started = [begin + (now - begin) * one / calls for one in range(calls)]
        for at in range(0, calls, BATCH):
            _calls(session, account.id, owners, chance, started[at : at + BATCH], first=at + 1)
        booked = sorted(chance.sample(range(calls), min(jobs * 9 // 10, calls)))
        every: list[tuple[datetime, int | None]] = [(started[one], one + 1) for one in booked] + [
            (begin + (now - begin) * chance.random(), None) for _ in range(jobs - len(booked))
        ]
        for at in range(0, len(every), BATCH):
            _jobs(session, account.id, owners, chance, every[at : at + BATCH], first=at + 1,
                  customer=customer.id, types=[one.id for one in types])  # fmt: skip
        mark(session, account_id=account.id, campaign_id=None, moment=None)
        if not is_sqlite(session):
            for table in (Call, Label, Job, Invoice, InvoiceItem):
                name = table.__tablename__
                session.execute(text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))"))
    return account


def _calls(
    session: Session, account_id: int, owners: list[int], chance: random.Random, moments: list[datetime], *, first: int
) -> None:
    sqlite = is_sqlite(session)
    calls: list[Any] = []
    labels: list[Any] = []
    for number, moment in enumerate(moments, first):
        missed = chance.random() < 0.15
        seconds = chance.randrange(5, 600)
        label = None if missed else number
        at, end = stamp(moment, sqlite=sqlite), stamp(moment + timedelta(seconds=seconds), sqlite=sqlite)
        calls.append(
            (number, "bench", str(account_id), f"CA{number:032x}", account_id, chance.choice(owners), "inbound",
             "+14145550100", f"+1312{number % 10_000_000:07}", "completed", at, end, seconds, int(not missed), 0,
             int(missed), label, at)
        )  # fmt: skip
        if label:
            human = chance.random() < 0.1
            labels.append(
                (label, account_id, number, "excused" if chance.random() < 0.25 else "lead",
                 "human" if human else "model", None if human else 0.9, 0, "[]", at)
            )  # fmt: skip
    insert(session, Call, columns=_CALL, rows=calls)
    insert(session, Label, columns=_LABEL, rows=labels)


_CALL = (
    "id carrier carrier_account call_sid account_id campaign_id direction dialled caller status started_at ended_at "
    "duration spoken voicemail missed label_id known_since"
).split()
_LABEL = "id account_id call_id value source confidence review evidence said_at".split()
_JOB = (
    "id account_id external_id customer_id job_type_id status created_at completed_at technician_lead call_id "
    "campaign_id matched_by doubtful known_since"
).split()


def _jobs(
    session: Session,
    account_id: int,
    owners: list[int],
    chance: random.Random,
    booked: list[tuple[datetime, int | None]],
    *,
    first: int,
    customer: int,
    types: list[int],
) -> None:
    sqlite = is_sqlite(session)
    jobs: list[Any] = []
    invoices, items = [], []
    for number, (moment, call_id) in enumerate(booked, first):
        completed = chance.random() < 0.7
        done = stamp(moment + timedelta(days=chance.random() * 9), sqlite=sqlite) if completed else None
        at, cents = stamp(moment, sqlite=sqlite), chance.randrange(5_000, 900_000)
        jobs.append(
            (number, account_id, f"J-{number}", customer, chance.choice(types), "completed" if done else "scheduled",
             at, done, 0, call_id, None if call_id else chance.choice(owners), "given" if call_id else None, 0, at)
        )  # fmt: skip
        invoices.append((number, number, "1", cents))
        items.append((number, number, "work", cents, 1))
    insert(session, Job, columns=_JOB, rows=jobs)
    insert(session, Invoice, columns="id job_id number subtotal".split(), rows=invoices)
    insert(session, InvoiceItem, columns="id invoice_id name amount income".split(), rows=items)


def ranges(days: int) -> Iterator[int]:
    """The lengths of range that people ask for."""
    return (length for length in (1, 7, 30, 90, 365, 400) if length <= days)
