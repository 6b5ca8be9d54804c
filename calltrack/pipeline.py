"""What happens to a call after it ends: steps claimed from the database, each safe to repeat.

fetch       the recording comes home and becomes an MP3
transcribe  speech to text, where we do it ourselves
classify    lead or excused
match       jobs of the caller's that name no call find this one, or lose it
missed      whoever was missed is to be called back, and gets a text
"""

import logging
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.audio_file import NotAudio
from calltrack.calls import steps
from calltrack.calls.audio import convert
from calltrack.calls.labels import keep_verdict
from calltrack.calls.missed import follow_up
from calltrack.calls.recordings import main_recording, mark_stored, storage_key
from calltrack.calls.transcripts import transcript_of, write_transcript
from calltrack.classify.judge import judge
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.jobs.matching import match_call
from calltrack.learning.facts import facts_of
from calltrack.learning.versions import model_in_force
from calltrack.models import Call, Recording, Step
from calltrack.storage import Storage, StorageUnavailable
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import access_of, writes_transcripts
from calltrack.telephony.media import fetch_recording

# How long after a call's end its live transcript may still be under way.
TRANSCRIPT_GRACE = timedelta(seconds=45)
# Nobody transcribes live what ended this long ago, whatever a carrier's clock is off by.
_OLD_NEWS = timedelta(minutes=10)
# A body that is no audio may be a passing error page, a short file one still being written: the first tries decide.
_NOT_AUDIO_TRIES = _SHORT_TRIES = 5
_log = logging.getLogger(__name__)


class StepError(Exception):
    """A step that did not work; `permanent` says that trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: int = 0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class NotYet(Exception):
    """A step that has to wait for something that is on its way."""

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message)
        self.until = until


@dataclass(frozen=True)
class Workshop:
    """What a worker works with."""

    database: Database
    settings: Settings
    storage: Storage


@dataclass
class _Place:
    """This process's workshop, while it has one."""

    workshop: Workshop | None = None


_place = _Place()
_sweeping = Lock()

# A step first does its slow work, holding no transaction, and returns what writes the result.
Result = Callable[[Session], str | None]


def open_workshop(workshop: Workshop) -> None:
    """Say what `sweep` works with, before the first one."""
    _place.workshop = workshop


def close_workshop() -> None:
    """Wait for the step that is under way; no other is begun after it."""
    with _sweeping:
        _place.workshop = None


def sweep() -> int:
    """Do every step that is due; returns how many were done. One sweep at a time in a process is enough."""
    done = 0
    while do_next():
        done += 1
    return done


def do_next() -> bool:
    """Do the step that has been due longest; False when there is none."""
    with _sweeping:
        workshop = _place.workshop
        step = _claim(workshop) if workshop else None
        if workshop and step:
            run_step(workshop, step=step)
    return step is not None


def _claim(workshop: Workshop) -> Step | None:
    with workshop.database.read() as session:
        if not steps.is_anything_due(session, now=datetime.now(UTC)):
            return None
    with workshop.database.write.begin() as session:
        return steps.claim(session, now=datetime.now(UTC))


def run_step(workshop: Workshop, *, step: Step) -> None:
    """Do one claimed step and settle it; whatever goes wrong is written on the step, never raised."""
    try:
        age = datetime.now(UTC) - step.asked_at
        if step.attempts > steps.FEWEST_TRIES and age > steps.GIVE_UP_AFTER + timedelta(hours=1):
            raise StepError(step.last_error or f"no worker survived this in {step.attempts} tries", permanent=True)
        result = _STEPS[step.name](workshop, step)
        with workshop.database.write() as session:
            note = result(session)
            if steps.finish(session, step=step, note=note):
                session.commit()
    except NotYet as wait:
        with workshop.database.write.begin() as session:
            steps.postpone(session, step=step, until=wait.until, why=str(wait))
    except (StepError, CarrierError) as error:
        _fail(workshop, step, str(error), permanent=error.permanent, retry_after=error.retry_after)
    except StorageUnavailable as error:
        _fail(workshop, step, str(error), permanent=False)
    except Exception as error:  # noqa: BLE001 - a step's surprise is shown on the call's page and tried again
        _log.exception("step %s of call %s", step.name, step.call_id)
        _fail(workshop, step, f"unexpected: {type(error).__name__}: {error}", permanent=False)


def _fail(workshop: Workshop, step: Step, error: str, *, permanent: bool, retry_after: int = 0) -> None:
    with workshop.database.write.begin() as session:
        steps.fail(session, step=step, error=error, permanent=permanent, retry_after=retry_after)
        row = session.get(Step, step.id)
        if step.name == "fetch" and row and row.state == "failed":
            recording = _recording_of(session, step)
            recording.status = "failed"


def _fetch(workshop: Workshop, step: Step) -> Result:
    """Bring a recording home. The carrier is asked at the address of the settings, whatever a request said."""
    settings = workshop.settings
    with workshop.database.read() as session:
        recording, call = _recording_of(session, step), session.get_one(Call, step.call_id)
        key = storage_key(call=call, recording_sid=recording.recording_sid)
    if recording.status == "stored" or call.direction != "inbound":
        return lambda _session: None
    access = access_of(settings, carrier=call.carrier)
    if not (access.api_token and access.api_url):
        unset = access.found_by if access.api_token else access.opened_by
        raise StepError(f"{unset} is not set, so the carrier will not give us the recording")
    with tempfile.TemporaryDirectory(prefix="calltrack-") as folder:
        source, target = Path(folder) / "recording.wav", Path(folder) / "recording.mp3"
        fetch_recording(
            access,
            carrier_account=call.carrier_account,
            recording_sid=recording.recording_sid,
            channels=recording.channels or 1,
            target=source,
        )
        try:
            converted = convert(source=source, target=target)
        except NotAudio as error:
            raise StepError(
                f"the carrier sent no audio but {error}", permanent=step.attempts >= _NOT_AUDIO_TRIES
            ) from error
        short = (recording.duration or 0) - converted.duration
        if short > max(2, converted.duration) and step.attempts < _SHORT_TRIES:
            raise StepError(f"the carrier's file holds {converted.duration:.0f} s of {recording.duration} s so far")
        workshop.storage.put(key=key, source=target)

    def write(session: Session) -> None:
        row = _recording_of(session, step)
        mark_stored(
            recording=row, key=key, seconds=converted.duration, channels=converted.channels, peaks=converted.peaks
        )
        if settings.transcriber == "whisper":
            steps.ask(session, call_id=step.call_id, name="transcribe", again=True)

    return write


def _transcribe(workshop: Workshop, step: Step) -> Result:
    """Speech to text from the stored recording."""
    from calltrack.classify.transcribe import TranscriberUnusable, transcribe

    with workshop.database.read() as session:
        recording = main_recording(session, call_id=step.call_id)
    if recording is None or recording.storage_key is None:
        raise StepError("there is no recording to transcribe", permanent=True)
    with tempfile.TemporaryDirectory(prefix="calltrack-") as folder:
        audio = Path(folder) / "recording.mp3"
        try:
            with audio.open("wb") as file, closing(workshop.storage.read(key=recording.storage_key)) as body:
                file.writelines(body)
            turns = transcribe(
                audio=audio, model_folder=Path(workshop.settings.whisper_model), channels=recording.channels or 1
            )
        except FileNotFoundError as error:
            raise StepError("the recording is not in the storage any more", permanent=True) from error
        except TranscriberUnusable as error:
            raise StepError(str(error)) from error
        except ValueError as error:
            raise StepError(str(error), permanent=True) from error
    said: list[dict[str, Any]] = [asdict(turn) for turn in turns]
    return lambda session: write_transcript(session, call_id=step.call_id, source="whisper", turns=said)


def _classify(workshop: Workshop, step: Step) -> Result:
    """Judge the call by what is known of it now; news of it asks for this step again."""
    with workshop.database.read() as session:
        call = session.get_one(Call, step.call_id)
        transcript = transcript_of(session, call_id=call.id)
        awaited = _awaits_transcript(session, workshop.settings, call, step)
        facts = facts_of(session, call=call)
    if call.ended_at is None:
        raise NotYet("the call has not ended", until=datetime.now(UTC) + TRANSCRIPT_GRACE)
    if (transcript is None or not transcript.complete) and awaited:
        raise NotYet("its transcript is on the way", until=awaited)
    verdict = judge(call=facts, model=model_in_force(workshop.database, account_id=call.account_id))

    def write(session: Session) -> str | None:
        if verdict is None:
            return "missed: no label" if call.missed else "there is no transcript to judge by"
        keep_verdict(
            session,
            call=session.get_one(Call, call.id),
            value=verdict.label,
            reason=verdict.reason,
            source=verdict.source,
            confidence=verdict.confidence,
            model=verdict.model,
            review=verdict.review,
            evidence=[asdict(one) for one in verdict.evidence],
            booked=verdict.booked,
        )
        return None

    return write


def _match(_workshop: Workshop, step: Step) -> Result:
    """Match the caller's jobs by what is known of the call now; news of it asks for this step again."""
    return lambda session: match_call(session, call=session.get_one(Call, step.call_id))


def _missed(_workshop: Workshop, step: Step) -> Result:
    """Do what the account wants done about a missed call."""
    return lambda session: follow_up(session, call=session.get_one(Call, step.call_id), now=datetime.now(UTC))


def _awaits_transcript(session: Session, settings: Settings, call: Call, step: Step) -> datetime | None:
    """Until when a transcript may still come; None when none will."""
    if settings.transcriber == "none" or call.account_id is None:
        return None
    if settings.transcriber == "carrier" and not writes_transcripts(carrier=call.carrier):
        return None
    if settings.transcriber == "whisper":
        coming = session.scalar(
            select(Step.id).where(Step.call_id == call.id, Step.name.in_(("fetch", "transcribe")), Step.state == "due")
        )
        # Fetching may take a day; the transcript wakes this step when it is there, so one look a minute is plenty.
        return datetime.now(UTC) + timedelta(minutes=1) if coming else _grace(call, step)
    return _grace(call, step)


def _grace(call: Call, step: Step) -> datetime | None:
    """The end of the grace, counted from when the call's end became known here: a carrier's clock may run differently.

    None once it is over, and for a call that ended long before we heard of it.
    """
    now = datetime.now(UTC)
    until = step.asked_at + TRANSCRIPT_GRACE
    return until if until > now and now - (call.ended_at or now) < _OLD_NEWS else None


def _recording_of(session: Session, step: Step) -> Recording:
    return session.scalars(
        select(Recording).where(Recording.call_id == step.call_id, Recording.recording_sid == step.subject)
    ).one()


_STEPS: dict[str, Callable[[Workshop, Step], Result]] = {
    "fetch": _fetch,
    "transcribe": _transcribe,
    "classify": _classify,
    "match": _match,
    "missed": _missed,
}
