"""The carrier's door: who may enter, what is answered, and that nothing on the line is ever lost."""

import json
import sys
from importlib import import_module
from time import monotonic

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select
from twilio.request_validator import RequestValidator

from calltrack.models import Call, CallEvent, Message
from calltrack.webhooks.replay import replay_spool
from tests.twilio_wire import (
    ACCOUNT,
    BASE,
    BILLBOARD,
    CALL,
    CHO,
    CHOS_COLLEAGUE,
    TOKEN,
    answered_call,
    dial,
    ended,
    leg,
    post,
    voice,
)
from tests.webhooks.absence import database_away, shared

SPEAKING = ("voice", "dial", "menu", "whisper", "voicemail")
LISTENING = ("status", "recording", "transcription")


def count(app: Flask, table: type) -> int:
    with app.extensions["calltrack"].database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_caller_hears_the_announcement_and_all_phones_ring(client: FlaskClient) -> None:
    answer = post(client, "voice", voice())
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    twiml = answer.text
    assert twiml.index("may be recorded") < twiml.index("<Dial") < twiml.index(CHO) < twiml.index(CHOS_COLLEAGUE)
    assert 'record="record-from-answer-dual"' in twiml
    assert f'recordingStatusCallback="{BASE}/webhooks/twilio/recording#rc=3&amp;rp=all"' in twiml


def test_a_call_that_was_sent_on_to_us_is_for_the_number_that_was_dialled(app: Flask, client: FlaskClient) -> None:
    forwarded = voice(CalledVia="+13125550199", ForwardedFrom="+13125550199")
    assert CHO in post(client, "voice", forwarded).text
    with app.extensions["calltrack"].database.read() as session:
        call = session.scalars(select(Call)).one()
    assert (call.dialled, call.announcement is not None) == (BILLBOARD, True)


def test_a_caller_without_a_number_is_shown_as_the_tracking_number(client: FlaskClient) -> None:
    assert "callerId" not in post(client, "voice", voice()).text
    assert f'callerId="{BILLBOARD}"' in post(client, "voice", voice(From="anonymous", Caller="anonymous")).text


def test_when_nobody_answers_the_caller_may_leave_a_message(client: FlaskClient) -> None:
    for status in ("no-answer", "busy", "failed", "canceled"):
        assert "<Record" in post(client, "dial", dial(status)).text
    assert "<Record" in post(client, "dial", dial("completed", DialBridged="false")).text


def test_after_a_conversation_there_is_nothing_more_to_say(client: FlaskClient) -> None:
    assert "<Hangup" in post(client, "dial", dial("completed", DialBridged="true")).text
    assert "<Hangup" in post(client, "voicemail", voice(RecordingSid="RE1", RecordingDuration="9")).text


def test_the_agent_hears_the_whisper_and_a_whisper_unwritten_is_silence(client: FlaskClient) -> None:
    ring = leg("in-progress", at="Mon, 04 May 2026 15:00:09 +0000")
    assert "<Say>Call for Spring Billboard</Say>" in post(client, "whisper", ring).text
    assert post(client, "whisper", {**ring, "CalledVia": "+13125550199"}).text.endswith("<Response />")


@pytest.mark.parametrize("path", ["nobody/voice", "twilio/sing"])
def test_there_is_no_door_for_other_carriers_or_other_news(client: FlaskClient, path: str) -> None:
    assert client.post(f"/webhooks/{path}", data=voice()).status_code == 404


def test_a_number_nobody_owns_gets_a_polite_answer_and_the_call_is_kept(app: Flask, client: FlaskClient) -> None:
    answer = post(client, "voice", voice(To="+13125550199", Called="+13125550199"))
    assert answer.status_code == 200
    assert "not in service" in answer.text
    assert count(app, Call) == 1


@pytest.mark.parametrize("kind", [*SPEAKING, *LISTENING, "message"])
def test_a_forged_or_missing_signature_leaves_no_trace(app: Flask, client: FlaskClient, kind: str) -> None:
    assert post(client, kind, voice(), signature="AAAAAAAAAAAAAAAAAAAAAAAAAAA=").status_code == 403
    assert client.post(f"/webhooks/twilio/{kind}", data=voice()).status_code == 403
    assert count(app, CallEvent) == count(app, Call) == count(app, Message) == 0


def test_another_account_is_refused_even_well_signed(app: Flask, client: FlaskClient) -> None:
    assert post(client, "voice", voice(AccountSid="AC" + "9" * 32)).status_code == 403
    assert post(client, "voice", {k: v for k, v in voice().items() if k != "AccountSid"}).status_code == 403
    assert count(app, CallEvent) == 0


def test_the_signature_covers_the_query_as_it_came(client: FlaskClient) -> None:
    url = f"{BASE}/webhooks/twilio/voice?b=2&a=%20x"
    signature = RequestValidator(TOKEN).compute_signature(url, voice())
    headers = {"X-Twilio-Signature": signature}
    assert client.post("/webhooks/twilio/voice?b=2&a=%20x", data=voice(), headers=headers).status_code == 200
    assert client.post("/webhooks/twilio/voice?a=%20x&b=2", data=voice(), headers=headers).status_code == 403


def test_a_json_body_is_covered_by_its_digest(client: FlaskClient) -> None:
    from hashlib import sha256

    body = json.dumps({"account_sid": ACCOUNT, "event_type": "voice_intelligence_transcript_available"})
    path = f"/webhooks/twilio/transcription?bodySHA256={sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(BASE + path, {})}
    good = client.post(path, data=body, headers=headers, content_type="application/json")
    bad = client.post(path, data=body + " ", headers=headers, content_type="application/json")
    assert (good.status_code, bad.status_code) == (204, 403)


@pytest.mark.parametrize("caller", ["anonymous", "client:ana", "unknown", "sip:ana@example.com", "", "+1", "0049 30 é"])
def test_a_caller_is_kept_as_they_came(app: Flask, client: FlaskClient, caller: str) -> None:
    assert post(client, "voice", voice(From=caller, Caller=caller)).status_code == 200
    with app.extensions["calltrack"].database.read() as session:
        assert session.scalars(select(Call.caller)).one() == (caller or None)


def test_a_call_with_an_impossible_id_still_rings_the_business(app: Flask, client: FlaskClient) -> None:
    assert CHO in post(client, "voice", voice(CallSid="C" * 65)).text
    assert post(client, "status", voice(CallSid="")).status_code == 204
    assert count(app, Call) == 0


def test_a_text_message_is_kept_once(app: Flask, client: FlaskClient) -> None:
    sms = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "From": "+13125550111", "To": BILLBOARD, "Body": "Price?\x00"}
    for _ in range(2):
        answer = post(client, "message", sms)
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    with app.extensions["calltrack"].database.read() as session:
        message = session.scalars(select(Message)).one()
    assert (message.text, message.account_id is not None) == ("Price?", True)


def test_the_word_help_is_answered_to_its_sender(client: FlaskClient) -> None:
    sms = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "From": "+13125550111", "To": BILLBOARD, "Body": "Help"}
    answer = post(client, "message", sms)
    assert "<Message>" in answer.text
    assert post(client, "message", sms).text == answer.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from([*SPEAKING, *LISTENING, "message"]),
    query=st.sampled_from(["", "?at=menu&v=1", "?at=team&go=9&turn=2147483647&v=1", "?at=%00&go=-1", "?v=&at=menu"]),
    junk=st.dictionaries(
        st.sampled_from(
            "Digits SpeechResult AddOns StirVerstat "
            "CallSid ParentCallSid CallStatus From To Timestamp CallDuration SequenceNumber DialCallStatus DialBridged "
            "DialCallDuration RecordingSid RecordingStatus RecordingDuration RecordingChannels TranscriptionEvent "
            "TranscriptionData Final Track SequenceId MessageSid Body Direction RecordingStartTime".split()
        ),
        st.one_of(
            st.text(max_size=80), st.sampled_from(["completed", "true", "-1", "9" * 30, "\x00", "[]", '{"a":1}'])
        ),
    ),
)
def test_no_well_signed_nonsense_is_a_server_error(
    client: FlaskClient, kind: str, query: str, junk: dict[str, str]
) -> None:
    junk = {name: value.encode("utf-8", "replace").decode() for name, value in junk.items()}
    answer = post(client, kind + query, {"AccountSid": ACCOUNT, "CallSid": CALL, **junk})
    assert answer.status_code in (200, 204)


def test_with_the_database_away_the_business_rings_and_the_call_is_in_the_books_later(
    app: Flask, client: FlaskClient
) -> None:
    house = app.extensions["calltrack"]
    with database_away(app):
        for kind, params in answered_call():
            answer = post(client, kind, params)
            assert answer.status_code in (200, 204)
            assert CHO in answer.text or kind != "voice"
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json and ready.json["spool"]["waiting"]) == (200, len(answered_call()))
    assert count(app, Call) == 0
    assert replay_spool(house) == len(answered_call())
    assert replay_spool(house) == 0
    with house.database.read() as session:
        call = session.scalars(select(Call)).one()
    assert (call.duration, call.answered_by, call.announcement is not None) == (75, CHO, True)


@pytest.mark.slow
def test_while_the_tables_are_locked_the_business_rings_in_time(app: Flask, client: FlaskClient) -> None:
    house = app.extensions["calltrack"]
    with house.database.engine.connect() as other, other.begin():
        if other.dialect.name == "postgresql":
            other.exec_driver_sql("LOCK TABLE calls IN SHARE ROW EXCLUSIVE MODE")
        started = monotonic()
        assert CHO in post(client, "voice", voice()).text
        assert monotonic() - started < 10, "the carrier hangs up after 15 s"
    assert replay_spool(house) == 1
    assert count(app, Call) == 1


def test_a_database_that_cannot_be_written_and_no_spool_is_not_ready(app: Flask, client: FlaskClient) -> None:
    house = app.extensions["calltrack"]
    house.settings.spool.write_text("a file where the folder should be")
    assert client.get("/readyz").status_code == 200
    with house.database.engine.connect() as other, other.begin():
        if other.dialect.name == "postgresql":
            event.listen(house.database.engine, "begin", _read_only)
        assert client.get("/readyz").status_code == 503


def _read_only(connection: Connection) -> None:
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def test_where_nothing_can_be_written_the_business_rings_and_the_rest_is_asked_to_come_again(
    app: Flask, client: FlaskClient
) -> None:
    app.extensions["calltrack"].settings.spool.write_text("a file where the folder should be")
    with database_away(app):
        assert CHO in post(client, "voice", voice()).text
        ended_call = ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=75)
        assert post(client, "status", ended_call).status_code == 503
        assert client.get("/readyz").status_code == 503


@pytest.mark.shared_data
@pytest.mark.parametrize("order", ["in order", "reversed", "each twice"])
def test_a_captured_call_is_one_answered_call_however_it_comes(app: Flask, client: FlaskClient, order: str) -> None:
    lines = (shared() / "data/webhooks/payloads.jsonl").read_text().splitlines()
    captured = [one for one in map(json.loads, lines) if one["id"][:1] == "A"]
    told = {"reversed": captured[::-1], "each twice": [one for one in captured for _ in range(2)]}.get(order, captured)
    for one in told:
        params = {**dict(one["params"]), "AccountSid": ACCOUNT}
        answer = post(client, KINDS[one["kind"]], params)
        assert answer.status_code in (200, 204)
    with app.extensions["calltrack"].database.read() as session:
        call = session.scalars(select(Call)).one()
    assert (call.status, call.duration, call.talk_seconds, call.answered_by) == ("completed", 75, 66, "+12125550190")


@pytest.mark.shared_data
def test_every_captured_form_is_taken_and_every_answer_is_valid_twiml(app: Flask, client: FlaskClient) -> None:
    sys.path.insert(0, str(shared() / "tools"))
    twiml_check = import_module("twiml_check")

    for one in map(json.loads, (shared() / "data/webhooks/payloads.jsonl").read_text().splitlines()):
        if not one["content_type"].startswith("application/x-www-form-urlencoded"):
            continue
        answer = post(client, KINDS[one["kind"]], {**dict(one["params"]), "AccountSid": ACCOUNT})
        assert answer.status_code in (200, 204), one["id"]
        if answer.status_code == 200:
            context = "whisper" if one["kind"] == "whisper" else "voice"
            assert twiml_check.check(answer.data, answer.content_type, context) == [], one["id"]


KINDS = {
    "voice": "voice",
    "gather-action": "menu",
    "record-action": "voicemail",
    "number-status": "status",
    "status": "status",
    "dial-action": "dial",
    "recording-status": "recording",
    "sms": "message",
    "transcription": "transcription",
    "whisper": "whisper",
}
