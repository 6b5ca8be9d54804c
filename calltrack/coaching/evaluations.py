"""An evaluation's life: begun by one coach, filled while they listen, shared with the agent, seen and replied to.

A draft is its coach's own. What is shared stands as it is: to change it the coach takes it back first, and the agent is
told that it was changed, and when.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from calltrack.coaching.rubrics import questions_of
from calltrack.coaching.scoring import VALUES
from calltrack.coaching.words import BadCoaching, check_time, clean_optional, clean_text
from calltrack.db import upsert
from calltrack.models import Answer, Assignment, Call, Evaluation, Remark, Rubric

MOST_REMARKS = 100


def find_evaluation(session: Session, *, account_id: int, evaluation_id: int) -> Evaluation | None:
    """The account's own evaluation of that id, whoever's it is."""
    mine = (Evaluation.account_id == account_id) & (Evaluation.id == evaluation_id)
    return session.scalar(select(Evaluation).where(mine))


def own_evaluation(session: Session, *, call_id: int, rubric_id: int, coach_id: int) -> Evaluation | None:
    """What this coach thinks of the call by that rubric, draft or shared."""
    return session.scalar(
        select(Evaluation).where(
            Evaluation.call_id == call_id, Evaluation.rubric_id == rubric_id, Evaluation.coach_id == coach_id
        )
    )


def begin(session: Session, *, call: Call, rubric: Rubric, coach_id: int, now: datetime | None = None) -> Evaluation:
    """The coach's evaluation of the call by that rubric, begun now unless it was before. Raises BadCoaching.

    A retired version is still filled in by whom it was assigned to.
    """
    known = own_evaluation(session, call_id=call.id, rubric_id=rubric.id, coach_id=coach_id)
    if known is not None:
        return known
    if rubric.retired_at is not None and not _is_assigned(session, call=call, rubric=rubric, coach_id=coach_id):
        raise BadCoaching("This version of the rubric is no longer on offer: choose the one that replaced it.")
    row = upsert(session, Evaluation).values(
        account_id=call.account_id, call_id=call.id, rubric_id=rubric.id, coach_id=coach_id,
        agent_phone=call.answered_by[:32] if call.answered_by else None, begun_at=now or datetime.now(UTC),
    )  # fmt: skip
    session.execute(row.on_conflict_do_nothing())  # Race: the same coach's other window began it meanwhile
    begun = own_evaluation(session, call_id=call.id, rubric_id=rubric.id, coach_id=coach_id)
    if begun is None:
        raise BadCoaching("This evaluation was thrown away meanwhile: reload the page and begin it again.")
    return begun


def answer(session: Session, *, evaluation: Evaluation, answers: Mapping[int, int | None]) -> None:
    """Keep answers to questions of its rubric: 0 or 1, 1 to 5, or None for "does not apply"; others stay as they are.

    Raises BadCoaching.
    """
    _open(session, evaluation=evaluation)
    asked = {one.id: one for one in questions_of(session, rubric_ids=[evaluation.rubric_id])[evaluation.rubric_id]}
    for question_id, value in answers.items():
        question = asked.get(question_id)
        if question is None:
            raise BadCoaching("One of these questions is not in the rubric: reload the page and answer again.")
        if value is not None and value not in VALUES[question.kind]:
            how = "yes or no" if question.kind == "yes-no" else "1 to 5"
            raise BadCoaching(f"Answer {question.text!r} with {how}, or say that it does not apply.")
        row = upsert(session, Answer).values(evaluation_id=evaluation.id, question_id=question_id, value=value)
        session.execute(
            row.on_conflict_do_update(index_elements=["evaluation_id", "question_id"], set_={"value": value})
        )


def summarise(session: Session, *, evaluation: Evaluation, summary: str) -> None:
    """Keep the summary; empty: none. Raises BadCoaching."""
    _open(session, evaluation=evaluation)
    evaluation.summary = clean_optional(summary, called="the summary")


def remark(
    session: Session, *, evaluation: Evaluation, text: str, at: float | None, now: datetime | None = None
) -> Remark:
    """Add a comment, pinned to second `at` of the recording where it is about one. Raises BadCoaching."""
    _open(session, evaluation=evaluation)
    clean = clean_text(text, called="a comment")
    if len(remarks_of(session, evaluation_id=evaluation.id)) >= MOST_REMARKS:
        raise BadCoaching(f"An evaluation has at most {MOST_REMARKS} comments: remove one first.")
    added = Remark(
        evaluation_id=evaluation.id, at=None if at is None else check_time(at), text=clean,
        written_at=now or datetime.now(UTC),
    )  # fmt: skip
    session.add(added)
    session.flush()
    return added


def unremark(session: Session, *, evaluation: Evaluation, remark_id: int) -> None:
    """Remove a comment of the draft; one that is gone already is no error."""
    _open(session, evaluation=evaluation)
    session.execute(delete(Remark).where(Remark.evaluation_id == evaluation.id, Remark.id == remark_id))


def remarks_of(session: Session, *, evaluation_id: int) -> list[Remark]:
    """The comments on one evaluation: those about the whole call first, then in the order of the recording."""
    mine = select(Remark).where(Remark.evaluation_id == evaluation_id)
    return list(session.scalars(mine.order_by(Remark.at.is_not(None), Remark.at, Remark.id)))


def answers_of(session: Session, *, evaluation_id: int) -> dict[int, int | None]:
    """The answers that were given, by question id; None: does not apply."""
    rows = select(Answer.question_id, Answer.value).where(Answer.evaluation_id == evaluation_id)
    return {row.question_id: row.value for row in session.execute(rows)}


def share(session: Session, *, evaluation: Evaluation, now: datetime | None = None) -> None:
    """Show it to the agent and to the other coaches, and finish what was assigned to its coach. Raises BadCoaching.

    Every question has an answer, or is said not to apply: a score must not be good because something was left out.
    """
    _open(session, evaluation=evaluation)
    given = answers_of(session, evaluation_id=evaluation.id)
    missing = [
        one.text
        for one in questions_of(session, rubric_ids=[evaluation.rubric_id])[evaluation.rubric_id]
        if one.id not in given
    ]
    if missing:
        count = "1 question has" if len(missing) == 1 else f"{len(missing)} questions have"
        raise BadCoaching(f"Not shared yet: {count} no answer. Answer it, or say that it does not apply: {missing[0]}.")
    moment = now or datetime.now(UTC)
    if evaluation.first_shared_at is None:
        evaluation.first_shared_at = moment
    else:
        evaluation.changed_at = moment
    evaluation.shared_at, evaluation.seen_at = evaluation.first_shared_at, None
    session.execute(
        update(Assignment)
        .where(
            Assignment.call_id == evaluation.call_id,
            Assignment.user_id == evaluation.coach_id,
            Assignment.rubric_id == evaluation.rubric_id,
            Assignment.done_at.is_(None),
        )
        .values(done_at=moment)
    )
    session.flush()


def reopen(session: Session, *, evaluation: Evaluation) -> None:
    """Take it back to change it: until it is shared again nobody else sees it, and the agent is told so."""
    session.refresh(evaluation, with_for_update=True)
    evaluation.shared_at = None
    session.flush()


def discard(session: Session, *, evaluation: Evaluation) -> None:
    """Throw a draft away that was never shared. Raises BadCoaching."""
    _open(session, evaluation=evaluation)
    if evaluation.first_shared_at is not None:
        raise BadCoaching("This was shared before: the agent may have seen it, so it cannot be thrown away. Change it.")
    session.execute(delete(Answer).where(Answer.evaluation_id == evaluation.id))
    session.execute(delete(Remark).where(Remark.evaluation_id == evaluation.id))
    session.delete(evaluation)
    session.flush()


def see(session: Session, *, evaluation: Evaluation, now: datetime | None = None) -> None:
    """Note when the agent first opened it as it is now."""
    unseen = (Evaluation.id == evaluation.id) & Evaluation.seen_at.is_(None) & Evaluation.shared_at.is_not(None)
    session.execute(update(Evaluation).where(unseen).values(seen_at=now or datetime.now(UTC)))


def reply(session: Session, *, evaluation: Evaluation, text: str, now: datetime | None = None) -> None:
    """Keep what the agent answers. Raises BadCoaching."""
    session.refresh(evaluation, with_for_update=True)
    if evaluation.shared_at is None:
        raise BadCoaching("Your coach is changing this feedback: reply when it is shared again.")
    moment = now or datetime.now(UTC)
    evaluation.reply, evaluation.replied_at = clean_text(text, called="a reply"), moment
    evaluation.seen_at = evaluation.seen_at or moment
    session.flush()


def _open(session: Session, *, evaluation: Evaluation) -> None:
    """Race: it is shared in one window while another still saves an answer; the row is locked until we commit."""
    session.flush()
    session.refresh(evaluation, with_for_update=True)
    if evaluation.shared_at is not None:
        raise BadCoaching("This evaluation is shared, so it stands as it is: take it back to change it.")


def _is_assigned(session: Session, *, call: Call, rubric: Rubric, coach_id: int) -> bool:
    asked = exists().where(
        Assignment.call_id == call.id, Assignment.rubric_id == rubric.id, Assignment.user_id == coach_id
    )
    return bool(session.scalar(select(asked)))
