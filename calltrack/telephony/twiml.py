"""TwiML from the parts of an answer."""

import re
from collections.abc import Callable, Sequence

from twilio.twiml.voice_response import Dial, Start, VoiceResponse

from calltrack.telephony.flows import Hangup, Part, Ring, Say, TakeMessage, Transcribe

# Asks the carrier to deliver again, up to three times, whatever went wrong (it reads this and does not send it).
_RETRY = "#rc=3&rp=all"
_LEG_EVENTS = "initiated ringing answered completed"
_RECORDING_EVENTS = "in-progress completed absent"

# XML holds no control characters but white space, and nobody can speak them.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def render(parts: Sequence[Part], *, callback_base: str) -> str:
    """The document; `callback_base` is what stands before our webhook paths, empty for paths alone."""

    def url(name: str) -> str:
        return f"{callback_base}/webhooks/twilio/{name}{_RETRY}"

    response = VoiceResponse()
    for part in parts:
        match part:
            case Say(text):
                response.say(_UNSPEAKABLE.sub("", text))
            case Transcribe():
                start = Start()
                start.transcription(
                    status_callback_url=url("transcription"),
                    status_callback_method="POST",
                    track="both_tracks",
                    inbound_track_label="caller",
                    outbound_track_label="agent",
                    partial_results=False,
                )
                response.append(start)
            case Ring():
                response.append(_dial(part, url))
            case TakeMessage(longest):
                response.record(
                    action=url("voicemail"),
                    method="POST",
                    max_length=longest,
                    timeout=5,
                    play_beep=True,
                    recording_status_callback=url("recording"),
                    recording_status_callback_method="POST",
                    recording_status_callback_event=_RECORDING_EVENTS,
                )
            case Hangup():
                response.hangup()
    return str(response)


def _dial(ring: Ring, url: Callable[[str], str]) -> Dial:
    dial = Dial(
        action=url("dial"),
        method="POST",
        timeout=ring.seconds,
        answer_on_bridge=True,
        caller_id=ring.caller_id,
        record="record-from-answer-dual",
        recording_status_callback=url("recording"),
        recording_status_callback_method="POST",
        recording_status_callback_event=_RECORDING_EVENTS,
    )
    for number in ring.numbers:
        dial.number(
            number,
            url=url("whisper") if ring.whisper else None,
            method="POST" if ring.whisper else None,
            status_callback=url("status"),
            status_callback_method="POST",
            status_callback_event=_LEG_EVENTS,
        )
    return dial
