"""Whose turn it is to be rung: each call at a step gets the next number, once, however often it asks."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from calltrack.config import Settings
from calltrack.db import Database, upsert
from calltrack.models import RingCount, RingTurn

_KEPT = timedelta(days=2)


def take_turn(session: Session, *, flow_id: int, step: str, call_sid: str, now: datetime) -> int:
    """The call's turn at the step, from 1. Until the session commits, other calls at the step wait for theirs."""
    if not call_sid:  # a call that cannot be told from others takes no turn away from them
        return guess_turn(step=step, call_sid=call_sid)
    here = (RingTurn.flow_id == flow_id, RingTurn.step == step, RingTurn.call_sid == call_sid)
    # Race: the same request twice at once. The unique key lets one in; the other waits for it and reads its turn.
    first = session.scalar(
        upsert(session, RingTurn)
        .values(flow_id=flow_id, step=step, call_sid=call_sid, taken_at=now)
        .on_conflict_do_nothing()
        .returning(RingTurn.id)
    )
    if first is None:
        return session.scalar(select(RingTurn.turn).where(*here)) or guess_turn(step=step, call_sid=call_sid)
    # Race: two calls at once. The count's row is locked until the first has committed.
    count = upsert(session, RingCount).values(flow_id=flow_id, step=step, count=1)
    turn: int | None = session.scalar(
        count.on_conflict_do_update(
            index_elements=[RingCount.flow_id, RingCount.step], set_={"count": RingCount.count + 1}
        ).returning(RingCount.count)
    )
    session.execute(update(RingTurn).where(RingTurn.id == first).values(turn=turn))
    return turn or 0


def guess_turn(*, step: str, call_sid: str) -> int:
    """A turn, from 1, for while the database is away: the same for the same call, spread evenly over all calls."""
    return int.from_bytes(sha256(f"{call_sid}/{step}".encode()).digest()[:3]) + 1


def forget_turns(database: Database, _settings: Settings, now: datetime) -> int:
    """Remove the turns of calls that came more than two days ago, since nothing about a call is asked again so late;
    returns how many."""
    with database.write.begin() as session:
        gone = session.execute(delete(RingTurn).where(RingTurn.taken_at < now - _KEPT).returning(RingTurn.id))
        return len(gone.all())
