"""Cho's phone, Ben's rubric, and what Ben thinks of calls that Cho answered."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_user
from calltrack.accounts.agents import name_agent
from calltrack.coaching.evaluations import answer, begin, remark, share, summarise
from calltrack.coaching.rubrics import Draft, make_rubric, questions_of
from calltrack.models import Account, Call, Evaluation, Question, Rubric
from tests.twilio_wire import CHO

QUESTIONS = (
    Draft("Greeted by name", "yes-no", 1),
    Draft("Asked for the address", "yes-no", 2, must_pass=True),
    Draft("Handled the price", "scale", 5),
)


def user_id(session: Session, name: str) -> int:
    found = find_user(session, email=f"{name.lower()}@example.com")
    assert found
    return found.id


def chos_phone(session: Session, *, account: Account) -> None:
    """Say that Cho answers the phone that all calls of the tests ring."""
    name_agent(session, account_id=account.id, phone=CHO, name="Cho Park", user_id=user_id(session, "Cho"))


def phone_rubric(session: Session, *, account: Account) -> Rubric:
    return make_rubric(session, account=account, name="Phone", questions=QUESTIONS, by="ana@example.com")


def asked_by(session: Session, rubric: Rubric) -> list[Question]:
    return questions_of(session, rubric_ids=[rubric.id])[rubric.id]


def evaluated(
    session: Session, *, call: Call, rubric: Rubric, values: tuple[int | None, ...] = (1, 1, 3), coach: str = "Ben"
) -> Evaluation:
    """Answered whole, with a summary and a pinned comment, and shared."""
    evaluation = begin(session, call=call, rubric=rubric, coach_id=user_id(session, coach))
    asked = asked_by(session, rubric)
    answer(session, evaluation=evaluation, answers={one.id: v for one, v in zip(asked, values, strict=True)})
    summarise(session, evaluation=evaluation, summary=f"{coach} heard a calm call.")
    remark(session, evaluation=evaluation, text="Here you let them finish.", at=12.5)
    share(session, evaluation=evaluation)
    return evaluation


def as_fields(questions: list[Question], *values: str) -> Mapping[str, str]:
    """Answers as the form sends them."""
    return {f"answer-{one.id}": value for one, value in zip(questions, values, strict=False)}
