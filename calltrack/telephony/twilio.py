"""Twilio's requests: is it really Twilio, and what does it say. The only file with Twilio's parameter names."""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from calltrack.phone import normalise
from calltrack.telephony.carrier import LONGEST_SECONDS, LONGEST_SID, Event, Kind, RecordingNews, Speech, TextMessage

CARRIER = "twilio"
SIGNATURE_HEADER = "X-Twilio-Signature"
RETRY_HEADER = "I-Twilio-Idempotency-Token"
OPTED_OUT = 21610  # the error of sending a text to a phone that said STOP
_VOUCHED = re.compile(r"TN-Validation-Passed-([ABC])(?:-[A-Za-z]+)?")
_SID = re.compile(r"[0-9A-Za-z-]+")  # it becomes part of an address
# What stands where a caller keeps their number to themselves: a word, or the word as a telephone's keys spell it.
_HIDDEN = ("anonymous", "blocked", "private", "restricted", "unavailable", "unknown")
_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
WITHHELD = {*_HIDDEN, *(f"+{word.translate(_KEYS)}" for word in _HIDDEN)}
# What a request says in words of the caller's; and what may stay of a request whose caller's data were erased, which is
# what calls/fold.py reads and nothing that tells who called.
SPOKEN = frozenset(
    (
        "Digits SpeechResult StableSpeechResult UnstableSpeechResult TranscriptionData TranscriptionText "
        "TranscriptionUrl"
    ).split()
)
IMPERSONAL = frozenset(
    (
        "AccountSid ApiVersion CallSid ParentCallSid Direction To Called CalledVia ForwardedFrom Timestamp "
        "CallbackSource SequenceNumber CallStatus CallDuration Duration SipResponseCode "
        "DialCallStatus DialCallSid DialCallDuration "
        "DialBridged RecordingSid RecordingStatus RecordingDuration RecordingChannels RecordingSource RecordingTrack "
        "RecordingStartTime RecordingUrl ErrorCode TranscriptionSid TranscriptionEvent TranscriptionStatus "
        "LanguageCode Final Track SequenceId StirVerstat"
    ).split()
)
_LONGEST_PARTY = 128  # characters; an index holds no party that is much longer
_SPEAKERS = {"inbound_track": "caller", "outbound_track": "agent"}


def verify(*, url: str, form: MultiDict[str, str], body: bytes, signature: str | None, tokens: Sequence[str]) -> bool:
    """True when one of `tokens` signed this request for `url` (as configured at Twilio, query as it came).

    A form is signed parameter by parameter; any other body by its SHA-256 in the URL's `bodySHA256`.
    """
    if not signature:
        return False
    digest = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    if digest and not hmac.compare_digest(sha256(body).hexdigest().encode(), digest.lower().encode()):
        return False
    if not digest and body and not form:  # a body that is no form and carries no digest is not covered by anything
        return False
    return any(_signed_by(token, url=url, form=form, signature=signature) for token in tokens)


def _signed_by(token: str, *, url: str, form: MultiDict[str, str], signature: str) -> bool:
    try:
        return bool(RequestValidator(token).validate(url, form, signature))
    except (TypeError, ValueError):  # the library's answer to odd ports and hosts: not a valid request
        return False


def account_of(params: Mapping[str, str]) -> str:
    """The Twilio account that a request speaks for."""
    return params.get("AccountSid", "")


def parse(*, kind: Kind, params: Mapping[str, str]) -> Event:
    """What a request says; its `call_sid` is empty when it names no call, or one with an impossible id."""
    call_sid, leg_sid = params.get("CallSid", ""), None
    if params.get("ParentCallSid"):
        call_sid, leg_sid = params["ParentCallSid"], call_sid
    if not 0 < len(call_sid) <= LONGEST_SID or len(leg_sid or "") > LONGEST_SID:
        call_sid, leg_sid = "", None
    return Event(
        kind=kind,
        call_sid=call_sid,
        leg_sid=leg_sid,
        direction=params.get("Direction") or None,
        dialled=_number(params.get("To") or params.get("Called")),
        # Of a caller's own request these name whoever sent the call on to us.
        via=_number(params.get("CalledVia") or params.get("ForwardedFrom")) if leg_sid else None,
        caller=_number(params.get("From") or params.get("Caller")),
        caller_name=params.get("CallerName") or None,
        at=read_moment(params.get("Timestamp")),
        sequence=_whole(params.get("SequenceNumber")) or 0,
        status=(params.get("CallStatus") or "").lower() or None,
        duration=_seconds(params.get("CallDuration")),
        dial_status=(params.get("DialCallStatus") or "").lower() or None,
        dial_bridged=_truth(params.get("DialBridged")),
        dial_leg=params.get("DialCallSid") or None,
        dial_duration=_seconds(params.get("DialCallDuration")),
        recording=_recording(kind, params),
        speech=_speech(params) if kind == "transcription" else None,
        digits=params.get("Digits") if kind in ("menu", "whisper") else None,
        said=(params.get("SpeechResult") or None) if kind == "menu" else None,
        attestation=attestation(params),
        spam=spam_verdict(params),
        caller_state=(params.get("FromState") or params.get("CallerState") or "").strip().upper() or None,
    )


def parse_message(params: Mapping[str, str]) -> TextMessage | None:
    """A text message; None when it has no id (old requests have only SmsSid)."""
    sid = params.get("MessageSid") or params.get("SmsMessageSid") or params.get("SmsSid") or ""
    if not 0 < len(sid) <= LONGEST_SID:
        return None
    return TextMessage(
        message_sid=sid,
        sender=_number(params.get("From")),
        dialled=_number(params.get("To")),
        text=params.get("Body", ""),
        answered=bool(params.get("OptOutType")),
    )


def attachments(params: Mapping[str, str]) -> int:
    """How many pictures and the like came with a text message."""
    return _whole(params.get("NumMedia")) or 0


def text_fields(*, sender: str, recipient: str, text: str) -> dict[str, str]:
    """What to send a text message with."""
    return {"From": sender, "To": recipient, "Body": text}


def attestation(params: Mapping[str, str]) -> str | None:
    """How the network vouched for the caller's number: A, B or C, or `failed`; None where it said nothing."""
    said = params.get("StirVerstat", "")
    if said.startswith("TN-Validation-Failed"):
        return "failed"
    vouched = _VOUCHED.fullmatch(said)
    return vouched[1] if vouched else None


def spam_verdict(params: Mapping[str, str]) -> bool | None:
    """What the booked spam add-ons say of the caller: True when one of them warns; None where none gave a verdict.

    An add-on that failed, or that answered oddly, has said nothing: callers are let in then.
    """
    try:
        told = json.loads(params.get("AddOns", ""))
        results = told["results"] if told["status"] == "successful" else {}
        verdicts = [_WARNS[name](one["result"]) for name, one in results.items() if _gave_verdict(name, one)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return any(verdicts) if verdicts else None


def _gave_verdict(name: str, one: Mapping[str, Any]) -> bool:
    return name in _WARNS and one["status"] == "successful"


# Nomorobo scores 1 for a robocaller; Marchex recommends BLOCK.
_WARNS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "nomorobo_spamscore": lambda result: result["score"] == 1,
    "marchex_cleancall": lambda result: result["result"]["recommendation"] == "BLOCK",
}


def without_words(params: Mapping[str, str]) -> dict[str, str]:
    """A request without what was said or keyed in it."""
    return {name: value for name, value in params.items() if name not in SPOKEN}


def reworded(params: Mapping[str, str], text: str) -> dict[str, str]:
    """A request with `text` in the place of what was said in it, if something was."""
    kept = dict(params)
    if kept.get("TranscriptionText"):
        kept["TranscriptionText"] = text
    if kept.get("TranscriptionData"):
        kept["TranscriptionData"] = json.dumps({"transcript": text}, separators=(",", ":"))
    return kept


def without_caller(params: Mapping[str, str]) -> dict[str, str]:
    """A request without what was said in it and without what tells who called: it folds into the same call."""
    # Of an agent's leg these name our own number, of the caller's own request whoever sent the call on to us.
    ours = IMPERSONAL if params.get("ParentCallSid") else IMPERSONAL - {"CalledVia", "ForwardedFrom"}
    return {name: value for name, value in params.items() if name in ours}


def written_from(params: Mapping[str, str]) -> tuple[str, str] | None:
    """The carrier's transcription (its id) of a recording (its id), where the request brings one that it keeps."""
    sid, recording_sid = params.get("TranscriptionSid", ""), params.get("RecordingSid", "")
    kept = params.get("TranscriptionStatus") and _SID.fullmatch(sid) and len(sid) <= LONGEST_SID
    return (sid, recording_sid) if kept and recording_sid else None


def media_path(*, carrier_account: str, recording_sid: str) -> str:
    """Where a recording lies below TWILIO_API_URL: never the address that a request names."""
    return f"/2010-04-01/Accounts/{carrier_account}/Recordings/{recording_sid}"


def _recording(kind: Kind, params: Mapping[str, str]) -> RecordingNews | None:
    """A Dial action's recording is the conversation's, a Record action's the message; both may come first."""
    sid = params.get("RecordingSid") or params.get("RecordingUrl", "").rpartition("/")[2]
    if kind not in ("recording", "dial", "voicemail") or not 0 < len(sid) <= LONGEST_SID or not _SID.fullmatch(sid):
        return None
    # An action's mention says how long it is, but the file may not be ready: only the callback says that.
    status = params.get("RecordingStatus", "").lower() if kind == "recording" else ""
    return RecordingNews(
        sid=sid,
        status=status or "in-progress",
        duration=_seconds(params.get("RecordingDuration")),
        channels=_whole(params.get("RecordingChannels")),
        source=_source(kind, params.get("RecordingSource", "")),
        started_at=read_moment(params.get("RecordingStartTime")),
    )


def _source(kind: Kind, said: str) -> Literal["conversation", "message"] | None:
    if kind == "voicemail" or said == "RecordVerb":
        return "message"
    return "conversation" if kind == "dial" or said else None


def _speech(params: Mapping[str, str]) -> Speech | None:
    """A live transcript's utterance (finals only), its begin and end; or a voicemail's text, which comes whole."""
    sid, what = params.get("TranscriptionSid", ""), params.get("TranscriptionEvent", "")
    if what == "transcription-content":
        text = _spoken_text(params.get("TranscriptionData", ""))
        if params.get("Final", "").lower() != "true" or not text:
            return None
        speaker = _SPEAKERS.get(params.get("Track", ""), "unknown")
        return Speech(sid, "content", speaker=speaker, text=text, sequence=_whole(params.get("SequenceId")) or 0)
    if what in ("transcription-started", "transcription-stopped"):
        return Speech(sid, "started" if what.endswith("started") else "stopped")
    if params.get("TranscriptionStatus") == "completed" and params.get("TranscriptionText"):
        return Speech(sid, "whole", speaker="caller", text=params["TranscriptionText"])
    return None


def _spoken_text(data: str) -> str:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    text = found.get("transcript") if isinstance(found, dict) else None
    return text.strip() if isinstance(text, str) else ""


def _number(raw: str | None) -> str | None:
    return normalise(raw[:_LONGEST_PARTY]) if raw else None


def _whole(raw: str | None) -> int | None:
    """A count of seconds or the like; what is no such number, or too large to be one, is as if not said."""
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) <= 9 else None


def _seconds(raw: str | None) -> int | None:
    """How long something was; over a day is as if not said, because no call is so long."""
    seconds = _whole(raw)
    return seconds if seconds is None or seconds <= LONGEST_SECONDS else None


def _truth(raw: str | None) -> bool | None:
    return {"true": True, "false": False}.get((raw or "").lower())


def read_moment(raw: str | None) -> datetime | None:
    """RFC 2822 in call and recording callbacks, ISO 8601 (down to nanoseconds) in live transcripts."""
    if not raw:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(raw)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            continue
        return moment if 2000 <= moment.year < 2100 else None  # a clock that is centuries off says nothing
    return None
