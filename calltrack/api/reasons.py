"""The reasons that labels may give."""

from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.accounts.reasons import (
    LONGEST_REASON,
    add_reason,
    find_reason,
    list_reasons,
    retire_reason,
)
from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import Reason

LARGEST_REASON_ID = 2**63 - 1  # these ids are wider than others


class NewReason(BaseModel):
    """A reason to be; upper and lower case are the same word."""

    label: Literal["lead", "excused"]
    name: Annotated[str, Field(max_length=LONGEST_REASON, examples=["spam"])]


class ReasonAnswer(BaseModel):
    """A reason; `retired_at`: since when it is no longer on offer, null while it is."""

    id: int
    label: Literal["lead", "excused"]
    name: str
    retired_at: Moment | None


class ReasonPath(BaseModel):
    """Which reason."""

    id: int


@bp.get("/reasons", tags=[SETTINGS], responses={200: Items[ReasonAnswer]})
@requires("calls.read")
def list_all_reasons() -> Response:
    """All reasons in the order they were made, retired ones too."""
    with ground().database.read() as session:
        found = list_reasons(session, account=visitor().account)
    return give(Items[ReasonAnswer](items=[_answer(one) for one in found]))


@bp.post("/reasons", tags=[SETTINGS], responses={201: ReasonAnswer, **refusals(409, 413)})
@requires("settings.write")
def make_reason(body: NewReason) -> Response:
    """Add a reason to a label; one that was retired is on offer again."""
    who = visitor()
    with ground().database.write.begin() as session:
        reason = add_reason(session, account=who.account, label=body.label, name=body.name, by=who.name)
    return give(_answer(reason), 201)


@bp.delete("/reasons/<int:id>", tags=[SETTINGS], responses={200: ReasonAnswer, **refusals(404)})
@requires("settings.write")
def retire(path: ReasonPath) -> Response:
    """Offer a reason no longer, and refuse it for new labels; those that gave it keep it. POSTing it restores it."""
    with ground().database.write.begin() as session:
        reason = _own(session, path.id)
        retire_reason(session, reason=reason, by=visitor().name)
    return give(_answer(reason))


def _own(session: Session, reason_id: int) -> Reason:
    reason = None
    if reason_id <= LARGEST_REASON_ID:
        reason = find_reason(session, account=visitor().account, reason_id=reason_id)
    if reason is None:
        raise Problem(404, f"there is no reason {reason_id}; GET /api/v1/reasons lists yours")
    return reason


def _answer(reason: Reason) -> ReasonAnswer:
    return ReasonAnswer.model_validate({name: getattr(reason, name) for name in ReasonAnswer.model_fields})
