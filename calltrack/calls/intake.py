"""Apply one delivery to one call: idempotent, and in any order."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.fold import FoldedCall, Received, fold
from calltrack.calls.labels import withdraw_verdict
from calltrack.calls.recordings import keep_news
from calltrack.calls.steps import ask
from calltrack.calls.transcripts import keep_speech
from calltrack.db import upsert
from calltrack.models import Account, Call, CallEvent, CallLeg, Number, NumberAssignment
from calltrack.phone import is_e164
from calltrack.telephony.carrier import Delivery, Event
from calltrack.telephony.carriers import parse

IMPORTED = "import"  # the carrier of calls that came in as a file; what it says of one is all there is to say

# The columns that the fold alone decides.
_FOLDED = (
    "direction dialled caller caller_name status started_at ended_at duration talk_seconds spoken voicemail missed "
    "missed_reason answered_by announcement announced_at"
).split()


def receive(session: Session, *, delivery: Delivery) -> Call | None:
    """Keep the delivery and fold the call anew; None where it makes no call (an agent's leg alone, an outbound call).

    The same delivery twice changes nothing but, if it was the earlier one, its receipt time.
    """
    event = parse(carrier=delivery.carrier, kind=delivery.kind, params=delivery.params)
    if not event.call_sid:
        return None
    _lock(session, delivery=delivery, call_sid=event.call_sid)
    _log_once(session, delivery=delivery, event=event)
    call = session.scalar(
        select(Call).where(
            Call.carrier == delivery.carrier,
            Call.carrier_account == delivery.carrier_account,
            Call.call_sid == event.call_sid,
        )
    )
    if call is None or event.kind != "transcription":
        call = _fold_into(session, call=call, delivery=delivery, call_sid=event.call_sid)
    if call is not None:
        keep_speech(session, call=call, said=_received(session, _of(delivery, event.call_sid, speech=True)))
    return call


def _lock(session: Session, *, delivery: Delivery, call_sid: str) -> None:
    """One delivery of a call at a time.

    Race: two first deliveries would each fold without seeing the other, and there is no row yet to lock. SQLite's
    write transactions exclude each other already.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = f"{delivery.carrier}/{delivery.carrier_account}/{call_sid}"
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _log_once(session: Session, *, delivery: Delivery, event: Event) -> None:
    """What identifies a delivery: the carrier's retry token and everything that was said, so that nothing is lost
    where a token is used twice."""
    said = json.dumps([delivery.kind, delivery.token, sorted(delivery.params.items())])
    row = upsert(session, CallEvent).values(
        carrier=delivery.carrier,
        carrier_account=delivery.carrier_account,
        call_sid=event.call_sid,
        kind=delivery.kind,
        delivery=sha256(said.encode()).hexdigest(),
        received_at=delivery.received_at,
        params=dict(delivery.params),
        announcement=delivery.announcement,
    )
    earlier = row.excluded.received_at < CallEvent.received_at
    session.execute(
        row.on_conflict_do_update(
            index_elements=[CallEvent.carrier, CallEvent.carrier_account, CallEvent.delivery],
            set_={"received_at": row.excluded.received_at, "announcement": row.excluded.announcement},
            where=earlier,
        )
    )


def _of(delivery: Delivery, call_sid: str, *, speech: bool) -> list[ColumnElement[bool]]:
    return [
        CallEvent.carrier == delivery.carrier,
        CallEvent.carrier_account == delivery.carrier_account,
        CallEvent.call_sid == call_sid,
        (CallEvent.kind == "transcription") == speech,
    ]


def _received(session: Session, which: list[ColumnElement[bool]]) -> list[Received]:
    rows = session.execute(
        select(
            CallEvent.carrier, CallEvent.kind, CallEvent.params, CallEvent.received_at, CallEvent.announcement
        ).where(*which)
    )
    return [
        Received(parse(carrier=carrier, kind=kind, params=params), received_at, announcement)
        for carrier, kind, params, received_at, announcement in rows
    ]


def _fold_into(session: Session, *, call: Call | None, delivery: Delivery, call_sid: str) -> Call | None:
    """Fold everything but the live transcript, which may be hundreds of deliveries and says one thing of the call:
    that there is one."""
    received = _received(session, _of(delivery, call_sid, speech=False))
    first_speech = session.scalar(select(func.min(CallEvent.received_at)).where(*_of(delivery, call_sid, speech=True)))
    if first_speech:
        received.append(Received(Event(kind="transcription", call_sid=call_sid), first_speech))
    folded = fold(received)
    if folded is None or (call is None and folded.direction != "inbound"):
        return None
    if call is None:
        call = Call(carrier=delivery.carrier, carrier_account=delivery.carrier_account, call_sid=call_sid)
        session.add(call)
    before = (call.started_at, call.dialled, call.direction)
    judged, found = _judged_by(call), _found_by(call)
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
    # Nobody's calls are kept, but not judged: there is nobody to read the verdict.
    if call.account_id and call.ended_at and not call.missed and _judged_by(call) != judged:
        ask(session, call_id=call.id, name="classify", again=True)
    if call.missed:
        withdraw_verdict(session, call=call)
    return call


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
    """The campaign of a number at a moment: of the assignments in force by then, the last word on the latest."""
    return session.scalar(
        select(NumberAssignment.campaign_id)
        .where(NumberAssignment.number_id == number_id, NumberAssignment.starts_at <= moment)
        .order_by(NumberAssignment.starts_at.desc(), NumberAssignment.id.desc())
        .limit(1)
    )


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
