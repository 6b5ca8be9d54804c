"""Whoever guesses has to wait: tries that failed are counted in the database, so that all web processes know of them.

A try counts as failed from the moment at which it begins, until it is said to have passed: of a hundred tries at once,
no more get through than of a hundred one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.db import upsert
from calltrack.models import Throttle
from calltrack.network import network_of

FIRST_WAIT, LONGEST_WAIT = 60, 15 * 60  # seconds
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Patience:
    """How many failures are free of a wait, and how long it takes until one of them is forgiven."""

    free: int
    forgiven_every: timedelta


# By the part of a name before its colon. A network address may be a whole office's.
_PATIENCE = {"address": Patience(30, timedelta(minutes=10)), "letter": Patience(3, timedelta(minutes=20))}
_USUAL = Patience(5, timedelta(hours=1))


def name_of(kind: str, secret: str) -> str:
    """The name under which tries are counted. Addresses, of either sort, are kept as hashes alone."""
    return f"{kind}:{sha256(secret.casefold().encode(errors='replace')).hexdigest()[:48]}"


def name_of_network(address: str | None) -> str:
    """The same for where a try comes from. An IPv6 customer has 2^64 addresses, a /64, and counts as one."""
    return name_of("address", network_of(address))


def wait_for(session: Session, *, name: str, now: datetime) -> int:
    """Seconds until the next try under that name is looked at; 0: go on."""
    row = session.get(Throttle, name)
    return _wait(row, now=now) if row else 0


def begin_try(session: Session, *, names: Sequence[str], now: datetime) -> int:
    """Count a try under each name and return 0; or the seconds to wait, and then nothing is counted."""
    _forget_old(session, now=now)
    # In one order for all, so that two who try at once never wait for each other.
    rows = [_take(session, name=name, now=now) for name in sorted(names)]
    if longest := max(_wait(row, now=now) for row in rows):
        return longest
    for row in rows:
        _count(row, now=now)
    session.flush()
    return 0


def failed(session: Session, *, name: str, now: datetime) -> None:
    """Count a failure."""
    _count(_take(session, name=name, now=now), now=now)
    session.flush()


def passed(session: Session, *, name: str) -> None:
    """The try was right: all is forgiven. Of an address only this try: others may be guessing from there."""
    row = session.get(Throttle, name, with_for_update=True)
    if row is None:
        return
    if name.startswith("address:") and row.failures > 1:
        row.failures -= 1
    else:
        session.delete(row)
    session.flush()


def _forget_old(session: Session, *, now: datetime) -> None:
    # Race: others may hold some of these rows; those are left for the next time.
    old = select(Throttle.name).where(Throttle.last_at < now - FORGOTTEN_AFTER).with_for_update(skip_locked=True)
    session.execute(delete(Throttle).where(Throttle.name.in_(old)).execution_options(synchronize_session=False))


def _take(session: Session, *, name: str, now: datetime) -> Throttle:
    """The row of that name, locked until the transaction ends."""
    new = upsert(session, Throttle).values(name=name, failures=0, last_at=now)
    session.execute(new.on_conflict_do_nothing(index_elements=["name"]))
    return session.get_one(Throttle, name, with_for_update=True, populate_existing=True)


def _count(row: Throttle, *, now: datetime) -> None:
    row.failures = max(row.failures - _forgiven(row, now=now), 0) + 1
    row.last_at = now


def _wait(row: Throttle, *, now: datetime) -> int:
    """Seconds: a minute after the first failure that is not free, then 2, 4 ... up to the longest wait."""
    beyond = row.failures - _forgiven(row, now=now) - _patience(row.name).free
    if beyond < 0:
        return 0
    seconds = min(FIRST_WAIT << min(beyond, 20), LONGEST_WAIT)
    left = (row.last_at + timedelta(seconds=seconds) - now).total_seconds()
    # A clock that was put back makes nobody wait for longer than the rule says.
    return min(max(-int(-left // 1), 0), seconds)


def _forgiven(row: Throttle, *, now: datetime) -> int:
    return max((now - row.last_at) // _patience(row.name).forgiven_every, 0)


def _patience(name: str) -> Patience:
    return _PATIENCE.get(name.partition(":")[0], _USUAL)
