"""TwiML from the parts of an answer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import Gather, Start, VoiceResponse

from calltrack.telephony.parts import (
    OFFER_SECONDS,
    OFFERS,
    Ask,
    Dial,
    Hangup,
    Offer,
    Part,
    Reject,
    TakeMessage,
    Tell,
    Transcribe,
)
from calltrack.telephony.place import Place, write_place
from calltrack.telephony.plan import Prompt

# Asks the carrier to deliver again, up to three times, whatever went wrong (it reads this and does not send it).
_RETRY = "#rc=3&rp=all"
_LEG_EVENTS = "initiated ringing answered completed"
_RECORDING_EVENTS = "in-progress completed absent"

# XML holds no control characters but white space, and nobody can speak them.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'

# More than these no carrier takes.
_LONGEST_SAY, _LARGEST_BYTES = 4096, 64 * 1024


@dataclass(frozen=True)
class _Carrier:
    """Where a document's addresses lead, and the file names of the sounds that can be fetched, by their SHA-256."""

    base: str
    name: str
    playable: tuple[tuple[str, str], ...]

    def url(self, kind: str, place: Place | None = None) -> str:
        query = write_place(place) if place else ""
        return f"{self.base}/webhooks/{self.name}/{kind}{f'?{query}' if query else ''}{_RETRY}"


def render(parts: Sequence[Part], *, callback_base: str, carrier: str, playable: Callable[[str], str | None]) -> str:
    """The document; `callback_base` is what stands before our paths, empty for paths alone. `playable` gives the file
    name under which a sound (its SHA-256) can be fetched now, None where it cannot: then its words are spoken."""
    sounds = {part.prompt.audio for part in parts if isinstance(part, Tell | Ask) and part.prompt.audio}
    names = tuple((sha256, name) for sha256 in sorted(sounds) if (name := playable(sha256)))
    return _document(tuple(parts), _Carrier(callback_base, carrier, names))


@lru_cache(maxsize=512)  # the callers of a number hear the same, and writing it takes longer than anything but the disk
def _document(parts: tuple[Part, ...], at: _Carrier) -> str:
    document = _write(parts, at)
    if len(document.encode()) > _LARGEST_BYTES:
        # It would be refused, and the call lost: the first words (the announcement) and what is done have to do.
        document = _write([*parts[:1], *(part for part in parts[1:] if not isinstance(part, Tell))], at)
    return document


def render_message(text: str | None) -> str:
    """The document that answers a text message, to its sender; with nothing to say an empty one."""
    response = MessagingResponse()
    if words := _UNSPEAKABLE.sub("", text or ""):
        response.message(words)
    return str(response)


def _write(parts: Sequence[Part], at: _Carrier) -> str:
    response = VoiceResponse()
    for part in parts:
        _append(response, part, at)
    return str(response)


def _append(response: VoiceResponse, part: Part, at: _Carrier) -> None:
    match part:
        case Tell(prompt):
            _tell(response, prompt, at)
        case Transcribe():
            response.append(_transcription(at))
        case Ask():
            response.append(_menu(part, at))
        case Offer():
            for _ in range(OFFERS):
                response.append(_offer(part, at))
            response.hangup()
        case Dial():
            response.append(_dial(part, at))
        case TakeMessage(longest):
            response.record(
                action=at.url("voicemail"),
                method="POST",
                max_length=longest,
                timeout=5,
                play_beep=True,
                recording_status_callback=at.url("recording"),
                recording_status_callback_method="POST",
                recording_status_callback_event=_RECORDING_EVENTS,
            )
        case Reject():
            response.reject(reason="busy")
        case Hangup():
            response.hangup()


def _tell(verb: VoiceResponse | Gather, prompt: Prompt, at: _Carrier) -> None:
    if prompt.audio and (name := dict(at.playable).get(prompt.audio)):
        verb.play(f"{at.base}/sounds/{name}")
    elif words := _UNSPEAKABLE.sub("", prompt.text)[:_LONGEST_SAY]:
        verb.say(words)


def _offer(offer: Offer, at: _Carrier) -> Gather:
    gather = Gather(
        action=at.url("menu", offer.place), method="POST", input="dtmf", num_digits=1, timeout=OFFER_SECONDS
    )
    _tell(gather, Prompt.model_construct(text=offer.text, audio=None), at)
    return gather


def _transcription(at: _Carrier) -> Start:
    start = Start()
    start.transcription(
        status_callback_url=at.url("transcription"),
        status_callback_method="POST",
        track="both_tracks",
        inbound_track_label="caller",
        outbound_track_label="agent",
        partial_results=False,
    )
    return start


def _menu(ask: Ask, at: _Carrier) -> Gather:
    """A choice by key, and by voice where words are listened for; asked for even when nothing was chosen."""
    by_voice = {"hints": ", ".join(map(_hint, ask.words)), "speech_timeout": "auto"} if ask.words else {}
    gather = Gather(
        action=at.url("menu", ask.place),
        method="POST",
        input="dtmf speech" if ask.words else "dtmf",
        num_digits=1,
        # A key that ends the input is not one of it.
        finish_on_key="" if "#" in ask.keys else None,
        timeout=ask.seconds,
        action_on_empty_result=True,
        **by_voice,
    )
    _tell(gather, ask.prompt, at)
    return gather


def _hint(words: str) -> str:
    return " ".join(_UNSPEAKABLE.sub("", words).replace(",", " ").split())


def _dial(dial: Dial, at: _Carrier) -> DialVerb:
    verb = DialVerb(
        action=at.url("dial", dial.place),
        method="POST",
        timeout=dial.seconds,
        answer_on_bridge=True,
        caller_id=dial.caller_id,
        **(_recorded(at) if dial.record else {}),
    )
    for number in dial.numbers:
        verb.number(
            number,
            url=at.url("whisper", dial.place) if dial.whisper else None,
            method="POST" if dial.whisper else None,
            status_callback=at.url("status"),
            status_callback_method="POST",
            status_callback_event=_LEG_EVENTS,
        )
    return verb


def _recorded(at: _Carrier) -> dict[str, str]:
    return {
        "record": "record-from-answer-dual",
        "recording_status_callback": at.url("recording"),
        "recording_status_callback_method": "POST",
        "recording_status_callback_event": _RECORDING_EVENTS,
    }
