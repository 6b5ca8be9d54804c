"""Calls over the API: the list, one call, tags, notes, labels."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict
from calltrack.models import Call
from tests import twilio_wire
from tests.api.conftest import BILLBOARD, Program
from tests.factories import NOON, Company, answered_call, missed_call, running_call

Write = Callable[[], AbstractContextManager[Session]]
FIELDS = (
    "call_sid campaign_id number caller customer started_at ended_at duration talk_seconds status outcome "
    "missed_reason answered_by is_lead why label recording transcript tags notes jobs consent"
).split()
JOB = {"customer": {"name": "Mia Hart", "phone": "(312) 555-0111"}, "job_type": "repair", "status": "scheduled",
       "created_at": "2026-05-04T13:00:00-05:00"}  # fmt: skip


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")


def judge(session: Session, call: Call, *, value: str = "lead", reason: str = "new job") -> None:
    keep_verdict(
        session, call=session.merge(call), value=value, reason=reason, source="model", confidence=0.93, model="m1",
        review=False, evidence=[{"phrase": "furnace", "start": 9.0, "offset": 3, "weight": 1.5}],
    )  # fmt: skip


def test_a_call_says_everything_that_is_known_of_it(ana: Program, anas: Company, call: Call, write: Write) -> None:
    with write() as session:
        judge(session, call)
    found = ana.get(f"/calls/{call.call_sid}")
    assert set(FIELDS) <= set(found)
    assert found["campaign_id"] == anas.campaign.id
    assert (found["number"], found["caller"]) == (BILLBOARD, twilio_wire.CALLER)
    assert found["started_at"] == "2026-05-04T17:00:00+00:00"
    assert (found["status"], found["duration"], found["talk_seconds"]) == ("completed", 75, 66)
    assert (found["outcome"], found["is_lead"], found["missed_reason"]) == ("unbooked", True, None)
    assert found["answered_by"] == twilio_wire.CHO
    assert found["why"] == "75 s >= 60 s and not excused"
    assert found["recording"] == {
        "status": "expected", "duration": 63, "channels": 2, "url": None, "erased": None,
    }  # fmt: skip
    assert found["transcript"]["text"] == "my furnace is out"
    assert found["transcript"]["turns"][0]["speaker"] == "caller"
    assert found["consent"] == {
        "announcement": "This call may be recorded.", "at": "2026-05-04T17:00:00+00:00", "audio": None, "sound": None,
        "flow": None, "flow_version": None, "rule": None,
    }  # fmt: skip
    assert (found["tags"], found["notes"], found["jobs"], found["customer"]) == ([], [], [], None)
    assert found["pauses"] == []
    label = found["label"]
    assert (label["value"], label["reason"], label["source"]) == ("lead", "new job", "model")
    assert (label["confidence"], label["model"], label["by"]) == (0.93, "m1", None)
    assert {step["name"] for step in found["steps"]} == {"fetch", "classify", "match"}


def test_a_missed_call_has_no_recording_and_says_why_it_is_no_lead(ana: Program, write: Write, anas: Company) -> None:
    with write() as session:
        call = missed_call(session, number=BILLBOARD)
    found = ana.get(f"/calls/{call.call_sid}")
    assert (found["outcome"], found["missed_reason"], found["is_lead"]) == ("missed", "no_answer", False)
    assert found["why"] == "missed: nobody answered"
    assert found["recording"] is None
    assert found["label"] is None


def test_a_call_under_way_has_no_outcome_and_expects_a_recording(ana: Program, write: Write, anas: Company) -> None:
    with write() as session:
        call = running_call(session, number=BILLBOARD, started_at=datetime.now(UTC))
    found = ana.get(f"/calls/{call.call_sid}")
    assert (found["outcome"], found["ended_at"], found["duration"]) == (None, None, None)
    assert found["recording"]["status"] == "expected"


def test_calls_are_listed_newest_first_a_page_at_a_time(ana: Program, write: Write, anas: Company) -> None:
    with write() as session:
        sids = [
            answered_call(session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute)).call_sid
            for minute in range(5)
        ]
    pages = [ana.get("/calls?limit=2")]
    while pages[-1]["next"]:
        pages.append(ana.get(f"/calls?limit=2&cursor={pages[-1]['next']}"))
    assert [item["call_sid"] for page in pages for item in page["items"]] == sids[::-1]
    assert len(pages) == 3


@pytest.mark.parametrize("limit", ["0", "-7", "100000000000000000000000", "201"])
def test_a_limit_is_kept_within_1_to_200(ana: Program, call: Call, limit: str) -> None:
    assert len(ana.get(f"/calls?limit={limit}")["items"]) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("outcome=missed", ["missed"]),
        ("outcome=unbooked", ["long"]),
        ("is_lead=true", ["long"]),
        ("is_lead=false", ["missed", "short"]),
        ("tag=VIP", ["long"]),
        ("q=furnace", ["long"]),
        ("caller=(312) 555-0199", ["short"]),
        (f"answered_by=%2B{twilio_wire.CHO[1:]}", ["short", "long"]),
        ("answered_by=%2B13125550100", []),
        ("label=excused", ["short"]),
        ("label=none", ["missed", "long"]),
        ("reviewed=true", ["short"]),
        ("from=2026-05-05", []),
        ("to=2026-05-03", []),
        ("from=0001-01-01&to=9999-12-31", ["missed", "short", "long"]),
        ("campaign_id=999999", []),
        ("no_such_filter=1&as_of=2020-01-01", ["missed", "short", "long"]),
    ],
)
def test_calls_are_filtered(ana: Program, write: Write, anas: Company, query: str, found: list[str]) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, sid="long", words="my furnace is out")
        answered_call(
            session, number=BILLBOARD, sid="short", caller="+13125550199", seconds=20,
            started_at=NOON + timedelta(minutes=1),
        )  # fmt: skip
        missed_call(session, number=BILLBOARD, sid="missed", started_at=NOON + timedelta(minutes=2))
    ana.put("/calls/long/tags/vip")
    ana.put("/calls/short/label", {"label": "excused", "reason": "wrong number"})
    assert [item["call_sid"] for item in ana.get(f"/calls?{query}")["items"]] == found


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-02-30",
        "label=maybe",
        "campaign_id=x",
        "is_lead=perhaps",
        "limit=many",
        "cursor=abc",
    ],
)
def test_a_filter_that_cannot_be_read_is_named(ana: Program, query: str) -> None:
    assert query.partition("=")[0] in ana.refused(422, "GET", f"/calls?{query}")


def test_a_range_that_ends_before_it_starts_is_refused(ana: Program) -> None:
    says = ana.refused(422, "GET", "/calls?from=2026-05-02&to=2026-05-01")
    assert says == "the range ends (2026-05-01) before it starts (2026-05-02); swap from and to"


def test_a_person_labels_and_the_ledger_keeps_every_word(ana: Program, call: Call, write: Write) -> None:
    with write() as session:
        judge(session, call)
    path = f"/calls/{call.call_sid}"
    excused = ana.put(f"{path}/label", {"label": "excused", "reason": "vendor", "note": "sells filters"})
    assert (excused["is_lead"], excused["outcome"]) == (False, "excused")
    assert (excused["label"]["by"], excused["label"]["source"]) == ("key 2 (manager)", "human")
    assert excused["why"].startswith("excused by key 2 (manager) on ")
    said = ana.get(f"{path}/labels")
    assert [(one["value"], one["source"]) for one in said["items"]] == [("lead", "model"), ("excused", "human")]
    assert said["items"][1]["note"] == "sells filters"
    assert said["items"][0]["evidence"][0]["phrase"] == "furnace"


def test_confirming_makes_the_machines_word_a_persons(ben: Program, call: Call, write: Write) -> None:
    path = f"/calls/{call.call_sid}/label"
    assert "no label to confirm" in ben.refused(422, "PUT", path, {"confirm": True})
    with write() as session:
        judge(session, call)
    label = ben.put(path, {"confirm": True})["label"]
    assert (label["value"], label["reason"], label["source"], label["by"]) == (
        "lead",
        "new job",
        "human",
        "key 3 (coach)",
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"label": "maybe"}, {"label": "lead", "confirm": True}, {"confirm": False},
     {"label": "lead", "reason": "vendor"}, {"label": "lead", "reason": 7}, [], None, 7,
     {"confirm": True, "reason": "vendor"}],
)  # fmt: skip
def test_a_label_that_cannot_be_given_changes_nothing(ana: Program, call: Call, body: object) -> None:
    answer = ana.ask("PUT", f"/calls/{call.call_sid}/label", data=json.dumps(body))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert ana.get(f"/calls/{call.call_sid}/labels")["items"] == []


def test_tags_are_words_that_hang_once(cho: Program, call: Call) -> None:
    path = f"/calls/{call.call_sid}/tags"
    cho.put(f"{path}/Call%20back")
    assert cho.put(f"{path}/call  BACK")["tags"] == ["call back"]
    assert cho.put(f"{path}/a/c")["tags"] == ["a/c", "call back"]
    assert cho.delete(f"{path}/call back")["tags"] == ["a/c"]
    assert cho.delete(f"{path}/never")["tags"] == ["a/c"]
    assert "1 to 60" in cho.refused(422, "PUT", f"{path}/{'x' * 61}")


def test_notes_are_added(cho: Program, call: Call) -> None:
    path = f"/calls/{call.call_sid}/notes"
    [note] = cho.post(path, {"text": " wants a call back "})["notes"]
    assert (note["text"], note["by"]) == ("wants a call back", "key 4 (csr)")
    assert "1 to 2000" in cho.refused(422, "POST", path, {"text": "  "})


def test_a_booked_call_names_its_job_and_its_customer(ana: Program, call: Call) -> None:
    ana.put("/jobs/J-1", {**JOB, "call_sid": call.call_sid})
    found = ana.get(f"/calls/{call.call_sid}")
    assert (found["outcome"], found["is_lead"], found["why"]) == ("booked", True, "booked: job J-1")
    assert [(job["external_id"], job["job_type"], job["status"]) for job in found["jobs"]] == [
        ("J-1", "repair", "scheduled")
    ]
    assert (found["customer"]["name"], found["customer"]["phone"]) == ("Mia Hart", twilio_wire.CALLER)


def test_a_call_to_nobodys_number_is_for_admins_only(ada: Program, ana: Program, dee: Program, write: Write) -> None:
    with write() as session:
        answered_call(session, number="+13125559999", sid="stray")
    assert [one["call_sid"] for one in ada.get("/unclaimed-calls")["items"]] == ["stray"]
    found = ada.get("/calls/stray")
    assert (found["campaign_id"], found["is_lead"], found["outcome"]) == (None, False, None)
    assert "nobody" in found["why"]
    ana.refused(403, "GET", "/unclaimed-calls")
    ana.refused(404, "GET", "/calls/stray")
    ada.refused(404, "PUT", "/calls/stray/tags/vip")
    assert ada.get("/calls")["items"] == []


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("reason=new+job", True), ("reason=solicitor", False), ("min_seconds=75&max_seconds=75", True),
        ("min_seconds=76", False), ("max_seconds=74", False), ("first_time=true", True), ("first_time=false", False),
        ("q=furn", True), ("q=%22my+furnace%22", True), ("q=furnace+-out", False), ("q=%3F%21", False),
    ],
)  # fmt: skip
def test_the_list_is_filtered_by_reason_duration_first_time_and_words(
    ana: Program, call: Call, write: Write, query: str, fits: bool
) -> None:
    with write() as session:
        judge(session, call)
    found = ana.get(f"/calls?{query}")
    assert ([one["call_sid"] for one in found["items"]], found["next"]) == ([call.call_sid] if fits else [], None)
