"""Apply one delivery to one call: idempotent, and in any order."""

import json
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.first import make_call
from calltrack.calls.fold import FoldedCall, Received, fold
from calltrack.calls.labels import withdraw_verdict
from calltrack.calls.missed import ask_after
from calltrack.calls.recordings import keep_news
from calltrack.calls.scrubbing import scrub_log
from calltrack.calls.steps import ask
from calltrack.calls.transcripts import keep_speech
from calltrack.models import Account, Call, CallEvent, CallLeg, Number
from calltrack.phone import is_e164
from calltrack.telephony.carrier import Delivery, Event
from calltrack.telephony.carriers import parse
from calltrack.telephony.routing import assigned_campaign

IMPORTED = "import"  # the carrier of calls that came in as a file; what it says of one is all there is to say

# What a new call was answered with, as Delivery, CallEvent and Received call it.
_TOLD = ("announcement", "announcement_audio", "flow_version_id", "turned_away", "recording_rule")
# The columns that the fold alone decides.
_FOLDED = (
    "direction dialled caller caller_name status started_at ended_at duration talk_seconds spoken voicemail missed "
    "missed_reason answered_by announcement announced_at announcement_audio flow_version_id turned_away "
    "recording_rule"
).split()


def receive(session: Session, *, delivery: Delivery) -> int | None:
    """Keep the delivery and fold the call anew: the call's id, or None where it makes no call (an agent's leg alone,
    an outbound call).

    The same delivery twice changes nothing but, if it was the earlier one, its receipt time.
    """
    event = parse(carrier=delivery.carrier, kind=delivery.kind, params=delivery.params)
    if not event.call_sid:
        return None
    name = _log_once(session, delivery=delivery, event=event)
    if event.kind == "voice" and (call_id := _make(session, delivery=delivery, event=event, name=name)):
        return call_id
    call = session.scalar(
        select(Call).where(
            Call.carrier == delivery.carrier,
            Call.carrier_account == delivery.carrier_account,
            Call.call_sid == event.call_sid,
        )
    )
    if call is not None and call.erased_at is not None:
        scrub_log(session, call=call, caller=call.caller_erased_at is not None, delivery=name)
    # Of live words the fold asks only when the first came, and that only where nothing else came earlier.
    if call is None or event.kind != "transcription" or delivery.received_at < call.started_at:
        call = _fold_into(session, call=call, delivery=delivery, call_sid=event.call_sid)
    if call is None:
        return None
    if call.erased_at is None:
        keep_speech(session, call=call, said=_received(session, _of(delivery, event.call_sid, speech=True)))
    return call.id


def _make(session: Session, *, delivery: Delivery, event: Event, name: str) -> int | None:
    """The short way for a call that rings and of which nothing else is known yet; None where that is not so."""
    folded = fold([Received(event, delivery.received_at, *(getattr(delivery, field) for field in _TOLD))])
    if folded is None or folded.direction != "inbound" or folded.ended_at or folded.recordings:
        return None
    return make_call(session, delivery=delivery, name=name, call_sid=event.call_sid, folded=folded)


def _log_once(session: Session, *, delivery: Delivery, event: Event) -> str:
    """Log the delivery, one of a call at a time; its name, by which it is kept once.

    What identifies it is the carrier's retry token and everything that was said, so that nothing is lost where a token
    is used twice.
    """
    said = json.dumps([delivery.kind, delivery.token, sorted(delivery.params.items())])
    row = {
        "carrier": delivery.carrier,
        "carrier_account": delivery.carrier_account,
        "call_sid": event.call_sid,
        "kind": delivery.kind,
        "delivery": sha256(said.encode()).hexdigest(),
        "received_at": delivery.received_at,
        "params": dict(delivery.params),
        **{field: getattr(delivery, field) for field in _TOLD},
    }
    connection = session.connection()
    connection.execute(_log(connection.dialect.name), row)
    return str(row["delivery"])


@cache
def _log(dialect: str) -> Any:
    """The row, or an earlier receipt of the one that is there.

    Race: two first deliveries of a call would each fold without seeing the other, and there is no row yet to lock. On
    PostgreSQL a lock named after the call is waited for on the way; SQLite's writers exclude each other already.
    """
    table: Any = CallEvent.__table__
    row: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    if dialect == "postgresql":
        columns = [column for column in table.c if column.name != "id"]
        given = {column.name: bindparam(column.name, type_=column.type) for column in columns}
        name = given["carrier"] + "/" + given["carrier_account"] + "/" + given["call_sid"]
        turn = select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))).subquery("turn")
        row = row.from_select(list(given), select(*given.values()).select_from(turn))
    return row.on_conflict_do_update(
        index_elements=[CallEvent.carrier, CallEvent.carrier_account, CallEvent.delivery],
        set_={"received_at": row.excluded.received_at, **{field: row.excluded[field] for field in _TOLD}},
        where=row.excluded.received_at < CallEvent.received_at,
    )


def _of(delivery: Delivery, call_sid: str, *, speech: bool) -> list[ColumnElement[bool]]:
    return [
        CallEvent.carrier == delivery.carrier,
        CallEvent.carrier_account == delivery.carrier_account,
        CallEvent.call_sid == call_sid,
        (CallEvent.kind == "transcription") == speech,
    ]


def _received(session: Session, which: list[ColumnElement[bool]]) -> list[Received]:
    told = (getattr(CallEvent, field) for field in _TOLD)
    rows = session.execute(
        select(CallEvent.carrier, CallEvent.kind, CallEvent.params, CallEvent.received_at, *told).where(*which)
    )
    return [
        Received(parse(carrier=carrier, kind=kind, params=params), received_at, *answered)
        for carrier, kind, params, received_at, *answered in rows
    ]


def _fold_into(session: Session, *, call: Call | None, delivery: Delivery, call_sid: str) -> Call | None:
    """Make the call what its deliveries tell, and ask for what follows from what is new."""
    folded = fold(_told_of(session, delivery=delivery, call_sid=call_sid))
    if folded is None or (call is None and folded.direction != "inbound"):
        return None
    if call is None:
        call = Call(carrier=delivery.carrier, carrier_account=delivery.carrier_account, call_sid=call_sid)
        session.add(call)
    before = (call.started_at, call.dialled, call.direction)
    judged, found, was_missed = _judged_by(call), _found_by(call), call.missed
    for name in _FOLDED:
        setattr(call, name, getattr(folded, name))
    if (call.started_at, call.dialled, call.direction) != before:
        _settle_owner(session, call=call)
    session.flush()
    if _found_by(call) != found:
        ask(session, call_id=call.id, name="match", again=True)
    if call.direction != "inbound":  # what looked like a call was one of ours going out
        return call
    _keep_legs(session, call=call, folded=folded)
    keep_news(session, call=call, news=folded.recordings)
    if call.missed:
        withdraw_verdict(session, call=call)
        if not was_missed:
            ask_after(session, call=call)
    # Nobody's calls are kept, but not judged: there is nobody to read the verdict.
    elif call.account_id and call.ended_at and _judged_by(call) != judged:
        ask(session, call_id=call.id, name="classify", again=True)
    return call


def _told_of(session: Session, *, delivery: Delivery, call_sid: str) -> list[Received]:
    """Everything but the live transcript, which may be hundreds of deliveries and says one thing of the call: that
    there is one."""
    received = _received(session, _of(delivery, call_sid, speech=False))
    first_speech = session.scalar(select(func.min(CallEvent.received_at)).where(*_of(delivery, call_sid, speech=True)))
    if first_speech:
        received.append(Received(Event(kind="transcription", call_sid=call_sid), first_speech))
    return received


def _judged_by(call: Call) -> tuple[object, ...]:
    """What a verdict depends on beside the transcript."""
    return (call.account_id, call.ended_at, call.missed, call.voicemail, call.duration, call.talk_seconds)


def _found_by(call: Call) -> tuple[object, ...] | None:
    """What a job that names no call is matched by; None for a call that no job is matched to."""
    if call.direction != "inbound" or not call.account_id or not call.ended_at or call.missed:
        return None
    return (call.account_id, call.caller, call.campaign_id, call.started_at) if is_e164(call.caller or "") else None


def _settle_owner(session: Session, *, call: Call) -> None:
    """The account that owns the number, and the campaign that the number belonged to when the call started."""
    number = None
    if call.dialled and call.direction == "inbound":
        number = session.scalar(select(Number).where(Number.phone_number == call.dialled))
    account_id = number.account_id if number else None
    if account_id is not None and _was_imported(session, call_sid=call.call_sid, account_id=account_id):
        number = account_id = None  # the account has it in its books already: once is enough
    campaign_id = campaign_at(session, number_id=number.id, moment=call.started_at) if number else None
    if call.id and (call.account_id, call.campaign_id) != (account_id, campaign_id):
        for one in sorted({one for one in (call.account_id, account_id) if one is not None}):
            wait_for_turn(session, account=session.get_one(Account, one))  # its jobs move with it
    call.account_id, call.number_id, call.campaign_id = account_id, number.id if number else None, campaign_id


def _was_imported(session: Session, *, call_sid: str, account_id: int) -> bool:
    own = select(Call.id).where(Call.account_id == account_id, Call.call_sid == call_sid)
    return session.scalar(own.where(Call.carrier == IMPORTED).limit(1)) is not None


def campaign_at(session: Session, *, number_id: int, moment: datetime) -> int | None:
    """The campaign that a number belongs to at a moment; None before its first."""
    return session.scalar(assigned_campaign(number_id=number_id, moment=moment))


def _keep_legs(session: Session, *, call: Call, folded: FoldedCall) -> None:
    known = {leg.leg_sid: leg for leg in session.scalars(select(CallLeg).where(CallLeg.call_id == call.id))}
    for leg in folded.legs:
        values: dict[str, Any] = {
            "number": leg.number,
            "status": leg.status,
            "duration": leg.duration,
            "bridged": leg.bridged,
        }
        row = known.get(leg.leg_sid)
        if row is None:
            session.add(CallLeg(call_id=call.id, leg_sid=leg.leg_sid, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
