"""The OpenAPI document and the pages made from it say what the API does, all of it and nothing else."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict
from calltrack.calls.tasks import ask_task
from calltrack.campaigns.scorecard import KPI_KEYS
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.numbers import own_number
from calltrack.learning.sampling import draw_week
from calltrack.models import Account
from tests.api.conftest import BILLBOARD, Program
from tests.api.test_door import body_of, fill, operations
from tests.api.test_jobs import JOB
from tests.factories import NOON, Company, answered_call, missed_call
from tests.learning.school import a_version
from tests.telephony.flowing import EVENING, a_flow
from tests.twilio_wire import ACCOUNT

Write = Callable[[], AbstractContextManager[Session]]
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def spec(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


def described(spec: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path.removeprefix("/api/v1")): said
        for path, methods in spec["paths"].items()
        for method, said in methods.items()
    }


def test_the_document_is_valid(spec: dict[str, Any]) -> None:
    validate(spec)
    assert spec["info"]["title"] == "calltrack"
    assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_route_is_described_and_nothing_else(app: Flask, spec: dict[str, Any]) -> None:
    assert sorted(described(spec)) == [(method, path) for method, path, _ in operations(app)]


def test_every_operation_says_what_it_does_what_it_needs_and_what_it_answers(spec: dict[str, Any]) -> None:
    for where, said in described(spec).items():
        assert said["summary"].endswith("."), where
        assert said["security"] == [{"key": []}], where
        assert {"400", "401", "403", "422", "500", "503"} < set(said["responses"]), where
        good = [answer for status, answer in said["responses"].items() if status < "300"]
        assert all(answer["content"] for answer in good), where
        for status, answer in said["responses"].items():
            if status >= "400":
                assert set(answer["content"]) == {"application/problem+json"}, where
                assert answer["description"], where
        if "{" in where[1] and where[0] != "PUT":
            assert "404" in said["responses"], where
        if where[0] == "POST" or "requestBody" in said:
            assert {"409", "413"} <= set(said["responses"]), where


def test_what_is_answered_is_what_is_described(app: Flask, spec: dict[str, Any], ada: Program, anas: Company) -> None:
    for method, path, _ in operations(app):
        body = body_of(method, path, campaign_id=anas.campaign.id)
        answer = ada.ask(method, fill(path, company=anas, call_sid="CAnever"), body)
        said = described(spec)[method, path]["responses"]
        assert str(answer.status_code) in said, (method, path, answer.status_code)
        assert answer.mimetype in said[str(answer.status_code)]["content"], (method, path)


@pytest.mark.enable_socket
def test_answers_have_the_shapes_that_are_described(
    app: Flask, spec: dict[str, Any], ada: Program, anas: Company, write: Write, carrier: DemoCarrier
) -> None:
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=BILLBOARD)
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")
        keep_verdict(
            session, call=call, value="lead", reason="new job", source="model", confidence=0.9, model="m1", review=True,
            evidence=[{"phrase": "furnace", "start": None, "offset": 3, "weight": 1.5}],
        )  # fmt: skip
        draw_week(session, account=session.get_one(Account, anas.account.id), week=NOON.date())
        missed_call(session, number=BILLBOARD)
        answered_call(session, number=BILLBOARD, caller="+13125550123")  # who wishes to be erased
        answered_call(session, number="+13125559999")
        a_version(session, account=anas.account, version=1)
        a_flow(session, account=anas.account)
    ada.put("/flows/1", {"plan": EVENING, "draft": True})
    ada.post("/sounds", body_of("POST", "/sounds", campaign_id=0))
    ada.post("/blocked-callers", {"pattern": "+1900*"})
    ada.post("/keys", {"role": "coach"})
    ada.post("/people", {"email": "rae@example.com", "role": "read-only"})
    ada.post("/invitations", {"email": "cho@example.com", "role": "csr"})
    ada.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    asked = 0
    for method, path, _ in sorted(operations(app), key=lambda one: one[0] == "DELETE"):
        body = body_of(method, path, campaign_id=anas.campaign.id)
        kpis = KPI_KEYS if path.endswith("/rows") else ("",)
        for kpi in kpis:
            where = fill(path, company=anas, call_sid=call.call_sid).replace("kpi=calls", f"kpi={kpi}&from=2026-05-01")
            answer = ada.ask(method, where, body)
            content = described(spec)[method, path]["responses"][str(answer.status_code)]["content"]
            schema = {**content[answer.mimetype]["schema"], "components": spec["components"]}
            OAS31Validator(schema).validate(answer.get_json(force=True))
            asked += answer.status_code in (200, 201)
    # All but the audio, the originals of masked calls, pausing a call that is over, and taking into use what was
    # given back.
    assert asked >= len(operations(app)) - 5 + len(KPI_KEYS) - 1


def test_the_page_lists_every_operation_and_asks_nobody_else(app: Flask, spec: dict[str, Any]) -> None:
    answer = app.test_client().get("/api/docs")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    page = answer.text
    for method, path in described(spec):
        assert f"<code>{method} /api/v1{path}</code></h3>" in page
    assert page.count("curl -H") == len(described(spec))
    assert re.findall(r"<script|<img|<style|style=|\son\w+=|src=|@import", page) == []
    assert app.test_client().get("/api/docs.css", buffered=True).mimetype == "text/css"
    assert [link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith(("#", "/api/"))] == []


class _Structure(HTMLParser):
    """Counts what opens and closes, and the ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed(app: Flask) -> None:
    structure = _Structure()
    structure.feed(app.test_client().get("/api/docs").text)
    assert structure.open == []
    assert len(set(structure.ids)) == len(structure.ids)


def test_the_librarys_own_pages_are_closed(app: Flask) -> None:
    for path in ("/openapi", "/openapi/openapi.json", "/api/openapi.json", "/api/", "/api/swagger"):
        assert app.test_client().get(path).status_code == 404


def test_the_documentation_shows_every_route_with_an_example(spec: dict[str, Any]) -> None:
    text = DOCS.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `([A-Z]+ /[^`]*)`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert sorted(sections) == sorted(f"{method} {path}" for method, path in described(spec))
    for name, section in sections.items():
        assert "curl " in section, name


def test_the_bodies_in_the_documentation_are_accepted(ada: Program, anas: Company, write: Write) -> None:
    """Each example with a body is sent as it stands there, its ids replaced by ones that exist."""
    with write() as session:
        call = answered_call(session, number=BILLBOARD, words="my furnace is out")
        keep_verdict(
            session, call=call, value="lead", reason=None, source="model", confidence=0.9, model="m1", review=False,
            evidence=[],
        )  # fmt: skip
        draw_week(session, account=session.get_one(Account, anas.account.id), week=NOON.date())
        ask_task(session, call=call, kind="call-back", due_at=NOON, made_by="ana@example.com")
    sent = 0
    example = r"curl ([^\n]*)\$API(/\S+?)\"?(?: \\)?\n?\s+-d '(.*?)'\n"
    for options, path, body in re.findall(example, DOCS.read_text(), re.DOTALL):
        found = json.loads(body)
        if "/calls/" not in path and "call_sid" not in body:
            method = options.partition("-X ")[2].split(" ")[0] or "POST"
            assert ada.ask(method, path, found).status_code in (200, 201), path
            sent += 1
    assert sent >= 4
