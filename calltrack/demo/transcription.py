"""Real-time transcription: `<Start><Transcription>` reports each turn as it ends, the words being the script's."""

import random

from calltrack.demo.calls import Call, Transcription, derive_sid
from calltrack.demo.delivery import report
from calltrack.demo.parameters import transcription_event
from calltrack.demo.timing import Utterance
from calltrack.demo.twiml import Verb, resolve

TRACKS = {"caller": "inbound_track", "agent": "outbound_track"}


def start_transcription(call: Call, verb: Verb) -> None:
    """Begin to transcribe, if the document asks for reports."""
    noun = verb.children[0]
    url = noun.attributes.get("statusCallbackUrl")
    if url is None or call.transcription is not None:
        return
    call.transcription = Transcription(
        sid=derive_sid("GT", call.sid),
        url=resolve(base=call.document_url, url=url),
        track=noun.attributes.get("track", "both_tracks"),
        name=noun.attributes.get("name", ""),
        attributes=noun.attributes,
    )
    _report(call, event="started")


def transcribe(call: Call, utterance: Utterance) -> None:
    """Report one finished turn, when its side of the line is listened to."""
    running = call.transcription
    track = TRACKS[utterance.speaker]
    if running is None or running.track not in {track, "both_tracks"}:
        return
    confidence = round(random.Random(f"{running.sid}/{running.sequence}").uniform(0.84, 0.995), 7)
    _report(call, event="content", track=track, text=utterance.text, confidence=confidence)


def stop_transcription(call: Call) -> None:
    """End the transcription, if one runs."""
    if call.transcription is not None:
        _report(call, event="stopped")
        call.transcription = None


def _report(call: Call, *, event: str, track: str = "", text: str = "", confidence: float = 0.0) -> None:
    running = call.transcription
    if running is None:
        return
    running.sequence += 1
    params = transcription_event(
        call, transcription=running, event=event, track=track, text=text, confidence=confidence
    )
    report(call, kind=f"transcription:{event}", url=running.url, params=params)
