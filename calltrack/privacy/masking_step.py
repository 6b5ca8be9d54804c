"""The outbox step `mask`: once a call is over, numbers go from the carrier's log of it and from its recordings, and
from the log also what was said while the recording was paused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.fold import Received
from calltrack.calls.pauses import pauses_of
from calltrack.calls.transcripts import assemble, silent_on_recording, to_keep, utterance_of, write_transcript
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.masking.masking import mask_turns
from calltrack.models import Account, Call, CallEvent, Transcript
from calltrack.privacy.erasing import erase_carrier_copy
from calltrack.privacy.originals import seal_turns
from calltrack.privacy.silencing import Silenced, is_silent, keep_silenced, silence_stored, stored_recordings
from calltrack.storage import Storage
from calltrack.telephony.carriers import CARRIERS, parse, reworded

_WHY = "a number was silenced in it"
_BY = "calltrack"


@dataclass(frozen=True)
class _Known:
    keep: bool
    silenced: list[Silenced]


def mask_call(database: Database, settings: Settings, storage: Storage, *, call_id: int) -> Callable[[Session], None]:
    """Clear the call's log, silence its recordings where a number is heard, and return what writes the latter down.

    The log is cleared whatever becomes of the sound. Holds no transaction while it works on sound. Raises
    FileNotFoundError, ValueError, StorageUnavailable, SealBroken.
    """
    with database.write.begin() as session:
        _mask_log(session, settings, call_id=call_id)
    with database.read() as session:
        call = session.get_one(Call, call_id)
        account = session.get(Account, call.account_id) if call.account_id else None
        transcript = session.get(Transcript, call_id)
        keep = account is not None and account.keep_originals
        heard = [
            (one, silent_on_recording(transcript=transcript, recording=one))
            for one in stored_recordings(session, call_id=call_id)
            if transcript is not None and transcript.masked
        ]
    made = [
        silence_stored(settings, storage, recording=one, stretches=stretches, keep_original=keep)
        for one, stretches in heard
        if stretches and not is_silent(one, stretches)
    ]
    with database.read() as session:
        # Race: the recording was erased, and we took so long that nobody waited for us any more.
        here = {one.id for one in stored_recordings(session, call_id=call_id)}
        for one in made:
            if one.recording_id not in here:
                storage.delete(key=one.key)
    return lambda session: _write(session, call_id=call_id, known=_Known(keep, made))


def _write(session: Session, *, call_id: int, known: _Known) -> None:
    call = session.get_one(Call, call_id)
    if call.erased_at is not None:
        return
    for made in known.silenced:
        recording = keep_silenced(session, made=made)
        if recording is not None and not known.keep:
            erase_carrier_copy(session, recording=recording, why=_WHY, by=_BY, now=datetime.now(UTC))


def keep_heard(session: Session, settings: Settings, *, call_id: int, turns: list[dict[str, Any]]) -> None:
    """Keep what our own speech-to-text heard, masked. `turns` may have the times of their words."""
    call = session.get_one(Call, call_id)
    account = session.get(Account, call.account_id) if call.account_id else None
    masked = mask_turns(turns)
    original = None
    if masked.count and account is not None and account.keep_originals:
        original = seal_turns(settings, plain=turns, masked=masked.turns, before=None)
    write_transcript(session, call_id=call_id, source="whisper", turns=masked.turns, original=original)


def told_of(session: Session, *, call: Call) -> list[tuple[CallEvent, Received]]:
    """The deliveries that told what was said in a call, and what they say."""
    if call.carrier not in CARRIERS:  # it came in as a file
        return []
    events = session.scalars(
        select(CallEvent).where(
            CallEvent.carrier == call.carrier,
            CallEvent.carrier_account == call.carrier_account,
            CallEvent.call_sid == call.call_sid,
            CallEvent.kind == "transcription",
        )
    )
    return [
        (one, Received(parse(carrier=one.carrier, kind="transcription", params=one.params), one.received_at))
        for one in events
    ]


def _mask_log(session: Session, settings: Settings, *, call_id: int) -> None:
    """Rewrite the deliveries that told what was said. Their names stay, so that one that is repeated is known, and what
    they fold into is the same transcript."""
    # Race: the call is being erased; whoever has its row first goes first, and nothing erased is written again.
    call = session.get_one(Call, call_id, with_for_update=True)
    if call.erased_at is not None:
        return
    told = told_of(session, call=call)
    found = assemble([received for _, received in told])
    if found is None:
        return
    kept = to_keep(found, pauses_of(session, call_id=call_id))
    account = session.get(Account, call.account_id) if call.account_id else None
    transcript = session.get(Transcript, call_id)
    new = any(was["text"] != turn["text"] for was, turn in zip(kept.plain, kept.turns, strict=True))
    if new and account is not None and account.keep_originals and transcript and transcript.source == "carrier":
        transcript.original = seal_turns(settings, plain=kept.plain, masked=kept.turns, before=transcript.original)
    for one, received in told:
        speech = received.event.speech
        # What was heard on the way to an utterance holds its numbers too, and is part of nothing.
        text = kept.texts.get(utterance_of(speech), "") if speech else ""
        if speech is None or text != speech.text:
            one.params = reworded(carrier=one.carrier, params=one.params, text=text)
