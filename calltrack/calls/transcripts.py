"""Transcripts: assembled from the carrier's live callbacks, or written by the speech-to-text step."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.fold import Received
from calltrack.calls.steps import ask
from calltrack.models import Call, Recording, Transcript
from calltrack.telephony.carrier import Event, Speech

_SECONDS_A_WORD = 0.35


def keep_speech(session: Session, *, call: Call, said: Sequence[Received]) -> None:
    """Make the call's transcript from everything the carrier said of it; our own speech-to-text outranks it."""
    heard = [(one.event, one.event.speech) for one in said if one.event.speech]
    row = session.get(Transcript, call.id)
    if not heard or (row is not None and row.source == "whisper"):
        return
    turns, zero_at = _turns(heard)
    complete = any(speech.state in ("stopped", "whole") for _, speech in heard)
    text = "\n".join(turn["text"] for turn in turns)
    if row is not None and (row.text, row.complete, row.turns) == (text, complete, turns):
        return
    if row is None:
        row = Transcript(call_id=call.id, source="carrier")
        session.add(row)
    row.text, row.turns, row.complete, row.zero_at = text, turns, complete, zero_at
    row.updated_at = datetime.now(UTC)
    if call.ended_at and call.account_id:
        ask(session, call_id=call.id, name="classify", again=True)


def write_transcript(session: Session, *, call_id: int, source: str, turns: list[dict[str, Any]]) -> None:
    """Keep a finished transcript whose turns start at the recording's beginning, and have the call judged by it."""
    session.merge(
        Transcript(
            call_id=call_id,
            source=source,
            text="\n".join(str(turn["text"]) for turn in turns),
            turns=turns,
            complete=True,
            zero_at=None,
            updated_at=datetime.now(UTC),
        )
    )
    ask(session, call_id=call_id, name="classify", again=True)


def turns_on_recording(*, transcript: Transcript, recording: Recording | None) -> list[dict[str, Any]]:
    """The turns with `start` in seconds from the recording's beginning, as far as both clocks are known."""
    turns = _on_the_clock_of(recording, transcript)
    return [{**turn, "start": max(0.0, turn["start"])} for turn in turns]


def turns_heard(*, transcript: Transcript, recording: Recording) -> list[dict[str, Any]]:
    """Those of the turns that began while the recording ran, each as in `turns_on_recording`."""
    return [turn for turn in _on_the_clock_of(recording, transcript) if turn["start"] >= 0]


def _on_the_clock_of(recording: Recording | None, transcript: Transcript) -> list[dict[str, Any]]:
    shift = 0.0
    if transcript.zero_at and recording and recording.recorded_at:
        shift = (recording.recorded_at - transcript.zero_at).total_seconds()
    return [{**turn, "start": round(float(turn["start"]) - shift, 2)} for turn in transcript.turns]


def transcript_of(session: Session, *, call_id: int) -> Transcript | None:
    """The call's transcript, if there is one."""
    return session.scalar(select(Transcript).where(Transcript.call_id == call_id))


def _turns(heard: Sequence[tuple[Event, Speech]]) -> tuple[list[dict[str, Any]], datetime | None]:
    """Utterances in the order they were said, once each; a voicemail's whole text only where there is no other."""
    said = {
        (speech.transcript_sid, speech.speaker, speech.sequence, speech.text): event.at
        for event, speech in heard
        if speech.state == "content"
    }
    if not said:
        whole = sorted({speech.text for _, speech in heard if speech.state == "whole"})
        return [{"speaker": "caller", "start": 0.0, "text": text} for text in whole], None
    moments = [event.at for event, speech in heard if event.at and speech.state in ("started", "content")]
    zero_at = min(moments, default=None)
    # Sequence numbers count within a track only; the clock puts the two tracks together.
    order = sorted(
        said.items(), key=lambda one: (one[1] or zero_at or datetime.min.replace(tzinfo=UTC), one[0][2], one[0])
    )
    turns: list[dict[str, Any]] = []
    start = 0.0
    for (_, speaker, _, text), at in order:
        if at and zero_at:
            # The carrier's clock is read when an utterance is over; who clicks on it wants to hear it begin.
            begun = (at - zero_at).total_seconds() - _SECONDS_A_WORD * len(text.split())
            start = max(start, round(begun, 2))
        turns.append({"speaker": speaker, "start": start, "text": text})
    return turns, zero_at
