"""What happens to a call after it ends: steps claimed from the database, each safe to repeat.

fetch       the recording comes home and becomes an MP3
transcribe  speech to text, where we do it ourselves
classify    lead or excused
match       jobs of the caller's that name no call find this one, or lose it
missed      whoever was missed is to be called back, and gets a text
mask        numbers that nobody should keep go from the carrier's log and from the recordings
discard     a recording goes that a silenced one took the place of
erase       the bytes of what was erased go, here and at the carrier
"""

import logging
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.audio_file import NotAudio
from calltrack.calls import steps
from calltrack.calls.audio import convert
from calltrack.calls.awaiting import TRANSCRIPT_GRACE, awaits_transcript, grace
from calltrack.calls.labels import keep_verdict
from calltrack.calls.missed import follow_up
from calltrack.calls.recordings import main_recording, mark_stored, storage_key
from calltrack.calls.transcripts import transcript_of
from calltrack.classify.judge import judge
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.jobs.matching import match_call
from calltrack.learning.facts import facts_of
from calltrack.learning.versions import model_in_force
from calltrack.models import Call, Recording, Step, Transcript
from calltrack.privacy.erasing import leave_no_copy
from calltrack.privacy.masking_step import keep_heard, mask_call
from calltrack.privacy.removing import InUse, NotWhole, keep_answer, remove
from calltrack.privacy.silencing import discard
from calltrack.storage import Storage, StorageUnavailable
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import access_of
from calltrack.telephony.media import fetch_recording

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
            if recording.status != "erased":
                recording.status = "failed"


def _fetch(workshop: Workshop, step: Step) -> Result:
    """Bring a recording home. The carrier is asked at the address of the settings, whatever a request said."""
    settings = workshop.settings
    with workshop.database.read() as session:
        recording, call = _recording_of(session, step), session.get_one(Call, step.call_id)
        key = storage_key(call=call, recording_sid=recording.recording_sid)
    if recording.status in ("stored", "erased") or call.direction != "inbound":
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
        digest = sha256(target.read_bytes()).hexdigest()
    with workshop.database.read() as session:
        # Race: it was erased, and we took so long that nobody waited for us any more.
        if _recording_of(session, step).status == "erased":
            workshop.storage.delete(key=key)

    def write(session: Session) -> str | None:
        row = _recording_of(session, step)
        session.refresh(row, with_for_update=True)  # Race: it is erased at this moment (privacy/erasing.py)
        if row.status == "erased":
            return "it was erased meanwhile"
        mark_stored(
            recording=row, key=key, seconds=converted.duration, channels=converted.channels, peaks=converted.peaks
        )
        row.sha256 = digest
        if settings.transcriber == "whisper":
            steps.ask(session, call_id=step.call_id, name="transcribe", again=True)
        if (said := session.get(Transcript, step.call_id)) and said.masked:
            steps.ask(session, call_id=step.call_id, name="mask", again=True)
        leave_no_copy(session, recording=row, now=datetime.now(UTC))
        return None

    return write


def _transcribe(workshop: Workshop, step: Step) -> Result:
    """Speech to text from the stored recording."""
    from calltrack.classify.transcribe import TranscriberUnusable, hear

    with workshop.database.read() as session:
        recording = main_recording(session, call_id=step.call_id)
    if recording is None or recording.storage_key is None:
        raise StepError("there is no recording to transcribe", permanent=True)
    with tempfile.TemporaryDirectory(prefix="calltrack-") as folder:
        audio = Path(folder) / "recording.mp3"
        try:
            with audio.open("wb") as file, closing(workshop.storage.read(key=recording.storage_key)) as body:
                file.writelines(body)
            heard = hear(
                audio=audio, model_folder=Path(workshop.settings.whisper_model), channels=recording.channels or 1
            )
        except FileNotFoundError as error:
            raise StepError("the recording is not in the storage any more", permanent=True) from error
        except TranscriberUnusable as error:
            raise StepError(str(error)) from error
        except ValueError as error:
            raise StepError(str(error), permanent=True) from error
    said = [{**asdict(one.turn), "words": [word._asdict() for word in one.words]} for one in heard]
    return lambda session: keep_heard(session, workshop.settings, call_id=step.call_id, turns=said)


def _mask(workshop: Workshop, step: Step) -> Result:
    """Take numbers out of the log and the recordings, once nothing more is said."""
    with workshop.database.read() as session:
        call = session.get_one(Call, step.call_id)
        transcript = transcript_of(session, call_id=call.id)
    if call.ended_at is None:
        raise NotYet("the call has not ended", until=datetime.now(UTC) + TRANSCRIPT_GRACE)
    if transcript is not None and not transcript.complete and (until := grace(call=call, step=step)):
        raise NotYet("its transcript is on the way", until=until)
    try:
        return mask_call(workshop.database, workshop.settings, workshop.storage, call_id=step.call_id)
    except FileNotFoundError as error:
        raise StepError("the recording is not in the storage any more") from error
    except ValueError as error:
        raise StepError(f"the recording could not be silenced: {error}") from error


def _discard(workshop: Workshop, step: Step) -> Result:
    """Erase the copies of a recording that a silenced one took the place of."""
    with workshop.database.read() as session:
        recording, call = _recording_of(session, step), session.get_one(Call, step.call_id)
    usual = storage_key(call=call, recording_sid=recording.recording_sid)
    discard(workshop.storage, recording=recording, usual=usual)
    return lambda _session: None


def _classify(workshop: Workshop, step: Step) -> Result:
    """Judge the call by what is known of it now; news of it asks for this step again."""
    with workshop.database.read() as session:
        call = session.get_one(Call, step.call_id)
        transcript = transcript_of(session, call_id=call.id)
        awaited = awaits_transcript(session, settings=workshop.settings, call=call, step=step)
        facts = facts_of(session, call=call)
    if call.erased_at is not None:
        return lambda _session: "what was said is erased, so its label stays as it is"
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


def _erase(workshop: Workshop, step: Step) -> Result:
    """Remove the bytes of what was erased, and note what the carrier said."""
    try:
        said = remove(
            workshop.database, workshop.settings, workshop.storage, call_id=step.call_id, recording_sid=step.subject
        )
    except InUse as wait:
        raise NotYet(str(wait), until=wait.until) from wait
    except NotWhole as reason:
        raise StepError(str(reason)) from reason
    return lambda session: keep_answer(
        session, call_id=step.call_id, recording_sid=step.subject, said=said, now=datetime.now(UTC)
    )


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
    "mask": _mask,
    "discard": _discard,
    "erase": _erase,
}
