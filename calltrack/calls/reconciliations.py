"""When the carrier's lists are compared with our books: once a night, by one worker, from where the last left off."""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from calltrack.calls.reconcile import carry_out, reconcile
from calltrack.config import Settings
from calltrack.db import AWAY, Database
from calltrack.models import Reconciliation
from calltrack.telephony.carriers import CARRIERS, Access, access_of

_log = logging.getLogger(__name__)

NIGHT = time(8, tzinfo=UTC)
"""From this hour on, once a day: night in all of North America."""

FIRST_LOOK, OVERLAP = timedelta(days=1), timedelta(hours=1)
"""How far back the first run looks; how far the others look behind the one before."""

GIVE_UP, AGAIN, SELDOM = timedelta(hours=2), timedelta(minutes=1), timedelta(hours=1)
"""Who began so long ago and did not end was killed; after a failure it is tried again so much later, after each further
one twice as late, up to hourly."""

_OLDEST = timedelta(days=3653)
_MOST = 200  # good runs that are looked at to know from where on we have seen everything
_NEWEST = 10  # runs that say whether another is due


def newest_runs(session: Session, *, limit: int, carrier: str | None = None) -> list[Reconciliation]:
    """The newest comparisons, newest first; `carrier`: those with one carrier only."""
    runs = select(Reconciliation).order_by(Reconciliation.began_at.desc(), Reconciliation.id.desc()).limit(limit)
    return list(session.scalars(runs.where(Reconciliation.carrier == carrier) if carrier else runs))


def since_when(session: Session, *, carrier: str, account: str, now: datetime) -> datetime:
    """From when on to compare so that nothing is left out: an hour before all was last seen, at first a day ago."""
    good = (Reconciliation.ended_at.is_not(None), Reconciliation.error.is_(None))
    seen = _seen_until(_runs(session, carrier=carrier, account=account, limit=_MOST, which=good))
    return seen - OVERLAP if seen else now - FIRST_LOOK


def reachable_carriers(settings: Settings) -> dict[str, Access]:
    """The carriers whose account and token the settings name."""
    accesses = {name: access_of(settings, carrier=name) for name in CARRIERS}
    return {name: access for name, access in accesses.items() if access.account and access.api_token}


def reconcile_due(database: Database, settings: Settings, now: datetime) -> int:
    """Compare with every carrier whose night has come; returns how many that were. What failed is tried again later."""
    done = 0
    for carrier, access in reachable_carriers(settings).items():
        try:
            run = _claim(database, carrier=carrier, account=access.account, now=now)
            if run is not None:
                carry_out(database, run=run, access=access)
                done += 1
        except AWAY as error:  # the end could not be written down; the other carrier is asked all the same
            _log.error("reconciling with %s: %s", carrier, error)
    return done


def reconcile_now(
    database: Database, settings: Settings, *, since: datetime | None, now: datetime
) -> list[Reconciliation]:
    """Compare with every carrier at once; no `since`: from where the last left off. ValueError where there is none."""
    carriers = reachable_carriers(settings)
    if not carriers:
        raise ValueError("the settings name no carrier's account and token, such as TWILIO_ACCOUNT_SID")
    runs = []
    for carrier, access in carriers.items():
        with database.read() as session:
            begins = since or since_when(session, carrier=carrier, account=access.account, now=now)
        runs.append(reconcile(database, access=access, carrier=carrier, since=begins, now=now))
    return runs


def read_since(written: str, *, now: datetime) -> datetime:
    """A moment with an offset (2026-11-20T00:00Z), or how long ago (24h, 3d). ValueError for anything else."""
    ago = re.fullmatch(r"(\d{1,4})([hd])", written, re.ASCII)
    if ago:
        return now - timedelta(**{{"h": "hours", "d": "days"}[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not now - _OLDEST < moment <= now:
        raise ValueError(f"{written!r} is no moment of the past ten years like 2026-11-20T00:00Z, nor 24h or 3d")
    return moment.astimezone(UTC)


def sum_up(run: Reconciliation) -> str:
    """What a run did, in a sentence or two."""
    done = (
        f"{run.carrier}, calls since {run.since:%Y-%m-%d %H:%M} UTC: {run.calls_seen} calls there, {run.calls_made} "
        f"were missing here and {run.calls_mended} incomplete; {run.recordings_seen} recordings there, "
        f"{run.recordings_made} were missing here, {run.recordings_gone} are gone."
    )
    return f"{done} It stopped early: {run.error}." if run.error else done


def is_due(runs: Sequence[Reconciliation], *, now: datetime) -> bool:
    """Whether a run is to begin, by the newest `runs`: none has ended well since the night came, none is under way, and
    none has just failed."""
    came = datetime.combine(now.astimezone(UTC), NIGHT)
    came = came if came <= now else came - timedelta(days=1)
    if any(run.ended_at is None and run.began_at > now - GIVE_UP for run in runs):
        return False
    if any(run.ended_at and run.error is None and run.began_at >= came for run in runs):
        return False
    failed = [run.ended_at for run in takewhile(lambda run: run.error is not None, runs) if run.ended_at]
    return not failed or failed[0] + min(AGAIN * 2 ** (len(failed) - 1), SELDOM) <= now


def _claim(database: Database, *, carrier: str, account: str, now: datetime) -> Reconciliation | None:
    """Write down that we do it, so that nobody else does.

    Race: two workers would each see that nobody does. SQLite's write transactions exclude each other already.
    """
    with database.write.begin() as session:
        if session.get_bind().dialect.name == "postgresql":
            key = f"reconcile/{carrier}/{account}"
            session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        runs = _runs(session, carrier=carrier, account=account, limit=_NEWEST)
        if not is_due(runs, now=now):
            return None
        run = Reconciliation(
            carrier=carrier, carrier_account=account, began_at=now,
            since=since_when(session, carrier=carrier, account=account, now=now),
            calls_seen=0, calls_made=0, calls_mended=0, recordings_seen=0, recordings_made=0, recordings_gone=0,
        )  # fmt: skip
        session.add(run)
    return run


def _runs(
    session: Session, *, carrier: str, account: str, limit: int, which: Sequence[ColumnElement[bool]] = ()
) -> list[Reconciliation]:
    """The newest first."""
    own = (Reconciliation.carrier == carrier, Reconciliation.carrier_account == account, *which)
    runs = select(Reconciliation).where(*own).order_by(Reconciliation.began_at.desc(), Reconciliation.id.desc())
    return list(session.scalars(runs.limit(limit)))


def _seen_until(runs: Sequence[Reconciliation]) -> datetime | None:
    """Until when these good runs have seen everything; one that does not reach back so far leaves a gap."""
    seen: datetime | None = None
    for run in reversed(runs):
        if seen is None or run.since <= seen:
            seen = run.began_at
    return seen
