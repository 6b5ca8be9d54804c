"""Customers on pages: a list to search, and one with everything that happened."""

from datetime import timedelta

import pytest

from calltrack.calls.messages import receive_message
from calltrack.jobs.arriving import take_job
from calltrack.jobs.customers import put_customer
from calltrack.jobs.jobs import JobFacts
from calltrack.models import Customer
from calltrack.telephony.carrier import Delivery
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write


@pytest.fixture
def ruth(write: Write, anas: Company) -> Customer:
    with write() as session:
        return put_customer(
            session, account=anas.account, external_id="C-1", name="Ruth <Decker>", phone=twilio_wire.CALLER,
            email="ruth@example.com", address="12 Elm St", by="the CRM",
        )  # fmt: skip


def test_without_customers_the_list_says_where_they_come_from(rae: Browser) -> None:
    assert "No customer yet" in rae.read("/customers")


def test_customers_are_listed_and_found(ruth: Customer, rae: Browser) -> None:
    for q in ("", "ruth", "C-1", "312.555.0111", "%00"):
        page = rae.read(f"/customers?q={q}")
        assert "Ruth <Decker> (312) 555-0111 ruth@example.com 12 Elm St C-1" in page, q
    assert f'href="/customers/{ruth.id}"' in rae.see("/customers")
    assert "No customer fits" in rae.read("/customers?q=nobody")
    assert "at most 200" in rae.read(f"/customers?q={'x' * 201}", 400)
    assert "here is the first" in rae.read("/customers?cursor=junk", 400)


def test_a_customer_s_page_is_one_line_of_calls_jobs_and_texts(
    write: Write, anas: Company, ruth: Customer, rae: Browser
) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        facts = JobFacts("J-1", "Ruth <Decker>", None, "HVAC", "scheduled", NOON + timedelta(hours=1),
                         customer_external_id="C-1")  # fmt: skip
        take_job(session, account=anas.account, facts=facts, sent_by="the CRM")
        sms = {**twilio_wire.parties(), "MessageSid": "SM1", "Body": "thank <you>"}
        receive_message(
            session,
            delivery=Delivery(
                carrier="twilio", carrier_account=twilio_wire.ACCOUNT, kind="message", params=sms,
                received_at=NOON + timedelta(hours=2),
            ),
        )  # fmt: skip
    page = rae.read(f"/customers/{ruth.id}")
    text, job, rang = (page.index(said) for said in ("thank <you>", "J-1 , HVAC Scheduled", "Billboard, 1:15 Booked"))
    assert text < job < rang
    assert "Matched by phone to the call of Mon 4 May, 12:00 PM" in page
    html = rae.see(f"/customers/{ruth.id}")
    assert f'href="/calls/{call.call_sid}"' in html
    assert 'href="/jobs/J-1"' in html


def test_a_customer_of_whom_nothing_is_known_yet_says_so(ruth: Customer, rae: Browser) -> None:
    assert "Nothing yet" in rae.read(f"/customers/{ruth.id}")


def test_another_company_s_customer_is_not_found(ruth: Customer, dee: Browser) -> None:
    assert "Not found" in dee.read(f"/customers/{ruth.id}", 404)
    assert "Ruth" not in dee.read("/customers")


@pytest.mark.parametrize("customer", ["0", "-1", "x", str(2**63), "9" * 50, "%00"])
def test_what_is_no_customer_is_not_found(ana: Browser, customer: str) -> None:
    assert "Not found" in ana.read(f"/customers/{customer}", 404)
