"""Pauses: while a number is read out nothing is recorded or written down, and a forgotten pause ends by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from calltrack.calls import pauses as pauses_room
from calltrack.calls.fold import Received
from calltrack.calls.pauses import (
    FORGOTTEN,
    NOTHING_HEARD,
    OVER,
    BadPause,
    drop_paused,
    pause_recording,
    pauses_of,
    resume_forgotten,
    resume_recording,
)
from calltrack.calls.transcripts import keep_speech
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Call, RecordingPause, Transcript
from calltrack.telephony import rest as rest_module
from calltrack.telephony.carrier import CarrierError, Event, Speech
from calltrack.telephony.pausing import NotRecording
from tests.conftest import make_app
from tests.factories import NOON, company, running_call
from tests.twilio_wire import ACCOUNT, BILLBOARD

CURRENT = "https://api.twilio.com/2010-04-01/Accounts/{}/Calls/{}/Recordings/Twilio.CURRENT.json"


@dataclass
class House:
    """A database with one call that runs, and the settings that reach the carrier."""

    database: Database
    settings: Settings
    call: Call

    @property
    def address(self) -> str:
        return CURRENT.format(ACCOUNT, self.call.call_sid)

    def pause(self, by: str = "Cho") -> RecordingPause:
        return pause_recording(self.database, self.settings, call=self.call, by=by)

    def resume(self, by: str = "Cho") -> bool:
        return resume_recording(self.database, self.settings, call=self.call, by=by)

    def pauses(self) -> list[RecordingPause]:
        with self.database.read() as session:
            return pauses_of(session, call_id=self.call.id)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    monkeypatch.setattr(rest_module._PACE, "_between", 0.0)
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    app = make_app(database=database, folder=tmp_path)
    with database.write.begin() as session:
        company(session, name="Ana's Heating", number=BILLBOARD)
        call = running_call(session, number=BILLBOARD)
    return House(database, app.extensions["calltrack"].settings, call)


def test_a_pause_is_asked_of_the_carrier_once_and_kept_with_who_and_when(
    house: House, wire: responses.RequestsMock
) -> None:
    wire.post(house.address, json={"status": "paused"})
    house.pause()
    house.pause(by="Ana")
    [asked] = wire.calls
    assert asked.request.body == "Status=paused&PauseBehavior=silence"
    [kept] = house.pauses()
    assert (kept.paused_by, kept.resumed_at) == ("Cho", None)
    assert kept.confirmed_at is not None


def test_the_recording_goes_on_once_somebody_says_so(house: House, wire: responses.RequestsMock) -> None:
    wire.post(house.address, json={"status": "paused"})
    house.pause()
    assert house.resume(by="Ana")
    assert wire.calls[-1].request.body == "Status=in-progress"
    [kept] = house.pauses()
    assert kept.resumed_by == "Ana"
    assert kept.resumed_at is not None
    assert kept.resumed_at >= kept.paused_at
    assert not house.resume()
    assert len(wire.calls) == 2


@pytest.mark.parametrize("meanwhile", ["carrier", "row"])
def test_a_pause_that_the_carrier_makes_after_it_was_taken_up_again_is_taken_up_once_more(
    house: House, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Race: Ana resumes while Cho's request is under way; her own may be under way as well."""
    asked: list[str] = []
    confirm = pauses_room._confirm
    held: list[Callable[[], object]] = []

    def hold(*given: Any, **named: Any) -> RecordingPause:
        held.append(lambda: confirm(*given, **named))
        if meanwhile == "row":
            house.resume(by="Ana")
            return confirm(*given, **named)
        paused: RecordingPause = named["pause"]
        return paused

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        asked.append(parse_qs(request.body)["Status"][0])
        if asked == ["paused", "in-progress"] and meanwhile == "carrier":
            held.pop()()  # Cho's process hears of its pause before Ana's writes down hers
        return 200, {}, "{}"

    wire.add_callback("POST", house.address, answer)
    monkeypatch.setattr(pauses_room, "_confirm", hold)
    house.pause()
    if meanwhile == "carrier":
        house.resume(by="Ana")
    assert asked == ["paused", "in-progress", "in-progress"]
    [kept] = house.pauses()
    assert kept.resumed_by == "Ana"
    assert kept.resumed_at is not None
    assert kept.confirmed_at is not None


def test_one_that_the_carrier_does_not_take_up_once_more_is_tried_again_by_itself(
    house: House, wire: responses.RequestsMock
) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        if "in-progress" in request.body:
            return (200 if house.pauses()[0].confirmed_at is None else 503), {}, "{}"
        house.resume(by="Ana")
        return 200, {}, "{}"

    wire.add_callback("POST", house.address, answer)
    with pytest.raises(CarrierError):
        house.pause()
    [kept] = house.pauses()
    assert kept.resumed_at is None, "it stands until the carrier has gone on"
    wire.replace("POST", house.address, json={"status": "in-progress"})
    assert resume_forgotten(house.database, house.settings, kept.paused_at + timedelta(minutes=3)) == 1


def test_what_the_carrier_does_not_record_cannot_be_paused(house: House, wire: responses.RequestsMock) -> None:
    wire.post(house.address, status=404, json={"code": 20404, "message": "not found"})
    with pytest.raises(NotRecording):
        house.pause()
    assert house.pauses() == []


def test_where_the_carrier_does_not_answer_the_pause_stands_unconfirmed_and_is_asked_for_again(
    house: House, wire: responses.RequestsMock
) -> None:
    """It may have paused all the same: then somebody has to take it up again."""
    wire.post(house.address, status=500)
    with pytest.raises(CarrierError):
        house.pause()
    [kept] = house.pauses()
    assert kept.confirmed_at is None
    wire.replace("POST", house.address, json={"status": "paused"})
    assert house.pause().confirmed_at is not None
    assert len(house.pauses()) == 1


def test_a_call_that_is_over_or_not_recorded_has_nothing_to_pause(house: House) -> None:
    for changes in ({"ended_at": NOON}, {"ended_at": None, "recording_rule": "not recorded: for a reason"}):
        with house.database.write.begin() as session:
            session.execute(update(Call).values(**changes))
            house.call = session.scalars(select(Call).execution_options(populate_existing=True)).one()
        with pytest.raises(BadPause):
            house.pause()
    assert house.pauses() == []


def test_a_forgotten_pause_ends_by_itself(house: House, wire: responses.RequestsMock) -> None:
    wire.post(house.address, json={"status": "paused"})
    paused_at = house.pause().paused_at
    assert resume_forgotten(house.database, house.settings, paused_at + timedelta(seconds=170)) == 0
    assert resume_forgotten(house.database, house.settings, paused_at + timedelta(minutes=3)) == 1
    assert wire.calls[-1].request.body == "Status=in-progress"
    assert [one.resumed_by for one in house.pauses()] == [FORGOTTEN]
    assert resume_forgotten(house.database, house.settings, paused_at + timedelta(minutes=9)) == 0


def test_a_forgotten_pause_is_tried_again_while_the_carrier_is_away_and_given_up_where_it_says_no(
    house: House, wire: responses.RequestsMock
) -> None:
    wire.post(house.address, json={"status": "paused"})
    later = house.pause().paused_at + timedelta(minutes=3)
    wire.replace("POST", house.address, status=503)
    assert resume_forgotten(house.database, house.settings, later) == 0
    assert house.pauses()[0].resumed_at is None
    wire.replace("POST", house.address, status=400, json={"code": 21220, "message": "odd"})
    assert resume_forgotten(house.database, house.settings, later) == 1
    assert "the carrier refused" in (house.pauses()[0].resumed_by or "")


def test_a_pause_ends_with_the_call(house: House, wire: responses.RequestsMock) -> None:
    wire.post(house.address, json={"status": "paused"})
    paused_at = house.pause().paused_at
    with house.database.write.begin() as session:
        session.execute(update(Call).values(ended_at=paused_at + timedelta(seconds=40)))
    assert resume_forgotten(house.database, house.settings, paused_at + timedelta(seconds=45)) == 1
    [kept] = house.pauses()
    assert (kept.resumed_at, kept.resumed_by) == (paused_at + timedelta(seconds=40), OVER)


def test_a_recording_is_in_one_pause_at_a_time(house: House) -> None:
    """Race: two people press at once; the index lets one of them."""
    with house.database.write() as session:
        session.add_all(
            RecordingPause(call_id=house.call.id, paused_at=NOON, paused_by=name) for name in ("Ana", "Cho")
        )
        with pytest.raises(IntegrityError):
            session.flush()


def said(start: float, text: str = "one two three") -> dict[str, Any]:
    return {"speaker": "caller", "start": start, "text": text}


def paused(since: float, until: float | None) -> RecordingPause:
    return RecordingPause(
        paused_at=NOON + timedelta(seconds=since), resumed_at=None if until is None else NOON + timedelta(seconds=until)
    )


def test_what_was_said_in_a_pause_is_dropped_even_where_it_only_began_or_ended_in_it() -> None:
    turns = [said(0), said(9.5), said(12), said(19.9), said(30)]
    kept = drop_paused(turns, NOON, [paused(10, 20)])
    assert [(turn["start"], turn["text"]) for turn in kept] == [
        (0, "one two three"), (10, NOTHING_HEARD), (30, "one two three")
    ]  # fmt: skip
    assert drop_paused(turns, NOON, []) == turns
    assert [turn["text"] for turn in drop_paused(turns, NOON, [paused(15, None)])] == [
        *["one two three"] * 3, NOTHING_HEARD
    ]  # fmt: skip
    assert [turn["text"] for turn in drop_paused(turns, None, [paused(10, 20)])] == [NOTHING_HEARD]


def test_a_live_transcript_keeps_nothing_of_a_pause(on_sqlite: Database) -> None:
    def spoken(text: str, *, at: float) -> Received:
        speech = Speech("GT1", "content", speaker="caller", text=text, sequence=round(at))
        moment = NOON + timedelta(seconds=at)
        return Received(Event(kind="transcription", call_sid="CA1", at=moment, speech=speech), moment)

    with on_sqlite.write.begin() as session:
        company(session, name="Ana's Heating", number=BILLBOARD)
        call = running_call(session, number=BILLBOARD)
        until = NOON + timedelta(seconds=20)
        session.add(
            RecordingPause(call_id=call.id, paused_at=NOON + timedelta(seconds=5), paused_by="Cho", resumed_at=until)
        )
        said_so_far = [spoken("hello there", at=2), spoken("four two four two", at=9), spoken("thank you", at=25)]
        keep_speech(session, call=call, said=said_so_far)
        session.flush()
        assert session.scalars(select(Transcript.text)).one() == f"hello there\n{NOTHING_HEARD}\nthank you"


starts = st.floats(0, 100).map(lambda at: round(at, 2))


@given(
    turns=st.lists(st.builds(said, starts, st.sampled_from(["hello", "four two four two", "a b c d e f g h"]))),
    pauses=st.lists(st.builds(lambda since, more: paused(since, since + more), starts, st.floats(0.5, 30)), max_size=3),
)
def test_nothing_that_is_kept_was_said_while_the_recording_was_paused(
    turns: list[dict[str, Any]], pauses: list[RecordingPause]
) -> None:
    kept = drop_paused(turns, NOON, pauses)
    assert [turn["start"] for turn in kept if pauses] == sorted(turn["start"] for turn in kept if pauses)
    for turn in kept:
        moment = NOON + timedelta(seconds=turn["start"])
        if turn["text"] != NOTHING_HEARD:
            assert turn in turns
            assert not any(one.paused_at <= moment <= (one.resumed_at or moment) for one in pauses)
