"""What Twilio would send: whole requests with their real parameters, signed as Twilio signs."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "a-token-of-twilio"
BASE = "https://calls.example.com"

CALL = "CA11111111111111111111111111111111"
LEG = "CA22222222222222222222222222222222"
OTHER_LEG = "CA33333333333333333333333333333333"
RECORDING = "RE11111111111111111111111111111111"
CALLER, BILLBOARD, CHO, CHOS_COLLEAGUE = "+13125550111", "+13125550142", "+13125550190", "+13125550191"


def post(client: FlaskClient, kind: str, params: Mapping[str, str], **changes: Any) -> TestResponse:
    """Post a form to a webhook, signed for the public address unless `signature` says otherwise."""
    path = f"/webhooks/twilio/{kind}"
    signature = changes.pop("signature", None) or RequestValidator(TOKEN).compute_signature(BASE + path, dict(params))
    headers = {"X-Twilio-Signature": signature, **changes.pop("headers", {})}
    return client.post(path, data=dict(params), headers=headers, **changes)


def parties(*, caller: str = CALLER, number: str = BILLBOARD) -> dict[str, str]:
    return {"From": caller, "Caller": caller, "To": number, "Called": number, "Direction": "inbound"}


def voice(*, call: str = CALL, **changes: str) -> dict[str, str]:
    base = {"AccountSid": ACCOUNT, "CallSid": call, "CallStatus": "ringing", "ApiVersion": "2010-04-01"}
    return {**base, **parties(), **changes}


def leg(status: str, *, at: str, leg: str = LEG, to: str = CHO, call: str = CALL, **changes: str) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT, "CallSid": leg, "ParentCallSid": call, "CallStatus": status,
        "Direction": "outbound-dial", "From": CALLER, "Caller": CALLER, "To": to, "Called": to,
        "CalledVia": BILLBOARD, "Timestamp": at, **changes,
    }  # fmt: skip


def dial(status: str = "completed", *, call: str = CALL, **changes: str) -> dict[str, str]:
    return voice(call=call, **{"CallStatus": "in-progress", "DialCallStatus": status, **changes})


def ended(*, at: str, seconds: int, status: str = "completed", call: str = CALL, **changes: str) -> dict[str, str]:
    return voice(
        call=call,
        **{"CallStatus": status, "Timestamp": at, "CallDuration": str(seconds), "SequenceNumber": "0", **changes},
    )


def recording(status: str = "completed", *, call: str = CALL, sid: str = RECORDING, **changes: str) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT, "CallSid": call, "RecordingSid": sid, "RecordingStatus": status,
        "RecordingSource": "DialVerb", "RecordingChannels": "2", "ErrorCode": "0", **changes,
    }  # fmt: skip


def said(text: str, *, at: str, track: str = "inbound_track", sequence: int = 2, call: str = CALL) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT, "CallSid": call,
        "TranscriptionSid": "GT1", "TranscriptionEvent": "transcription-content",
        "TranscriptionData": f'{{"transcript": "{text}", "confidence": 0.98}}', "Timestamp": at, "Final": "true",
        "Track": track, "SequenceId": str(sequence),
    }  # fmt: skip


def transcript_stopped(*, call: str = CALL, at: str = "2026-05-04T15:01:20.000000Z") -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT, "CallSid": call, "TranscriptionSid": "GT1", "Timestamp": at,
        "TranscriptionEvent": "transcription-stopped", "SequenceId": "9",
    }  # fmt: skip


def answered_call() -> list[tuple[str, dict[str, str]]]:
    """One whole call: two phones ring, Cho answers, 63 seconds are recorded."""
    return [
        ("voice", voice()),
        ("status", leg("initiated", at="Mon, 04 May 2026 15:00:02 +0000")),
        ("status", leg("initiated", at="Mon, 04 May 2026 15:00:02 +0000", leg=OTHER_LEG, to=CHOS_COLLEAGUE)),
        ("status", leg("ringing", at="Mon, 04 May 2026 15:00:03 +0000", SequenceNumber="1")),
        ("status", leg("in-progress", at="Mon, 04 May 2026 15:00:09 +0000", SequenceNumber="2")),
        ("status", leg("canceled", at="Mon, 04 May 2026 15:00:09 +0000", leg=OTHER_LEG, to=CHOS_COLLEAGUE,
                       CallDuration="0", SequenceNumber="2")),
        ("recording", recording("in-progress", RecordingStartTime="Mon, 04 May 2026 15:00:12 +0000")),
        ("transcription", said("my furnace is out", at="2026-05-04T15:00:15.000000Z")),
        ("transcription", said("we can come today", at="2026-05-04T15:00:18.000000Z", track="outbound_track")),
        ("status", leg("completed", at="Mon, 04 May 2026 15:01:15 +0000", CallDuration="66", SequenceNumber="3")),
        ("dial", dial(DialCallSid=LEG, DialCallDuration="66", DialBridged="true", RecordingSid=RECORDING,
                      RecordingDuration="63")),
        ("status", ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=75)),
        ("recording", recording(RecordingDuration="63", RecordingStartTime="Mon, 04 May 2026 15:00:12 +0000")),
        ("transcription", transcript_stopped()),
    ]  # fmt: skip
