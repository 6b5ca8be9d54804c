"""The carrier's own lists against our books: what no webhook told us is taken in as if one had.

Everything goes through calls.intake, the same code as the webhooks, dated by the carrier's own times; so it is safe to
repeat, and a call that is found days later stands on its own day. What the lists do not hold (what a caller was told,
what was said) cannot be made good.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.calls.intake import receive
from calltrack.db import AWAY, Database
from calltrack.models import Call, CallLeg, Reconciliation, Recording, Step
from calltrack.telephony.call_lists import read_calls, read_recordings
from calltrack.telephony.carrier import TERMINAL, CarrierError, Delivery
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Rest
from calltrack.telephony.twilio_rest import CallThere, RecordingThere

LONGEST_CALL = timedelta(hours=4)
TOKEN = "reconcile"  # noqa: S105 - what names such a delivery in the log of events
_PATIENCE = 120.0  # seconds that one request may wait for a carrier with too much to do
_log = logging.getLogger(__name__)

# One call with the legs that belong to it; None stands for a call that began before the list does.
Found = tuple[CallThere | None, list[CallThere]]


def reconcile(
    database: Database, *, access: Access, carrier: str, since: datetime, now: datetime
) -> Reconciliation:  # fmt: skip
    """Take in what happened since then and is over, as far as it is missing here; what is under way is left alone.

    What was done stands in the answer and is kept; its `error` says why it stopped early.
    """
    run = Reconciliation(
        carrier=carrier, carrier_account=access.account, since=since, began_at=now,
        calls_seen=0, calls_made=0, calls_mended=0, recordings_seen=0, recordings_made=0, recordings_gone=0,
    )  # fmt: skip
    with database.write.begin() as session:
        session.add(run)
    return carry_out(database, run=run, access=access)


def carry_out(database: Database, *, run: Reconciliation, access: Access) -> Reconciliation:
    """The same for a run that is written down already. Whatever goes wrong, its end is written down."""
    # Who called before then and hung up after it had not ended when we looked last.
    since = run.since - LONGEST_CALL
    left_out = 0
    try:
        with Rest(access, patience=_PATIENCE) as rest:
            for found in _grouped(read_calls(rest, since=since), run=run):
                left_out += _take_calls(database, found, run=run)
            for page in read_recordings(rest, since=since):
                left_out += _take_recordings(database, page, run=run)
    except CarrierError as error:
        run.error = str(error)
        _log.log(logging.WARNING if error.permanent else logging.INFO, "reconciling with %s: %s", run.carrier, error)
    except Exception as error:  # noqa: BLE001 - a run that never ends would keep all others waiting
        run.error = f"{type(error).__name__}; the log says more"
        _log.exception("reconciling with %s", run.carrier)
    if left_out and run.error is None:
        # Not a good run: the next one looks at the same again.
        run.error = f"{left_out} calls or recordings could not be taken in; the log says why"
    run.ended_at = datetime.now(UTC)
    with database.write.begin() as session:
        session.merge(run)
    return run


def _grouped(pages: Iterable[Sequence[CallThere]], *, run: Reconciliation) -> Iterator[list[Found]]:
    """Inbound calls that are over, each with its legs.

    The list is newest first, so that a leg comes before its call: only legs of calls that are still to come wait.
    """
    waiting = defaultdict[str, list[CallThere]](list)
    for page in pages:
        found: list[Found] = []
        for one in page:
            if one.parent_sid:
                waiting[one.parent_sid].append(one)
                continue
            legs = waiting.pop(one.sid, [])
            if one.direction == "inbound":
                run.calls_seen += 1
                found += [(one, legs)] if one.is_over else []
        yield found
    # A leg of the same second may follow its call in the list, and a call may have begun before the list does.
    yield [(None, legs) for legs in waiting.values()]


def _take_calls(database: Database, found: Sequence[Found], *, run: Reconciliation) -> int:
    """Bring in the calls of one page, each in a transaction of its own: no webhook waits for all of them. Returns how
    many could not be."""
    left_out = 0
    sids = {call.sid if call else legs[0].parent_sid or "" for call, legs in found}
    with database.read() as session:
        known = _known_calls(session, sids, run=run)
        ours = _known_legs(session, [one.id for one in known.values()])
    for call, legs in found:
        sid = call.sid if call else legs[0].parent_sid or ""
        row = known.get(sid)
        if call is None and row is None:
            continue  # whose legs these are began before the list does, or was no call to us
        missing = [call] if call and (row is None or not _has_ended(row)) else []
        missing += [leg for leg in legs if leg.is_over and not _is_known(leg, ours)]
        if missing:
            bring_in = partial(_bring_in, database, sid=sid, missing=missing, run=run)
            left_out += not _goes_well(bring_in, what=f"the call {sid}")
    return left_out


def _goes_well(work: Callable[[], None], *, what: str) -> bool:
    """Whether it was done: one call that nobody can take in must not keep the others out. A database that is away is
    no such call: the run ends there."""
    try:
        work()
    except AWAY:
        raise
    except Exception:  # noqa: BLE001 - it is in the log, and the run says that something is missing
        _log.exception("%s cannot be taken in", what)
        return False
    return True


def _bring_in(database: Database, *, sid: str, missing: Sequence[CallThere], run: Reconciliation) -> None:
    with database.write.begin() as session:
        before = _state(session, sid=sid, run=run)
        for one in missing:
            if one.ended_at:
                receive(session, delivery=_delivery("status", one.params, at=one.ended_at, run=run))
        session.flush()
        after = _state(session, sid=sid, run=run)
    if after and not before:
        run.calls_made += 1
    elif after != before:
        run.calls_mended += 1


def _take_recordings(database: Database, page: Sequence[RecordingThere], *, run: Reconciliation) -> int:
    """Bring in the recordings of one page, likewise; returns how many could not be."""
    run.recordings_seen += len(page)
    with database.read() as session:
        known = _known_calls(session, {one.call_sid for one in page}, run=run)
        rows = session.scalars(select(Recording).where(Recording.call_id.in_([call.id for call in known.values()])))
        ours = {(row.call_id, row.recording_sid): row for row in rows}
    left_out = 0
    for one in page:
        call = known.get(one.call_sid)
        if call is not None and call.direction == "inbound":
            take = partial(_take_recording, database, one, row=ours.get((call.id, one.sid)), run=run)
            left_out += not _goes_well(take, what=f"the recording {one.sid}")
    return left_out


def _take_recording(database: Database, one: RecordingThere, *, row: Recording | None, run: Reconciliation) -> None:
    """`row`: what we know of it already."""
    if row is None or row.carrier_status == "in-progress" or _came_after_all(row, one):
        with database.write.begin() as session:
            receive(session, delivery=_delivery("recording", one.params, at=one.recorded_at, run=run))
        run.recordings_made += not one.is_gone
        run.recordings_gone += one.is_gone
    elif one.is_gone and row.status == "expected":
        with database.write.begin() as session:
            _give_up(session, recording=row)
        run.recordings_gone += 1


def _came_after_all(row: Recording, there: RecordingThere) -> bool:
    """The carrier said that there was none, or that it had failed, and has it now."""
    return row.carrier_status in ("absent", "failed") and there.status == "completed"


def _give_up(session: Session, *, recording: Recording) -> None:
    """It was announced to us, and deleted at the carrier before we fetched it."""
    own = (Recording.id == recording.id, Recording.status == "expected")
    session.execute(update(Recording).where(*own).values(status="absent"))
    session.execute(
        update(Step)
        .where(Step.call_id == recording.call_id, Step.name == "fetch", Step.subject == recording.recording_sid)
        .where(Step.state == "due")
        .values(state="failed", lease=None, lease_until=None, last_error="the carrier has deleted the recording")
    )


def _delivery(kind: str, params: Mapping[str, str], *, at: datetime, run: Reconciliation) -> Delivery:
    return Delivery(
        carrier=run.carrier,
        carrier_account=run.carrier_account,
        kind="recording" if kind == "recording" else "status",
        params=params,
        received_at=at,
        token=TOKEN,
    )


def _known_calls(session: Session, sids: Collection[str], *, run: Reconciliation) -> dict[str, Call]:
    own = (Call.carrier == run.carrier, Call.carrier_account == run.carrier_account, Call.call_sid.in_(sids))
    return {call.call_sid: call for call in session.scalars(select(Call).where(*own))}


def _known_legs(session: Session, call_ids: Collection[int]) -> dict[str, CallLeg]:
    return {leg.leg_sid: leg for leg in session.scalars(select(CallLeg).where(CallLeg.call_id.in_(call_ids)))}


def _has_ended(call: Call) -> bool:
    """Whether its last status callback is here, as far as the row shows: only that says how long it was."""
    return call.status in TERMINAL and call.duration is not None


def _is_known(leg: CallThere, ours: Mapping[str, CallLeg]) -> bool:
    row = ours.get(leg.sid)
    return row is not None and row.status in TERMINAL and row.duration is not None


def _state(session: Session, *, sid: str, run: Reconciliation) -> tuple[object, ...]:
    """What is known of a call, to see whether it changed; empty where there is none."""
    call = _known_calls(session, [sid], run=run).get(sid)
    if call is None:
        return ()
    legs = sorted(_known_legs(session, [call.id]).items())
    told = (call.status, call.started_at, call.ended_at, call.duration, call.talk_seconds, call.answered_by)
    return (*told, call.missed_reason, *((sid, leg.status, leg.duration, leg.bridged) for sid, leg in legs))
