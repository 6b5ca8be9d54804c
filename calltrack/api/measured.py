"""The blind sample, a call at a time, and the error of the classifier that it measures."""

from datetime import UTC, datetime
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.call_answers import TurnAnswer
from calltrack.api.door import CLASSIFIER, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID, Day, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.learning.blind import answer_check, find_check, show_unseen, unanswered
from calltrack.learning.measured import Error, ErrorOf, measured_error
from calltrack.learning.sampling import next_draw
from calltrack.models import BlindCheck
from calltrack.paging import clamp


class CheckAnswer(BaseModel):
    """A call drawn for a blind label: what was said, and nothing that anybody made of it. `week`: the Monday of the
    week in which it came; `transcript` null where there is none."""

    id: int
    week: Day
    call_sid: str
    started_at: Moment
    duration: int | None
    transcript: str | None
    turns: list[TurnAnswer]


class CheckPath(BaseModel):
    """Which check."""

    check_id: int = Field(ge=1, le=LARGEST_ID)


class CheckIn(BaseModel):
    """What the call is, by what is heard and read in it alone."""

    answer: Literal["lead", "excused", "cannot tell"]
    reason: str | None = Field(None, max_length=60, description="One of the account's reasons for this label")


class AnsweredAnswer(BaseModel):
    """An answered check; `label_id` is its word in the call's ledger, null for `cannot tell`."""

    id: int
    call_sid: str
    answer: str
    by: str
    at: Moment
    label_id: int | None


class ErrorAnswer(BaseModel):
    """Of so many checks so many are wrong; `share`, 0 to 1, is what that says of all calls they were drawn from,
    between `low` and `high` at 95 %."""

    checks: int
    wrong: int
    share: float
    low: float
    high: float


class ErrorOfAnswer(ErrorAnswer):
    """The same of one week (`name` is its Monday), reason or model; `since`: the first week with a check of it."""

    name: str
    since: Day


class MatrixCell(BaseModel):
    """How many checked calls the machine labelled so, and a person so."""

    machine: Literal["lead", "excused"]
    person: Literal["lead", "excused"]
    checks: int


class WrongAnswer(BaseModel):
    """A call that a person labelled otherwise than the machine had, without seeing its word."""

    call_sid: str
    started_at: Moment
    machine: str
    machine_reason: str | None
    confidence: float | None
    model: str | None
    person: str
    person_reason: str | None
    by: str
    at: Moment


class MeasuredAnswer(BaseModel):
    """The measured error over the newest 26 weeks that were drawn; `error` null as long as no check is answered."""

    error: ErrorAnswer | None
    matrix: list[MatrixCell]
    by_label: dict[Literal["lead", "excused"], ErrorAnswer]
    weeks: list[ErrorOfAnswer]
    reasons: list[ErrorOfAnswer]
    models: list[ErrorOfAnswer]
    wrong: list[WrongAnswer]
    population: int
    answered: int
    cannot_tell: int
    waiting: int
    next_draw: Day


class CheckQuery(BaseModel):
    """How many."""

    limit: int = Field(50, description="How many items, kept within 1 to 200")


@bp.get("/review/blind", tags=[CLASSIFIER], responses={200: Items[CheckAnswer]})
@requires("calls.label", leaves="saw")
def list_checks(query: CheckQuery) -> Response:
    """The drawn calls that wait for a blind label, the longest waiting first; an answered one is there no more."""
    with ground().database.read() as session:
        waiting = unanswered(session, account_id=visitor().account.id, limit=clamp(query.limit))
        shown = [(check, show_unseen(session, check=check)) for check in waiting]
    items = [
        CheckAnswer.model_validate(
            {
                "id": check.id,
                "week": check.week,
                "call_sid": one.call.call_sid,
                "started_at": one.call.started_at,
                "duration": one.call.duration,
                "transcript": one.text or None,
                "turns": one.turns,
            }
        )
        for check, one in shown
    ]
    return give(Items[CheckAnswer](items=items))


@bp.put("/review/blind/<int:check_id>", tags=[CLASSIFIER], responses={200: AnsweredAnswer, **refusals(404, 409, 413)})
@requires("calls.label")
def put_answer(path: CheckPath, body: CheckIn) -> Response:
    """Answer a check, once. Unless you cannot tell, the answer is the call's label from now on."""
    who = visitor()
    with ground().database.write.begin() as session:
        check = find_check(session, account_id=who.account.id, check_id=path.check_id)
        if check is None:
            raise Problem(404, f"there is no check {path.check_id}; GET /api/v1/review/blind lists yours")
        answer_check(session, check=check, value=body.answer, reason=body.reason, said_by=who.name)
        return give(_answered(check, show_unseen(session, check=check).call.call_sid))


@bp.get("/classifier/error", tags=[CLASSIFIER], responses={200: MeasuredAnswer})
@requires("company.read")
def read_error() -> Response:
    """How often the machine's label is wrong, measured by the blind samples of the newest weeks."""
    account = visitor().account
    with ground().database.read() as session:
        found = measured_error(session, account_id=account.id)
    plain = {name: getattr(found, name) for name in ("population", "answered", "cannot_tell", "waiting")}
    return give(
        MeasuredAnswer.model_validate(
            {
                **plain,
                "error": _error(found.error) if found.error else None,
                "matrix": [
                    {"machine": machine, "person": person, "checks": checks}
                    for (machine, person), checks in found.matrix.items()
                ],
                "by_label": {label: _error(one) for label, one in found.by_label.items()},
                "weeks": [_error_of(one) for one in found.weeks],
                "reasons": [_error_of(one) for one in found.reasons],
                "models": [_error_of(one) for one in found.models],
                "wrong": [vars(one) for one in found.wrong],
                "next_draw": next_draw(zone=account.time_zone, now=datetime.now(UTC)),
            }
        )
    )


def _answered(check: BlindCheck, call_sid: str) -> AnsweredAnswer:
    return AnsweredAnswer.model_validate(
        {"id": check.id, "call_sid": call_sid, "answer": check.value, "by": check.said_by, "at": check.said_at,
         "label_id": check.label_id}
    )  # fmt: skip


def _error(one: Error) -> dict[str, float]:
    exact = {name: round(getattr(one, name), 4) for name in ("share", "low", "high")}
    return {"checks": one.checks, "wrong": one.wrong, **exact}


def _error_of(one: ErrorOf) -> dict[str, object]:
    return {**_error(one.error), "name": one.name, "since": one.week}
