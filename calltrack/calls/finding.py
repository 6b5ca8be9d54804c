"""What people type into the search: words, a phone number, or the first digits of one."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound
from calltrack.calls.search import Found, find_words
from calltrack.calls.walk import NEWEST, OLDEST, Spot, Stretch, Walk, key_of, spot_of
from calltrack.calls.words import Query
from calltrack.models import Call

RARE = 3000
"""Where fewer calls than this came from numbers that begin so, all of them are read."""
WINDOW = 5000
"""Where more did, so many of the newest calls are looked through at a time."""

_SECOND = timedelta(seconds=1)


def walk_query(
    session: Session, *, account_id: int, query: Query, since: datetime | None, until: datetime | None
) -> Walk:
    """The calls that have the words, or came from the number, that a query asks for. Calls of one second stand in the
    order of their ids."""
    oldest = OLDEST if since is None else key_of(Spot(since, 0))
    newest = NEWEST if until is None else key_of(Spot(until, 0))

    def stretch(before: Spot | None, most: int) -> Stretch:
        start = newest if before is None else min(newest, key_of(before))
        found = find_words(session, account_id=account_id, query=query, before=start, since=oldest, most=most)
        if query.callers:
            called = find_callers(session, account_id=account_id, query=query, before=start, since=oldest, most=most)
            found = _together(found, called)
        reached = None if found.reached is None else spot_of(found.reached)
        return Stretch([spot_of(key).call_id for key in found.keys], reached, found.examined)

    return stretch


def find_callers(session: Session, *, account_id: int, query: Query, before: int, since: int, most: int) -> Found:
    """The calls from the query's number, or from numbers that begin so, with keys from `since` to below `before`."""
    every = select(Call.started_at, Call.id).where(inbound(account_id=account_id))
    if query.caller is None and _are_few(session, account_id=account_id, query=query):
        few = [row for digits in query.callers for row in session.execute(every.where(_begins(digits)))]
        return Found(_keys(few, before=before, since=since), None, RARE)
    start = spot_of(before)
    rows = every.where(Call.started_at < start.moment + (_SECOND if start.call_id else timedelta()))
    if query.caller is not None:
        theirs = rows.where(Call.caller == query.caller)
        along, step = theirs, most
    else:
        # By the first characters and not as a range of an index, which would give all of them, and in another order.
        theirs = rows.where(or_(*(func.substr(Call.caller, 1, len(digits)) == digits for digits in query.callers)))
        along, step = rows, WINDOW
    oldest = spot_of(since).moment
    newest_first = along.where(Call.started_at >= oldest).order_by(Call.started_at.desc(), Call.id.desc())
    end = session.execute(newest_first.offset(step).limit(1)).first()
    # Back to a whole second, because keys count no less. One limit, because SQLite would use the first of two.
    reached = None if end is None else key_of(Spot(end.started_at, 0))
    limit = oldest if reached is None else max(oldest, spot_of(reached).moment)
    found = session.execute(theirs.where(Call.started_at >= limit))
    return Found(_keys(found, before=before, since=since), reached, step)


def _keys(rows: Iterable[Row[datetime, int]], *, before: int, since: int) -> list[int]:
    keys = (key_of(Spot(moment, call_id)) for moment, call_id in rows)
    return sorted((key for key in keys if since <= key < before), reverse=True)


def _together(said: Found, called: Found) -> Found:
    """Both, as far back as both have looked."""
    reached = max((one.reached for one in (said, called) if one.reached is not None), default=None)
    keys = {key for key in (*said.keys, *called.keys) if reached is None or key >= reached}
    return Found(sorted(keys, reverse=True), reached, said.examined + called.examined)


def _are_few(session: Session, *, account_id: int, query: Query) -> bool:
    """From the index alone, which may hold a few too many; one range after the other, or SQLite may read all calls."""
    found = 0
    for digits in query.callers:
        rows = select(literal(1).label("one")).where(Call.account_id == account_id, _range(digits)).limit(RARE)
        found += session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    return found < RARE


def _begins(digits: str) -> ColumnElement[bool]:
    """Beside the range for the index the rule itself, because in some languages' order signs do not count."""
    return and_(_range(digits), func.substr(Call.caller, 1, len(digits)) == digits)


def _range(digits: str) -> ColumnElement[bool]:
    sign, number = ("+", digits[1:]) if digits.startswith("+") else ("", digits)
    after = str(int(number) + 1).zfill(len(number))
    ends = (Call.caller < f"{sign}{after}",) if len(after) == len(number) else ()
    return and_(Call.caller >= digits, *ends)
