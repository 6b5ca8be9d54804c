"""Telephones ring at once or in turn; one is answered or none, and the caller may be gone by then."""

from dataclasses import replace

import pytest

from calltrack.demo.conversations import Line, read_script
from tests.demo.office import (
    DIAL_TWO,
    GREETING,
    HOOKS,
    PRESS_ONE,
    RECORDED,
    TRACKING,
    answered_office,
    missed_office,
    number,
)


def test_a_losing_telephone_is_canceled_when_the_other_is_picked_up():
    office = answered_office()
    office.carrier().place_call(to=TRACKING, conversation="thermostat-install")
    statuses = {(d["To"], d["CallStatus"]): d for d in office.to("status") if d.get("ParentCallSid")}
    picked_up, lost = statuses["+13125550191", "in-progress"], statuses["+13125550190", "canceled"]
    assert lost["Timestamp"] == picked_up["Timestamp"]
    assert lost["SipResponseCode"] == "487"
    assert lost["CallDuration"] == "0"


def test_sequence_numbers_count_only_the_events_asked_for():
    dial = f'<Dial action="{HOOKS}/dial">{number("+13125550190", events="answered completed")}</Dial>'
    office = answered_office(voice=dial)
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    legs = [d for d in office.to("status") if d.get("ParentCallSid")]
    assert [(leg["CallStatus"], leg["SequenceNumber"]) for leg in legs] == [("in-progress", "0"), ("completed", "1")]


def test_a_plain_number_in_dial_is_rung_without_callbacks():
    office = answered_office(voice=f'<Dial action="{HOOKS}/dial">+13125550190</Dial>')
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert [exchange.kind for exchange in placed.exchanges] == ["voice", "dial", "status"]
    assert "RecordingUrl" not in office.to("dial")[0].names


def test_a_caller_who_hangs_up_first_is_gone_when_the_dial_action_comes():
    office = answered_office()
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert office.to("dial")[0]["CallStatus"] == "completed"


def test_a_caller_left_by_the_agent_hears_what_the_dial_action_answers():
    office = answered_office(dial=f"<Redirect>{HOOKS}/goodbye</Redirect>", goodbye="<Say>Goodbye</Say><Hangup/>")
    office.carrier().place_call(to=TRACKING, conversation="ac-not-cooling")
    assert office.to("dial")[0]["CallStatus"] == "in-progress"
    assert len(office.to("goodbye")) == 1


@pytest.mark.parametrize(
    ("conversation", "dial_status", "call_status"),
    [
        ("everyone-busy", "busy", "in-progress"),
        ("agents-own-voicemail", "completed", "in-progress"),
        ("agent-refuses", "completed", "in-progress"),
        ("leaves-while-ringing", "canceled", "completed"),
        ("nobody-answers", "no-answer", "in-progress"),
    ],
)
def test_a_call_that_reaches_nobody_was_not_bridged(conversation: str, dial_status: str, call_status: str):
    office = missed_office()
    office.carrier().place_call(to=TRACKING, conversation=conversation)
    dial = office.to("dial")[0]
    assert (dial["DialCallStatus"], dial["DialBridged"], dial["CallStatus"]) == (dial_status, "false", call_status)
    assert "RecordingUrl" not in dial.names
    assert office.to("recording")[0]["RecordingStatus"] == "absent"


def test_a_caller_who_leaves_in_the_greeting_rings_nobody():
    office = answered_office()
    placed = office.carrier().place_call(to=TRACKING, conversation="leaves-in-greeting")
    assert [exchange.kind for exchange in placed.exchanges] == ["voice", "status"]
    assert 1 <= placed.seconds <= 4


def test_a_caller_who_gives_up_before_any_answer_was_never_on_the_clock():
    office = answered_office(voice=DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="leaves-while-ringing")
    status = office.to("status")[-1]
    assert (status["CallStatus"], status["CallDuration"]) == ("no-answer", "0")


def test_an_agent_presses_one_to_take_a_call():
    office = answered_office(whisper=PRESS_ONE, **{"whisper-choice": ""})
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    choice = office.to("whisper-choice")[0]
    assert (choice["Digits"], choice["ParentCallSid"]) == ("1", placed.call_sid)
    assert office.to("dial")[0]["DialBridged"] == "true"


@pytest.mark.parametrize("conversation", ["agents-own-voicemail", "agent-refuses"])
def test_a_mailbox_and_a_refusing_agent_press_nothing(conversation: str):
    office = missed_office(whisper=PRESS_ONE)
    office.carrier().place_call(to=TRACKING, conversation=conversation)
    assert not office.to("whisper-choice")
    assert office.to("dial")[0]["DialBridged"] == "false"


def test_a_hunt_group_rings_one_telephone_after_the_other():
    phones = number("+13125550190") + number("+13125550191")
    office = answered_office(voice=f'<Dial sequential="true" timeout="20" action="{HOOKS}/dial">{phones}</Dial>')
    office.carrier().place_call(to=TRACKING, conversation="thermostat-install")
    legs = [(d["To"][-2:], d["CallStatus"]) for d in office.to("status") if d.get("ParentCallSid")]
    first = [("90", "initiated"), ("90", "ringing"), ("90", "no-answer")]
    assert legs == [*first, ("91", "initiated"), ("91", "ringing"), ("91", "in-progress"), ("91", "completed")]


def test_a_hunt_group_ends_with_the_first_who_answers():
    phones = number("+13125550190") + number("+13125550191")
    office = answered_office(voice=f'<Dial sequential="true" action="{HOOKS}/dial">{phones}</Dial>')
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert [(leg.number[-2:], leg.status) for leg in placed.legs] == [("90", "completed")]


@pytest.mark.parametrize(
    ("first", "dial_status"), [("no-answer", "no-answer"), ("busy", "busy"), ("refused", "completed")]
)
def test_a_caller_whom_the_first_dial_does_not_help_is_there_for_the_next(first: Line, dial_status: str):
    again = f'<Dial action="{HOOKS}/last">{number("+13125550192")}</Dial>'
    office = answered_office(dial="<Say>One moment, please, while we try another phone for you.</Say>" + again, last="")
    spoken = replace(read_script()["furnace-out"], before=(first,))
    placed = office.carrier().place_call(to=TRACKING, conversation=spoken)
    assert (office.to("dial")[0]["DialCallStatus"], office.to("dial")[0]["DialBridged"]) == (dial_status, "false")
    assert office.to("last")[0]["DialBridged"] == "true"
    assert placed.legs[-1].number == "+13125550192"


def test_a_callers_patience_is_for_all_dials_together():
    again = f'<Dial action="{HOOKS}/last" timeout="10">{number("+13125550192")}</Dial>'
    office = answered_office(voice=again.replace("/last", "/dial"), dial=again)
    spoken = replace(read_script()["leaves-while-ringing"], leaves_after=15.0)
    office.carrier().place_call(to=TRACKING, conversation=spoken)
    assert [office.to(name)[0]["DialCallStatus"] for name in ("dial", "last")] == ["no-answer", "canceled"]


def test_a_recording_from_the_ringing_holds_the_ringing_too():
    ringing = DIAL_TWO.replace("record-from-answer-dual", "record-from-ringing")
    office = answered_office(voice=GREETING + ringing)
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    recording = office.to("recording")[-1]
    assert recording["RecordingChannels"] == "1"
    assert int(recording["RecordingDuration"]) > placed.legs[0].seconds


def test_a_time_limit_cuts_the_talk():
    office = answered_office(
        voice=f'<Dial timeLimit="20" record="true" action="{HOOKS}/dial" {RECORDED}>+13125550190</Dial>'
    )
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert office.to("dial")[0]["RecordingDuration"] == "20"
