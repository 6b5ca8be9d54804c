"""The demo business is set up through the API, once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from calltrack.demo.api import ApiError, Ask, api_in_process
from calltrack.demo.bookings import book_job, book_manual_jobs
from calltrack.demo.conversations import read_script
from calltrack.demo.seed import seed
from tests.demo.books import API_KEY, Books
from tests.demo.office import DIAL_TWO, TRACKING, WHISPER, Office

NOW = datetime(2026, 6, 15, 18, 0, tzinfo=UTC)


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def ask(books: Books) -> Ask:
    return api_in_process(books.add_to(Flask("books")), api_key=API_KEY)


def place(conversation: str, *, hours_ago: int, call_sid: str = "CA" + "1" * 32):
    office = Office({"voice": DIAL_TWO, "whisper": WHISPER, "dial": ""})
    return office.carrier().place_call(
        to=TRACKING, conversation=conversation, started_at=NOW - timedelta(hours=hours_ago), call_sid=call_sid
    )


def test_five_campaigns_get_costs_numbers_and_job_types(books: Books, ask: Ask):
    campaigns = seed(ask=ask, now=NOW)
    assert [c.name for c in campaigns] == ["Spring Billboard", "Google Ads", "Door Hangers", "Yelp", "Radio 101.5"]
    assert {n["phone_number"]: n["campaign_id"] for n in books.numbers} == {c.phone_number: c.id for c in campaigns}
    assert max(len(n["forward_to"]) for n in books.numbers) == 2
    assert all(costs[0]["from"] == "2026-05-16" for costs in books.costs.values())
    assert all(n["from"].startswith("2026-05-16") for n in books.numbers)


def test_every_job_of_the_script_has_a_type_with_a_threshold(books: Books, ask: Ask):
    seed(ask=ask, now=NOW)
    booked = {c.truth.booking.job_type for c in read_script().values() if c.truth.booking}
    assert booked <= books.job_types.keys()
    assert all(Decimal(threshold) > 0 for threshold in books.job_types.values())


def test_a_second_run_finds_what_exists_and_writes_nothing(books: Books, ask: Ask):
    first = seed(ask=ask, now=NOW)
    books.writes.clear()
    assert seed(ask=ask, now=NOW + timedelta(days=3)) == first
    assert books.writes == []


def test_a_start_that_was_cut_short_is_completed(books: Books, ask: Ask):
    ask("POST", "/campaigns", {"name": "Yelp", "category": "Directory", "daily_cost": "41.00"})
    seed(ask=ask, now=NOW)
    assert len(books.campaigns) == len(books.numbers) == len(books.costs) == 5


def test_a_refusal_is_told_with_its_status(books: Books):
    locked_out = api_in_process(books.add_to(Flask("books")), api_key="another key")
    with pytest.raises(ApiError) as refusal:
        seed(ask=locked_out, now=NOW)
    assert refusal.value.status == 401


def test_a_job_is_completed_once_its_day_has_passed(books: Books, ask: Ask):
    key = book_job(ask=ask, placed=place("furnace-out", hours_ago=100), now=NOW)
    job = books.jobs[str(key)]
    assert (job["status"], job["job_type"], job["customer"]["name"]) == ("completed", "HVAC repair", "Maria Lopez")
    assert job["invoices"][0]["subtotal"] == "486.00"
    assert job["created_at"] < job["completed_at"] < NOW.isoformat()


def test_a_job_booked_a_moment_ago_is_only_scheduled(books: Books, ask: Ask):
    key = book_job(ask=ask, placed=place("furnace-out", hours_ago=1), now=NOW)
    assert books.jobs[str(key)]["status"] == "scheduled"
    assert books.jobs[str(key)]["invoices"] == []


def test_a_job_is_never_booked_in_the_future(books: Books, ask: Ask):
    placed = place("furnace-out", hours_ago=1)
    key = book_job(ask=ask, placed=placed, now=placed.ended_at + timedelta(seconds=5))
    assert books.jobs[str(key)]["created_at"] == (placed.ended_at + timedelta(seconds=5)).isoformat()


def test_a_permit_fee_is_no_income_and_items_sum_to_the_invoice(books: Books, ask: Ask):
    key = book_job(ask=ask, placed=place("furnace-replacement-quote", hours_ago=100), now=NOW)
    invoice = books.jobs[str(key)]["invoices"][0]
    assert [item["income"] for item in invoice["items"]] == [True, False]
    assert sum(Decimal(item["amount"]) for item in invoice["items"]) == Decimal(invoice["subtotal"])


def test_a_job_names_the_call_that_booked_it(books: Books, ask: Ask):
    key = book_job(ask=ask, placed=place("furnace-out", hours_ago=100), now=NOW)
    assert books.jobs[str(key)]["call_sid"] == "CA" + "1" * 32


def test_a_call_that_brought_no_job_books_none(books: Books, ask: Ask):
    assert book_job(ask=ask, placed=place("solicitor-seo", hours_ago=100), now=NOW) is None
    assert books.jobs == {}


def test_a_job_that_nobody_entered_is_not_told(books: Books, ask: Ask):
    slips = [c.id for c in read_script().values() if c.truth.booking and not c.truth.booking.entered]
    assert len(slips) == 2
    for conversation in slips:
        assert book_job(ask=ask, placed=place(conversation, hours_ago=100), now=NOW) is None
    assert books.jobs == {}


def test_jobs_that_came_by_no_call_name_their_campaign(books: Books, ask: Ask):
    campaigns = seed(ask=ask, now=NOW)
    book_manual_jobs(ask=ask, campaigns=campaigns, now=NOW)
    assert [job["call_sid"] for job in books.jobs.values()] == [None, None]
    assert {job["campaign_id"] for job in books.jobs.values()} < {c.id for c in campaigns}
