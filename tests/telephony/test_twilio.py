"""Twilio's requests: who signed them, and what they say."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from hashlib import sha1, sha256
from hmac import new as hmac_of
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from calltrack.telephony import twilio
from calltrack.telephony.carrier import Event, Kind, RecordingNews, Speech, TextMessage
from tests.twilio_wire import BILLBOARD, CALL, CALLER, CHO, LEG, RECORDING, dial, ended, leg, recording, said, voice

# The vector that Twilio publishes, and its SDKs test with.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMS = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
    "To": "+18005551212",
}  # fmt: skip
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
TOKENS = ("12345",)


def sign(url: str, *pairs: tuple[str, str], token: str = "12345") -> str:
    """Twilio's own rule, written out: the URL, then every name and value in order of name and value, each once."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return b64encode(hmac_of(token.encode(), text.encode(), sha1).digest()).decode()


def genuine(url: str = URL, *, form: MultiDict[str, str] | None = None, **changes: Any) -> bool:
    """What `verify` says of Twilio's vector with these changes."""
    asked = {"body": b"", "signature": SIGNATURE, "tokens": TOKENS, **changes}
    return twilio.verify(url=url, form=MultiDict(PARAMS) if form is None else form, **asked)


def test_the_vector_that_twilio_publishes_is_genuine() -> None:
    assert genuine()
    assert sign(URL, *PARAMS.items()) == SIGNATURE


@pytest.mark.parametrize("signature", [None, "", "AAAA", SIGNATURE[:-1], SIGNATURE.lower(), "é" * 28])
def test_another_signature_or_none_is_not(signature: str | None) -> None:
    assert not genuine(signature=signature)


@pytest.mark.parametrize(
    "url",
    [
        "https://mycompany.com/myapp.php?bar=2&foo=1", "https://mycompany.com/myapp.php?foo=1&bar=2&",
        "https://mycompany.com/myapp.php", "http://mycompany.com/myapp.php?foo=1&bar=2",
        "https://mycompany.com//myapp.php?foo=1&bar=2", "https://mycompany.com/Myapp.php?foo=1&bar=2",
        "https://other.com/myapp.php?foo=1&bar=2",
    ],
)  # fmt: skip
def test_the_address_counts_letter_by_letter(url: str) -> None:
    assert not genuine(url)


def test_every_parameter_counts_and_so_does_an_empty_one() -> None:
    assert not genuine(form=MultiDict({**PARAMS, "Digits": "1235"}))
    assert not genuine(form=MultiDict({**PARAMS, "Digits": " 1234"}))
    assert not genuine(form=MultiDict({**PARAMS, "CallerZip": ""}))
    assert genuine(
        form=MultiDict({**PARAMS, "CallerZip": "", "CallerName": " O'Neil "}),
        signature=sign(URL, *PARAMS.items(), ("CallerZip", ""), ("CallerName", " O'Neil ")),
    )


@given(
    st.lists(st.tuples(st.sampled_from("abcA"), st.text("xyz é+", max_size=3)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_repeated_parameters_are_signed_sorted_and_once(pairs: list[tuple[str, str]], random) -> None:
    shuffled = random.sample(pairs, len(pairs))
    assert genuine(form=MultiDict(shuffled), signature=sign(URL, *pairs))


def test_either_token_may_sign_while_one_replaces_the_other() -> None:
    assert genuine(tokens=("old", "12345"))
    assert genuine(tokens=("12345", "new"))
    assert not genuine(tokens=("old", "new"))
    assert not genuine(tokens=())


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_a_port_that_the_carrier_may_or_may_not_sign(port: str) -> None:
    url = f"https://mycompany.com{port}/voice"
    for signed in (url, f"https://mycompany.com{port or ':443'}/voice"):
        assert genuine(url, signature=sign(signed, *PARAMS.items()))


@pytest.mark.parametrize(
    "url", ["https://mycompany.com:99999/voice", "https://mycompany.com:x/voice", "https://[::1]:8000/voice", "//", ""]
)
def test_an_odd_address_is_no_error(url: str) -> None:
    assert not genuine(url)


def json_url(body: bytes, *, digest: str | None = None) -> str:
    return f"https://calls.example.com/transcription?bodySHA256={digest or sha256(body).hexdigest()}"


def test_a_body_that_is_no_form_is_covered_by_its_digest() -> None:
    body = b'{"event_type": "voice_intelligence_transcript_available"}'
    url, empty = json_url(body), MultiDict[str, str]()
    assert genuine(url, form=empty, body=body, signature=sign(url))
    assert not genuine(url, form=empty, body=body + b" ", signature=sign(url))
    assert not genuine(url, form=empty, body=b"", signature=sign(url))
    upper = json_url(body, digest=sha256(body).hexdigest().upper())
    assert genuine(upper, form=empty, body=body, signature=sign(upper))


def test_a_body_that_nothing_covers_is_refused() -> None:
    bare = "https://calls.example.com/transcription"
    assert not genuine(bare, form=MultiDict(), body=b"{}", signature=sign(bare))
    assert genuine(bare, form=MultiDict(), body=b"", signature=sign(bare))


def test_a_digest_that_is_no_ascii_is_no_error() -> None:
    url = json_url(b"{}", digest="%C3%A9")
    assert not genuine(url, form=MultiDict(), body=b"{}", signature=sign(url))


def test_the_account_is_what_the_request_says() -> None:
    assert twilio.account_of({"AccountSid": "AC1"}) == "AC1"
    assert twilio.account_of({}) == ""


ADD_ONS = json.dumps(
    {
        "status": "successful", "message": None, "code": None,
        "results": {"nomorobo_spamscore": {"request_sid": "XR1", "status": "successful", "code": None,
                                           "result": {"status": "success", "score": 1}}},
    }
)  # fmt: skip


def test_a_new_call_says_who_called_whom_whatever_else_comes_along() -> None:
    params = voice(
        CallerName="ANA'S HEATING", CallerCity="LOS ANGELES", CallerZip="", StirVerstat="TN-Validation-Passed-A",
        CallToken="%7B%22parentCallInfoToken%22%3A%22eyJ%22%7D", AddOns=ADD_ONS, SomethingNew="1",
    )  # fmt: skip
    assert twilio.parse(kind="voice", params=params) == Event(
        kind="voice", call_sid=CALL, direction="inbound", dialled=BILLBOARD, caller=CALLER,
        caller_name="ANA'S HEATING", status="ringing", attestation="A", spam=True,
    )  # fmt: skip


@pytest.mark.parametrize("caller", ["anonymous", "client:ana", "sip:ana@example.com", "unknown", "7378742833"])
def test_a_caller_that_is_no_number_is_kept(caller: str) -> None:
    event = twilio.parse(kind="voice", params=voice(From=caller, Caller=caller))
    assert event.caller == {"7378742833": "+17378742833"}.get(caller, caller)


def test_old_names_of_the_parties_do_as_well() -> None:
    event = twilio.parse(kind="voice", params={"CallSid": CALL, "Called": "(312) 555-0142", "Caller": CALLER})
    assert (event.dialled, event.caller) == (BILLBOARD, CALLER)


def test_the_last_status_says_when_and_how_long_in_seconds() -> None:
    params = ended(at="Sat, 08 Aug 2020 03:26:02 +0000", seconds=35, Duration="1", SipResponseCode="200")
    event = twilio.parse(kind="status", params=params)
    assert event.at == datetime(2020, 8, 8, 3, 26, 2, tzinfo=UTC)
    assert (event.status, event.duration, event.sequence, event.leg_sid) == ("completed", 35, 0, None)
    assert event.makes_a_call


def test_what_has_a_parent_is_a_leg_of_it() -> None:
    event = twilio.parse(kind="status", params=leg("in-progress", at="Sat, 08 Aug 2020 03:25:40 +0000"))
    assert (event.call_sid, event.leg_sid) == (CALL, LEG)
    assert (event.dialled, event.via, event.makes_a_call) == (CHO, BILLBOARD, False)


def test_only_what_is_inbound_or_does_not_say_makes_a_call() -> None:
    made = {
        direction: twilio.parse(kind="status", params=voice(Direction=direction)).makes_a_call
        for direction in ("inbound", "", "outbound-api", "outbound-dial")
    }
    assert made == {"inbound": True, "": True, "outbound-api": False, "outbound-dial": False}


def test_a_dial_says_how_it_went_and_what_was_recorded() -> None:
    params = dial(
        "completed", DialCallSid=LEG, DialCallDuration="3", DialBridged="true", RecordingSid=RECORDING,
        RecordingDuration="3", RecordingUrl="http://api.twilio.com/x",
    )  # fmt: skip
    event = twilio.parse(kind="dial", params=params)
    assert (event.dial_status, event.dial_bridged, event.dial_leg, event.dial_duration) == ("completed", True, LEG, 3)
    assert event.recording == RecordingNews(RECORDING, "in-progress", duration=3, source="conversation")


@pytest.mark.parametrize(
    ("said_so", "bridged"),
    [("true", True), ("false", False), ("True", True), ("", None), (None, None), ("maybe", None)],
)
def test_bridged_is_yes_no_or_not_said(said_so: str | None, bridged: bool | None) -> None:
    params = dial() if said_so is None else dial(DialBridged=said_so)
    assert twilio.parse(kind="dial", params=params).dial_bridged is bridged


def test_a_recording_callback_knows_no_parties() -> None:
    params = recording(RecordingDuration="53", RecordingStartTime="Thu, 01 Aug 2024 04:20:56 +0000")
    event = twilio.parse(kind="recording", params=params)
    assert (event.call_sid, event.dialled, event.caller, event.makes_a_call) == (CALL, None, None, True)
    assert event.recording == RecordingNews(
        RECORDING, "completed", duration=53, channels=2, source="conversation",
        started_at=datetime(2024, 8, 1, 4, 20, 56, tzinfo=UTC),
    )  # fmt: skip


def test_a_recording_that_a_status_mentions_is_no_news() -> None:
    params = ended(at="Sat, 08 Aug 2020 03:26:02 +0000", seconds=35, RecordingSid=RECORDING, RecordingDuration="3")
    assert twilio.parse(kind="status", params=params).recording is None


@pytest.mark.parametrize("sid", ["", "../../../Accounts", "RE1?x=1", "RE 1", "R" * 65])
def test_a_recording_id_that_could_lead_elsewhere_is_none(sid: str) -> None:
    assert twilio.parse(kind="recording", params=recording(sid=sid)).recording is None


def test_a_message_left_says_what_it_was() -> None:
    params = voice(RecordingSid=RECORDING, RecordingDuration="13", Digits="hangup", CallStatus="completed")
    event = twilio.parse(kind="voicemail", params=params)
    assert event.recording == RecordingNews(RECORDING, "in-progress", duration=13, source="message")


def test_a_whisper_is_asked_for_by_the_leg_for_the_tracking_number() -> None:
    event = twilio.parse(kind="whisper", params=leg("in-progress", at=""))
    assert (event.leg_sid, event.via, event.at) == (LEG, BILLBOARD, None)


def spoken(**changes: str) -> Speech | None:
    return twilio.parse(kind="transcription", params={**said("hello", at="2026-05-04T15:00:15Z"), **changes}).speech


def test_a_finished_utterance_has_a_speaker_and_a_place() -> None:
    assert spoken() == Speech("GT1", "content", speaker="caller", text="hello", sequence=2)
    assert spoken(Track="outbound_track") == Speech("GT1", "content", speaker="agent", text="hello", sequence=2)
    assert spoken(Track="") == Speech("GT1", "content", speaker="unknown", text="hello", sequence=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"Final": "false", "Stability": "0.8"}, {"Final": ""},
        {"TranscriptionData": '{"transcript": "  "}'}, {"TranscriptionData": '{"confidence": 0.9}'},
        {"TranscriptionData": '{"transcript": 5}'}, {"TranscriptionData": "[]"}, {"TranscriptionData": "hello"},
        {"TranscriptionData": "[" * 10_000},
        {"TranscriptionEvent": "transcription-error"}, {"TranscriptionEvent": ""},
    ],
)  # fmt: skip
def test_what_is_not_finished_or_not_speech_is_dropped(changes: dict[str, str]) -> None:
    assert spoken(**changes) is None


def test_a_live_transcript_begins_and_ends() -> None:
    assert spoken(TranscriptionEvent="transcription-started") == Speech("GT1", "started")
    assert spoken(TranscriptionEvent="transcription-stopped") == Speech("GT1", "stopped")


def test_a_voicemails_text_comes_whole_and_is_the_callers() -> None:
    params = voice(
        TranscriptionSid="TR1", TranscriptionStatus="completed", TranscriptionText="Call me back.",
        TranscriptionType="fast", RecordingSid=RECORDING,
    )  # fmt: skip
    event = twilio.parse(kind="transcription", params=params)
    assert (event.speech, event.recording) == (Speech("TR1", "whole", speaker="caller", text="Call me back."), None)
    failed = {**params, "TranscriptionStatus": "failed", "TranscriptionText": ""}
    assert twilio.parse(kind="transcription", params=failed).speech is None


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("Sat, 08 Aug 2020 03:26:02 +0000", datetime(2020, 8, 8, 3, 26, 2, tzinfo=UTC)),
        ("Sat, 08 Aug 2020 03:26:02 GMT", datetime(2020, 8, 8, 3, 26, 2, tzinfo=UTC)),
        ("Fri, 07 Aug 2020 20:26:02 -0700", datetime(2020, 8, 8, 3, 26, 2, tzinfo=UTC)),
        ("Sat, 08 Aug 2020 03:26:02 -0000", datetime(2020, 8, 8, 3, 26, 2, tzinfo=UTC)),
        ("2024-06-25T18:45:21.454203Z", datetime(2024, 6, 25, 18, 45, 21, 454203, tzinfo=UTC)),
        ("2024-06-25T18:45:21.454203789Z", datetime(2024, 6, 25, 18, 45, 21, 454203, tzinfo=UTC)),
        ("2024-06-25T20:45:21+02:00", datetime(2024, 6, 25, 18, 45, 21, tzinfo=UTC)),
        ("2024-06-25T18:45:21Z", datetime(2024, 6, 25, 18, 45, 21, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("Sat, 99 Aug 2020 03:26:02 +0000", None),
        ("Sat, 08 Aug 1920 03:26:02 +0000", None),
        ("9999-12-31T23:59:59-23:00", None),
    ],
)
def test_a_moment_is_read_in_either_of_the_carriers_spellings(raw: str, moment: datetime | None) -> None:
    assert twilio.parse(kind="status", params=voice(Timestamp=raw)).at == moment


@given(
    st.datetimes(datetime(2000, 1, 3), datetime(2099, 12, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_both_spellings_of_a_moment_mean_the_same(naive: datetime, zone: timezone) -> None:
    moment = naive.replace(tzinfo=zone)
    iso = twilio.parse(kind="status", params=voice(Timestamp=moment.isoformat())).at
    mail = twilio.parse(kind="status", params=voice(Timestamp=format_datetime(moment))).at
    assert (iso, mail) == (moment, moment.replace(microsecond=0))
    assert iso is not None
    assert iso.tzinfo == UTC


@pytest.mark.parametrize("raw", ["-1", "1.5", "²", "٣", "9" * 10, "five", " 5", ""])
def test_a_length_that_is_no_whole_number_is_as_if_not_said(raw: str) -> None:
    event = twilio.parse(kind="status", params=voice(CallDuration=raw, SequenceNumber=raw))
    assert (event.duration, event.sequence) == (None, 0)


def test_an_impossible_id_is_no_call() -> None:
    for params in ({}, {"CallSid": ""}, {"CallSid": "C" * 65}, {"CallSid": "C" * 65, "ParentCallSid": CALL}):
        event = twilio.parse(kind="status", params=params)
        assert (event.call_sid, event.leg_sid) == ("", None)
    assert twilio.parse(kind="status", params={"CallSid": "a-uuid-of-another-carrier"}).call_sid


@given(
    kind=st.sampled_from(get_args(Kind)),
    params=st.dictionaries(st.sampled_from([*voice(), *dial(), *recording(), *said("", at="")]), st.text(max_size=40)),
)
def test_whatever_comes_is_read_without_an_error(kind: Kind, params: dict[str, str]) -> None:
    assert twilio.parse(kind=kind, params=params).kind == kind


def test_a_text_message_is_read_by_any_of_its_ids() -> None:
    sms = {"From": CALLER, "To": BILLBOARD, "Body": "Price?", "NumMedia": "0"}
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        assert twilio.parse_message({**sms, name: "SM1"}) == TextMessage("SM1", CALLER, BILLBOARD, "Price?")
    assert twilio.parse_message(sms) is None
    assert twilio.parse_message({"MessageSid": "S" * 65}) is None


def test_a_recording_lies_below_the_carriers_own_address() -> None:
    path = twilio.media_path(carrier_account="AC1", recording_sid="RE1")
    assert path == "/2010-04-01/Accounts/AC1/Recordings/RE1"
