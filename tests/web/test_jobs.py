"""Jobs on pages: the list, what a person has to repair, and one job with which call booked it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from calltrack.campaigns.campaigns import create_campaign
from calltrack.jobs.arriving import take_job
from calltrack.jobs.jobs import Bill, Item, JobFacts, Offer, find_job
from calltrack.models import Call, Campaign, Job, JobLink
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, missed_call, tracking_number
from tests.web.conftest import BILLBOARD, DEES_NUMBER, Browser, Town, Write, words_of

FACTS = JobFacts("J-1", "Ruth Decker", twilio_wire.CALLER, "HVAC repair", "scheduled", NOON + timedelta(hours=2))


def take(write: Write, company: Company, **changes: Any) -> Job:
    with write() as session:
        facts = replace(FACTS, **changes)
        return take_job(session, account=company.account, facts=facts, sent_by="the CRM")


def kept(write: Write, company: Company, external_id: str = "J-1") -> Job:
    with write() as session:
        job = find_job(session, account=company.account, external_id=external_id)
        assert job
        return job


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD)


@pytest.fixture
def radio(write: Write, anas: Company) -> Campaign:
    with write() as session:
        return create_campaign(session, account=anas.account, name="Radio")


@pytest.fixture
def radio_call(write: Write, anas: Company, radio: Campaign) -> Call:
    """A second call of the same customer, through another campaign."""
    with write() as session:
        tracking_number(session, account=anas.account, campaign=radio, phone_number="+13125550166")
        return answered_call(session, number="+13125550166", started_at=NOON + timedelta(hours=1))


def test_without_jobs_the_list_says_where_they_come_from(cho: Browser) -> None:
    assert "No job yet" in cho.read("/jobs")
    assert "Nothing to decide" in cho.read("/jobs/doubtful")
    assert "Every job belongs to a campaign" in cho.read("/jobs/without-campaign")


def test_the_list_shows_each_job_with_its_call_and_what_was_invoiced(
    write: Write, anas: Company, call: Call, rae: Browser
) -> None:
    take(write, anas, invoices=[Bill("I-1", 42_050, [Item("Motor", 42_050, income=True)])])
    page = rae.read("/jobs")
    for said in ("J-1 HVAC repair", "Ruth Decker", "Mon 4 May, 2:00 PM", "Scheduled", "Billboard", "$420.50"):
        assert said in page
    assert "A call, Mon 4 May, 12:00 PM matched by phone" in page
    html = rae.see("/jobs")
    assert 'href="/jobs/J-1"' in html
    assert f'href="/calls/{call.call_sid}"' in html


def test_the_list_is_filtered_and_searched(write: Write, anas: Company, call: Call, ana: Browser) -> None:
    take(write, anas)
    take(write, anas, external_id="J-2", customer_name="Leo Hart", customer_phone=None, status="canceled")

    def found(query: str) -> list[str]:
        page = ana.see(f"/jobs?{query}")
        return [number for number in ("J-1", "J-2") if f'href="/jobs/{number}"' in page]

    for query, numbers in (
        ("", ["J-1", "J-2"]), ("status=canceled", ["J-2"]), ("linked=yes", ["J-1"]), ("linked=no", ["J-2"]),
        ("q=J-2", ["J-2"]), ("q=decker", ["J-1"]), ("q=(312)+555-0111", ["J-1"]), ("q=%00", ["J-1", "J-2"]),
    ):  # fmt: skip
        assert found(query) == numbers, query
    assert "No job fits" in ana.read("/jobs?q=nobody")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("status=done", "no such status"),
        ("linked=maybe", "no such linked"),
        (f"q={'x' * 201}", "at most 200"),
        ("cursor=junk", "here is the first"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(ana: Browser, query: str, says: str) -> None:
    assert says in ana.read(f"/jobs?{query}", 400)


def test_a_long_list_has_an_older_page(write: Write, anas: Company, ana: Browser) -> None:
    with write() as session:
        for number in range(51):
            facts = replace(FACTS, external_id=f"N-{number:02}", created_at=NOON + timedelta(minutes=number))
            take_job(session, account=anas.account, facts=facts, sent_by="the CRM")
    page = ana.see("/jobs")
    assert 'href="/jobs/N-50"' in page
    assert 'href="/jobs/N-00"' not in page
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert 'href="/jobs/N-00"' in ana.see(older)
    assert "here is the first" in ana.read("/jobs/doubtful?cursor=junk", 400)


def test_a_doubtful_job_waits_with_its_calls_and_one_click_links_it(
    write: Write, anas: Company, call: Call, radio_call: Call, cho: Browser, rae: Browser
) -> None:
    take(write, anas)
    page = cho.read("/jobs/doubtful")
    assert "J-1 Scheduled HVAC repair for Ruth Decker" in page
    assert "Mon 4 May, 1:00 PM Unbooked Radio, 1:15; no label This call" in page
    assert "Mon 4 May, 12:00 PM Unbooked Billboard, 1:15; no label This call None of these" in page
    assert "Which call?" in cho.read("/jobs")
    assert "Not decided." in cho.read("/jobs/J-1")
    assert "This call" not in rae.read("/jobs/doubtful")
    page = cho.send("/jobs/J-1/link", call_sid=radio_call.call_sid, back="doubtful")
    assert "Job J-1 is linked." in page
    assert "Nothing to decide" in page
    job = kept(write, anas)
    assert (job.call_id, job.matched_by, job.doubtful) == (radio_call.id, "person", False)


def test_a_doubtful_job_may_have_been_booked_by_none(
    write: Write, anas: Company, call: Call, radio_call: Call, cho: Browser
) -> None:
    take(write, anas)
    page = cho.send("/jobs/J-1/unlink", seen="", back="doubtful")
    assert "No call booked job J-1: that is your word" in page
    assert "Nothing to decide" in page
    take(write, anas)
    job = kept(write, anas)
    assert (job.call_id, job.doubtful) == (None, False)
    assert "None: somebody said so." in cho.read("/jobs/J-1")


def test_a_job_without_a_campaign_is_given_one_or_a_call(
    write: Write, anas: Company, call: Call, radio: Campaign, cho: Browser
) -> None:
    for number in ("J-1", "J-2"):
        take(write, anas, external_id=number, customer_phone=None)
    assert "J-1" in cho.read("/jobs/without-campaign")
    page = cho.send("/jobs/J-1/campaign", campaign_id=str(radio.id), back="without_campaign")
    assert "The campaign of job J-1 is saved." in page
    page = cho.send("/jobs/J-2/link", call_sid=call.call_sid, back="without_campaign")
    assert "Every job belongs to a campaign" in page
    assert kept(write, anas).campaign_id == radio.id
    page = cho.read("/jobs/J-1")
    assert "Campaign: none → Radio" in page
    assert "cho@example.com" in page


def test_a_job_whose_call_has_no_campaign_is_listed_too(write: Write, anas: Company, call: Call, cho: Browser) -> None:
    take(write, anas)
    with write() as session:
        session.get_one(Call, call.id).campaign_id = None
    assert "Booked by a call to a number that belonged to no campaign" in cho.read("/jobs/without-campaign")


def test_a_job_s_page_tells_everything(write: Write, anas: Company, call: Call, rae: Browser) -> None:
    bill = Bill("I-1", 42_050, [Item("Motor", 40_050, ledger_account="4000 Sales"), Item("Tax", 2_000, income=False)])
    take(write, anas, invoices=[bill])
    take(
        write, anas, invoices=[bill, Bill("I-2", 1_000)], status="completed", completed_at=NOON + timedelta(days=1),
        estimates=[Offer("E-1", "sold", 42_050, "Repair now", NOON), Offer("E-2", "dismissed", 840_000)],
    )  # fmt: skip
    page = rae.read("/jobs/J-1")
    for said in (
        "Job J-1 Completed", "Ruth Decker , (312) 555-0111", "Mon 4 May 2026, 2:00 PM CDT",
        "Invoice I-1", "Motor 4000 Sales no income $400.50", "Tax no income $20.00", "Subtotal $420.50",
        "E-1 Repair now Sold Mon 4 May, 12:00 PM $420.50", "E-2 Dismissed $8,400.00",
        "Matched by phone: the latest call from the customer's phone in the 14 days before the job.",
        "Status: scheduled → completed", "Invoiced: $420.50 → $430.50", "Completed: none → Tue 5 May 2026, 12:00 PM",
        "First heard of",
    ):  # fmt: skip
        assert said in page, said
    assert "Unlink" not in page


def test_a_link_is_undone_and_made_again_on_the_job_s_page(
    write: Write, anas: Company, call: Call, cho: Browser
) -> None:
    with write() as session:
        missed = missed_call(session, number=BILLBOARD, started_at=NOON - timedelta(days=40))
    take(write, anas)
    assert "Mon 4 May 2026, 12:00 PM CDT Matched by phone" in cho.read("/jobs/J-1")
    page = cho.send("/jobs/J-1/unlink", seen=call.call_sid)
    assert "Unlinked: no call booked it" in page
    page = cho.send("/jobs/J-1/link", call_sid=missed.call_sid)
    assert "Linked by a person: the call of Wed 25 Mar, 12:00 PM" in page
    with write() as session:
        ledger = session.scalars(select(JobLink.linked_by).order_by(JobLink.id)).all()
    assert ledger == ["phone", "cho@example.com", "cho@example.com"]


def test_an_unlink_from_a_page_out_of_date_changes_nothing(
    write: Write, anas: Company, call: Call, cho: Browser
) -> None:
    take(write, anas)
    assert "linked to another call since you saw it" in cho.send("/jobs/J-1/unlink", seen="")
    assert kept(write, anas).call_id == call.id


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("link", {}, "Enter the call's id or the caller's phone."),
        ("link", {"call_sid": "nothing"}, "There is no call nothing."),
        ("link", {"call_sid": "x" * 65}, "at most 64 characters"),
        ("campaign", {"campaign_id": "x"}, "there is no such campaign."),
        ("campaign", {"campaign_id": "999999999"}, "there is no campaign 999999999."),
        ("campaign", {"campaign_id": "9" * 40}, "there is no such campaign."),
        ("campaign", {"campaign_id": "\N{SUPERSCRIPT TWO}"}, "there is no such campaign."),
    ],
)
def test_a_form_that_cannot_be_kept_says_what_to_enter(
    write: Write, anas: Company, cho: Browser, path: str, fields: dict[str, str], says: str
) -> None:
    take(write, anas, customer_phone=None)
    assert says in cho.send(f"/jobs/J-1/{path}", **fields)


def test_any_other_call_is_linked_by_the_phone_of_who_called_once(
    write: Write, anas: Company, call: Call, cho: Browser
) -> None:
    take(write, anas, customer_phone=None)
    with write() as session:
        answered_call(session, number=BILLBOARD, started_at=NOON - timedelta(days=31))  # too long before the job
        answered_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=1))  # after it
    assert "Job J-1 is linked." in cho.send("/jobs/J-1/link", call_sid="312.555.0111")
    job = kept(write, anas)
    assert (job.call_id, job.matched_by) == (call.id, "person")


def test_of_several_calls_from_a_phone_one_is_chosen(
    write: Write, anas: Company, call: Call, radio_call: Call, cho: Browser
) -> None:
    take(write, anas, customer_phone=None)
    answer = cho.post("/jobs/J-1/link", call_sid="(312) 555-0111", back="without_campaign")
    page = cho.see(answer.location)
    assert "(312) 555-0111 called 2 times: choose one of these." in words_of(page)
    assert 'value="(312) 555-0111"' in page
    for one in (call, radio_call):
        assert f'name="call_sid" value="{one.call_sid}"' in page
    assert 'name="back" value="without_campaign"' in page
    assert kept(write, anas).call_id is None


def test_what_was_typed_is_kept_after_an_error(write: Write, anas: Company, town: Town, cho: Browser) -> None:
    take(write, anas, customer_phone=None)
    with write() as session:
        answered_call(session, number=DEES_NUMBER, caller="+13125550123")
    for typed, says in (
        ("312 555 0123", "(312) 555-0123 did not call in the 30 days"),
        ("CA1", "There is no call CA1."),
    ):
        page = cho.see(cho.post("/jobs/J-1/link", call_sid=typed).location)
        assert says in words_of(page)
        assert f'value="{typed}"' in page


def test_another_company_s_calls_and_campaigns_are_not_to_be_had(
    write: Write, anas: Company, town: Town, cho: Browser, dee: Browser
) -> None:
    take(write, anas)
    with write() as session:
        theirs = answered_call(session, number=DEES_NUMBER)
    assert "There is no call" in cho.send("/jobs/J-1/link", call_sid=theirs.call_sid)
    assert "there is no campaign" in cho.send("/jobs/J-1/campaign", campaign_id=str(town.dees.campaign.id))
    assert "Not found" in dee.read("/jobs/J-1", 404)
    for path in ("link", "unlink", "campaign"):
        assert dee.post(f"/jobs/J-1/{path}", call_sid=theirs.call_sid).status_code == 404
    assert "J-1" not in dee.read("/jobs")


@pytest.mark.parametrize(
    "number", ["doubtful", "without-campaign", "a/b c?d#e", "link", "%2e", "\N{TELEPHONE RECEIVER}"]
)
def test_a_job_of_any_name_has_its_page(write: Write, anas: Company, ana: Browser, number: str) -> None:
    take(write, anas, external_id=number, customer_phone=None)
    page = ana.see("/jobs")
    address = page.partition('scope="row" class="job"><a href="')[2].partition('"')[0]
    assert f"Job {number} Scheduled" in words_of(ana.see(address))
    assert f"Job {number}" in ana.send(f"{address}/campaign", campaign_id="")


@pytest.mark.parametrize("number", ["J-404", "%00", "x" * 3000, "%ff"])
def test_an_unknown_job_is_not_found(ana: Browser, number: str) -> None:
    assert "Not found" in ana.read(f"/jobs/{number}", 404)
    assert ana.post(f"/jobs/{number}/link", call_sid="x").status_code == 404


def test_the_call_s_page_leads_to_the_job_and_says_how_it_was_matched(
    write: Write, anas: Company, call: Call, ana: Browser
) -> None:
    take(write, anas)
    assert "matched by phone, can be undone" in ana.read(f"/calls/{call.call_sid}")
    assert 'href="/jobs/J-1"' in ana.see(f"/calls/{call.call_sid}")
