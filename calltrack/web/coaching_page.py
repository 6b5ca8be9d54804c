"""All that the coaching of one call shows: in its panel, and on a page of its own with the player."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from calltrack.accounts.people import Person, list_people
from calltrack.accounts.roles import may
from calltrack.calls.reading import CallDetail, read_call
from calltrack.calls.recordings import main_recording
from calltrack.coaching.assignments import Assigned, assignments_of
from calltrack.coaching.calibration import Line, compare
from calltrack.coaching.evaluations import own_evaluation
from calltrack.coaching.library import Shown, list_examples
from calltrack.coaching.reading import Evaluated, read_all, shared_of_call
from calltrack.coaching.rubrics import find_rubric, offered, questions_of
from calltrack.models import Call, Question, Recording, Rubric
from calltrack.period import today
from calltrack.web.coaching_access import coaches, own_phones
from calltrack.web.coaching_fields import number
from calltrack.web.visitors import visitor
from calltrack.web.waveform import COLUMNS, draw_waveform


@dataclass(frozen=True)
class OnCall:
    """The coaching of one call as the visitor may see it.

    For a coach: `chosen` is the rubric at hand, with its `questions`; `own` what they think by it; `others` what the
    other coaches shared by it, empty and counted in `hidden` until the visitor's own is shared; `lines` compare all of
    them. `feedback` is what was shared with the visitor about a call that they answered themselves.
    """

    call: Call
    recording: Recording | None
    rubrics: list[Rubric]
    chosen: Rubric | None
    questions: list[Question]
    own: Evaluated | None
    others: list[Evaluated]
    hidden: int
    lines: list[Line]
    assigned: list[Assigned]
    mine: list[Assigned]
    people: list[Person]
    examples: list[Shown]
    feedback: list[Evaluated]
    day: date


def on_call(session: Session, *, call: Call, rubric: str | None = None) -> OnCall:
    """The coaching of `call`; `rubric`: the id that was asked for, as the address names it."""
    account, me, teaches = visitor().account, visitor().user_id, coaches()
    assigned = assignments_of(session, call=call)
    mine = [one for one in assigned if one.assignment.user_id == me and one.assignment.done_at is None]
    shared = shared_of_call(session, call_id=call.id)
    rubrics = offered(session, account_id=account.id) if teaches else []
    chosen = _chosen(session, call=call, asked=rubric, rubrics=rubrics, mine=mine) if teaches else None
    own = own_evaluation(session, call_id=call.id, rubric_id=chosen.id, coach_id=me) if chosen and me else None
    [read] = read_all(session, evaluations=[own]) if own else [None]
    others = [one for one in shared if chosen and one.rubric.id == chosen.id and one.evaluation.coach_id != me]
    # Who has shared theirs once knows what the others think: taking it back to change it hides nothing again.
    blind = own is None or own.first_shared_at is None
    phones = own_phones(session)
    return OnCall(
        call=call,
        recording=main_recording(session, call_id=call.id),
        rubrics=rubrics,
        chosen=chosen,
        questions=questions_of(session, rubric_ids=[chosen.id])[chosen.id] if chosen else [],
        own=read,
        others=[] if blind else others,
        hidden=len(others) if blind else 0,
        lines=compare([read, *others]) if read and read.evaluation.shared_at and others else [],
        assigned=assigned if teaches else [],
        mine=mine,
        people=[one for one in list_people(session, account_id=account.id) if may(one.role, "coaching.read")]
        if teaches
        else [],
        examples=list_examples(session, account_id=account.id, call_id=call.id).items,
        feedback=[one for one in shared if one.evaluation.agent_phone in phones],
        day=today(zone=account.time_zone, now=datetime.now(UTC)),
    )


def heard(session: Session, *, call: Call) -> dict[str, Any]:
    """What the player and the transcript beside it need."""
    detail: CallDetail = read_call(session, call=call)
    peaks = detail.recording.peaks if detail.recording else None
    return {"detail": detail, "waves": draw_waveform(peaks), "columns": COLUMNS}


def _chosen(
    session: Session, *, call: Call, asked: str | None, rubrics: Sequence[Rubric], mine: Sequence[Assigned]
) -> Rubric | None:
    """The rubric that was asked for; else the one that is assigned, one that the coach began, or the only one."""
    chosen = number(asked or "")
    if chosen is not None:
        found = find_rubric(session, account_id=visitor().account.id, rubric_id=chosen)
        if found is not None:
            return found
    given = next((one.rubric for one in mine if one.rubric), None)
    if given is not None:
        return given
    me = visitor().user_id
    begun = [one for one in rubrics if me and own_evaluation(session, call_id=call.id, rubric_id=one.id, coach_id=me)]
    return begun[0] if begun else rubrics[0] if len(rubrics) == 1 else None
