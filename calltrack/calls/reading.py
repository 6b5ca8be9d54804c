"""Finding a call and reading everything about it, always within one account."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.labels import current_label, ledger
from calltrack.calls.recordings import main_recording
from calltrack.calls.tags import notes_of, tags_of
from calltrack.calls.transcripts import transcript_of, turns_on_recording
from calltrack.models import Call, CallNote, Campaign, Customer, Erasure, Label, Recording, Step, Transcript
from calltrack.scope import WHOLE_HOUSE


def find_call(session: Session, *, account_id: int, call_sid: str, unclaimed: bool = False) -> Call | None:
    """The account's call of that id; with `unclaimed` also one to a number that nobody owns."""
    mine: ColumnElement[bool] = Call.account_id == account_id
    found = select(Call).where(Call.call_sid == call_sid).order_by(Call.account_id.is_(None), Call.id).limit(1)
    if unclaimed:
        return session.scalar(found.where(or_(mine, _nobodys())), execution_options=WHOLE_HOUSE)
    return session.scalar(found.where(mine))


def unclaimed_calls(session: Session, *, limit: int = 50) -> list[Call]:
    """Inbound calls to numbers that nobody owns, newest first: perhaps a number was never entered here."""
    newest = select(Call).where(_nobodys()).order_by(Call.started_at.desc()).limit(limit)
    return list(session.scalars(newest, execution_options=WHOLE_HOUSE))


def _nobodys() -> ColumnElement[bool]:
    """Known to be nobody's: a call whose dialled number has not been told yet may still be some company's."""
    return and_(Call.account_id.is_(None), Call.dialled.is_not(None), Call.direction == "inbound")


@dataclass(frozen=True)
class CallDetail:
    """All that a call's page and the API show, beside the facts that are derived (see calls/facts.py)."""

    call: Call
    campaign: Campaign | None
    customer: Customer | None
    label: Label | None
    labels: list[Label]
    recording: Recording | None
    transcript: Transcript | None
    turns: list[dict[str, Any]]
    tags: list[str]
    notes: list[CallNote]
    steps: list[Step]
    erasures: list[Erasure]


def read_call(session: Session, *, call: Call) -> CallDetail:
    """Everything about one call."""
    recording = main_recording(session, call_id=call.id)
    transcript = transcript_of(session, call_id=call.id)
    return CallDetail(
        call=call,
        campaign=session.get(Campaign, call.campaign_id) if call.campaign_id else None,
        customer=_customer(session, call=call),
        label=current_label(session, call=call),
        labels=ledger(session, call=call),
        recording=recording,
        transcript=transcript,
        turns=turns_on_recording(transcript=transcript, recording=recording) if transcript else [],
        tags=tags_of(session, call_id=call.id),
        notes=notes_of(session, call_id=call.id),
        steps=list(session.scalars(select(Step).where(Step.call_id == call.id).order_by(Step.id))),
        erasures=_erasures(session, call=call),
    )


def _erasures(session: Session, *, call: Call) -> list[Erasure]:
    """What was erased of the call, the latest first."""
    return list(session.scalars(select(Erasure).where(Erasure.call_id == call.id).order_by(Erasure.id.desc())))


def _customer(session: Session, *, call: Call) -> Customer | None:
    """The customer whose phone the call came from; the one known longest where several share it."""
    if call.account_id is None or not call.caller:
        return None
    return session.scalar(
        select(Customer)
        .where(Customer.account_id == call.account_id, Customer.phone == call.caller)
        .order_by(Customer.id)
        .limit(1)
    )
