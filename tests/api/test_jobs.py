"""Jobs over the API: written whole, as often as anyone likes, and linked to the calls that booked them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import create_campaign
from calltrack.models import Call, JobLink
from tests.api.conftest import BILLBOARD, Program
from tests.factories import NOON, Company, answered_call, tracking_number

Write = Callable[[], AbstractContextManager[Session]]
JOB: dict[str, Any] = {
    "customer": {"name": "Mia Hart", "phone": "(312) 555-0111"},
    "job_type": "furnace repair",
    "status": "completed",
    "created_at": "2026-05-04T13:00:00-05:00",
    "completed_at": "2026-05-05T09:00:00-05:00",
    "invoices": [
        {
            "number": "I-1",
            "subtotal": 420.5,
            "items": [
                {"name": "motor", "amount": "400.50", "income": True},
                {"name": "disposal", "amount": 20, "income": False},
            ],
        }
    ],
}


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD)


def test_a_job_is_answered_as_it_is_kept(ana: Program) -> None:
    job = ana.put("/jobs/J-1", JOB)
    customer = job.pop("customer")
    assert (customer["name"], customer["phone"], customer["external_id"]) == ("Mia Hart", "+13125550111", None)
    assert job == {
        "external_id": "J-1",
        "job_type": "furnace repair",
        "status": "completed",
        "created_at": "2026-05-04T18:00:00+00:00",
        "completed_at": "2026-05-05T14:00:00+00:00",
        "call_sid": None,
        "matched_by": None,
        "doubtful": False,
        "campaign_id": None,
        "technician_lead": False,
        "invoices": [
            {
                "number": "I-1",
                "subtotal": "420.50",
                "items": [
                    {"name": "motor", "amount": "400.50", "income": True, "ledger_account": None},
                    {"name": "disposal", "amount": "20.00", "income": False, "ledger_account": None},
                ],
            }
        ],
        "estimates": [],
    }
    assert ana.get("/jobs/J-1") == {**job, "customer": customer, "candidates": []}


def test_the_same_job_twice_changes_nothing(ana: Program, call: Call, write: Write) -> None:
    first = ana.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    assert ana.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid}) == first
    with write() as session:
        assert session.query(JobLink).count() == 1


def test_a_link_stays_when_it_is_left_out_and_goes_with_null(ana: Program, anas: Company, call: Call) -> None:
    linked = ana.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    assert (linked["call_sid"], linked["matched_by"]) == (call.call_sid, "given")
    assert linked["campaign_id"] == anas.campaign.id
    assert ana.put("/jobs/J-1", JOB)["call_sid"] == call.call_sid
    unlinked = ana.put("/jobs/J-1", {**JOB, "call_sid": None})
    assert (unlinked["call_sid"], unlinked["matched_by"], unlinked["campaign_id"]) == (None, None, None)


def test_a_job_that_names_no_call_is_matched_by_phone(ana: Program, anas: Company, call: Call) -> None:
    theirs = {**JOB, "customer": {"name": "Mia Hart", "phone": call.caller}}
    job = ana.put("/jobs/J-1", theirs)
    assert (job["call_sid"], job["matched_by"], job["campaign_id"]) == (call.call_sid, "phone", anas.campaign.id)
    assert ana.put("/jobs/J-1", {**theirs, "call_sid": None})["matched_by"] is None
    assert ana.put("/jobs/J-1", theirs)["call_sid"] is None, "null unlinked it for good"
    assert ana.get("/jobs/J-1")["candidates"] == [
        {"call_sid": call.call_sid, "started_at": "2026-05-04T17:00:00+00:00", "campaign_id": anas.campaign.id}
    ]


def test_a_job_that_calls_of_two_campaigns_may_have_booked_is_listed_as_doubtful(
    ana: Program, anas: Company, write: Write, call: Call
) -> None:
    with write() as session:
        radio = create_campaign(session, account=anas.account, name="Radio")
        tracking_number(session, account=anas.account, campaign=radio, phone_number="+13125550166")
        answered_call(session, number="+13125550166", started_at=NOON + timedelta(minutes=30))
    ana.put("/jobs/J-1", {**JOB, "customer": {"name": "Mia Hart", "phone": call.caller}})
    ana.put("/jobs/J-2", {**JOB, "call_sid": call.call_sid})
    assert [job["external_id"] for job in ana.get("/jobs?doubtful=true")["items"]] == ["J-1"]
    assert [job["external_id"] for job in ana.get("/jobs?doubtful=false")["items"]] == ["J-2"]
    assert [one["campaign_id"] for one in ana.get("/jobs/J-1")["candidates"]] == [anas.campaign.id, radio.id]
    assert [job["external_id"] for job in ana.get("/jobs?without_campaign=true")["items"]] == ["J-1"]
    assert [job["external_id"] for job in ana.get("/jobs?without_campaign=false")["items"]] == ["J-2"]
    assert ana.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})["doubtful"] is False


def test_a_job_is_found_by_its_id_and_by_its_customer(ana: Program) -> None:
    ana.put("/jobs/J-1", JOB)
    ana.put("/jobs/J-2", {**JOB, "customer": {"name": "Leo 100%", "phone": None}})
    for words, found in (("J-2", ["J-2"]), ("hart", ["J-1"]), ("312.555.0111", ["J-1"]), ("0%", ["J-2"]), ("x", [])):
        assert [job["external_id"] for job in ana.get("/jobs", query_string={"q": words})["items"]] == found, words


def test_estimates_stay_unless_they_are_said_again(ana: Program) -> None:
    offers = [
        {"number": "E-1", "name": "New furnace", "status": "open", "subtotal": "8400.00"},
        {"number": "E-2", "status": "sold", "subtotal": "420.50", "sold_at": "2026-05-05T08:00:00-05:00"},
    ]
    ana.put("/jobs/J-1", {**JOB, "estimates": offers})
    kept = [
        {"number": "E-1", "name": "New furnace", "status": "open", "subtotal": "8400.00", "sold_at": None},
        {
            "number": "E-2", "name": None, "status": "sold", "subtotal": "420.50",
            "sold_at": "2026-05-05T13:00:00+00:00",
        },
    ]  # fmt: skip
    assert ana.put("/jobs/J-1", JOB)["estimates"] == kept
    assert ana.put("/jobs/J-1", {**JOB, "estimates": offers[1:]})["estimates"] == kept[1:]
    assert ana.put("/jobs/J-1", {**JOB, "estimates": []})["estimates"] == []


def test_an_item_on_a_ledger_account_is_income_as_the_account_says(ana: Program) -> None:
    def sent(**item: Any) -> dict[str, Any]:
        bill = {"number": "1", "subtotal": 1, "items": [{"name": "motor", "amount": 1, **item}]}
        found: dict[str, Any] = ana.put("/jobs/J-1", {**JOB, "invoices": [bill]})["invoices"][0]["items"][0]
        return found

    assert sent(ledger_account="4000 Sales") == {
        "name": "motor", "amount": "1.00", "income": False, "ledger_account": "4000 Sales",
    }  # fmt: skip
    assert sent(ledger_account="4000 Sales", income=True)["income"] is False, "the account's setting decides"
    assert sent(ledger_account="4100 Repairs", income=True)["income"] is True
    assert sent(ledger_account="4100 Repairs")["income"] is True


def test_a_job_may_name_its_customer_by_id(ana: Program) -> None:
    first = ana.put("/jobs/J-1", {**JOB, "customer": {"name": "Mia", "external_id": "C-1", "phone": "312 555 0111"}})
    again = ana.put("/jobs/J-2", {**JOB, "customer": {"name": "Mia Hart", "external_id": "C-1"}})
    assert again["customer"] == {**first["customer"], "name": "Mia Hart"}
    assert ana.get("/jobs/J-1")["customer"]["name"] == "Mia Hart"


def test_a_linked_calls_campaign_wins_over_the_jobs_own(ana: Program, anas: Company, call: Call) -> None:
    theirs = {**JOB, "customer": {"name": "Leo", "phone": None}}
    radio = ana.post("/campaigns", {"name": "Radio"})["id"]
    assert ana.put("/jobs/J-1", {**theirs, "campaign_id": radio})["campaign_id"] == radio
    assert ana.put("/jobs/J-1", {**theirs, "call_sid": call.call_sid})["campaign_id"] == anas.campaign.id
    assert ana.put("/jobs/J-1", {**theirs, "call_sid": None})["campaign_id"] == radio
    assert ana.put("/jobs/J-1", {**theirs, "campaign_id": None})["campaign_id"] is None


def test_a_refused_job_leaves_everything_as_it_was(ana: Program, dees: Company, write: Write) -> None:
    with write() as session:
        deescall = answered_call(session, number=dees.number.phone_number)
    before = ana.put("/jobs/J-1", JOB)
    for sid in ("CAunknown", deescall.call_sid):
        changed = {**JOB, "status": "canceled", "call_sid": sid}
        assert sid in ana.refused(422, "PUT", "/jobs/J-1", changed)
    assert ana.get("/jobs/J-1") == {**before, "candidates": []}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"created_at": "2026-05-04T13:00:00"}, "offset"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"created_at": 1746372000}, "created_at"),
        ({"status": "done"}, "status"),
        ({"job_type": " "}, "type"),
        ({"customer": {"name": " "}}, "name"),
        ({"customer": "Mia"}, "customer"),
        ({"customer": {"name": "Mia", "external_id": "x" * 101}}, "external_id"),
        ({"invoices": [{"number": "1", "subtotal": 1, "items": [{"name": "motor", "amount": 1}]}]}, "ledger_account"),
        ({"estimates": [{"number": "1", "subtotal": 1, "status": "won"}]}, "status"),
        ({"estimates": [{"number": "1", "subtotal": 1, "status": "open"}] * 2}, "same number"),
        ({"campaign_id": 987654}, "987654"),
        ({"campaign_id": 10**30}, "campaign_id"),
        ({"call_sid": "x" * 65}, "call_sid"),
        ({"invoices": [{"number": "1", "subtotal": "1"}, {"number": "1", "subtotal": "2"}]}, "same number"),
        ({"invoices": [{"number": "1", "subtotal": "1.005"}]}, "two decimals"),
        ({"invoices": [{"number": "1", "subtotal": 0.1 + 0.2}]}, "two decimals"),
        ({"invoices": [{"number": "1", "subtotal": 1e300}]}, "subtotal"),
        ({"invoices": [{"number": "1", "subtotal": float("nan")}]}, "subtotal"),
        ({"invoices": [{"number": "1", "subtotal": True}]}, "subtotal"),
        ({"invoices": [{"number": "1", "subtotal": "10000000000"}]}, "billion"),
        ({"invoices": [{"number": "1"}]}, "subtotal"),
        ({"customer": {"name": "a\x00b"}}, "NUL"),
        ({"customer": {"name": "a\ud800b"}}, "surrogate"),
    ],
)
def test_a_job_that_cannot_be_kept_is_refused_with_what_is_wrong(
    ana: Program, change: dict[str, Any], named: str
) -> None:
    assert named in ana.refused(422, "PUT", "/jobs/J-1", {**JOB, **change})
    ana.refused(404, "GET", "/jobs/J-1")


def test_jobs_are_listed_newest_first_a_page_at_a_time(ana: Program, call: Call) -> None:
    for day in (1, 3, 2):
        ana.put(f"/jobs/2026/{day}", {**JOB, "created_at": f"2026-05-0{day}T12:00:00Z"})
    ana.put("/jobs/2026/1", {**JOB, "created_at": "2026-05-01T12:00:00Z", "call_sid": call.call_sid})
    first = ana.get("/jobs?limit=2")
    assert [job["external_id"] for job in first["items"]] == ["2026/3", "2026/2"]
    rest = ana.get(f"/jobs?limit=2&cursor={first['next']}")
    assert ([job["external_id"] for job in rest["items"]], rest["next"]) == (["2026/1"], None)
    assert [job["external_id"] for job in ana.get("/jobs?linked=true")["items"]] == ["2026/1"]
    assert ana.get("/jobs?status=canceled")["items"] == []
    assert "cursor" in ana.refused(422, "GET", "/jobs?cursor=%F0%9F")


def test_a_job_type_has_a_sold_threshold(ana: Program) -> None:
    assert ana.put("/job-types/A/C%20repair", {"sold_threshold": 150})["sold_threshold"] == "150.00"
    ana.put("/jobs/J-1", JOB)
    assert ana.get("/job-types")["items"] == [
        {"name": "A/C repair", "sold_threshold": "150.00"},
        {"name": "furnace repair", "sold_threshold": None},
    ]
    assert "0 or more" in ana.refused(422, "PUT", "/job-types/x", {"sold_threshold": "-1"})
    ana.refused(422, "PUT", "/job-types/x", {})


def test_many_jobs_take_as_many_queries_as_few(app: Flask, ana: Program, write: Write, anas: Company) -> None:
    def queries(path: str, *, found: int) -> int:
        asked: list[str] = []

        def note(*said: Any) -> None:
            asked.append(said[2])

        engine = app.extensions["calltrack"].database.engine
        event.listen(engine, "before_cursor_execute", note)
        answer = ana.get(path)
        event.remove(engine, "before_cursor_execute", note)
        assert len(answer.get("items", answer.get("jobs"))) == found
        return len(asked)

    with write() as session:
        calls = [answered_call(session, number=BILLBOARD) for _ in range(30)]
    for number, one in enumerate(calls):
        job = {**JOB, "customer": {"name": f"Mia {number}"}, "job_type": f"type {number}"}
        ana.put(f"/jobs/J-{number}", {**job, "call_sid": one.call_sid})
    ana.get("/jobs")  # the first look at them leaves an entry in the audit trail
    assert queries("/jobs?limit=5", found=5) == queries("/jobs", found=30)

    ana.put("/jobs/J-1", {**JOB, "call_sid": calls[0].call_sid})
    at = f"/calls/{calls[0].call_sid}"
    ana.get(at)
    few = queries(at, found=2)
    for number in range(2, 8):
        ana.put(f"/jobs/J-{number}", {**JOB, "job_type": f"type {number}", "call_sid": calls[0].call_sid})
    assert queries(at, found=8) == few
