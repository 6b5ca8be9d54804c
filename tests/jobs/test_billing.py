"""Invoices, estimates and ledger accounts: what is said again unchanged writes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.jobs.arriving import take_job
from calltrack.jobs.jobs import BadJob, Bill, Item, JobFacts, Offer, find_job, put_job
from calltrack.jobs.ledger import list_ledger_accounts, set_income
from calltrack.models import DirtyMark, Estimate, Invoice, InvoiceItem, LedgerAccount
from tests.campaigns.story import MORNING, Story, undone

FACTS = JobFacts("J-1", "Mia", "+13125550111", "furnace repair", "completed", MORNING, MORNING + timedelta(days=1))
BILLS = (
    Bill("1", 80_000, (Item("furnace", 70_000, income=True), Item("tax", 10_000, ledger_account="2200 Tax"))),
    Bill("2", 5_000),
)
OFFERS = (Offer("E-1", "open", 840_000, "New furnace"), Offer("E-2", "sold", 80_000, sold_at=MORNING))


def test_the_same_job_twice_writes_nothing_and_marks_no_day(database: Database) -> None:
    facts = replace(FACTS, invoices=BILLS, estimates=OFFERS, customer_external_id="C-1")
    with database.write.begin() as session:
        account = Story(session).account
        take_job(session, account=account, facts=facts, sent_by="a test")
    with database.write.begin() as session:
        session.query(DirtyMark).delete()
    written = list[str]()

    def note(*said: Any) -> None:
        if said[2].lstrip().split()[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(said[2])

    event.listen(database.engine, "before_cursor_execute", note)
    for same in (facts, replace(facts, invoices=BILLS[::-1], estimates=None)):
        with database.write.begin() as session:
            take_job(session, account=account, facts=same, sent_by="a test")
    event.remove(database.engine, "before_cursor_execute", note)
    assert written == []


lines = st.lists(st.builds(Item, st.sampled_from(["a", "b"]), st.integers(-5, 5), income=st.booleans()), max_size=3)
bills = st.lists(
    st.builds(Bill, st.sampled_from(["1", "2", "3"]), st.integers(-9, 9), lines),
    max_size=3,
    unique_by=lambda one: one.number,
)


@given(told=st.lists(bills, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_jobs_invoices_are_those_that_were_said_last(on_sqlite: Database, told: list[Sequence[Bill]]) -> None:
    with undone(on_sqlite) as session:
        account = Story(session).account
        for one in told:
            put_job(session, account=account, facts=replace(FACTS, invoices=one), by="a test")
        session.expire_all()
        job = find_job(session, account=account, external_id="J-1")
        assert job
        kept = {
            row.number: (row.subtotal, [(it.name, it.amount, it.income) for it in row.items]) for row in job.invoices
        }
        assert kept == {b.number: (b.subtotal, [(i.name, i.amount, i.income) for i in b.items]) for b in told[-1]}
        assert session.query(Invoice).count() == len(told[-1])
        assert session.query(InvoiceItem).count() == sum(len(bill.items) for bill in told[-1])


def test_estimates_are_replaced_or_left_alone(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account

        def offers(said: Sequence[Offer] | None) -> list[tuple[str, str, str, int, datetime | None]]:
            job = put_job(session, account=account, facts=replace(FACTS, estimates=said), by="a test")
            return [(one.number, one.name, one.status, one.subtotal, one.sold_at) for one in job.estimates]

        assert offers(OFFERS) == [
            ("E-1", "New furnace", "open", 840_000, None), ("E-2", "", "sold", 80_000, MORNING),
        ]  # fmt: skip
        assert len(offers(None)) == 2
        before = datetime.now(UTC)
        ((number, _, _, _, sold_at),) = offers([Offer("E-1", "sold", 840_000)])
        assert number == "E-1"
        assert sold_at is not None
        assert before <= sold_at <= datetime.now(UTC)
        assert offers([Offer("E-1", "sold", 840_000)])[0][4] == sold_at, "the moment that we were first told"
        assert offers([Offer("E-1", "open", 840_000, sold_at=MORNING)])[0][4] is None
        assert offers([]) == []
        assert session.query(Estimate).count() == 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"invoices": (Bill("1", 1, (Item("motor", 1),)),)}, "needs `income` or the name"),
        ({"invoices": (Bill("1", 1, (Item("motor", 1, ledger_account=" "),)),)}, "needs `income` or the name"),
        ({"invoices": (Bill("1", 1, (Item("motor", 1, ledger_account="x" * 201),)),)}, "ledger account's name"),
        ({"estimates": (Offer("1", "won", 1),)}, "open, sold, dismissed"),
        ({"estimates": (Offer("1", "open", 1), Offer("1", "sold", 1))}, "same number"),
        ({"estimates": (Offer("1" * 101, "open", 1),)}, "estimate's number"),
        ({"estimates": (Offer("1", "open", 1, "x" * 201),)}, "estimate's name"),
    ],
)
def test_what_cannot_be_billed_or_offered_is_refused(
    on_sqlite: Database, changes: dict[str, Any], complaint: str
) -> None:
    with on_sqlite.write.begin() as session, pytest.raises(BadJob, match=complaint):
        put_job(session, account=Story(session).account, facts=replace(FACTS, **changes), by="a test")


def test_a_ledger_account_decides_what_is_income(database: Database) -> None:
    with database.write.begin() as session:
        account, other = Story(session).account, Story(session).account
        for one in (account, other):
            put_job(session, account=one, facts=replace(FACTS, invoices=BILLS), by="a test")
        found = list_ledger_accounts(session, account=account)
        assert [(one.name, one.income) for one in found] == [("2200 Tax", False)]

        def income() -> list[bool]:
            own = select(InvoiceItem.income).where(InvoiceItem.ledger_account_id == found[0].id)
            return list(session.scalars(own))

        assert income() == [False]
        session.query(DirtyMark).delete()
        set_income(session, account=account, name=" 2200 Tax ", income=True, by="ana")
        assert income() == [True]
        set_income(session, account=account, name="2200 Tax", income=True, by="ben")
        changed = changes_of(session, account_id=account.id, noun="ledger account", noun_id=found[0].id)
        assert [(one.field, one.was, one.now, one.changed_by) for one in changed] == [("income", "no", "yes", "ana")]
    with database.write.begin() as session:
        marks = session.execute(select(DirtyMark.account_id, DirtyMark.campaign_id, DirtyMark.moment)).all()
        assert (account.id, None, None) in [tuple(one) for one in marks], "every day is counted anew"
        job = put_job(session, account=account, facts=replace(FACTS, invoices=BILLS), by="a test")
        assert [item.income for item in job.invoices[0].items] == [True, True]
        theirs = session.scalars(select(LedgerAccount).where(LedgerAccount.account_id == other.id)).one()
        assert theirs.income is False


def test_a_new_ledger_account_is_income_where_an_item_says_so(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        items = (Item("motor", 1, ledger_account="4000"), Item("wire", 1, income=True, ledger_account="4000"))
        job = put_job(session, account=account, facts=replace(FACTS, invoices=(Bill("1", 2, items),)), by="a test")
        assert [item.income for item in job.invoices[0].items] == [True, True]
        assert set_income(session, account=account, name="4100", income=True, by="ana").income
        with pytest.raises(BadJob, match="needs a name"):
            set_income(session, account=account, name=" ", income=True, by="ana")
