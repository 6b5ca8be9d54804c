"""When a browser or a program was last seen: kept now and then, and never so that anybody waits for it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from calltrack.db import AWAY, Database
from calltrack.deadline import hurrying

_PATIENCE_SECONDS = 0.02


def keep_last_seen(
    database: Database,
    *,
    which: ColumnElement[bool],
    key: InstrumentedAttribute[Any],
    moment: InstrumentedAttribute[datetime | None],
    known: datetime | None,
    every: timedelta,
    now: datetime,
) -> bool:
    """Write `now` as the `moment` of the one row that is `which`, once in `every` at most; `known` is what it said, as
    far as that was read. `key` is the row's primary key. False where it was said lately, or somebody else is writing:
    whoever only reads must not wait for those who write."""
    stale = now - every
    if known is not None and known > stale:
        return False
    table = key.class_
    with hurrying(_PATIENCE_SECONDS):
        try:
            with database.write.begin() as session:
                free = session.scalar(
                    select(key).where(which, or_(moment.is_(None), moment <= stale)).with_for_update(skip_locked=True)
                )
                session.execute(update(table).where(key == free).values({moment: now}))
        except AWAY:
            return False
    return free is not None
