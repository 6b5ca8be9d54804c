"""TwiML is followed verb after verb, and what cannot be followed ends in the fallback or an apology."""

from dataclasses import replace

import pytest
from flask import Response

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.conversations import read_script
from calltrack.demo.wire import post_to_wsgi
from tests.demo.office import (
    ACCOUNT,
    BASE,
    DIAL_TWO,
    HOOKS,
    STANDARD,
    TRACKING,
    VOICEMAIL,
    Office,
    answered_office,
    missed_office,
    twiml,
)


def test_a_caller_whom_nobody_answers_leaves_a_message():
    office = missed_office()
    placed = office.carrier().place_call(to=TRACKING, conversation="voicemail-no-heat")
    dial, taken = office.to("dial")[0], office.to("voicemail")[0]
    assert (dial["DialCallStatus"], dial["DialBridged"]) == ("no-answer", "false")
    assert "DialCallDuration" not in dial.names
    assert (taken["Digits"], taken["CallStatus"]) == ("hangup", "completed")
    assert [d["RecordingStatus"] for d in office.to("recording")] == ["absent", "in-progress", "completed"]
    done = office.to("recording")[-1]
    assert (done["RecordingSource"], done["RecordingChannels"]) == ("RecordVerb", "1")
    assert done["RecordingDuration"] == taken["RecordingDuration"]
    text = office.to("transcription")[-1]
    assert text["TranscriptionText"] == read_script()["voicemail-no-heat"].words.replace("\n", " ")
    assert placed.exchanges[-1].kind == "transcribe"


def test_a_caller_who_leaves_no_message_hangs_up_in_the_prompt():
    office = missed_office()
    placed = office.carrier().place_call(to=TRACKING, conversation="nobody-answers")
    assert not office.to("voicemail")
    assert not placed.recordings
    assert office.requests[-1]["CallStatus"] == "completed"


def test_a_call_sent_straight_to_voicemail_tells_its_story_there():
    office = missed_office(voice=VOICEMAIL)
    placed = office.carrier().place_call(to=TRACKING, conversation="garage-spring")
    assert [exchange.kind for exchange in placed.exchanges][:4] == [
        "voice",
        "recording:in-progress",
        "record",
        "status",
    ]
    assert "huge bang" in office.to("transcription")[-1]["TranscriptionText"]


def test_a_caller_presses_a_key_at_the_menu():
    menu = f'<Gather numDigits="1" action="{HOOKS}/menu"><Say>For service press 1.</Say></Gather><Hangup/>'
    office = answered_office(voice=menu, menu=DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    pressed = office.to("menu")[0]
    assert (pressed["msg"], pressed["Digits"], pressed["FinishedOnKey"]) == ("Gather End", "1", "")
    assert sorted(pressed.names) == sorted([*STANDARD, "msg", "Digits", "FinishedOnKey"])
    assert office.to("dial")[0]["DialBridged"] == "true"


def test_a_menu_without_an_answer_falls_through_to_the_next_verb():
    menu = f'<Gather input="speech" action="{HOOKS}/menu"/><Redirect>{HOOKS}/operator</Redirect>'
    office = answered_office(voice=menu, operator="<Hangup/>")
    office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert not office.to("menu")
    assert len(office.to("operator")) == 1


ASKS = f'<Gather input="dtmf speech" hints="repair" numDigits="1" actionOnEmptyResult="true" action="{HOOKS}/menu"/>'


def test_a_caller_says_what_they_want_where_a_menu_listens():
    office = answered_office(voice=ASKS, menu=DIAL_TWO)
    spoken = replace(read_script()["furnace-out"], says=("a repair",))
    office.carrier().place_call(to=TRACKING, conversation=spoken)
    said = office.to("menu")[0]
    assert (said["SpeechResult"], float(said["Confidence"])) == ("a repair", 0.9)
    assert "Digits" not in said.names
    assert office.to("dial")


def test_who_chooses_nothing_is_asked_about_all_the_same_where_the_menu_says_so():
    office = answered_office(voice=ASKS, menu=DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation=replace(read_script()["furnace-out"], digits=()))
    assert (office.to("menu")[0]["Digits"], office.to("menu")[0].get("SpeechResult")) == ("", None)


def test_a_caller_who_leaves_in_a_menu_is_heard_of_no_more():
    office = answered_office(voice=ASKS)
    placed = office.carrier().place_call(
        to=TRACKING, conversation=replace(read_script()["leaves-in-greeting"], line="hangs-up-in-menu")
    )
    assert [exchange.kind for exchange in placed.exchanges] == ["voice", "status"]
    assert office.to("status")[0]["CallStatus"] == "completed"


def test_a_busy_reject_answers_nothing():
    office = answered_office(voice='<Reject reason="busy"/>')
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    status = office.to("status")[0]
    assert (placed.status, status["CallDuration"], status["SipResponseCode"]) == ("busy", "0", "486")


def test_an_unusable_answer_is_asked_of_the_fallback_with_the_error():
    answers = iter([twiml("<Shout/>"), twiml("<Hangup/>")])
    office = answered_office()
    app = office.app()
    app.view_functions["hook"] = lambda name: (
        (office.requests, next(answers))[1] if name == "voice" else Response(status=204)
    )
    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token="t", post=post_to_wsgi(app))
    placed = carrier.place_call(to=TRACKING, conversation="furnace-out")
    fallback = placed.exchanges[1]
    assert [error.code for error in placed.errors] == [12200]
    assert dict(fallback.params)["ErrorCode"] == "12200"
    assert dict(fallback.params)["ErrorUrl"] == f"{BASE}{HOOKS}/voice"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response("hello", mimetype="text/plain"), 12300),
        (Response("<!DOCTYPE html><html><body>Not found</body></html>", mimetype="text/html"), 12100),
        (Response("<html><body>Not found</body></html>", mimetype="text/html"), 12100),
        (Response(status=500), 11200),
        (Response(status=204), 12100),
    ],
)
def test_a_caller_hears_an_application_error_when_nothing_can_be_followed(answer: Response, code: int):
    office = Office({"voice": answer})
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert [error.code for error in placed.errors] == [code, code]
    assert placed.exchanges[-1].kind == "status"
    assert placed.status == "completed"


def test_documents_that_run_in_a_circle_are_left():
    office = Office({"voice": f"<Redirect>{HOOKS}/voice</Redirect>"})
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert placed.errors[-1].code == 11215


def test_relative_urls_belong_to_the_document_they_stand_in():
    office = answered_office(
        voice="<Redirect>operator#rc=2</Redirect>", operator='<Dial action="dial">+13125550190</Dial>'
    )
    placed = office.carrier().place_call(to=TRACKING, conversation="furnace-out")
    assert [exchange.path for exchange in placed.exchanges[:3]] == [
        f"{HOOKS}/voice",
        f"{HOOKS}/operator",
        f"{HOOKS}/dial",
    ]
    assert office.to("operator")[0].signed
