"""The account's classifier for programs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict
from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company, answered_call
from tests.learning.school import a_card, a_version

Write = Callable[[], AbstractContextManager[Session]]
IDLE = {"state": "idle", "asked_at": None, "asked_by": None, "began_at": None, "ended_at": None, "outcome": None}


def make(write: Write, company: Company, *numbers: int, promoted: bool = True) -> None:
    with write() as session:
        for number in numbers:
            a_version(session, account=company.account, version=number, promoted=promoted)


def test_a_new_account_has_the_shipped_model(rae: Program) -> None:
    assert rae.get("/classifier") == {
        "version": None, "since": None, "by": None, "card": None, "labels": {"lead": 0, "excused": 0}, "learning": IDLE,
    }  # fmt: skip
    assert rae.get("/classifier/versions") == {"items": [], "next": None}


def test_a_version_says_what_it_was_made_from_and_how_it_did(rae: Program, anas: Company, write: Write) -> None:
    make(write, anas, 1)
    found = rae.get("/classifier")
    assert (found["version"], found["by"], found["card"]) == (1, "ana@example.com", a_card(version=1))
    assert rae.get("/classifier/versions/1") == {
        "version": 1, "made_at": "2026-05-04T14:30:00+00:00", "made_by": "ana@example.com", "promoted": True,
        "why": "it fixes 9 calls and breaks 3", "in_force": True, "usable": True, "card": a_card(version=1),
    }  # fmt: skip


def test_versions_come_newest_first_a_page_at_a_time(ana: Program, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2, 3, promoted=False)
    first = ana.get("/classifier/versions?limit=2")
    rest = ana.get(f"/classifier/versions?limit=2&cursor={first['next']}")
    assert [one["version"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    assert "start again" in ana.refused(422, "GET", "/classifier/versions?cursor=x")


def test_a_version_is_put_in_force_and_taken_back(ana: Program, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2)
    assert ana.put("/classifier/in-force", {"version": 1})["version"] == 1
    found = ana.put("/classifier/in-force", {"version": None})
    assert (found["version"], found["card"]) == (None, None)
    assert found["by"].endswith("(manager)")
    assert [one["in_force"] for one in ana.get("/classifier/versions")["items"]] == [False, False]


@pytest.mark.parametrize(
    "body", [{"version": 2}, {"version": 10**30}, {"version": 0}, {"version": "x"}, {"version": 1.5}, {}, [], 1, None]
)
def test_a_version_that_is_not_there_is_refused_with_what_to_do(
    ana: Program, anas: Company, write: Write, body: Any
) -> None:
    make(write, anas, 1)
    answer = ana.ask("PUT", "/classifier/in-force", body)
    assert answer.status_code in (400, 422)
    assert answer.get_json(force=True)["detail"]
    assert ana.get("/classifier")["version"] == 1


@pytest.mark.parametrize("version", ["2", "0", str(2**31), "9" * 400, "x", "-1", "%00"])
def test_a_version_that_is_not_there_is_not_found(ana: Program, anas: Company, write: Write, version: str) -> None:
    make(write, anas, 1)
    assert ana.ask("GET", f"/classifier/versions/{version}").status_code in (400, 404)


def test_another_companys_versions_are_as_unknown_as_any(dee: Program, anas: Company, write: Write) -> None:
    make(write, anas, 1)
    assert dee.refused(404, "GET", "/classifier/versions/1").startswith("there is no version 1;")
    assert "there is no version 1;" in dee.refused(422, "PUT", "/classifier/in-force", {"version": 1})
    assert dee.get("/classifier/versions")["items"] == []


def test_learning_is_asked_for_once(ana: Program) -> None:
    first = ana.post("/classifier/learn")["learning"]
    assert first["state"] == "asked"
    assert first["asked_by"].endswith("(manager)")
    assert ana.post("/classifier/learn")["learning"] == first


@pytest.mark.parametrize("role", ["ben", "cho", "rae"])
def test_who_may_not_change_it_is_refused(request: pytest.FixtureRequest, role: str) -> None:
    program: Program = request.getfixturevalue(role)
    assert "classifier.write" in program.refused(403, "POST", "/classifier/learn")
    assert "classifier.write" in program.refused(403, "PUT", "/classifier/in-force", {"version": None})


def test_a_label_tells_which_phrases_decided_and_whether_an_appointment_was_set(
    rae: Program, anas: Company, write: Write
) -> None:
    evidence = [{"phrase": "furnace", "start": 0.0, "offset": 3, "weight": 1.25}]
    with write() as session:
        call = answered_call(session, number=BILLBOARD, words="my furnace is out")
        keep_verdict(
            session, call=call, value="lead", reason="new job", source="model", confidence=0.9, model="own@1",
            review=False, evidence=evidence, booked=0.83,
        )  # fmt: skip
    label = rae.get(f"/calls/{call.call_sid}")["label"]
    assert (label["evidence"], label["booked"], label["model"]) == (evidence, 0.83, "own@1")
    [entry] = rae.get(f"/calls/{call.call_sid}/labels")["items"]
    assert entry == label
