"""The calls of an account from the newest back, along one index at a time, a stretch after a stretch.

Whatever is asked for, one index gives calls in the order of the list, and every other filter is applied to those: what
a page costs follows from how many calls it looks at, never from how many there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound
from calltrack.models import Call, CallTag
from calltrack.paging import older_than

_YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_IDS = 2**31
NEWEST, OLDEST = 2**63 - 1, -(2**63)
"""The largest and the smallest key."""


class Spot(NamedTuple):
    """Where a call stands in the list."""

    moment: datetime
    call_id: int


@dataclass(frozen=True)
class Stretch:
    """Some calls, newest first. `reached`: where the next stretch starts; None: there is none. `examined`: how many
    rows were looked at for them."""

    call_ids: list[int]
    reached: Spot | None
    examined: int


Walk = Callable[[Spot | None, int], Stretch]
"""The stretch of about so many calls that are older than a spot (None: from the newest on)."""


def key_of(spot: Spot) -> int:
    """The spot as one number: the larger, the newer (models/words.py). Calls of one second stand in order of their
    ids."""
    key = (spot.moment - _YEAR_2000) // timedelta(seconds=1) * _IDS + min(spot.call_id, _IDS - 1)
    return min(max(OLDEST, key), NEWEST)


def spot_of(key: int) -> Spot:
    """The spot of a key, its moment to the second."""
    return Spot(_YEAR_2000 + timedelta(seconds=key // _IDS), key % _IDS)


def walk_calls(
    session: Session,
    *,
    account_id: int,
    since: datetime | None,
    until: datetime | None,
    along: tuple[ColumnElement[bool], ...] = (),
) -> Walk:
    """The inbound calls from `since` to before `until` that fit `along`, which an index must have before the moment."""
    rows = select(Call.started_at, Call.id).where(inbound(account_id=account_id), *along)
    return _walk(session, rows, moment=Call.started_at, call_id=Call.id, since=since, until=until)


def walk_tag(session: Session, *, account_id: int, tag: str, since: datetime | None, until: datetime | None) -> Walk:
    """The calls that have a tag, spelled as `clean_tag` does."""
    rows = select(CallTag.called_at, CallTag.call_id).where(CallTag.account_id == account_id, CallTag.tag == tag)
    return _walk(session, rows, moment=CallTag.called_at, call_id=CallTag.call_id, since=since, until=until)


def _walk(
    session: Session, rows: Any, *, moment: Any, call_id: Any, since: datetime | None, until: datetime | None
) -> Walk:
    if since is not None:
        rows = rows.where(moment >= since)
    if until is not None:
        rows = rows.where(moment < until)
    newest = rows.order_by(moment.desc(), call_id.desc())

    def stretch(before: Spot | None, most: int) -> Stretch:
        older = newest if before is None else newest.where(older_than(before, moment=moment, row_id=call_id))
        found = session.execute(older.limit(most)).all()
        return Stretch([row[1] for row in found], Spot(*found[-1]) if len(found) == most else None, len(found))

    return stretch
