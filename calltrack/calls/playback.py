"""What there is to hear of a call: the recording that is played, or what has become of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Call, CallLeg, Recording

# A carrier that announced no recording within a day will not announce one any more.
WAIT_FOR_NEWS = timedelta(hours=24)


@dataclass(frozen=True)
class Playback:
    """`status`: expected, stored, absent, failed or erased; `duration` in seconds; `storage_key`: once it can be
    played."""

    status: str
    duration: int | None = None
    channels: int | None = None
    storage_key: str | None = None


def playback(*, call: Call, recording: Recording | None, now: datetime | None = None) -> Playback | None:
    """The state of the call's main recording; None when nothing was recorded or announced.

    Of a call that is under way, or that one of ours spoke in within the last day, a recording is still to come, if it
    was to be recorded at all.
    """
    if recording is not None:
        key = recording.storage_key if recording.status == "stored" else None
        return Playback(recording.status, recording.duration, recording.channels, key)
    if is_unrecorded(call):
        return None
    young = (now or datetime.now(UTC)) - (call.ended_at or call.started_at) < WAIT_FOR_NEWS
    return Playback("expected") if young and (call.spoken or call.ended_at is None) else None


def is_unrecorded(call: Call) -> bool:
    """Whether the rule of the call was that nothing is recorded of it but a message that the caller leaves."""
    return (call.recording_rule or "").startswith("not recorded")


def legs_of(session: Session, *, call_id: int) -> list[CallLeg]:
    """The agents' phones that were rung for the call."""
    return list(session.scalars(select(CallLeg).where(CallLeg.call_id == call_id).order_by(CallLeg.id)))
