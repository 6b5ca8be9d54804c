"""Review by programs: the queue, many labels at once, taking them back; the blind sample and the error it measures."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict
from calltrack.learning.sampling import draw_week
from calltrack.models import Account, BlindCheck, Call
from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company, answered_call
from tests.learning.sample import MONDAY

Write = Callable[[], AbstractContextManager[Session]]


def judged(session: Session, value: str = "lead", confidence: float = 0.6, **more: Any) -> Call:
    more.setdefault("started_at", datetime.now(UTC) - timedelta(days=1))
    call = answered_call(session, number=BILLBOARD, words="my furnace is out", **more)
    keep_verdict(
        session, call=call, value=value, reason=None, source="model", confidence=confidence, model="m@1",
        review=confidence < 0.75, evidence=[],
    )  # fmt: skip
    return call


@pytest.fixture
def calls(write: Write, anas: Company) -> list[Call]:
    """Three calls, the least sure first."""
    with write() as session:
        return [judged(session, confidence=confidence) for confidence in (0.6, 0.7, 0.8)]


@pytest.fixture
def check(write: Write, anas: Company) -> BlindCheck:
    with write() as session:
        judged(session, started_at=datetime(2026, 4, 28, 15, 0, tzinfo=UTC))
        draw_week(session, account=session.get_one(Account, anas.account.id), week=MONDAY)
        return session.scalars(select(BlindCheck)).one()


def test_the_queue_comes_a_page_at_a_time_the_most_valuable_first(ben: Program, calls: list[Call]) -> None:
    first = ben.get("/review?limit=2")
    assert [one["call"]["call_sid"] for one in first["items"]] == [calls[0].call_sid, calls[1].call_sid]
    assert (first["items"][0]["value"], first["items"][0]["seen"]) == ("0.40", calls[0].label_id)
    assert first["items"][0]["why"] == "60% sure; if it is no lead, Billboard has 1 lead less"
    last = ben.get(f"/review?limit=2&cursor={first['next']}")
    assert ([one["call"]["call_sid"] for one in last["items"]], last["next"]) == ([calls[2].call_sid], None)
    assert "start again without a cursor" in ben.refused(422, "GET", "/review?cursor=x")


def test_many_calls_are_labelled_at_once_and_taken_back_as_one(ben: Program, calls: list[Call]) -> None:
    one, two, three = (call.call_sid for call in calls)
    ben.put(f"/calls/{three}/label", {"label": "excused"})
    found = ben.post(
        "/review/labels",
        {
            "calls": [
                {"call_sid": one, "confirm": True, "seen": calls[0].label_id},
                {"call_sid": two, "label": "excused", "reason": "vendor"},
                {"call_sid": three, "confirm": True, "seen": calls[2].label_id},
                {"call_sid": "CAnever", "label": "lead"},
            ]
        },
    )
    assert [done["call_sid"] for done in found["done"]] == [one, two]
    why = {skipped["call_sid"]: skipped["why"] for skipped in found["skipped"]}
    assert why[three].endswith("said excused; look at it again")
    assert why["CAnever"] == "there is no call CAnever"
    assert ben.get(f"/calls/{two}")["label"]["reason"] == "vendor"
    undone = ben.post("/review/undo", {"batch": found["batch"]})
    assert (undone["done"], undone["skipped"]) == (found["done"], [])
    ledger = ben.get(f"/calls/{two}/labels")["items"]
    assert [(entry["source"], entry["undone_by"]) for entry in ledger] == [
        ("model", None), ("human", ledger[1]["by"]),
    ]  # fmt: skip
    assert ledger[1]["undone_at"]
    assert ben.get(f"/calls/{two}")["label"]["id"] == ledger[0]["id"]
    again = ben.post("/review/undo", {"labels": [done["label_id"] for done in found["done"]]})
    assert (again["done"], len(again["skipped"])) == ([], 2)


def test_where_nothing_is_done_there_is_no_batch(ben: Program, anas: Company) -> None:
    found = ben.post("/review/labels", {"calls": [{"call_sid": "CAnever", "label": "lead"}]})
    assert (found["batch"], found["done"]) == (None, [])


def test_another_companys_calls_and_labels_are_as_unknown_as_none(
    dee: Program, ben: Program, calls: list[Call]
) -> None:
    named = {"calls": [{"call_sid": calls[0].call_sid, "label": "lead"}]}
    assert dee.post("/review/labels", named)["skipped"][0]["why"] == f"there is no call {calls[0].call_sid}"
    label_id = ben.post("/review/labels", named)["done"][0]["label_id"]
    assert dee.post("/review/undo", {"labels": [label_id]})["skipped"] == [
        {"label_id": label_id, "why": f"there is no label {label_id}"}
    ]
    assert dee.get("/review")["items"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/review/labels", {"calls": []}),
        ("/review/labels", {"calls": [{"call_sid": "x", "label": "lead"}] * 201}),
        ("/review/labels", {"calls": [{"call_sid": "x"}]}),
        ("/review/labels", {"calls": [{"call_sid": "x", "label": "lead", "confirm": True}]}),
        ("/review/labels", {"calls": [{"call_sid": "x", "confirm": True, "reason": "vendor"}]}),
        ("/review/labels", {"calls": [{"call_sid": "x", "confirm": True, "seen": 2**63}]}),
        ("/review/undo", {}),
        ("/review/undo", {"labels": [1], "batch": "1"}),
        ("/review/undo", {"labels": [2**63]}),
        ("/review/undo", {"labels": list(range(201))}),
        ("/review/undo", {"batch": "1-9999999999"}),
    ],
)
def test_what_cannot_be_meant_is_refused(ben: Program, path: str, body: Any) -> None:
    assert ben.refused(422, "POST", path, body)


def test_a_check_shows_what_was_said_and_takes_one_answer(ben: Program, check: BlindCheck) -> None:
    [found] = ben.get("/review/blind")["items"]
    assert set(found) == {"id", "week", "call_sid", "started_at", "duration", "transcript", "turns"}
    assert (found["id"], found["week"], found["transcript"]) == (check.id, "2026-04-27", "my furnace is out")
    where = f"/review/blind/{check.id}"
    assert "no reason for lead" in ben.refused(422, "PUT", where, {"answer": "lead", "reason": "vendor"})
    answer = ben.put(where, {"answer": "excused", "reason": "vendor"})
    assert (answer["answer"], answer["call_sid"]) == ("excused", found["call_sid"])
    assert "has answered this check already" in ben.refused(409, "PUT", where, {"answer": "lead"})
    assert ben.get("/review/blind")["items"] == []
    error = ben.get("/classifier/error")
    assert error["error"] == {"checks": 1, "wrong": 1, "share": 1.0, "low": 0.2065, "high": 1.0}
    assert {(cell["machine"], cell["person"]): cell["checks"] for cell in error["matrix"]}["lead", "excused"] == 1
    assert (error["wrong"][0]["call_sid"], error["wrong"][0]["person_reason"]) == (found["call_sid"], "vendor")
    assert [(one["name"], one["since"]) for one in error["models"]] == [("m@1", "2026-04-27")]
    ben.post("/review/undo", {"labels": [answer["label_id"]]})
    assert ben.get("/review/blind")["items"] == [found]


def test_before_anything_is_measured_the_error_is_null(rae: Program) -> None:
    found = rae.get("/classifier/error")
    assert (found["error"], found["answered"], found["wrong"], found["by_label"]) == (None, 0, [], {})
    assert datetime.fromisoformat(found["next_draw"]).weekday() == 0


def test_another_companys_check_is_as_unknown_as_none(dee: Program, check: BlindCheck) -> None:
    for check_id in (check.id, 987, 2**31 - 1):
        assert dee.refused(404, "PUT", f"/review/blind/{check_id}", {"answer": "lead"}) == (
            f"there is no check {check_id}; GET /api/v1/review/blind lists yours"
        )
    dee.refused(422, "PUT", f"/review/blind/{2**63}", {"answer": "lead"})
    assert dee.get("/review/blind")["items"] == []


def test_how_many_are_drawn_is_the_accounts_own(ana: Program) -> None:
    assert ana.ask("PATCH", "/account", {"blind_calls": 0}).get_json()["blind_calls"] == 0
    for wrong in (-1, 501):
        ana.refused(422, "PATCH", "/account", {"blind_calls": wrong})


def test_a_scorecard_says_what_its_interval_is_from(ana: Program) -> None:
    total = ana.get("/scorecards")["total"]
    assert {name: total[name] for name in total if name.startswith("leads_")} == {
        "leads_low": 0, "leads_high": 0, "leads_from": "people", "leads_checks": 0,
    }  # fmt: skip
