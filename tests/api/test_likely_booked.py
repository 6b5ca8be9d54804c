"""Calls that sound booked and have no job, over the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.labels import keep_verdict, label_call
from calltrack.models import Call
from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company, answered_call

Write = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        answered_call(session, number=BILLBOARD)
        made = answered_call(session, number=BILLBOARD, words="can you come tomorrow", recorded=True)
        keep_verdict(
            session, call=made, value="lead", reason="new job", source="model", confidence=0.93, model="m1",
            review=False, booked=0.83, evidence=[{"phrase": "tomorrow", "start": 99.0, "offset": 13, "weight": 1.5}],
        )  # fmt: skip
    return made


def listed(ana: Program, *, likely: str) -> list[str]:
    return [one["call_sid"] for one in ana.get(f"/calls?likely_booked={likely}")["items"]]


def test_the_filter_lists_them_or_all_others(ana: Program, call: Call) -> None:
    assert listed(ana, likely="true") == [call.call_sid]
    assert call.call_sid not in listed(ana, likely="false")
    assert len(listed(ana, likely="false")) == 1
    [row] = ana.get("/calls?likely_booked=true")["items"]
    assert (row["likely_booked"], row["booked_chance"]) == (True, 0.83)


def test_the_tag_no_job_says_that_none_came_of_it(ana: Program, call: Call) -> None:
    found = ana.put(f"/calls/{call.call_sid}/tags/no%20job")
    assert (found["likely_booked"], found["booked_chance"]) == (False, 0.83)
    assert listed(ana, likely="true") == []


def test_one_call_says_it_whoever_s_label_is_in_force(ana: Program, write: Write, call: Call) -> None:
    found = ana.get(f"/calls/{call.call_sid}")
    assert (found["likely_booked"], found["label"]["booked"]) == (True, 0.83)
    with write() as session:
        label_call(session, call=session.merge(call), value="lead", reason=None, note=None, said_by="ana")
    found = ana.get(f"/calls/{call.call_sid}")
    assert (found["likely_booked"], found["booked_chance"], found["label"]["booked"]) == (True, 0.83, None)


def test_a_phrase_is_told_by_the_recording_s_clock(ana: Program, call: Call) -> None:
    found = ana.get(f"/calls/{call.call_sid}")
    [phrase] = found["label"]["evidence"]
    assert phrase["start"] == found["transcript"]["turns"][0]["start"]


def test_the_set_up_warnings_say_how_many_of_late(ana: Program, write: Write, anas: Company) -> None:
    def counts() -> list[int]:
        return [one["count"] for one in ana.get("/setup-warnings")["items"] if one["kind"] == "call_without_job"]

    with write() as session:
        for days in (1, 40):
            call = answered_call(session, number=BILLBOARD, started_at=datetime.now(UTC) - timedelta(days=days))
            call.booked_chance = 0.9
    assert counts() == [1]
    with write() as session:
        session.query(Call).update({"booked_chance": 0.2})
    assert counts() == []
