"""Who gets in: keys, roles, and no company ever sees another's."""

from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.keys import create_key
from calltrack.accounts.roles import ACTIONS
from calltrack.models import ApiKey, Base
from tests.api.conftest import BILLBOARD, DEES_NUMBER, Program
from tests.api.test_jobs import JOB
from tests.factories import PASSWORD, Company, answered_call, person
from tests.telephony.flowing import EVENING
from tests.telephony.sounding import wav

Write = Callable[[], AbstractContextManager[Session]]
# Bodies for what asks for one, by the last word of its path, or by the whole.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "campaigns"): {"name": "Radio"},
    ("PUT", "costs"): [{"from": "2026-05-01", "daily_cost": "1"}],
    ("POST", "numbers"): {"phone_number": "+13125550133", "forward_to": ["+13125550190"], "campaign_id": 0},
    ("POST", "buy"): {"phone_number": "+13315550100", "forward_to": ["+13125550190"], "campaign_id": 0},
    ("POST", "release"): {"phone_number": BILLBOARD},
    ("PUT", "texts"): {"text_to": "+13125550198"},
    ("PUT", "label"): {"label": "lead"},
    ("POST", "reports"): {"every": "week", "hour": 7, "recipients": ["ana@example.com"]},
    ("POST", "alert-rules"): {"kind": "calls_stopped", "threshold": 3, "recipients": ["ana@example.com"]},
    ("POST", "notes"): {"text": "hello"},
    ("PUT", "{name}"): {"sold_threshold": "1", "income": True},
    ("PATCH", "account"): {"lead_seconds": 45},
    ("PATCH", "{campaign_id}"): {"category": "print"},
    ("POST", "reasons"): {"label": "lead", "name": "spring check"},
    ("PUT", "{external_id}"): JOB,
    ("PUT", "{id}"): {"name": "Mia Hart"},
    ("PUT", "in-force"): {"version": None},
    ("POST", "labels"): {"calls": [{"call_sid": "CAnever", "label": "lead"}]},
    ("POST", "undo"): {"labels": [1]},
    ("PUT", "{check_id}"): {"answer": "lead"},
    ("POST", "tasks"): {"kind": "call-back", "due_at": "2026-05-31T15:00:00-05:00"},
    ("POST", "done"): {"result": "reached"},
    ("PUT", "{phone}"): {"name": "Cho Park"},
    ("POST", "flows"): {"name": "Nights", "plan": EVENING},
    ("PUT", "/flows/{id}"): {"plan": EVENING},
    ("POST", "sounds"): {"name": "Welcome", "says": "Welcome.", "audio": b64encode(wav()).decode()},
    ("PUT", "announcement"): {"text": "This call is recorded."},
    ("POST", "blocked-callers"): {"pattern": "+1900*"},
    ("PATCH", "retention"): {"keep_days": 365},
    ("POST", "/privacy/requests"): {"kind": "erase", "phone": "+13125550123", "last_four": "0123"},
    ("POST", "keys"): {"role": "read-only", "name": "dispatch board"},
    ("POST", "people"): {"email": "mia@example.com", "role": "coach"},
    ("PATCH", "{person_id}"): {"role": "csr"},
    ("POST", "invitations"): {"email": "ned@example.com", "role": "sales"},
}


def operations(app: Flask) -> list[tuple[str, str, str]]:
    """Every method and path of /api/v1 that needs a key, and the action that its view declares."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api_docs.show_openapi":
            path = rule.rule.replace("<int:", "<").replace("<path:", "<").replace("<", "{").replace(">", "}")
            action = vars(app.view_functions[rule.endpoint]).get("action", "")
            found += [(m, path.removeprefix("/api/v1"), action) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return sorted(found)


def fill(path: str, *, company: Company, call_sid: str) -> str:
    values = {"call_sid": call_sid, "campaign_id": company.campaign.id, "external_id": "J-1", "name": "x", "tag": "vip"}
    values["id"] = values["report_id"] = values["rule_id"] = 1  # of a customer, a report, an alert rule
    values["version"] = values["check_id"] = 1
    values["phone"] = "+13125550190"
    values["key_id"], values["person_id"], values["invitation_id"] = 7, 1, 1  # the key: made by the test
    query = "?kpi=calls" if path.endswith("/rows") else ""
    return path.format(**values) + query


def body_of(method: str, path: str, *, campaign_id: int) -> Any:
    body = BODIES.get((method, path)) or BODIES.get((method, path.rpartition("/")[2]))
    return {**body, "campaign_id": campaign_id} if isinstance(body, dict) and "campaign_id" in body else body


def test_every_route_declares_an_action_of_the_table(app: Flask) -> None:
    assert len(operations(app)) >= 20
    assert {(method, path) for method, path, action in operations(app) if action not in ACTIONS} == set()


def test_every_route_asks_for_a_key(app: Flask, anas: Company) -> None:
    client = app.test_client()
    for method, path, _ in operations(app):
        answer = client.open(f"/api/v1{fill(path, company=anas, call_sid='x')}", method=method, json={})
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json"), (method, path)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer wrong", "Bearer \xe9\xff", "Token x", "Bearer a b", "bearer\tx"],
)
def test_a_key_that_is_none_opens_nothing(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/calls", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "Bearer" in answer.get_json(force=True)["detail"] or "key" in answer.get_json(force=True)["detail"]


def test_a_revoked_key_opens_nothing(ana: Program, write: Write) -> None:
    ana.get("/calls")
    with write() as session:
        for key in session.scalars(select(ApiKey)):
            key.revoked_at = datetime.now(UTC)
    ana.refused(401, "GET", "/calls")


def test_a_signed_in_browser_is_no_program(app: Flask, anas: Company, write: Write) -> None:
    from tests.accounts.entering import enter

    with write() as session:
        email = person(session, account=anas.account, name="Ana", role="manager")
        token = enter(session, email=email, password=PASSWORD)
    client: FlaskClient = app.test_client()
    for name in ("session", "sign_in", "calltrack"):
        client.set_cookie(name, token or "")
    assert client.get("/api/v1/calls").status_code == 401
    assert client.get("/api/v1/calls", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def everything(session: Session) -> dict[str, list[Any]]:
    return {
        table.name: [tuple(row) for row in session.execute(table.select())]
        for table in Base.metadata.sorted_tables
        if table.name != "api_keys"
    }


def test_another_companys_ids_are_as_unknown_as_ids_that_never_were(
    app: Flask, ada: Program, anas: Company, dees: Company, dee: Program, write: Write
) -> None:
    """For each route that names something: Ada asks for Dee's, and gets word for word what nobody's gets."""
    with write() as session:
        call = answered_call(session, number=DEES_NUMBER, recorded=True)
    dee.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    with write() as session:
        before = everything(session)
    named = [(method, path) for method, path, _ in operations(app) if "{call_sid}" in path or "{campaign_id}" in path]
    assert len(named) >= 11
    for method, path in named:
        body = body_of(method, path, campaign_id=dees.campaign.id)
        answer = ada.ask(method, fill(path, company=dees, call_sid=call.call_sid), body)
        unknown = ada.ask(
            method, fill(path, company=dees, call_sid="CAnever").replace(str(dees.campaign.id), "987"), body
        )
        assert (answer.status_code, unknown.status_code) == (404, 404), (method, path, answer.text)
        was, never = answer.get_json(force=True)["detail"], unknown.get_json(force=True)["detail"]
        assert was.replace(call.call_sid, "ID").replace(str(dees.campaign.id), "ID") == never.replace(
            "CAnever", "ID"
        ).replace("987", "ID")
    ada.refused(404, "GET", "/jobs/J-1")
    ada.refused(404, "POST", "/numbers", body_of("POST", "/numbers", campaign_id=dees.campaign.id))
    with write() as session:
        assert everything(session) == before


def test_lists_and_totals_hold_ones_own_alone(
    ada: Program, anas: Company, dees: Company, dee: Program, write: Write
) -> None:
    with write() as session:
        call = answered_call(session, number=DEES_NUMBER, words="my furnace is out")
    dee.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    dee.put(f"/calls/{call.call_sid}/tags/vip")
    for path in ("/calls", "/calls?q=furnace", "/calls?tag=vip", f"/calls?campaign_id={dees.campaign.id}", "/jobs",
                 "/job-types", "/unclaimed-calls"):  # fmt: skip
        assert ada.get(path)["items"] == [], path
    assert [one["id"] for one in ada.get("/campaigns")["items"]] == [anas.campaign.id]
    assert [one["phone_number"] for one in ada.get("/numbers")["items"]] == [BILLBOARD]
    card = ada.get("/scorecards?from=2026-01-01&to=2026-12-31")
    assert [one["campaign_id"] for one in card["items"]] == [anas.campaign.id]
    assert (card["total"]["calls"], card["total"]["manual_calls"]) == (0, 0)
    assert dee.get("/scorecards?from=2026-01-01&to=2026-12-31")["total"]["calls"] == 1


def test_both_companies_may_call_a_job_the_same(ada: Program, dee: Program) -> None:
    ada.put("/jobs/J-1", JOB)
    dee.put("/jobs/J-1", {**JOB, "status": "canceled", "completed_at": None})
    assert (ada.get("/jobs/J-1")["status"], dee.get("/jobs/J-1")["status"]) == ("completed", "canceled")
    dee.put("/job-types/furnace repair", {"sold_threshold": 9})
    assert ada.get("/job-types")["items"] == [{"name": "furnace repair", "sold_threshold": None}]


def test_a_new_key_works_at_once(app: Flask, anas: Company, write: Write) -> None:
    with write() as session:
        key = create_key(session, account=anas.account, role="coach")
    Program(app.test_client(), key).get("/calls")
