"""Evaluations as pages show them, with their call, coach, answers, comments and score; and who may see which."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.coaching.rubrics import questions_of
from calltrack.coaching.scoring import Score, score
from calltrack.models import Answer, Assignment, Call, Evaluation, Question, Remark, Rubric, User
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor

Row = TypeVar("Row", Call, Rubric, User)


@dataclass(frozen=True)
class Evaluated:
    """One evaluation with all that belongs to it; `answers` by question id, None: does not apply."""

    evaluation: Evaluation
    call: Call
    rubric: Rubric
    coach: str
    questions: list[Question]
    answers: dict[int, int | None]
    remarks: list[Remark]
    score: Score

    @property
    def key(self) -> tuple[int, int]:
        """What was evaluated by what: two coaches' evaluations of one key can be compared."""
        return self.call.id, self.rubric.id


def read_all(session: Session, *, evaluations: Sequence[Evaluation]) -> list[Evaluated]:
    """These evaluations in their order, with all that belongs to them."""
    ids = [one.id for one in evaluations]
    calls = _by_id(session, Call, {one.call_id for one in evaluations})
    rubrics = _by_id(session, Rubric, {one.rubric_id for one in evaluations})
    coaches = _by_id(session, User, {one.coach_id for one in evaluations})
    questions = questions_of(session, rubric_ids=list(rubrics))
    answers, remarks = defaultdict[int, dict[int, int | None]](dict), defaultdict[int, list[Remark]](list)
    for one in session.scalars(select(Answer).where(Answer.evaluation_id.in_(ids))):
        answers[one.evaluation_id][one.question_id] = one.value
    said = select(Remark).where(Remark.evaluation_id.in_(ids))
    for written in session.scalars(said.order_by(Remark.at.is_not(None), Remark.at, Remark.id)):
        remarks[written.evaluation_id].append(written)
    return [
        Evaluated(
            evaluation=one,
            call=calls[one.call_id],
            rubric=rubrics[one.rubric_id],
            coach=coaches[one.coach_id].name,
            questions=questions[one.rubric_id],
            answers=answers[one.id],
            remarks=remarks[one.id],
            score=score(questions[one.rubric_id], answers[one.id]),
        )
        for one in evaluations
    ]


def recently_shared(
    session: Session,
    *,
    account_id: int,
    phones: Collection[str] | None = None,
    cursor: str | None = None,
    limit: int = 10,
) -> Page[Evaluated]:
    """What was shared, the newest first; of these phones' calls only, where `phones` is given.

    Raises calltrack.paging.BadCursor.
    """
    rows = select(Evaluation).where(Evaluation.account_id == account_id, Evaluation.shared_at.is_not(None))
    if phones is not None:
        rows = rows.where(Evaluation.agent_phone.in_(phones))
    if cursor is not None:
        rows = rows.where(older_than(read_cursor(cursor), moment=Evaluation.shared_at, row_id=Evaluation.id))
    limit = clamp(limit)
    found = session.scalars(rows.order_by(Evaluation.shared_at.desc(), Evaluation.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    last = page[-1].shared_at if page else None
    more = len(found) > limit and last is not None
    return Page(
        items=read_all(session, evaluations=page), next=write_cursor(last, page[-1].id) if more and last else None
    )


def drafts_of(session: Session, *, account_id: int, coach_id: int, limit: int = 20) -> list[Evaluated]:
    """What this coach has not shared yet, or has taken back, the newest first."""
    mine = select(Evaluation).where(
        Evaluation.account_id == account_id, Evaluation.shared_at.is_(None), Evaluation.coach_id == coach_id
    )
    found = session.scalars(mine.order_by(Evaluation.begun_at.desc(), Evaluation.id.desc()).limit(limit)).all()
    return read_all(session, evaluations=found)


def taken_back(session: Session, *, account_id: int, phones: Collection[str]) -> list[Evaluated]:
    """Feedback on these phones' calls that its coach is changing now: whoever saw it should know where it went."""
    rows = select(Evaluation).where(
        Evaluation.account_id == account_id,
        Evaluation.agent_phone.in_(phones),
        Evaluation.shared_at.is_(None),
        Evaluation.first_shared_at.is_not(None),
    )
    return read_all(session, evaluations=session.scalars(rows.order_by(Evaluation.id.desc()).limit(20)).all())


def shared_of_call(session: Session, *, call_id: int) -> list[Evaluated]:
    """What was shared about one call, the newest first."""
    rows = select(Evaluation).where(Evaluation.call_id == call_id, Evaluation.shared_at.is_not(None))
    return read_all(session, evaluations=session.scalars(rows.order_by(Evaluation.shared_at.desc())).all())


def still_blind(session: Session, *, account_id: int, user_id: int | None) -> set[tuple[int, int]]:
    """The (call, rubric) that this person is to judge by themselves first: begun and never shared, or assigned to them.

    What others think of those is hidden from them until theirs is shared.
    """
    begun = select(Evaluation.call_id, Evaluation.rubric_id).where(
        Evaluation.account_id == account_id,
        Evaluation.shared_at.is_(None),
        Evaluation.first_shared_at.is_(None),
        Evaluation.coach_id == user_id,
    )
    assigned = select(Assignment.call_id, Assignment.rubric_id).where(
        Assignment.account_id == account_id,
        Assignment.user_id == user_id,
        Assignment.done_at.is_(None),
        Assignment.rubric_id.is_not(None),
    )
    found = [*session.execute(begun), *session.execute(assigned)]
    return {(call_id, rubric_id) for call_id, rubric_id in found if rubric_id is not None}


def may_see(one: Evaluation, *, user_id: int | None, coaches: bool, phones: Collection[str]) -> bool:
    """Whether somebody may see an evaluation at all: its own coach; once it is shared any coach (`coaches`), and the
    agent whose phone it was. Not what is still blind for them: that is asked with `still_blind`."""
    if one.coach_id == user_id and coaches:
        return True
    return one.shared_at is not None and (coaches or one.agent_phone in phones)


def _by_id(session: Session, table: type[Row], ids: Collection[int]) -> dict[int, Row]:
    return {one.id: one for one in session.scalars(select(table).where(table.id.in_(ids)))}
