"""Pauses of a call's recording, as when a card is read out: by whom, from when to when.

The carrier is never asked within a transaction. A pause is written down before the carrier is asked for it, so that one
that nobody takes up again is known of whatever dies meanwhile; taken up again, it is written down once the carrier did.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from calltrack.calls.playback import is_unrecorded
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Call, Recording, RecordingPause
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import CARRIERS, access_of
from calltrack.telephony.pausing import NotRecording, set_paused

LONGEST_PAUSE = timedelta(minutes=3)
NOTHING_HEARD = "[recording paused]"
FORGOTTEN, OVER = "after 3 minutes, by itself", "the call's end"
_SECONDS_A_WORD = 0.35


class BadPause(ValueError):
    """A recording that cannot be paused; the message says why."""


def pause_recording(database: Database, settings: Settings, *, call: Call, by: str) -> RecordingPause:
    """Pause the recording of a running call; one that is paused already stays so. It is taken up again by
    resume_recording, or by itself after LONGEST_PAUSE.

    Raises BadPause, CarrierError. Where that is not permanent the carrier may have paused it all the same: the pause
    stands unconfirmed, and doing it again asks again.
    """
    if not can_pause(call):
        raise BadPause("the call is over, or not recorded: there is nothing to pause")
    pause = _begin(database, call=call, by=by)
    if pause.confirmed_at is not None:
        return pause
    try:
        _ask_carrier(database, settings, call=call, paused=True)
    except CarrierError as refusal:
        if refusal.permanent:
            with database.write.begin() as session:
                session.execute(delete(RecordingPause).where(RecordingPause.id == pause.id))
        raise
    return _confirm(database, settings, pause=pause, call=call)


def resume_recording(database: Database, settings: Settings, *, call: Call, by: str) -> bool:
    """Take the call's recording up again; False where it was not paused. Raises CarrierError."""
    with database.read() as session:
        standing = standing_pause(session, call_id=call.id)
    if standing is None:
        return False
    try:
        if call.ended_at is None:
            _ask_carrier(database, settings, call=call, paused=False)
    except NotRecording:
        by = OVER  # the conversation is over, and its recording with it
    # Race: the carrier said only now that it paused, perhaps after it was asked to go on. Then it is asked once more.
    if not _close(database, pause=standing, call=call, by=by) and standing.confirmed_at is None:
        resume_recording(database, settings, call=call, by=by)
    return True


def resume_forgotten(database: Database, settings: Settings, now: datetime) -> int:
    """Take up again every recording that has been paused for LONGEST_PAUSE, and close the pauses of calls that are
    over: how many. One that the carrier does not take up is tried again the next time."""
    overdue = or_(RecordingPause.paused_at <= now - LONGEST_PAUSE, Call.ended_at.is_not(None))
    with database.read() as session:
        found = session.execute(
            select(RecordingPause, Call)
            .join(Call, Call.id == RecordingPause.call_id)
            .where(RecordingPause.resumed_at.is_(None), overdue)
        ).all()
    resumed = 0
    for pause, call in found:
        if call.ended_at is not None:
            _close(database, pause=pause, call=call, by=OVER)
        else:
            try:
                resume_recording(database, settings, call=call, by=FORGOTTEN)
            except CarrierError as refusal:
                if not refusal.permanent:
                    continue
                # Nobody can take it up any more, and it must not be tried for ever.
                _close(database, pause=pause, call=call, by=f"the carrier refused: {refusal}"[:320])
        resumed += 1
    return resumed


def standing_pause(session: Session, *, call_id: int) -> RecordingPause | None:
    """The pause that the call's recording is in."""
    own = select(RecordingPause).where(RecordingPause.call_id == call_id, RecordingPause.resumed_at.is_(None))
    return session.scalar(own.limit(1))


def pauses_of(session: Session, *, call_id: int) -> list[RecordingPause]:
    """All pauses of a call's recording, the first one first."""
    own = select(RecordingPause).where(RecordingPause.call_id == call_id)
    return list(session.scalars(own.order_by(RecordingPause.paused_at, RecordingPause.id)))


def can_pause(call: Call) -> bool:
    """Whether the call runs, and may be recorded: then there is something to pause."""
    return call.ended_at is None and call.carrier in CARRIERS and not is_unrecorded(call)


def drop_paused(
    turns: Sequence[Mapping[str, Any]], zero_at: datetime | None, pauses: Sequence[RecordingPause]
) -> list[dict[str, Any]]:
    """The turns of a live transcript without those that were spoken, even in part, while the recording was paused; in
    each pause's place a turn that says so. Pure. `zero_at`: the moment of the turns' second 0; where that is not known
    no turn can be placed, and with a pause none is kept."""
    if not pauses or not turns:
        return [dict(turn) for turn in turns]
    if zero_at is None:
        return [_nothing_heard(0.0)]
    stretches = [
        (
            (one.paused_at - zero_at).total_seconds(),
            (one.resumed_at - zero_at).total_seconds() if one.resumed_at else math.inf,
        )
        for one in pauses
    ]
    kept = [dict(turn) for turn in turns if not any(_overlaps(turn, *stretch) for stretch in stretches)]
    told = [_nothing_heard(max(0.0, round(since, 2))) for since, _ in stretches]
    return sorted([*kept, *told], key=lambda turn: float(turn["start"]))


def _overlaps(turn: Mapping[str, Any], since: float, until: float) -> bool:
    began = float(turn["start"])
    return began <= until and began + _SECONDS_A_WORD * len(str(turn["text"]).split()) >= since


def _nothing_heard(start: float) -> dict[str, Any]:
    return {"speaker": "unknown", "start": start, "text": NOTHING_HEARD}


def _begin(database: Database, *, call: Call, by: str) -> RecordingPause:
    try:
        with database.write.begin() as session:
            if standing := standing_pause(session, call_id=call.id):
                return standing
            pause = RecordingPause(call_id=call.id, paused_at=datetime.now(UTC), paused_by=by)
            session.add(pause)
            session.flush()
            return pause
    except IntegrityError:
        # Race: two people pause it at once; the index lets one of them, and both have what they wanted.
        with database.read() as session:
            if standing := standing_pause(session, call_id=call.id):
                return standing
        raise


def _confirm(database: Database, settings: Settings, *, pause: RecordingPause, call: Call) -> RecordingPause:
    """The carrier said that it paused."""
    own = RecordingPause.id == pause.id
    with database.write.begin() as session:
        confirmed = update(RecordingPause).where(own).values(confirmed_at=datetime.now(UTC))
        kept = session.scalars(confirmed.returning(RecordingPause)).one()
        by = kept.resumed_by
        if by is None or by == OVER or standing_pause(session, call_id=call.id):
            return kept
        # Race: somebody took it up again while the carrier was asked. It may have paused after that, so the pause
        # stands again until the carrier has gone on.
        kept.resumed_at = kept.resumed_by = None
    resume_recording(database, settings, call=call, by=by)
    with database.read() as session:
        return session.get_one(RecordingPause, pause.id)


def _ask_carrier(database: Database, settings: Settings, *, call: Call, paused: bool) -> None:
    with database.read() as session:
        running = session.scalar(
            select(Recording.recording_sid)
            .where(Recording.call_id == call.id, Recording.carrier_status == "in-progress")
            .order_by(Recording.id.desc())
            .limit(1)
        )
    set_paused(
        access_of(settings, carrier=call.carrier),
        carrier=call.carrier,
        call_sid=call.call_sid,
        recording_sid=running,
        paused=paused,
    )


def _close(database: Database, *, pause: RecordingPause, call: Call, by: str) -> bool:
    """Write down that a pause is over; False where it is not what it was known as: two people take it up at once, or
    the worker does, and the first one's word stays; or it was confirmed meanwhile."""
    until = call.ended_at if by == OVER and call.ended_at else datetime.now(UTC)
    as_known = [RecordingPause.id == pause.id, RecordingPause.resumed_at.is_(None)]
    if pause.confirmed_at is None and by != OVER:
        as_known.append(RecordingPause.confirmed_at.is_(None))
    with database.write.begin() as session:
        over = update(RecordingPause).where(*as_known).values(resumed_at=max(until, pause.paused_at), resumed_by=by)
        return session.scalar(over.returning(RecordingPause.id)) is not None
