"""Twilio's request parameters, by kind of webhook, in the order in which captured requests carry them."""

import base64
import hashlib
import json
import math
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from calltrack.demo.calls import Call, Leg, Recording, Transcription
from calltrack.demo.wire import Parameters

API_VERSION = "2010-04-01"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VOICE = _names(
    "msg Called Digits SpeechResult Confidence RecordingUrl"
    " ToState CallerCountry Direction CallerState ToZip CallSid To CallerZip ToCountry"
    " FinishedOnKey StirVerstat CallToken CalledZip ApiVersion CalledCity CallStatus RecordingSid From AccountSid"
    " CalledCountry CallerCity ToCity FromCountry Caller FromCity CalledState FromZip FromState RecordingDuration"
    " ErrorCode ErrorUrl"
)
_DIAL = _names(
    "Called ToState CallerCountry Direction CallerState ToZip CallSid To CallerZip ToCountry CalledZip ApiVersion"
    " CalledCity CallStatus From AccountSid CalledCountry CallerCity ToCity FromCountry Caller FromCity CalledState"
    " FromZip FromState RecordingUrl DialCallDuration DialCallStatus DialBridged DialCallSid RecordingSid"
    " RecordingDuration"
)
_STATUS = _names(
    "Called ToState CallerCountry Direction Timestamp CallbackSource CallerState ToZip SequenceNumber CallSid To"
    " CallerZip ToCountry CalledZip ApiVersion CalledCity CallStatus Duration From CallDuration AccountSid"
    " CalledCountry CallerCity ToCity FromCountry Caller FromCity CalledState FromZip FromState SipResponseCode"
)
_LEG_EVENT = _names(
    "ApiVersion Called ParentCallSid CallStatus Duration From Direction Timestamp CallDuration SipResponseCode"
    " AccountSid CallbackSource CalledVia Caller SequenceNumber CallSid To ForwardedFrom"
)
_LEG_REQUEST = _names(
    "msg Called Digits Direction CallSid To FinishedOnKey ParentCallSid CalledVia ApiVersion CallStatus From AccountSid"
    " Caller ForwardedFrom"
)
_RECORDING = _names(
    "RecordingSource RecordingTrack RecordingSid RecordingUrl RecordingStatus RecordingChannels ErrorCode CallSid"
    " RecordingStartTime AccountSid RecordingDuration"
)
_TRANSCRIBED = _names(
    "AccountSid ApiVersion CallSid CallStatus Called Caller Direction From RecordingSid RecordingUrl To"
    " TranscriptionSid TranscriptionStatus TranscriptionText TranscriptionType TranscriptionUrl url"
)
_TRANSCRIPTION: dict[str, tuple[str, ...]] = {
    "started": _names(
        "TranscriptionSid Timestamp AccountSid ProviderConfiguration Name OutboundTrackLabel LanguageCode"
        " PartialResults InboundTrackLabel TranscriptionEvent CallSid TranscriptionEngine Track SequenceId"
    ),
    "content": _names(
        "LanguageCode TranscriptionSid TranscriptionEvent CallSid TranscriptionData Timestamp Final AccountSid Track"
        " SequenceId"
    ),
    "stopped": _names("TranscriptionSid Timestamp AccountSid TranscriptionEvent CallSid SequenceId"),
}
_SIP_CODE = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}


def _in_order(names: tuple[str, ...], values: dict[str, str]) -> Parameters:
    return [(name, values[name]) for name in names if name in values]


def timestamp(moment: datetime) -> str:
    """RFC 2822 in UTC, as call and recording callbacks carry it."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def minutes(seconds: int) -> str:
    """Duration as it is billed: minutes, rounded up."""
    return str(math.ceil(seconds / 60))


def recording_url(*, api_url: str, account_sid: str, recording_sid: str) -> str:
    """The address of a recording, without an extension."""
    return f"{api_url}/{API_VERSION}/Accounts/{account_sid}/Recordings/{recording_sid}"


def _standard(call: Call) -> dict[str, str]:
    values = {
        "CallSid": call.sid,
        "AccountSid": call.desk.account_sid,
        "ApiVersion": API_VERSION,
        "Direction": "inbound",
        "CallStatus": call.status,
    }
    for party, names in ((call.caller, ("From", "Caller")), (call.called, ("To", "Called"))):
        for name in names:
            values |= {
                name: party.number,
                f"{name}City": party.city,
                f"{name}State": party.state,
                f"{name}Zip": party.zip,
                f"{name}Country": party.country,
            }
    return values


def voice_request(call: Call) -> Parameters:
    """The request for a call that has just rung."""
    arrival = {"StirVerstat": call.conversation.attestation, "CallToken": _call_token(call)}
    return _in_order(_VOICE, _standard(call) | arrival)


def call_request(call: Call, **more: str) -> Parameters:
    """A later request for what the caller hears next: a redirect, a menu's or a voicemail's action, a fallback."""
    return _in_order(_VOICE, _standard(call) | more)


def dial_request(call: Call, **more: str) -> Parameters:
    """The request for `<Dial action>`."""
    return _in_order(_DIAL, _standard(call) | more)


def status_event(call: Call) -> Parameters:
    """The number's own status callback, which comes once, at the end."""
    return _in_order(
        _STATUS,
        _standard(call)
        | {
            "Timestamp": timestamp(call.ended or call.now),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": "0",
            "Duration": minutes(call.seconds),
            "CallDuration": str(call.seconds),
            "SipResponseCode": call.sip_code,
        },
    )


def _leg(call: Call, leg: Leg) -> dict[str, str]:
    return {
        "CallSid": leg.sid,
        "ParentCallSid": call.sid,
        "AccountSid": call.desk.account_sid,
        "ApiVersion": API_VERSION,
        "Direction": "outbound-dial",
        "CallStatus": leg.status,
        "From": leg.caller_id,
        "Caller": leg.caller_id,
        "To": leg.number,
        "Called": leg.number,
        "CalledVia": call.called.number,
        "ForwardedFrom": call.called.number,
    }


def leg_event(call: Call, leg: Leg) -> Parameters:
    """A `<Number statusCallback>` for the leg's present status. SequenceNumber counts what was subscribed to."""
    values = _leg(call, leg) | {
        "Timestamp": timestamp(leg.ended or call.now),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(leg.reported),
    }
    if leg.ended:
        values |= {
            "Duration": minutes(leg.seconds),
            "CallDuration": str(leg.seconds),
            "SipResponseCode": _SIP_CODE[leg.status],
        }
    return _in_order(_LEG_EVENT, values)


def leg_request(call: Call, leg: Leg, **more: str) -> Parameters:
    """A request for what an agent hears: the whisper, or the action of a menu in it."""
    return _in_order(_LEG_REQUEST, _leg(call, leg) | more)


def recording_event(call: Call, *, recording: Recording, status: str) -> Parameters:
    """A recordingStatusCallback; it always names the parent call. Only a completed one has a length."""
    values = {
        "RecordingSource": recording.source,
        "RecordingTrack": "both",
        "RecordingSid": recording.sid,
        "RecordingUrl": url_of(call, recording),
        "RecordingStatus": status,
        "RecordingChannels": str(recording.channels),
        "ErrorCode": "0",
        "CallSid": call.sid,
        "RecordingStartTime": timestamp(recording.began),
        "AccountSid": call.desk.account_sid,
    }
    if status == "completed":
        values["RecordingDuration"] = str(recording.duration)
    return _in_order(_RECORDING, values)


def url_of(call: Call, recording: Recording) -> str:
    """The address under which this carrier's own server has a recording."""
    return recording_url(api_url=call.desk.api_url, account_sid=call.desk.account_sid, recording_sid=recording.sid)


def transcribed_event(call: Call, *, recording: Recording, sid: str, text: str, url: str) -> Parameters:
    """The transcribeCallback of `<Record transcribe>`."""
    address = url_of(call, recording)
    return _in_order(
        _TRANSCRIBED,
        _standard(call)
        | {
            "RecordingSid": recording.sid,
            "RecordingUrl": address,
            "TranscriptionSid": sid,
            "TranscriptionStatus": "completed",
            "TranscriptionText": text,
            "TranscriptionType": "fast",
            "TranscriptionUrl": f"{address}/Transcriptions/{sid}",
            "url": url,
        },
    )


def transcription_event(
    call: Call, *, transcription: Transcription, event: str, track: str = "", text: str = "", confidence: float = 0.0
) -> Parameters:
    """A real-time transcription event: started, content (always final here) or stopped. Its timestamp is ISO 8601."""
    asked = transcription.attributes
    values = {
        "TranscriptionSid": transcription.sid,
        "Timestamp": call.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "AccountSid": call.desk.account_sid,
        "CallSid": call.sid,
        "TranscriptionEvent": f"transcription-{event}",
        "SequenceId": str(transcription.sequence),
        "LanguageCode": asked.get("languageCode", "en-US"),
        "Final": "true",
        "Track": track or transcription.track,
        "TranscriptionData": json.dumps({"transcript": text, "confidence": confidence}, separators=(",", ":")),
        "ProviderConfiguration": json.dumps(
            {
                "profanityFilter": asked.get("profanityFilter", "true"),
                "speechModel": asked.get("speechModel", "telephony"),
                "enableAutomaticPunctuation": asked.get("enableAutomaticPunctuation", "true"),
                "hints": asked.get("hints", ""),
            },
            separators=(",", ":"),
        ),
        "PartialResults": asked.get("partialResults", "false"),
        "TranscriptionEngine": asked.get("transcriptionEngine", "google"),
    }
    for name, attribute in (
        ("Name", "name"),
        ("InboundTrackLabel", "inboundTrackLabel"),
        ("OutboundTrackLabel", "outboundTrackLabel"),
    ):
        if attribute in asked:
            values[name] = asked[attribute]
    return _in_order(_TRANSCRIPTION[event], values)


def _call_token(call: Call) -> str:
    # The carrier percent-encodes this JSON before it becomes a parameter, so it is encoded twice on the wire.
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    claims = {
        "callSid": call.sid,
        "from": call.caller.number,
        "to": call.called.number,
        "iat": str(int(call.began.timestamp())),
    }
    signature = hashlib.sha512(call.sid.encode()).digest()
    token = ".".join(
        (part(b'{"alg":"ES256"}'), part(json.dumps(claims, separators=(",", ":")).encode()), part(signature))
    )
    info = {"parentCallInfoToken": token, "identityHeaderTokens": []}
    return quote(json.dumps(info, separators=(",", ":")), safe="")
