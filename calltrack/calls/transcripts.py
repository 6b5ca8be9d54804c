"""Transcripts: assembled from the carrier's live callbacks, or written by the speech-to-text step."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress, zip_longest
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.fold import Received
from calltrack.calls.pauses import NOTHING_HEARD, drop_paused, pauses_of
from calltrack.calls.steps import ask
from calltrack.masking.masking import MASKS, SILENT, count_masks, mask_turns, seconds
from calltrack.models import Call, Recording, RecordingPause, Transcript
from calltrack.telephony.carrier import Event, Speech

_MASK = re.compile("|".join(re.escape(mask) for mask in MASKS.values()))
_WORD, _UNSAID = re.compile(r"\S+"), "..."

Utterance: TypeAlias = tuple[str, str, int, str]
"""What the carrier's transcription calls an utterance: its id, the speaker, a number within the track, the text."""


@dataclass(frozen=True)
class Assembled:
    """What was said, in order: `turns` masked, `plain` as it came, `places` says which turn each utterance is."""

    turns: list[dict[str, Any]]
    plain: list[dict[str, Any]]
    places: dict[Utterance, int]
    zero_at: datetime | None
    complete: bool


@dataclass(frozen=True)
class Kept:
    """What may be kept of what was said: `plain` and `turns` of it, and what stands for each utterance in the log."""

    plain: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    texts: dict[Utterance, str]


def keep_speech(session: Session, *, call: Call, said: Sequence[Received]) -> None:
    """Make the call's transcript from everything the carrier said of it; our own speech-to-text outranks it.

    Numbers that nobody should keep are never written into it; the step `mask` takes them out of everything else.
    """
    found = assemble(said)
    if found is None:
        return
    pauses = pauses_of(session, call_id=call.id)
    if any(text != utterance[-1] for utterance, text in to_keep(found, pauses).texts.items()):
        ask(session, call_id=call.id, name="mask", again=True)
    row = session.get(Transcript, call.id)
    if row is not None and row.source == "whisper":
        return
    turns = _without_paused(found, pauses)
    text = "\n".join(turn["text"] for turn in turns)
    if row is not None and (row.text, row.complete, row.turns) == (text, found.complete, turns):
        return
    if row is None:
        row = Transcript(call_id=call.id, source="carrier")
        session.add(row)
    row.text, row.turns, row.complete, row.zero_at = text, turns, found.complete, found.zero_at
    row.masked = sum(count_masks(turn["text"]) for turn in found.turns)
    row.updated_at = datetime.now(UTC)
    if call.ended_at and call.account_id:
        ask(session, call_id=call.id, name="classify", again=True)


def write_transcript(
    session: Session, *, call_id: int, source: str, turns: list[dict[str, Any]], original: str | None = None
) -> None:
    """Keep a finished transcript whose turns start at the recording's beginning, masked, and have the call judged by
    it. `original`: the turns as they were said, sealed, if they are to be kept."""
    known = session.get(Transcript, call_id)
    masked = mask_turns(turns)
    session.merge(
        Transcript(
            call_id=call_id,
            source=source,
            text="\n".join(str(turn["text"]) for turn in masked.turns),
            turns=masked.turns,
            complete=True,
            zero_at=None,
            updated_at=datetime.now(UTC),
            masked=masked.count,
            original=original or (known.original if known else None),
        )
    )
    ask(session, call_id=call_id, name="classify", again=True)
    if masked.count:
        ask(session, call_id=call_id, name="mask", again=True)


def turns_on_recording(*, transcript: Transcript, recording: Recording | None) -> list[dict[str, Any]]:
    """The turns with `start` in seconds from the recording's beginning, as far as both clocks are known."""
    turns = _on_the_clock_of(recording, transcript)
    return [{**turn, "start": max(0.0, turn["start"])} for turn in turns]


def turns_heard(*, transcript: Transcript, recording: Recording) -> list[dict[str, Any]]:
    """Those of the turns that began while the recording ran, each as in `turns_on_recording`."""
    return [turn for turn in _on_the_clock_of(recording, transcript) if turn["start"] >= 0]


def _on_the_clock_of(recording: Recording | None, transcript: Transcript) -> list[dict[str, Any]]:
    shift = _shift(recording, transcript)
    return [
        {
            name: round(float(value) - shift, 2) if name == "start" else value
            for name, value in turn.items()
            if name != SILENT
        }
        for turn in transcript.turns
    ]


def silent_on_recording(*, transcript: Transcript, recording: Recording) -> list[tuple[float, float]]:
    """The stretches of the recording, from and to in seconds, in which a number that was masked is heard."""
    duration = float(recording.duration or 0)
    if transcript.source == "carrier" and transcript.zero_at is None:
        return _by_share(transcript.text, duration)
    shift = _shift(recording, transcript)
    stretches = [(float(begin) - shift, float(end) - shift) for begin, end in _silent(transcript)]
    return [(max(0.0, begin), end) for begin, end in stretches if end > 0 and (not duration or begin < duration + 1)]


def _silent(transcript: Transcript) -> list[Any]:
    return [turn[SILENT] for turn in transcript.turns if SILENT in turn]


def _by_share(text: str, duration: float) -> list[tuple[float, float]]:
    """Of a message that came as one text nobody knows when what was said: by its place in the text, with a fifth of
    the whole on either side."""
    whole, around = max(seconds(text), 0.1), max(5.0, duration / 5)
    stretches = []
    for found in _MASK.finditer(text):
        begin, end = seconds(text[: found.start()]) / whole, seconds(text[: found.end()]) / whole
        stretches.append((max(0.0, begin * duration - around), end * duration + around))
    return stretches


def _shift(recording: Recording | None, transcript: Transcript) -> float:
    if transcript.zero_at and recording and recording.recorded_at:
        return (recording.recorded_at - transcript.zero_at).total_seconds()
    return 0.0


def transcript_of(session: Session, *, call_id: int) -> Transcript | None:
    """The call's transcript, if there is one."""
    return session.scalar(select(Transcript).where(Transcript.call_id == call_id))


def assemble(said: Sequence[Received]) -> Assembled | None:
    """Utterances in the order they were said, once each; a voicemail's whole text only where there is no other. None
    where the carrier told nothing of what was said."""
    heard = [(one.event, one.event.speech) for one in said if one.event.speech]
    if not heard:
        return None
    order, zero_at = _in_order(heard)
    spoken = [
        {"speaker": speaker, "start": 0.0, "text": text}
        | ({"end": (at - zero_at).total_seconds()} if at and zero_at else {})
        for (_, speaker, _, text), at in order
    ]
    masked = mask_turns(spoken).turns
    turns: list[dict[str, Any]] = []
    plain: list[dict[str, Any]] = []
    start = 0.0
    last: tuple[object, ...] | None = None
    places: dict[Utterance, int] = {}
    for (utterance, at), was, turn in zip(order, spoken, masked, strict=True):
        same = (*utterance[:3], at, turn["text"])
        if same == last:  # told twice, once before it was masked in the log and once after
            places[utterance] = len(turns) - 1
            continue
        last = same
        if at and zero_at:
            # The carrier's clock is read when an utterance is over; who clicks on it wants to hear it begin.
            begun = (at - zero_at).total_seconds() - seconds(turn["text"])
            start = max(start, round(begun, 2))
        places[utterance] = len(turns)
        turns.append({**turn, "start": start})
        plain.append({"speaker": was["speaker"], "start": start, "text": was["text"]})
    complete = any(speech.state in ("stopped", "whole") for _, speech in heard)
    return Assembled(turns, plain, places, zero_at, complete)


def to_keep(found: Assembled, pauses: Sequence[RecordingPause]) -> Kept:
    """What may be kept, also in the log: masked, and without the words that were said while the recording was paused.

    In the log as many dots as there were words take their place, and masks stay: it folds into the same transcript.
    """
    spoken = _without_paused(found, pauses)
    kept = [not pauses or turn in spoken for turn in found.turns]
    logged = [
        str(turn["text"]) if stays else _blank(str(turn["text"])) for turn, stays in zip(found.turns, kept, strict=True)
    ]
    return Kept(
        plain=list(compress(found.plain, kept)),
        turns=list(compress(found.turns, kept)),
        texts={utterance: logged[place] for utterance, place in found.places.items()},
    )


def _blank(text: str) -> str:
    masks = _MASK.findall(text)
    pieces = [_WORD.sub(_UNSAID, piece) for piece in _MASK.split(text)]
    return "".join(piece for both in zip_longest(pieces, masks, fillvalue="") for piece in both)


def _without_paused(found: Assembled, pauses: Sequence[RecordingPause]) -> list[dict[str, Any]]:
    """The turns without those that a pause was made for. What a number began with may have been recorded all the same,
    so where it is heard stays known, with the turn that tells of the pause."""
    if not pauses:
        return found.turns
    paused = [
        (
            _second(one.paused_at, found.zero_at),
            _second(one.resumed_at or datetime.max.replace(tzinfo=UTC), found.zero_at),
        )
        for one in pauses
    ]
    spoken = [
        turn
        for turn in found.turns
        if SILENT not in turn or not any(since < turn[SILENT][1] and turn[SILENT][0] < until for since, until in paused)
    ]
    turns = drop_paused(spoken, found.zero_at, pauses) if spoken else drop_paused(found.turns, found.zero_at, pauses)
    gone = [turn[SILENT] for turn in found.turns if SILENT in turn and turn not in turns]
    told = [turn for turn in turns if turn["text"] == NOTHING_HEARD]
    for begin, end in gone if told else ():
        near = min(told, key=lambda turn: abs(float(turn["start"]) - begin))
        known = near.get(SILENT, (begin, end))
        near[SILENT] = [min(known[0], begin), max(known[1], end)]
    return turns


def _second(moment: datetime, zero_at: datetime | None) -> float:
    return (moment - zero_at).total_seconds() if zero_at else 0.0


def utterance_of(speech: Speech) -> Utterance:
    """What the carrier's transcription calls it."""
    if speech.state == "whole":
        return ("", speech.speaker, 0, speech.text)
    return (speech.transcript_sid, speech.speaker, speech.sequence, speech.text)


def _in_order(
    heard: Sequence[tuple[Event, Speech]],
) -> tuple[list[tuple[Utterance, datetime | None]], datetime | None]:
    said = {utterance_of(speech): event.at for event, speech in heard if speech.state == "content"}
    if not said:
        whole = sorted({utterance_of(speech) for _, speech in heard if speech.state == "whole"})
        return [(one, None) for one in whole], None
    moments = [event.at for event, speech in heard if event.at and speech.state in ("started", "content")]
    zero_at = min(moments, default=None)
    # Sequence numbers count within a track only; the clock puts the two tracks together.
    return sorted(
        said.items(), key=lambda one: (one[1] or zero_at or datetime.min.replace(tzinfo=UTC), one[0][2], one[0])
    ), zero_at
