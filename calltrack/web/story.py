"""What becomes of a call, in plain words: whatever is missing has a sentence that says why and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calltrack.calls.playback import WAIT_FOR_NEWS, is_unrecorded, playback
from calltrack.calls.reading import CallDetail
from calltrack.models import Call, Label, Step
from calltrack.telephony.carriers import writes_transcripts
from calltrack.web.words import short_moment

# Twilio ends a call after four hours unless told otherwise; an hour more for what is late.
LONGEST_CALL = timedelta(hours=5)
_STATES = {"done": "Done", "waiting": "Waiting", "failed": "Failed", "none": "None"}


@dataclass(frozen=True)
class Attempt:
    """A step of the pipeline as people read it; with `again` it can be tried again."""

    step_id: int
    title: str
    sentence: str
    again: bool


@dataclass(frozen=True)
class Chapter:
    """One thing that a call should come to have. `state`: done, waiting, failed or none (there will be none)."""

    title: str
    state: str
    sentence: str
    attempts: list[Attempt]

    @property
    def state_name(self) -> str:
        """The state as a word."""
        return _STATES[self.state]


def tell(detail: CallDetail, *, transcriber: str, zone: str, now: datetime) -> list[Chapter]:
    """The call's recording, transcript and label: where each is, and why it is not there yet."""
    by_name: dict[str, list[Step]] = {}
    for step in detail.steps:
        by_name.setdefault(step.name, []).append(step)
    writing = by_name.get("transcribe", [])
    chapters = (
        ("Recording", *_recording(detail, by_name.get("fetch", []), zone=zone, now=now), "fetch", "erase"),
        (
            "Transcript",
            *(_lost(detail, zone=zone) or _transcript(detail, writing, transcriber=transcriber, now=now)),
            "transcribe",
        ),
        ("Label", *_label(detail, by_name.get("classify", []), now=now), "classify"),
    )
    return [
        Chapter(
            title,
            state,
            sentence,
            [_attempt(step, zone=zone, now=now) for name in names for step in by_name.get(name, [])],
        )
        for title, state, sentence, *names in chapters
    ]


def _recording(detail: CallDetail, steps: Sequence[Step], *, zone: str, now: datetime) -> tuple[str, str]:
    call, recording = detail.call, detail.recording
    if recording is None:
        return _unannounced(call, now=now)
    if recording.status == "stored":
        return "done", f"Stored, {recording.channels or 1} channel{'s' if recording.channels == 2 else ''}."
    if recording.status == "erased":
        return "none", _erased(detail, what="recording", zone=zone)
    if recording.status == "absent":
        return "none", "The carrier made no recording: nobody spoke, or the call was too short."
    if any(step.state == "due" for step in steps):
        return "waiting", "The carrier has it; it is being fetched."
    if recording.carrier_status == "failed":
        return "failed", "The carrier says that its recording failed, so there is nothing to fetch."
    if recording.status == "failed":
        return "failed", "It could not be fetched from the carrier."
    if call.ended_at and now - call.ended_at > WAIT_FOR_NEWS:
        return (
            "failed",
            "The carrier began it and never said that it was done; look for it in its own list.",
        )
    return "waiting", "The carrier is still making it and will say when it is ready."


def _erased(detail: CallDetail, *, what: str, zone: str) -> str:
    """When and why it was erased, as far as there was something to erase."""
    proof = next((one for one in detail.erasures if one.what == what), None)
    moment = proof.erased_at if proof else detail.call.erased_at
    why = f": {proof.why}" if proof else ""
    return f"Erased on {short_moment(moment, zone)}{why}." if moment else "Erased."


def _unannounced(call: Call, *, now: datetime) -> tuple[str, str]:
    """A call of which the carrier has named no recording."""
    if is_unrecorded(call) and not call.missed:
        return "none", f"The call was {call.recording_rule}."
    if call.ended_at is None:
        return _running(call, now=now, then="its recording comes after it ends")
    if call.missed:
        return "none", "Nobody spoke and no voicemail was left, so nothing was recorded."
    if playback(call=call, recording=None, now=now):
        return "waiting", "The carrier has not announced it yet; it usually does within minutes of the end."
    return "none", (
        "The carrier has announced no recording of this call. If calls usually have one, check that the carrier "
        "can reach this server's recording callback."
    )


def _running(call: Call, *, now: datetime, then: str) -> tuple[str, str]:
    """A call without an end: under way, or one whose last status callback was lost."""
    if now - call.started_at > LONGEST_CALL:
        return "failed", (
            "The carrier never told us that this call ended. No call lasts this long: its last status callback was "
            "lost. Check that the number's status callback leads here; you can still label the call yourself."
        )
    return "waiting", f"The call is still running; {then}."


def _lost(detail: CallDetail, *, zone: str) -> tuple[str, str] | None:
    """A transcript that was erased."""
    erased = detail.transcript is None and any(one.what == "transcript" for one in detail.erasures)
    return ("none", _erased(detail, what="transcript", zone=zone)) if erased else None


def _transcript(detail: CallDetail, steps: Sequence[Step], *, transcriber: str, now: datetime) -> tuple[str, str]:
    call, transcript = detail.call, detail.transcript
    if transcript is not None and not transcript.text and call.ended_at:
        return "none", "Nothing was said that could be written down."
    if transcript is not None and (transcript.complete or call.ended_at):
        source = "written here from the recording" if transcript.source == "whisper" else "sent by the carrier"
        return "done", f"There is one, {source}{'' if transcript.complete else '; its end was never confirmed'}."
    if call.ended_at is None:
        return _running(call, now=now, then="what is said appears here once it arrives")
    if call.missed:
        return "none", "Nobody spoke, so there is nothing to write down."
    if any(step.state == "due" for step in steps):
        return "waiting", "It is being written from the recording; that takes about as long as the call did."
    if any(step.state == "failed" for step in steps):
        return "failed", "It could not be written."
    if transcriber == "none":
        return "none", "Transcripts are turned off on this server (TRANSCRIBER=none)."
    if transcriber == "whisper":
        recorded = detail.recording is not None and detail.recording.status not in ("absent", "failed")
        return ("waiting", "It is written once the recording is here.") if recorded else (
            "none",
            "It would be written from the recording, and there is none.",
        )  # fmt: skip
    if not writes_transcripts(carrier=call.carrier):
        return "none", "This call's carrier writes no transcripts. TRANSCRIBER=whisper has this server write them."
    return (
        "none",
        "The carrier sent no words of this call. If that is so for all calls, check its transcription.",
    )


def _label(detail: CallDetail, steps: Sequence[Step], *, now: datetime) -> tuple[str, str]:
    call, label = detail.call, detail.label
    if label is not None:
        return "done", f"{label.value.capitalize()}, {who_said(label)}."
    if call.account_id is None:
        return "none", "The number that was called belongs to no campaign, so the call counts for nobody."
    if call.ended_at is None:
        return _running(call, now=now, then="it is judged after it ends")
    if call.missed:
        return "none", "A missed call without a voicemail gets no label: there is nothing to judge."
    if any(step.state == "due" for step in steps):
        return "waiting", "The call is about to be judged."
    if any(step.state == "failed" for step in steps):
        return "failed", "The call could not be judged; you can label it yourself."
    return "none", "There is no transcript to judge by. Listen to the call and label it yourself."


def who_said(label: Label) -> str:
    """Whose word a label is."""
    if label.source == "human":
        return f"said by {label.said_by or 'a person'}"
    return "by a rule" if label.source == "rule" else "by the classifier"


def _attempt(step: Step, *, zone: str, now: datetime) -> Attempt:
    title = {
        "fetch": "Fetch the recording",
        "transcribe": "Write the transcript",
        "classify": "Judge the call",
        "erase": "Remove what was erased, here and at the carrier",
    }
    tries = f"{step.attempts} {'try' if step.attempts == 1 else 'tries'}"
    reason = f" {step.last_error[:1].upper()}{step.last_error[1:].rstrip('.')}." if step.last_error else ""
    if step.state == "done":
        sentence, again = f"Done after {tries}.{reason}", bool(step.last_error)
    elif step.state == "failed":
        sentence, again = f"Given up after {tries}.{reason} Remove the cause, then try again.", True
    elif step.lease_until and step.lease_until > now:
        sentence, again = f"Under way, try {step.attempts}.", False
    elif step.due_at > now:
        sentence, again = f"Next try {short_moment(step.due_at, zone)}, after {tries}.{reason}", bool(step.last_error)
    else:
        sentence, again = (
            f"Due now. If this stays, no worker is running: start one with calltrack worker.{reason}",
            False,
        )
    return Attempt(step.id, title.get(step.name, step.name.capitalize()), sentence, again)
