"""Calls that sound booked and have no job: the list, the call's page, and the way off the list."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from calltrack.calls.labels import keep_verdict
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write

WORDS = "my furnace is out can you come tomorrow at ten"


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    """A call of yesterday in which an appointment was probably set."""
    with write() as session:
        made = answered_call(
            session, number=BILLBOARD, words=WORDS, started_at=datetime.now(UTC) - timedelta(days=1), recorded=True
        )
        keep_verdict(
            session, call=made, value="lead", reason="new job", source="model", confidence=0.97, model="shipped@2",
            review=False, booked=0.83, evidence=[
                {"phrase": "tomorrow at ten", "offset": 31, "start": 9.0, "weight": 0.4},
                {"phrase": "furnace is out", "offset": 3, "start": 9.0, "weight": 1.2},
            ],
        )  # fmt: skip
    return made


@pytest.fixture
def at(call: Call) -> str:
    return f"/calls/{call.call_sid}"


def test_the_page_says_how_sure_and_books_the_job(ana: Browser, at: str) -> None:
    page = ana.read(at)
    assert "An appointment was probably set: 83%" in page
    assert "appointment set: 83%" in page
    assert '<details id="book" open>' in ana.see(at)
    page = ana.send(f"{at}/jobs", customer_name="Ruth Decker", job_type="HVAC repair")
    assert "is booked from this call" in page
    assert "An appointment was probably set" not in page


def test_no_job_came_of_it_takes_the_call_off_the_list(ana: Browser, call: Call, at: str) -> None:
    assert call.call_sid in ana.see("/calls?booked=likely")
    page = ana.send(f"{at}/tags", tag="no job")
    assert "An appointment was probably set" not in page
    assert "No job came of this call" in page
    assert "No job is missing" in ana.read("/calls?booked=likely")
    ana.send(f"{at}/tags/remove", tag="no job")
    assert call.call_sid in ana.see("/calls?booked=likely")


def test_without_days_the_list_holds_the_last_thirty(write: Write, ana: Browser, call: Call) -> None:
    with write() as session:
        old = answered_call(session, number=BILLBOARD, started_at=datetime.now(UTC) - timedelta(days=40))
        old.booked_chance = 0.9
    html = ana.see("/calls?booked=likely")
    assert call.call_sid in html
    assert old.call_sid not in html
    assert re.search(r'name="from" value="\d{4}-\d\d-\d\d"', html)
    assert old.call_sid in ana.see("/calls?booked=likely&from=2020-01-01")
    heads, lines = 1, ana.see("/calls.csv?booked=likely").count("\n")
    assert lines - heads == 1


def test_a_choice_that_is_none_is_named(ana: Browser, call: Call) -> None:
    assert "There is no such booked." in ana.read("/calls?booked=maybe", status=400)


def test_jobs_and_settings_say_how_many_there_are_and_lead_there(ana: Browser, call: Call) -> None:
    for address in ("/jobs", "/settings"):
        assert "1 call of the last 30 days sounds booked, but has no job" in ana.read(address)
        assert '<a href="/calls?booked=likely">Show it</a>' in ana.see(address)
    ana.send(f"/calls/{call.call_sid}/tags", tag="no job")
    assert "sounds booked" not in ana.read("/jobs")


def test_the_phrases_that_decided_are_listed_the_strongest_first(ana: Browser, at: str) -> None:
    listed = ana.read(at).partition("Decided by")[2]
    assert listed.index("furnace is out") < listed.index("strong") < listed.index("tomorrow at ten")
    html = ana.see(at)
    assert '<a class="phrase" href="#turn-0">furnace is out</a>' in html
    assert "my <mark>furnace is out</mark> can you come <mark>tomorrow at ten</mark>" in html
