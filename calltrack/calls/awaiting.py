"""Whether a call's transcript is still on its way, and how long that is waited for."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.config import Settings
from calltrack.models import Call, Step
from calltrack.telephony.carriers import writes_transcripts

TRANSCRIPT_GRACE = timedelta(seconds=45)
"""How long after a call's end its live transcript may still be under way."""

# Nobody transcribes live what ended this long ago, whatever a carrier's clock is off by.
_OLD_NEWS = timedelta(minutes=10)


def awaits_transcript(session: Session, *, settings: Settings, call: Call, step: Step) -> datetime | None:
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
        return datetime.now(UTC) + timedelta(minutes=1) if coming else grace(call=call, step=step)
    return grace(call=call, step=step)


def grace(*, call: Call, step: Step) -> datetime | None:
    """The end of the grace, counted from when the call's end became known here: a carrier's clock may run differently.

    None once it is over, and for a call that ended long before we heard of it.
    """
    now = datetime.now(UTC)
    until = step.asked_at + TRANSCRIPT_GRACE
    return until if until > now and now - (call.ended_at or now) < _OLD_NEWS else None
