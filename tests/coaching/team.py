"""A company with people who coach and one who answers the phone; and how they evaluate calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from calltrack.coaching.evaluations import answer, begin, share
from calltrack.coaching.rubrics import Draft, make_rubric, questions_of
from calltrack.models import Account, Agent, Call, Evaluation, Membership, Rubric, User
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, company

NUMBER, OTHER_NUMBER = "+13125550142", "+13125550177"
QUESTIONS = (
    Draft("Greeted", "yes-no", 1),
    Draft("Asked for the address", "yes-no", 2, must_pass=True),
    Draft("Handled the price", "scale", 5),
)


@dataclass
class Team:
    """Ana manages, Ben and Eve coach, Cho answers the phone; ids of people by name."""

    session: Session
    company: Company
    people: dict[str, int]
    rubric: Rubric

    @property
    def account(self) -> Account:
        return self.company.account

    def call(self, *, started_at: datetime = NOON, seconds: int = 75) -> Call:
        """A call that Cho answered."""
        return answered_call(self.session, number=NUMBER, started_at=started_at, seconds=seconds)

    def begun(self, call: Call, coach: str = "Ben", rubric: Rubric | None = None) -> Evaluation:
        """What a coach has begun on a call."""
        return begin(self.session, call=call, rubric=rubric or self.rubric, coach_id=self.people[coach])

    def answers(self, *values: int | None, rubric: Rubric | None = None) -> Mapping[int, int | None]:
        """Answers to the rubric's questions in their order."""
        by = rubric or self.rubric
        asked = questions_of(self.session, rubric_ids=[by.id])[by.id]
        return {one.id: value for one, value in zip(asked, values, strict=False)}

    def shared(
        self,
        call: Call,
        *values: int | None,
        coach: str = "Ben",
        rubric: Rubric | None = None,
        now: datetime | None = None,
    ) -> Evaluation:
        """A whole evaluation, an hour after the call unless told otherwise."""
        evaluation = self.begun(call, coach, rubric)
        answer(self.session, evaluation=evaluation, answers=self.answers(*values, rubric=rubric))
        share(self.session, evaluation=evaluation, now=now or call.started_at + timedelta(hours=1))
        return evaluation


def make_team(session: Session) -> Team:
    firm = company(session, name="Ana's Heating", number=NUMBER, roles=())
    roles = {"Ana": "manager", "Ben": "coach", "Eve": "coach", "Cho": "csr", "Rae": "read-only"}
    people = {}
    for name, role in roles.items():
        user = User(email=f"{name.lower()}@example.com", name=name, password_hash="-", created_at=datetime.now(UTC))
        session.add(user)
        session.flush()
        session.add(Membership(user_id=user.id, account_id=firm.account.id, role=role))
        people[name] = user.id
    session.add(Agent(account_id=firm.account.id, phone=twilio_wire.CHO, name="Cho", user_id=people["Cho"]))
    rubric = make_rubric(session, account=firm.account, name="Phone", questions=QUESTIONS, by="ana")
    return Team(session, firm, people, rubric)
