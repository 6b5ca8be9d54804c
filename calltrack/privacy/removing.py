"""The outbox step `erase`: the bytes of an erased recording go, here and at the carrier, and what the carrier said is
kept. Done again as often as it takes; each part of it is safe to repeat."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from calltrack.calls.recordings import storage_key
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Call, CallEvent, Erasure, Recording, Step
from calltrack.privacy.erasing import WRITES_BYTES
from calltrack.storage import Storage
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import CARRIERS, access_of, written_from
from calltrack.telephony.deleting import delete_recording, delete_transcription

NO_CARRIER = "no carrier holds it"
_SILENCED = re.compile(r"\.v(\d+)\.mp3$")
_LOOK_AGAIN = timedelta(seconds=5)
_LATE = "the carrier had it only after the call's recordings were erased"
_BY = "calltrack"


class InUse(Exception):
    """Somebody is writing the bytes at this moment: look again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("the recording is just being written")
        self.until = until


class NotWhole(Exception):
    """Our copy is not what it should be, so the carrier's is not deleted."""


def remove(database: Database, settings: Settings, storage: Storage, *, call_id: int, recording_sid: str) -> str:
    """Remove what has to go of a recording; what the carrier said: deleted, gone, or NO_CARRIER.

    Holds no transaction while it waits. Raises InUse, NotWhole, StorageUnavailable, CarrierError.
    """
    with database.read() as session:
        call = session.get_one(Call, call_id)
        recording = _recording(session, call_id=call_id, recording_sid=recording_sid)
        _check_unused(session, call_id=call_id, recording_sid=recording_sid)
        written = _transcriptions(session, call=call, recording_sid=recording_sid)
    if recording.status == "erased":
        _remove_ours(database, storage, call=call, recording=recording)
    elif recording.status != "stored":
        raise NotWhole("the recording is not stored here (yet)")
    else:
        _check_whole(storage, recording=recording)
    if call.carrier not in CARRIERS:
        return NO_CARRIER
    # The account that the call came to, whichever the settings name by now: of another one "gone" proves nothing.
    access = replace(access_of(settings, carrier=call.carrier), account=call.carrier_account)
    try:
        for transcription_sid in written:
            delete_transcription(access, transcription_sid=transcription_sid)
        return delete_recording(access, recording_sid=recording_sid)
    except CarrierError as error:
        with database.write.begin() as session:
            session.execute(_open(call_id, recording_sid).values(carrier_said=str(error)))
        raise


def keep_answer(session: Session, *, call_id: int, recording_sid: str, said: str, now: datetime) -> None:
    """Write down what the carrier said, on every proof that waits for it."""
    recording = _recording(session, call_id=call_id, recording_sid=recording_sid)
    recording.carrier_erased_at = recording.carrier_erased_at or now
    known = select(Erasure.id).where(Erasure.call_id == call_id, Erasure.recording_sid == recording_sid).limit(1)
    told = session.execute(_open(call_id, recording_sid).values(carrier_said=said, carrier_at=now))
    proven = bool(told.rowcount) or (said != "deleted" and session.scalar(known))  # type: ignore[attr-defined]
    call = session.get_one(Call, call_id)
    if not proven and call.account_id is not None:
        session.add(
            Erasure(
                account_id=call.account_id, call_id=call_id, what="recording", recording_sid=recording_sid, why=_LATE,
                erased_by=_BY, erased_at=now, carrier_said=said, carrier_at=now,
            )
        )  # fmt: skip


def _remove_ours(database: Database, storage: Storage, *, call: Call, recording: Recording) -> None:
    """The name under which it would have been stored goes too: a fetch may have died between the file and the row."""
    usual = storage_key(call=call, recording_sid=recording.recording_sid)
    key = recording.storage_key or usual
    digest = _digest(storage, key=key)
    own = (Erasure.call_id == call.id, Erasure.recording_sid == recording.recording_sid, Erasure.sha256.is_(None))
    if digest is not None:  # written first: once the bytes are gone nobody can say what they were
        with database.write.begin() as session:
            session.execute(update(Erasure).where(*own, Erasure.what == "recording").values(sha256=digest))
    for name in sorted({*_names(key), *_names(usual), recording.original_key or key}):
        storage.delete(key=name)
    with database.write.begin() as session:
        cleared = update(Recording).where(Recording.id == recording.id)
        session.execute(cleared.values(storage_key=None, original_key=None))


def _names(key: str) -> list[str]:
    """Whatever may lie here of a recording: as it came, silenced (silencing.py; also a copy that no row names yet), and
    sealed."""
    found = _SILENCED.search(key)
    first = _SILENCED.sub(".mp3", key)
    versions = range(1, (int(found[1]) if found else 0) + 2)
    return [first, *(first.removesuffix(".mp3") + f".v{number}.mp3" for number in versions), sealed_key(first)]


def sealed_key(key: str) -> str:
    """Where the sealed original of a recording lies, if the account keeps originals."""
    return f"{key}.sealed"


def _check_whole(storage: Storage, *, recording: Recording) -> None:
    digest = _digest(storage, key=recording.storage_key or "")
    if digest is None:
        raise NotWhole("our own copy is not in the storage, so the carrier's was left alone")
    if recording.sha256 and digest != recording.sha256:
        raise NotWhole("our own copy is not what was stored, so the carrier's was left alone")


def _digest(storage: Storage, *, key: str) -> str | None:
    """The SHA-256 of what is stored; None where nothing is."""
    if not storage.size(key=key):
        return None
    found = sha256()
    try:
        body = storage.read(key=key)
        for chunk in body:
            found.update(chunk)
    except FileNotFoundError:
        return None
    return found.hexdigest()


def _check_unused(session: Session, *, call_id: int, recording_sid: str) -> None:
    now = datetime.now(UTC)
    own = (Step.call_id == call_id, Step.subject.in_((recording_sid, "")), Step.name.in_(WRITES_BYTES))
    until = session.scalar(select(Step.lease_until).where(*own, Step.state == "due", Step.lease_until > now).limit(1))
    if until is not None:
        raise InUse(min(until, now + _LOOK_AGAIN))


def _recording(session: Session, *, call_id: int, recording_sid: str) -> Recording:
    own = (Recording.call_id == call_id, Recording.recording_sid == recording_sid)
    return session.scalars(select(Recording).where(*own)).one()


def _open(call_id: int, recording_sid: str) -> Update:
    """The proofs that still wait for the carrier."""
    own = (Erasure.call_id == call_id, Erasure.recording_sid == recording_sid, Erasure.carrier_at.is_(None))
    return update(Erasure).where(*own)


def _transcriptions(session: Session, *, call: Call, recording_sid: str) -> list[str]:
    """What the carrier wrote down of the recording and keeps: of messages only, and it says so by their ids."""
    logged = select(CallEvent.carrier, CallEvent.params).where(
        CallEvent.carrier == call.carrier,
        CallEvent.carrier_account == call.carrier_account,
        CallEvent.call_sid == call.call_sid,
        CallEvent.kind == "transcription",
    )
    if call.carrier not in CARRIERS:
        return []
    found = (written_from(carrier=carrier, params=params) for carrier, params in session.execute(logged))
    return sorted({sid for sid, of in filter(None, found) if of == recording_sid})
