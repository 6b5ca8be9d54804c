"""A call from its ring to its last report: what is sent, in which order, with which parameters."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.conversations import read_script
from calltrack.demo.wire import post_to_wsgi
from tests.demo.office import (
    ACCOUNT,
    BASE,
    DIAL_TWO,
    GREETING,
    STANDARD,
    TOKEN,
    TRACKING,
    TRANSCRIBED,
    answered_office,
    missed_office,
)

EVENT = ["Timestamp", "CallbackSource", "SequenceNumber"]
LEG = [
    "AccountSid",
    "ApiVersion",
    "CallSid",
    "CallStatus",
    "Called",
    "CalledVia",
    "Caller",
    "Direction",
    "ForwardedFrom",
    "From",
    "ParentCallSid",
    "To",
]
ENDED = ["Duration", "CallDuration", "SipResponseCode"]
RECORDING = [
    "RecordingSource",
    "RecordingTrack",
    "RecordingSid",
    "RecordingUrl",
    "RecordingStatus",
    "RecordingChannels",
    "ErrorCode",
    "CallSid",
    "RecordingStartTime",
    "AccountSid",
]


def stopped() -> threading.Event:
    """What a stopped demo has: nothing waits on it."""
    stop = threading.Event()
    stop.set()
    return stop


def test_an_answered_recorded_call_arrives_in_the_carriers_order():
    placed = answered_office().carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert [exchange.kind for exchange in placed.exchanges] == [
        "voice",
        "child:initiated",
        "child:initiated",
        "child:ringing",
        "child:ringing",
        "child:answered",
        "whisper",
        "child:completed",
        "recording:in-progress",
        "child:completed",
        "dial",
        "status",
        "recording:completed",
    ]
    assert not placed.errors
    assert [leg.status for leg in placed.legs] == ["completed", "canceled"]


def test_every_request_of_an_answered_call_carries_the_documented_parameters():
    office = answered_office()
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    voice, initiated, _, _, _, picked_up, whisper, lost, in_progress, done, dial, status, recording = office.requests
    assert sorted(voice.names) == sorted([*STANDARD, "StirVerstat", "CallToken"])
    assert sorted(initiated.names) == sorted(LEG + EVENT)
    assert sorted(picked_up.names) == sorted(LEG + EVENT)
    assert sorted(whisper.names) == sorted(LEG)
    assert sorted(lost.names) == sorted(LEG + EVENT + ENDED)
    assert sorted(done.names) == sorted(LEG + EVENT + ENDED)
    assert in_progress.names == RECORDING
    results = ["RecordingUrl", "DialCallDuration", "DialCallStatus", "DialBridged", "DialCallSid", "RecordingSid"]
    assert sorted(dial.names) == sorted([*STANDARD, *results, "RecordingDuration"])
    assert sorted(status.names) == sorted(STANDARD + EVENT + ENDED)
    assert recording.names == [*RECORDING, "RecordingDuration"]


def test_parameters_come_in_the_order_of_captured_requests():
    office = answered_office()
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert office.to("voice")[0].names == (
        "Called ToState CallerCountry Direction CallerState ToZip CallSid To CallerZip ToCountry StirVerstat CallToken"
        " CalledZip ApiVersion CalledCity CallStatus From AccountSid CalledCountry CallerCity ToCity FromCountry Caller"
        " FromCity CalledState FromZip FromState"
    ).split(" ")
    assert office.to("whisper")[0].names == (
        "Called Direction CallSid To ParentCallSid CalledVia ApiVersion CallStatus From AccountSid Caller ForwardedFrom"
    ).split(" ")
    assert office.to("dial")[0].names[-7:] == (
        "RecordingUrl DialCallDuration DialCallStatus DialBridged DialCallSid RecordingSid RecordingDuration"
    ).split(" ")
    assert office.to("status")[-1].names[-1] == "SipResponseCode"


def test_every_request_is_signed_and_looks_like_the_carriers():
    office = answered_office(voice=TRANSCRIBED + GREETING + DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert len(office.requests) > 13
    for delivered in office.requests:
        assert delivered.signed, delivered.path
        assert delivered.headers["User-Agent"] == "TwilioProxy/1.1"
        assert delivered.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
        assert b"+" not in delivered.raw


def test_durations_and_timestamps_follow_one_clock():
    office = answered_office()
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    status, recording, dial = office.to("status")[-1], office.to("recording")[-1], office.to("dial")[0]
    ended = parsedate_to_datetime(status["Timestamp"])
    assert ended - timedelta(seconds=int(status["CallDuration"])) == placed.started_at.replace(microsecond=0)
    leg = next(
        done for done in office.to("status") if done.get("CallSid") == dial["DialCallSid"] and done.get("CallDuration")
    )
    assert leg["CallDuration"] == dial["DialCallDuration"]
    assert int(dial["RecordingDuration"]) < int(dial["DialCallDuration"]) < int(status["CallDuration"])
    bridged = parsedate_to_datetime(recording["RecordingStartTime"])
    assert abs((ended - bridged).total_seconds() - int(recording["RecordingDuration"])) <= 1
    assert status["Duration"] == str(-(-int(status["CallDuration"]) // 60))


def test_a_compressed_call_has_just_ended():
    before = datetime.now(UTC)
    placed = answered_office().carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert before - timedelta(seconds=60) < placed.ended_at <= datetime.now(UTC)


def test_a_call_in_real_time_has_just_begun():
    office = answered_office()
    carrier = DemoCarrier(
        public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(office.app()), stop=stopped()
    )
    before = datetime.now(UTC)
    placed = carrier.place_call(to=TRACKING, conversation="furnace-out", pace=1)
    assert before <= placed.started_at <= datetime.now(UTC)


def test_a_paced_call_waits_for_its_own_clock():
    waits: list[float] = []
    stop = stopped()
    stop.wait = lambda timeout=None: bool(waits.append(timeout or 0.0))  # type: ignore[func-returns-value,method-assign]
    office = answered_office()
    carrier = DemoCarrier(
        public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(office.app()), pace=10, stop=stop
    )
    placed = carrier.place_call(to=TRACKING, conversation="furnace-out")
    # Before every request, and after every turn of the talk: somebody may pause the recording meanwhile.
    assert len(waits) == len(placed.exchanges) + len(placed.conversation.turns)
    assert waits == pytest.approx(sorted(waits), abs=0.5)
    for exchange in placed.exchanges:
        due = (exchange.at - placed.started_at).total_seconds() / 10
        assert min(abs(wait - due) for wait in waits) < 0.5
    assert waits[-1] > 5


@pytest.mark.parametrize("conversation", read_script())
def test_no_clock_ever_runs_backwards(conversation: str):
    office = missed_office(voice=TRANSCRIBED + GREETING + DIAL_TWO)
    placed = office.carrier().place_call(to=TRACKING, conversation=conversation)
    assert placed.errors == ()
    moments = [exchange.at for exchange in placed.exchanges]
    assert moments == sorted(moments)
    assert (placed.ended_at - placed.started_at).total_seconds() == pytest.approx(placed.seconds, abs=1)
    for leg in placed.legs:
        events = [d for d in office.to("status") if d["CallSid"] == leg.sid]
        assert [int(d["SequenceNumber"]) for d in events] == list(range(len(events)))
        times = [parsedate_to_datetime(d["Timestamp"]) for d in events]
        assert times == sorted(times)
        assert events[-1]["CallDuration"] == str(leg.seconds)


def test_a_call_can_be_dated():
    moment = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)
    office = answered_office()
    placed = office.carrier().place_call(to=TRACKING, conversation="drain-clog", started_at=moment)
    assert placed.started_at == moment
    assert parsedate_to_datetime(office.to("status")[0]["Timestamp"]).date() == moment.date()


def test_the_truth_never_reaches_a_webhook():
    office = answered_office(voice=TRANSCRIBED + GREETING + DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="solicitor-seo")
    sent = b"&".join(delivered.raw for delivered in office.requests)
    assert b"solicitor" not in sent
    assert b"excused" not in sent
