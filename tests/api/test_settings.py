"""The account's settings, its reasons and ledger accounts, and what its set-up lacks, over the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.texts import ask_text
from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.jobs.matching import match_all
from calltrack.models import InvoiceItem, LedgerAccount
from tests.api.conftest import BILLBOARD, Program
from tests.api.test_jobs import JOB
from tests.factories import CHICAGO, NOON, Company, answered_call

Write = Callable[[], AbstractContextManager[Session]]


def test_the_account_is_read_by_whoever_reads_calls(cho: Program) -> None:
    found = cho.get("/account")
    assert found.pop("created_at")
    assert found.pop("announcement")
    assert found == {
        "name": "Ana's Heating",
        "time_zone": CHICAGO,
        "lead_seconds": 60,
        "match_days": 14,
        "blind_calls": 20,
        "carrier": "twilio",
        "call_back_minutes": None,
        "text_back": None,
        "text_help": None,
        "recording": "announced",
        "state": None,
    }


def test_whether_calls_are_recorded_and_where_the_business_is_are_set_and_kept(ana: Program, write: Write) -> None:
    set_to = {"recording": "by-law", "state": "il"}
    found = ana.ask("PATCH", "/account", set_to).get_json()
    assert (found["recording"], found["state"]) == ("by-law", "IL")
    assert ana.ask("PATCH", "/account", {"state": None}).get_json()["state"] is None
    assert "no state" in ana.refused(422, "PATCH", "/account", {"state": "Illinois"})
    ana.refused(422, "PATCH", "/account", {"recording": "sometimes"})
    with write() as session:
        kept = changes_of(session, account_id=1, noun="account", noun_id=1)
    assert [(one.field, one.was, one.now) for one in kept] == [
        ("recording", "announced", "by-law"), ("state", None, "IL"), ("state", "IL", None)
    ]  # fmt: skip


def test_a_campaign_and_an_agent_may_be_left_unrecorded(ana: Program, anas: Company) -> None:
    path = f"/campaigns/{anas.campaign.id}"
    assert ana.get(path)["record"] is True
    for change in ({"record": False}, {"lead_seconds": 45}):
        assert ana.ask("PATCH", path, change).get_json()["record"] is False
    agent = "/agents/+13125550190"
    assert ana.put(agent, {"name": "Cho"})["record"] is True
    assert ana.put(agent, {"name": "Cho", "record": False})["record"] is False
    assert ana.put(agent, {"name": "Cho B."})["record"] is False
    assert "keep its name" in ana.refused(422, "DELETE", agent)


def test_what_follows_from_a_missed_call_is_set_and_taken_away_again(ana: Program) -> None:
    wanted = {"call_back_minutes": 30, "text_back": "Sorry, says {business}.", "text_help": "Ana's Heating: call us"}
    changed = ana.ask("PATCH", "/account", wanted).get_json()
    assert {name: changed[name] for name in wanted} == wanted
    assert "who it is from" in ana.refused(422, "PATCH", "/account", {"text_back": "Sorry, we missed you"})
    changed = ana.ask("PATCH", "/account", {"text_back": None, "call_back_minutes": 0}).get_json()
    assert [changed[name] for name in wanted] == [None, None, "Ana's Heating: call us"]


def test_only_an_admin_changes_the_carrier(ana: Program, ada: Program) -> None:
    ana.refused(403, "PATCH", "/account", {"carrier": "signalwire"})
    assert ada.ask("PATCH", "/account", {"carrier": "signalwire"}).get_json()["carrier"] == "signalwire"
    ada.refused(422, "PATCH", "/account", {"carrier": "telnyx"})


def test_messages_to_a_number_are_sent_on_to_a_phone(ada: Program, anas: Company) -> None:
    path = f"/numbers/{anas.number.id}/texts"
    assert ada.put(path, {"text_to": "(312) 555-0199"}) == {"text_to": "+13125550199"}
    assert "tracking number" in ada.refused(422, "PUT", path, {"text_to": BILLBOARD})
    ada.refused(404, "PUT", "/numbers/999/texts", {"text_to": None})
    assert ada.put(path, {"text_to": None}) == {"text_to": None}


def test_the_texts_that_we_sent_say_what_became_of_them(cho: Program, anas: Company, write: Write) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        ask_text(
            session, account_id=anas.account.id, kind="text-back", sender=BILLBOARD, recipient="+13125550111",
            text="Sorry", now=NOON, call_id=call.id,
        )  # fmt: skip
    [text] = cho.get("/texts")["items"]
    assert (text["recipient"], text["state"], text["sent_at"], text["error"]) == ("+13125550111", "due", None, None)


def test_what_is_left_out_of_a_change_stays_and_it_is_kept_who_made_it(
    ana: Program, anas: Company, write: Write
) -> None:
    changed = ana.ask("PATCH", "/account", {"time_zone": "america/new york", "match_days": None}).get_json()
    assert (changed["time_zone"], changed["lead_seconds"], changed["match_days"]) == ("America/New_York", 60, 14)
    with write() as session:
        [change] = changes_of(session, account_id=anas.account.id, noun="account", noun_id=anas.account.id)
    assert (change.field, change.was, change.now) == ("time_zone", CHICAGO, "America/New_York")
    assert change.changed_by.endswith("(manager)")


def test_a_call_becomes_a_lead_when_the_account_asks_for_less(ana: Program, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, seconds=42)
    leads = [ana.get("/scorecards?from=2026-05-01&to=2026-05-31")["total"]["leads"]]
    ana.ask("PATCH", "/account", {"lead_seconds": 42})
    leads.append(ana.get("/scorecards?from=2026-05-01&to=2026-05-31")["total"]["leads"])
    assert leads == [0, 1]


def test_jobs_look_for_their_calls_again_when_the_days_change(ana: Program, write: Write, database: Database) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, caller="+13125550142", started_at=NOON)
    job = {**JOB, "created_at": "2026-05-24T12:00:00-05:00", "completed_at": "2026-05-25T12:00:00-05:00"}
    customer = {"name": "Mia Hart", "phone": "+13125550142"}
    assert ana.put("/jobs/J-1", {**job, "customer": customer})["call_sid"] is None
    ana.ask("PATCH", "/account", {"match_days": 30})
    assert match_all(database) == 1
    found = ana.get("/jobs/J-1")
    assert (found["call_sid"], found["matched_by"]) == (call.call_sid, "phone")
    ana.ask("PATCH", "/account", {"match_days": 14})
    assert (match_all(database), match_all(database)) == (1, 0)
    assert ana.get("/jobs/J-1")["call_sid"] is None


@pytest.mark.parametrize(
    "body",
    [{"time_zone": "Chicago"}, {"time_zone": "x" * 65}, {"lead_seconds": -1}, {"lead_seconds": 86_401},
     {"match_days": 366}, {"match_days": 10**30}, {"match_days": "many"}, [], 7],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(ana: Program, body: object) -> None:
    ana.refused(422, "PATCH", "/account", body)
    assert ana.get("/account")["match_days"] == 14


def test_a_reason_is_added_retired_and_restored(ana: Program, ben: Program, write: Write) -> None:
    assert len(ben.get("/reasons")["items"]) == 16
    made = ana.ask("POST", "/reasons", {"label": "excused", "name": "price shopper"})
    assert made.status_code == 201
    reason = made.get_json()
    assert ana.delete(f"/reasons/{reason['id']}")["retired_at"]
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
    label = {"label": "excused", "reason": "price shopper"}
    assert "is no reason" in ana.refused(422, "PUT", f"/calls/{call.call_sid}/label", label)
    again = ana.post("/reasons", {"label": "excused", "name": "Price shopper"})
    assert again == {**reason, "retired_at": None}
    assert ana.put(f"/calls/{call.call_sid}/label", label)["label"]["reason"] == "price shopper"


def test_a_reason_that_cannot_be_is_refused(ana: Program) -> None:
    assert "already" in ana.refused(409, "POST", "/reasons", {"label": "lead", "name": "Emergency"})
    for body in ({"label": "lead", "name": " "}, {"label": "booked", "name": "x"}, {"label": "lead", "name": "x" * 61}):
        ana.refused(422, "POST", "/reasons", body)
    assert len(ana.get("/reasons")["items"]) == 16


def test_another_company_s_reason_is_as_unknown_as_none(ada: Program, dee: Program) -> None:
    [dees, *_] = dee.get("/reasons")["items"]
    for unknown in (dees["id"], 10**6, 2**63, 10**30):
        assert f"there is no reason {unknown}" in ada.refused(404, "DELETE", f"/reasons/{unknown}")
    assert dee.get("/reasons")["items"][0]["retired_at"] is None


def test_items_on_a_ledger_account_follow_what_is_said_of_it(ana: Program, anas: Company, write: Write) -> None:
    ana.put("/jobs/J-1", JOB)
    with write() as session:
        taxes = LedgerAccount(account_id=anas.account.id, name="2200/Taxes", income=False)
        session.add(taxes)
        session.flush()
        for item in session.scalars(select(InvoiceItem)):
            item.ledger_account_id, item.income = taxes.id, False
    assert ana.get("/ledger-accounts")["items"] == [{"name": "2200/Taxes", "income": False}]
    assert [one["kind"] for one in ana.get("/setup-warnings")["items"]].count("ledger_account_unclaimed") == 1
    ana.put("/ledger-accounts/2200/Taxes", {"income": False})
    assert "ledger_account_unclaimed" not in [one["kind"] for one in ana.get("/setup-warnings")["items"]]
    assert ana.put("/ledger-accounts/2200/Taxes", {"income": True}) == {"name": "2200/Taxes", "income": True}
    with write() as session:
        assert set(session.scalars(select(InvoiceItem.income))) == {True}


def test_a_ledger_account_may_be_named_before_its_first_invoice(ana: Program) -> None:
    assert ana.put("/ledger-accounts/4000", {"income": True}) == {"name": "4000", "income": True}
    ana.refused(422, "PUT", "/ledger-accounts/4000", {})
    ana.refused(422, "PUT", f"/ledger-accounts/{'x' * 201}", {"income": True})
    assert ana.get("/ledger-accounts")["items"] == [{"name": "4000", "income": True}]


def test_what_is_missing_is_said_with_what_to_do(rae: Program, ana: Program, anas: Company) -> None:
    ana.put("/job-types/diagnosis", {"sold_threshold": None})
    [cost, threshold] = rae.get("/setup-warnings")["items"]
    assert (cost["kind"], cost["count"]) == ("campaign_without_cost", 1)
    assert cost["subjects"] == [{"id": anas.campaign.id, "name": "Billboard"}]
    assert (threshold["kind"], threshold["subjects"][0]["name"]) == ("job_type_without_threshold", "diagnosis")
    for one in (cost, threshold):
        assert one["sentence"].endswith(".")
        assert one["todo"].endswith(".")
    ana.put(f"/campaigns/{anas.campaign.id}/costs", [])
    ana.put("/job-types/diagnosis", {"sold_threshold": "150"})
    assert rae.get("/setup-warnings")["items"] == []
