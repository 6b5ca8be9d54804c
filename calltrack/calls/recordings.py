"""Recordings of a call: what the carrier announced, what we hold of it, and which one is played."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.calls.steps import ask
from calltrack.models import Call, Recording, Step
from calltrack.telephony.carrier import RecordingNews


def keep_news(session: Session, *, call: Call, news: Sequence[RecordingNews]) -> None:
    """Note each recording that was announced; one that is complete is fetched once, one that is absent never.

    What was erased stays so; a recording that is announced only after its call's were erased is erased unfetched.
    """
    known = {row.recording_sid: row for row in session.scalars(select(Recording).where(Recording.call_id == call.id))}
    for one in news:
        row = known.get(one.sid)
        if row is None:
            row = Recording(call_id=call.id, recording_sid=one.sid, status="expected", carrier_status=one.status)
            session.add(row)
        if one.status == "completed" != row.carrier_status and row.status in ("absent", "failed"):
            row.status = "expected"  # the carrier has found it after all
        news_of_it = one.status == "completed" != row.carrier_status
        row.source, row.recorded_at, row.carrier_status = one.source, one.started_at, one.status
        if call.erased_at is not None and row.status != "erased" and one.status == "completed":
            row.status, row.erased_at = "erased", datetime.now(UTC)
        if row.status == "erased":
            if news_of_it or row.id is None:  # only now has the carrier a copy that can be deleted
                ask(session, call_id=call.id, name="erase", subject=one.sid, again=True)
            continue
        if row.status != "stored":  # once it is here, the file itself says how long it is
            row.duration, row.channels = one.duration, one.channels
            row.status = one.status if one.status in ("absent", "failed") else row.status
        if one.status == "completed":
            ask(session, call_id=call.id, name="fetch", subject=one.sid)


def storage_key(*, call: Call, recording_sid: str) -> str:
    """`<account>/<year>/<month>/<recording>.mp3`; nobody's calls lie under `unclaimed`."""
    owner = str(call.account_id) if call.account_id else "unclaimed"
    return f"{owner}/{call.started_at:%Y/%m}/{recording_sid}.mp3"


def mark_stored(
    *, recording: Recording, key: str, seconds: float, channels: int, peaks: list[list[int]] | None
) -> None:
    """The recording is here and can be played."""
    recording.status, recording.storage_key = "stored", key
    recording.duration = recording.duration or round(seconds)
    recording.channels, recording.peaks = channels, peaks
    recording.stored_at = datetime.now(UTC)


def try_again(session: Session, *, step: Step) -> None:
    """Have a step of a call done again from its beginning, now; a recording that had failed is awaited again."""
    ask(session, call_id=step.call_id, name=step.name, subject=step.subject, again=True)
    if step.name == "fetch":
        session.execute(
            update(Recording)
            .where(
                Recording.call_id == step.call_id, Recording.recording_sid == step.subject, Recording.status == "failed"
            )
            .values(status="expected")
        )


def main_recording(session: Session, *, call_id: int) -> Recording | None:
    """The recording to play: one that is here before one that is not, then the longest."""
    return main_recordings(session, call_ids=[call_id]).get(call_id)


def main_recordings(session: Session, *, call_ids: Collection[int]) -> dict[int, Recording]:
    """The recording to play of each of these calls that has one."""
    rank = {"stored": 0, "expected": 1, "failed": 2, "erased": 3, "absent": 4}
    rows = session.scalars(select(Recording).where(Recording.call_id.in_(call_ids))).all()
    best = sorted(rows, key=lambda row: (rank[row.status], -(row.duration or 0), row.recording_sid))
    return {row.call_id: row for row in reversed(best)}
