"""Erasing what was recorded and said in a call, and the proof of it.

The rows say at once that it is gone, so that nothing plays or shows it any more. The bytes follow by the outbox step
`erase` (removing.py), which is asked for in the same transaction and done again until nothing is left here and at the
carrier: a process may die at any instant, and the rows still name what has to go.
"""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from calltrack.calls.scrubbing import scrub_log
from calltrack.calls.steps import ask
from calltrack.models import Account, Call, Clip, Erasure, Label, Recording, Step, Transcript

STEP = "erase"
LONGEST_WHY = 300
# Steps that write bytes: one that is under way is waited for (removing.py).
WRITES_BYTES = ("fetch", "mask")
_WRITES_WORDS = ("transcribe",)


def erase_call(session: Session, *, call: Call, why: str, by: str, now: datetime) -> int:
    """Erase every recording of the call and what was said in it; how many recordings and transcripts that were.

    The call itself, its label and whatever counts it stay. What is said of the call later is not kept either.
    """
    count = 0
    for recording in session.scalars(select(Recording).where(Recording.call_id == call.id)).all():
        count += erase_recording(session, recording=recording, why=why, by=by, now=now)
    count += erase_transcript(session, call=call, why=why, by=by, now=now)
    call.erased_at = call.erased_at or now
    session.flush()
    return count


def erase_recording(session: Session, *, recording: Recording, why: str, by: str, now: datetime) -> bool:
    """Let the recording play nowhere from now on, and have its bytes removed here and at the carrier.

    False where it was erased before, where there never was one, or for a call that is nobody's.
    """
    # Race: a fetch that ends at this moment; the lock puts one after the other (removing.py waits for its bytes).
    session.refresh(recording, with_for_update=True)
    call = session.get_one(Call, recording.call_id)
    if recording.status in ("erased", "absent") or call.account_id is None:
        return False
    recording.status, recording.erased_at = "erased", now
    recording.peaks = recording.silenced = None
    _prove(session, call=call, what="recording", why=why, by=by, now=now, recording=recording)
    of_it = Clip.recording_id == recording.id
    session.execute(update(Clip).where(of_it, Clip.ended_at.is_(None)).values(ended_at=now, ended_by=by))
    _call_off(session, call=call, name="fetch", subject=recording.recording_sid, now=now)
    ask(session, call_id=call.id, name=STEP, subject=recording.recording_sid, again=True)
    session.flush()
    return True


def erase_carrier_copy(session: Session, *, recording: Recording, why: str, by: str, now: datetime) -> bool:
    """Have the carrier's copy of a recording deleted once it is certain that ours is whole; ours stays.

    False where that was asked for or done before, or for a call that is nobody's.
    """
    call = session.get_one(Call, recording.call_id)
    open_one = select(Erasure.id).where(
        Erasure.call_id == call.id, Erasure.recording_sid == recording.recording_sid, Erasure.carrier_at.is_(None)
    )
    if call.account_id is None or recording.carrier_erased_at or session.scalar(open_one.limit(1)):
        return False
    _prove(session, call=call, what="carrier copy", why=why, by=by, now=now, recording=recording)
    ask(session, call_id=call.id, name=STEP, subject=recording.recording_sid, again=True)
    session.flush()
    return True


def leave_no_copy(session: Session, *, recording: Recording, now: datetime) -> None:
    """A recording has come home: the carrier's copy goes, if the account keeps none there."""
    call = session.get_one(Call, recording.call_id)
    account = session.get(Account, call.account_id) if call.account_id else None
    if account is not None and not account.keep_at_carrier:
        why = "recordings are not kept at the carrier once they are here"
        erase_carrier_copy(session, recording=recording, why=why, by=account.name, now=now)


def erase_transcript(session: Session, *, call: Call, why: str, by: str, now: datetime) -> bool:
    """Remove what was said: the transcript, the carrier's deliveries of it, and the phrases that labels quote.

    False where there was no transcript. Nothing that comes later brings it back.
    """
    found = session.get(Transcript, call.id)
    if found is not None:
        session.execute(delete(Transcript).where(Transcript.call_id == call.id))
        session.expunge(found)
        _prove(session, call=call, what="transcript", why=why, by=by, now=now)
    call.erased_at = call.erased_at or now
    scrub_log(session, call=call, caller=call.caller_erased_at is not None)
    session.execute(update(Label).where(Label.call_id == call.id).values(evidence=[]))
    # Whoever writes it down at this moment loses the lease, and with it the right to keep what comes of it.
    own = (Step.call_id == call.id, Step.name.in_(_WRITES_WORDS), Step.state == "due")
    session.execute(update(Step).where(*own).values(_called_off()))
    session.flush()
    return found is not None


def _prove(
    session: Session, *, call: Call, what: str, why: str, by: str, now: datetime, recording: Recording | None = None
) -> None:
    session.add(
        Erasure(
            account_id=call.account_id,
            call_id=call.id,
            what=what,
            recording_sid=recording.recording_sid if recording else None,
            sha256=recording.sha256 if recording else None,
            why=why[:LONGEST_WHY],
            erased_by=by,
            erased_at=now,
        )
    )


def _call_off(session: Session, *, call: Call, name: str, subject: str, now: datetime) -> None:
    """Race: a worker claims such a step at this moment; its row decides who was first."""
    unheld = or_(Step.lease.is_(None), Step.lease_until.is_(None), Step.lease_until <= now)
    own = (Step.call_id == call.id, Step.name == name, Step.subject == subject, Step.state == "due")
    session.execute(update(Step).where(*own, unheld).values(_called_off()))


def _called_off() -> dict[str, object]:
    return {"state": "done", "lease": None, "lease_until": None, "last_error": "the recording was erased"}
