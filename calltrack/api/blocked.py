"""Callers who are turned away."""

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.door import FLOWS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import BlockedCaller
from calltrack.telephony.blocking import LONGEST_WHY, block_caller, find_block, lift_block, list_blocked


class BlockIn(BaseModel):
    """Whom to turn away, from their next call on."""

    pattern: str = Field(
        max_length=40, examples=["+1900*"],
        description="A phone number, how numbers begin (+1900*), or withheld: whoever shows no number",
    )  # fmt: skip
    why: str | None = Field(None, max_length=LONGEST_WHY)


class BlockAnswer(BaseModel):
    """Who is turned away, since when and why; `lifted_at`: since when they are let in again, null while not."""

    id: int
    pattern: str
    why: str | None
    blocked_by: str
    blocked_at: Moment
    lifted_by: str | None
    lifted_at: Moment | None


class BlockPath(BaseModel):
    """Which block."""

    id: Id


@bp.get("/blocked-callers", tags=[FLOWS], responses={200: Items[BlockAnswer]})
@requires("company.read")
def list_all_blocked() -> Response:
    """Everybody who is turned away now, the newest block first."""
    with ground().database.read() as session:
        found = list_blocked(session, account=visitor().account)
    return give(Items[BlockAnswer](items=[_answer(one) for one in found]))


@bp.post("/blocked-callers", tags=[FLOWS], responses={201: BlockAnswer, **refusals(409, 413)})
@requires("callers.block")
def turn_away(body: BlockIn) -> Response:
    """Turn a caller away, or all who begin alike. Whoever is blocked already stays blocked as they are."""
    who = visitor()
    with ground().database.write.begin() as session:
        made = block_caller(session, account=who.account, pattern=body.pattern, why=body.why, by=who.name)
    return give(_answer(made), 201)


@bp.delete("/blocked-callers/<int:id>", tags=[FLOWS], responses={200: BlockAnswer, **refusals(404)})
@requires("callers.block")
def let_in(path: BlockPath) -> Response:
    """Let them in again."""
    who = visitor()
    with ground().database.write.begin() as session:
        found = find_block(session, account=who.account, block_id=path.id)
        if found is None:
            raise Problem(404, f"there is no block {path.id}; GET /api/v1/blocked-callers lists yours")
        lift_block(session, block=found, by=who.name)
    return give(_answer(found))


def _answer(one: BlockedCaller) -> BlockAnswer:
    return BlockAnswer.model_validate({name: getattr(one, name) for name in BlockAnswer.model_fields})
