"""Customers over the API: by the id of the account's own system, with everything that happened with them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.messages import receive_message
from calltrack.telephony.carrier import Delivery
from tests import twilio_wire
from tests.api.conftest import BILLBOARD, Program
from tests.factories import NOON, Company, answered_call

Write = Callable[[], AbstractContextManager[Session]]
MIA: dict[str, Any] = {
    "name": "Mia Hart", "phone": "(312) 555-0111", "email": "mia@example.com", "address": "12 Elm St, Chicago",
}  # fmt: skip
JOB = {
    "job_type": "furnace repair", "status": "scheduled", "created_at": "2026-05-04T13:00:00-05:00",
}  # fmt: skip


def test_a_customer_is_kept_as_said_and_the_same_twice_changes_nothing(ana: Program) -> None:
    first = ana.put("/customers/C-1", MIA)
    assert {**first, "id": 0, "created_at": ""} == {
        **MIA, "id": 0, "created_at": "", "phone": "+13125550111", "external_id": "C-1",
    }  # fmt: skip
    assert ana.put("/customers/C-1", MIA) == first
    assert ana.put("/customers/C-1", {"name": "Mia"}) == {
        **first, "name": "Mia", "phone": None, "email": None, "address": None,
    }  # fmt: skip
    assert len(ana.get("/customers")["items"]) == 1


def test_a_customer_known_by_name_and_phone_takes_the_id(ana: Program) -> None:
    job = ana.put("/jobs/J-1", {**JOB, "customer": {"name": "Mia Hart", "phone": "+13125550111"}})
    assert ana.put("/customers/C-1", MIA)["id"] == job["customer"]["id"]
    assert ana.put("/customers/C-2", MIA)["id"] != job["customer"]["id"]


def test_customers_are_listed_newest_first_and_found(ana: Program, dee: Program) -> None:
    for number in (1, 2, 3):
        ana.put(f"/customers/a/C-{number}", {"name": f"Mia {number}%", "phone": f"+1312555011{number}"})
    dee.put("/customers/C-1", MIA)
    first = ana.get("/customers?limit=2")
    assert [one["external_id"] for one in first["items"]] == ["a/C-3", "a/C-2"]
    rest = ana.get(f"/customers?limit=2&cursor={first['next']}")
    assert ([one["external_id"] for one in rest["items"]], rest["next"]) == (["a/C-1"], None)
    for words, found in (("mia 2", 1), ("312-555-0113", 1), ("a/C-1", 1), ("%", 3), ("_", 0), ("\x00", None)):
        if found is None:
            ana.refused(400, "GET", "/customers?q=%00")
        else:
            assert len(ana.get("/customers", query_string={"q": words})["items"]) == found, words
    assert "cursor" in ana.refused(422, "GET", "/customers?cursor=%F0%9F")


def test_a_customer_s_calls_jobs_and_messages_are_told(ana: Program, write: Write, anas: Company) -> None:
    known = ana.put("/customers/C-1", {**MIA, "phone": twilio_wire.CALLER})
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        answered_call(session, number=BILLBOARD, caller="+13125550198")
        sms = {**twilio_wire.parties(number=BILLBOARD), "MessageSid": "SM1", "Body": "are you open?"}
        message = Delivery(
            carrier="twilio", carrier_account=twilio_wire.ACCOUNT, kind="message", params=sms, received_at=NOON
        )
        receive_message(session, delivery=message)
    ana.put("/jobs/J-1", {**JOB, "customer": {"name": "Mia Hart", "external_id": "C-1"}})
    found = ana.get(f"/customers/{known['id']}")
    assert [(one["call_sid"], one["outcome"], one["why"]) for one in found.pop("calls")] == [
        (call.call_sid, "booked", "booked: job J-1")
    ]
    assert [(job["external_id"], job["matched_by"]) for job in found.pop("jobs")] == [("J-1", "phone")]
    assert found.pop("messages") == [
        {"received_at": "2026-05-04T17:00:00+00:00", "number": BILLBOARD, "text": "are you open?"}
    ]
    assert found == known


@pytest.mark.parametrize("phone", [None, "anonymous"])
def test_who_has_no_number_has_no_calls(ana: Program, write: Write, anas: Company, phone: str | None) -> None:
    known = ana.put("/customers/C-1", {"name": "Mia", "phone": phone})
    with write() as session:
        answered_call(session, number=BILLBOARD, caller=phone or "")
    assert ana.get(f"/customers/{known['id']}")["calls"] == []


def test_another_company_s_customer_is_unknown(ana: Program, dee: Program) -> None:
    theirs = dee.put("/customers/C-1", MIA)["id"]
    assert str(theirs) in ana.refused(404, "GET", f"/customers/{theirs}")
    assert ana.put("/customers/C-1", MIA)["id"] != theirs


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/customers/C-1", {"name": " "}, "name"),
        ("/customers/C-1", {"name": "x" * 201}, "name"),
        ("/customers/C-1", {"name": "Mia", "email": "x" * 321}, "email"),
        ("/customers/C-1", {"name": "Mia", "address": "x" * 501}, "address"),
        ("/customers/C-1", {"name": "Mia", "phone": "x" * 65}, "phone"),
        ("/customers/C-1", {}, "name"),
        ("/customers/%20", {"name": "Mia"}, "id"),
        (f"/customers/{'x' * 101}", {"name": "Mia"}, "id"),
    ],
)
def test_a_customer_that_cannot_be_kept_is_refused(ana: Program, path: str, body: dict[str, Any], named: str) -> None:
    assert named in ana.refused(422, "PUT", path, body)


@pytest.mark.parametrize("customer", ["x", "0", "-1", str(2**31), str(10**30), "1.5", "a/b"])
def test_what_is_no_customer_s_id_is_refused(ana: Program, customer: str) -> None:
    assert ana.ask("GET", f"/customers/{customer}").status_code in (404, 422)


def test_reading_is_for_all_and_writing_for_who_writes_jobs(ben: Program, cho: Program, rae: Program) -> None:
    cho.put("/customers/C-1", MIA)
    for program in (ben, rae):
        assert len(program.get("/customers")["items"]) == 1
        program.refused(403, "PUT", "/customers/C-1", MIA)
