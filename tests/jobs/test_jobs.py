"""Jobs: written whole as often as anyone likes, and every word on which call booked them is kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from calltrack.db import Database
from calltrack.jobs.jobs import (
    BadJob,
    Bill,
    Item,
    JobFacts,
    find_job,
    jobs_of,
    link_job,
    put_job,
    set_threshold,
)
from calltrack.models import Account, Customer, Invoice, InvoiceItem, Job, JobLink, JobType
from tests.campaigns.story import MORNING, Story

FACTS = JobFacts(
    external_id="J-100",
    customer_name="Mia Berg",
    customer_phone="(312) 555-0111",
    job_type="furnace repair",
    status="scheduled",
    created_at=MORNING,
)
BILLS = (
    Bill("1", 80_000, (Item("furnace", 70_000, income=True), Item("tax", 10_000, income=False))),
    Bill("2", 5_000, (Item("filter", 5_000, income=True),)),
)


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_job_twice_is_one_job(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account
    for _ in range(2):
        with database.write.begin() as session:
            job = put_job(session, account=account, facts=replace(FACTS, invoices=BILLS), by="a test")
            assert (job.customer.name, job.customer.phone) == ("Mia Berg", "+13125550111")
    assert [count(database, table) for table in (Job, JobType, Invoice, InvoiceItem)] == [1, 1, 2, 3]
    assert count(database, Customer) == 1 + 1, "and the story's own"


@pytest.mark.slow
def test_the_same_new_job_sent_twice_at_once_is_one_job(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account
        # A type that is new would put the senders one after the other.
        set_threshold(session, account=account, name=FACTS.job_type, sold_threshold=None, by="a test")

    together = Barrier(2, timeout=10)

    def send(_: int) -> None:
        for number in range(12):
            together.wait()
            with database.write.begin() as session:
                put_job(session, account=account, facts=replace(FACTS, external_id=str(number)), by="a test")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(send, range(2)))
    assert (count(database, Job), count(database, JobType)) == (12, 1)


@pytest.mark.slow
def test_first_jobs_of_a_type_sent_at_once_share_the_type(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account

    def send(number: int) -> None:
        with database.write.begin() as session:
            put_job(session, account=account, facts=replace(FACTS, external_id=f"J-{number}"), by="a test")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(send, range(12)))
    assert (count(database, Job), count(database, JobType)) == (12, 1)


def test_invoices_replace_what_was_there(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account
        put_job(session, account=account, facts=replace(FACTS, invoices=BILLS), by="a test")
    changed = (Bill("2", 6_000, (Item("filters", 6_000, income=True),)), Bill("3", 0))
    with database.write.begin() as session:
        job = put_job(session, account=account, facts=replace(FACTS, invoices=changed), by="a test")
        assert [(bill.number, bill.subtotal, len(bill.items)) for bill in job.invoices] == [
            ("2", 6_000, 1),
            ("3", 0, 0),
        ]
    assert (count(database, Invoice), count(database, InvoiceItem)) == (2, 1)
    with database.write.begin() as session:
        put_job(session, account=account, facts=FACTS, by="a test")
    assert (count(database, Invoice), count(database, InvoiceItem)) == (0, 0)


def test_everything_that_is_said_again_is_changed_but_the_link(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call, campaign = story.call(), story.campaign()
        job = put_job(session, account=story.account, facts=replace(FACTS, campaign_id=campaign.id), by="a test")
        link_job(session, job=job, call=call, matched_by="person", linked_by="ana")
        done = replace(
            FACTS, job_type="new furnace", status="completed", completed_at=MORNING + timedelta(days=2),
            technician_lead=True, campaign_id=None,
        )  # fmt: skip
        again = put_job(session, account=story.account, facts=done, by="a test")
        assert again is job
        assert (job.job_type.name, job.status, job.technician_lead) == ("new furnace", "completed", True)
        assert (job.completed_at, job.campaign_id) == (MORNING + timedelta(days=2), None)
        assert (job.call_id, job.matched_by) == (call.id, "person")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"status": "done"}, "scheduled, in_progress, completed, canceled"),
        ({"invoices": (Bill("1", 1), Bill("1", 2))}, "same number"),
        ({"job_type": "  "}, "type"),
        ({"customer_name": " "}, "name"),
        ({"campaign_id": 999}, "no campaign 999"),
        ({"external_id": "  "}, "needs an id"),
        ({"external_id": "x" * 101}, "id has at most 100"),
        ({"customer_name": "x" * 201}, "customer's name has at most 200"),
        ({"customer_phone": "x" * 65}, "phone number has at most 64"),
        ({"job_type": "x" * 201}, "job type has at most 200"),
        ({"invoices": (Bill("1" * 101, 1),)}, "invoice's number has at most 100"),
        ({"invoices": (Bill("1", 1, (Item("x" * 201, 1, income=True),)),)}, "item's name has at most 200"),
    ],
)
def test_a_job_that_cannot_be_is_refused_and_leaves_nothing(
    on_sqlite: Database, changes: dict[str, Any], complaint: str
) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
    with pytest.raises(BadJob, match=complaint), on_sqlite.write.begin() as session:
        put_job(session, account=account, facts=replace(FACTS, **changes), by="a test")
    assert (count(on_sqlite, Job), count(on_sqlite, JobType)) == (0, 0)


def test_a_completed_job_that_does_not_say_when_is_dated_by_when_we_were_first_told(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account, facts = Story(session).account, replace(FACTS, status="completed")
        before = datetime.now(UTC)
        first = put_job(session, account=account, facts=facts, by="a test").completed_at
        assert first is not None
        assert before <= first <= datetime.now(UTC)
        assert put_job(session, account=account, facts=facts, by="a test").completed_at == first


def test_completed_at_the_moment_of_creation_is_possible(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        facts = replace(FACTS, status="completed", completed_at=MORNING)
        assert put_job(session, account=Story(session).account, facts=facts, by="a test").completed_at == MORNING


def test_a_customer_is_known_by_name_and_phone_together(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account

        def customer(external_id: str, name: str, phone: str | None) -> int:
            facts = replace(FACTS, external_id=external_id, customer_name=name, customer_phone=phone)
            return put_job(session, account=account, facts=facts, by="a test").customer_id

        mia = customer("1", "Mia", "+13125550111")
        assert customer("2", "Mia", "312-555-0111") == mia
        assert customer("3", "Leo", "+13125550111") != mia
        assert customer("4", "Mia", "+13125550112") != mia
        nameless_phone = customer("5", "Mia", None)
        assert nameless_phone != mia
        assert customer("6", "Mia", "") == nameless_phone


def test_blanks_around_a_name_or_a_jobs_id_mean_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        mia = put_job(session, account=account, facts=FACTS, by="a test")
        again = put_job(
            session,
            account=account,
            facts=replace(FACTS, external_id=" J-100\t", customer_name=" Mia Berg "),
            by="a test",
        )
        assert again is mia is find_job(session, account=account, external_id="J-100 ")
        other = put_job(
            session, account=account, facts=replace(FACTS, external_id="J-101", customer_name="Mia Berg "), by="a test"
        )
        assert (mia.external_id, other.customer_id, other.customer.name) == ("J-100", mia.customer_id, "Mia Berg")
        longest = replace(FACTS, external_id=" " + "x" * 100, customer_name="y" * 200 + " ", job_type="z" * 200 + " ")
        assert len(put_job(session, account=account, facts=longest, by="a test").customer.name) == 200


def test_a_renamed_customer_of_one_job_leaves_the_other_jobs_alone(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        first = put_job(session, account=account, facts=FACTS, by="a test")
        second = put_job(session, account=account, facts=replace(FACTS, external_id="J-101"), by="a test")
        put_job(session, account=account, facts=replace(FACTS, customer_name="Mia Stone"), by="a test")
        assert (first.customer.name, second.customer.name) == ("Mia Stone", "Mia Berg")


def test_accounts_share_neither_jobs_nor_customers_nor_campaigns(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        ana, dee = Story(session), Story(session)
        mine = put_job(session, account=ana.account, facts=FACTS, by="a test")
        theirs = put_job(session, account=dee.account, facts=FACTS, by="a test")
        assert mine.id != theirs.id
        assert (mine.customer_id, mine.job_type_id) != (theirs.customer_id, theirs.job_type_id)
        assert find_job(session, account=dee.account, external_id="J-100") is theirs
        with pytest.raises(BadJob, match="campaign"):
            put_job(session, account=dee.account, facts=replace(FACTS, campaign_id=ana.campaign().id), by="a test")
        with pytest.raises(BadJob, match="another account"):
            link_job(session, job=theirs, call=ana.call(), matched_by="given", linked_by="dee")


def test_linking_relinking_and_unlinking_are_all_kept_and_the_latest_counts(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        one, other = story.call(), story.call()
        job = put_job(session, account=story.account, facts=FACTS, by="a test")
        link_job(session, job=job, call=None, matched_by=None, linked_by="nobody")
        for call, how in (
            (one, "phone"),
            (one, "phone"),
            (other, "person"),
            (None, "person"),
            (None, None),
            (one, "given"),
        ):
            link_job(session, job=job, call=call, matched_by=how, linked_by="ana")
        ledger = session.execute(select(JobLink.call_id, JobLink.matched_by).order_by(JobLink.id)).all()
        assert [tuple(row) for row in ledger] == [
            (None, None), (one.id, "phone"), (other.id, "person"), (None, None), (one.id, "given"),
        ]  # fmt: skip
        assert (job.call_id, job.matched_by) == (one.id, "given")
        assert jobs_of(session, call_id=one.id) == [job]
        assert jobs_of(session, call_id=other.id) == []


def test_the_jobs_of_a_call_are_oldest_first(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call = story.call()
        late = story.job(call=call, created=MORNING + timedelta(days=1))
        early = story.job(call=call, created=MORNING)
        assert jobs_of(session, call_id=call.id) == [early, late]


def test_a_threshold_is_set_taken_away_and_never_negative(database: Database) -> None:
    with database.write.begin() as session:
        account: Account = Story(session).account
        made = set_threshold(session, account=account, name=" furnace repair ", sold_threshold=50_000, by="a test")
        assert (made.name, made.sold_threshold) == ("furnace repair", 50_000)
        assert set_threshold(session, account=account, name="furnace repair", sold_threshold=None, by="a test") is made
        assert made.sold_threshold is None
        assert (
            set_threshold(session, account=account, name="furnace repair", sold_threshold=0, by="a test").sold_threshold
            == 0
        )
        with pytest.raises(BadJob, match="negative"):
            set_threshold(session, account=account, name="furnace repair", sold_threshold=-1, by="a test")
        set_threshold(session, account=account, name="furnace repair", sold_threshold=10, by="a test")
        assert put_job(session, account=account, facts=FACTS, by="a test").job_type.sold_threshold == 10


def test_job_types_that_differ_only_in_case_are_one(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account
        made = set_threshold(session, account=account, name="Öfen", sold_threshold=50_000, by="a test")
        for name in ("öfen", "ÖFEN"):
            assert set_threshold(session, account=account, name=name, sold_threshold=10, by="a test") is made
            job = put_job(session, account=account, facts=replace(FACTS, job_type=name), by="a test")
            assert job.job_type is made
        assert (made.name, made.sold_threshold) == ("Öfen", 10)


@pytest.mark.slow
def test_two_first_spellings_of_a_type_sent_at_once_are_one_type(database: Database) -> None:
    with database.write.begin() as session:
        account = Story(session).account
    barrier = Barrier(2)

    def send(name: str) -> None:
        barrier.wait()
        with database.write.begin() as session:
            set_threshold(session, account=account, name=name, sold_threshold=None, by="a test")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, ("HVAC", "hvac")))
    assert count(database, JobType) == 1
