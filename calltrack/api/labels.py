"""Labels: what was said of a call, and a person's or program's own word."""

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field, model_validator

from calltrack.api.call_answers import FullCall, LedgerEntry, full_answer, ledger_entry
from calltrack.api.calls import CallPath, own_call
from calltrack.api.door import CALLS, bp, give, requires, visitor
from calltrack.api.fields import Items
from calltrack.api.problems import refusals
from calltrack.calls.labels import LONGEST_NOTE, confirm_label, label_call, ledger
from calltrack.ground import ground


class LabelIn(BaseModel):
    """Either a label, or `confirm`: the label in force is correct."""

    label: Literal["lead", "excused"] | None = None
    reason: str | None = Field(None, max_length=60, description="One of the account's reasons for this label")
    note: str | None = Field(None, max_length=LONGEST_NOTE)
    confirm: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "LabelIn":
        if (self.label is None) == (self.confirm is None):
            raise ValueError("say either label (lead or excused) or confirm: true")
        if self.confirm and self.reason is not None:
            raise ValueError("a confirmation keeps the label's reason; leave reason out, or say label")
        return self


@bp.get("/calls/<call_sid>/labels", tags=[CALLS], responses={200: Items[LedgerEntry], **refusals(404)})
@requires("calls.read", leaves="saw")
def read_ledger(path: CallPath) -> Response:
    """Every word on the call, oldest first; the latest of a person is in force, else the latest of a machine."""
    with ground().database.read() as session:
        labels = ledger(session, call=own_call(session, path.call_sid))
    return give(Items[LedgerEntry](items=[ledger_entry(label) for label in labels]))


@bp.put("/calls/<call_sid>/label", tags=[CALLS], responses={200: FullCall, **refusals(404, 409, 413)})
@requires("calls.label")
def put_label(path: CallPath, body: LabelIn) -> Response:
    """Label a call, or confirm the label that it has; nothing a machine says later overrides it."""
    who = visitor()
    with ground().database.write.begin() as session:
        call = own_call(session, path.call_sid)
        if body.label is None:
            confirm_label(session, call=call, said_by=who.name, note=body.note)
        else:
            label_call(session, call=call, value=body.label, reason=body.reason, note=body.note, said_by=who.name)
        session.flush()
        return give(full_answer(session, call=call, account_id=who.account.id))
