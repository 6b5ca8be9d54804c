"""Rubrics and their versions: a changed rubric is a new version, so that what was evaluated by the old one keeps it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.coaching.scoring import VALUES
from calltrack.coaching.words import BadCoaching, clean_text
from calltrack.models import Account, Evaluation, Question, Rubric

LONGEST_NAME = 120
LONGEST_QUESTION = 300
MOST_QUESTIONS = 30
LARGEST_WEIGHT = 10


@dataclass(frozen=True)
class Draft:
    """A question as somebody wrote it."""

    text: str
    kind: str = "yes-no"
    weight: int = 1
    must_pass: bool = False


STARTER_NAME = "Home service call"
STARTER = (
    Draft("Greeted the caller with the company's name and their own", "yes-no", 1),
    Draft("Asked for the caller's name", "yes-no", 1),
    Draft("Asked for the address and a number to call back", "yes-no", 3, must_pass=True),
    Draft("Asked what is wrong, and listened to the whole answer", "scale", 2),
    Draft("Showed that they care, and was calm with an upset caller", "scale", 2),
    Draft("Offered an appointment, with a day and a time", "yes-no", 5),
    Draft("Said what the visit costs, and what is included", "yes-no", 2),
    Draft("Handled the price objection: value first, no guess over the phone", "scale", 3),
    Draft("Asked for the booking when the caller hesitated", "yes-no", 3),
    Draft("Closed with a summary: who comes when, and what happens next", "yes-no", 2),
)
"""What a home-service business may start with."""


@dataclass(frozen=True)
class Listed:
    """A version of a rubric in a list: how many questions it asks, how many evaluations were begun by it."""

    rubric: Rubric
    questions: int
    evaluations: int


def list_rubrics(session: Session, *, account_id: int) -> list[Listed]:
    """The newest version of every rubric of the account, those on offer first, then by name."""
    newest = (
        select(Rubric.name, func.max(Rubric.version).label("version"))
        .where(Rubric.account_id == account_id)
        .group_by(Rubric.name)
        .subquery()
    )
    found = session.scalars(
        select(Rubric)
        .join(newest, (newest.c.name == Rubric.name) & (newest.c.version == Rubric.version))
        .where(Rubric.account_id == account_id)
    ).all()
    asked = questions_of(session, rubric_ids=[one.id for one in found])
    used = session.execute(
        select(Rubric.name, func.count().label("used"))
        .join(Evaluation, Evaluation.rubric_id == Rubric.id)
        .where(Rubric.account_id == account_id, Evaluation.account_id == account_id)
        .group_by(Rubric.name)
    )
    counts = {row.name: row.used for row in used}
    listed = [Listed(one, len(asked[one.id]), counts.get(one.name, 0)) for one in found]
    return sorted(listed, key=lambda one: (one.rubric.retired_at is not None, one.rubric.name.casefold()))


def offered(session: Session, *, account_id: int) -> list[Rubric]:
    """The rubrics that a call can be evaluated by, by name."""
    rows = session.scalars(select(Rubric).where(Rubric.account_id == account_id, Rubric.retired_at.is_(None)))
    return sorted(rows, key=lambda one: one.name.casefold())


def find_rubric(session: Session, *, account_id: int, rubric_id: int) -> Rubric | None:
    """The account's own rubric of that id, retired ones too."""
    return session.scalar(select(Rubric).where(Rubric.account_id == account_id, Rubric.id == rubric_id))


def versions_of(session: Session, *, rubric: Rubric) -> list[Rubric]:
    """All versions of a rubric, the newest first."""
    mine = (Rubric.account_id == rubric.account_id) & (Rubric.name == rubric.name)
    return list(session.scalars(select(Rubric).where(mine).order_by(Rubric.version.desc())))


def questions_of(session: Session, *, rubric_ids: Collection[int]) -> dict[int, list[Question]]:
    """The questions of each of these rubrics, in order."""
    found = defaultdict[int, list[Question]](list)
    for one in session.scalars(
        select(Question).where(Question.rubric_id.in_(rubric_ids)).order_by(Question.rubric_id, Question.position)
    ):
        found[one.rubric_id].append(one)
    return found


def make_rubric(
    session: Session, *, account: Account, name: str, questions: Sequence[Draft], by: str, now: datetime | None = None
) -> Rubric:
    """A new rubric. Raises BadCoaching."""
    clean = _checked(questions)
    wait_for_turn(session, account=account)  # Race: two people make one of the same name in different case
    name = _free_name(session, account=account, name=name)
    return _keep(session, account=account, name=name, version=1, questions=clean, by=by, now=now)


def edit_rubric(
    session: Session, *, account: Account, rubric: Rubric, name: str, questions: Sequence[Draft], by: str
) -> Rubric:
    """Change a rubric: other questions make a new version and retire this one; another name is that of all versions.

    Returns the version that is on offer now. Raises BadCoaching.
    """
    clean = _checked(questions)
    wait_for_turn(session, account=account)
    session.refresh(rubric)  # Race: somebody else has changed it while this form stood open
    if rubric.retired_at is not None:
        raise BadCoaching("This version is no longer on offer: look at the rubric as it is now, and change that.")
    if name.strip() != rubric.name:
        was = rubric.name
        new = _free_name(session, account=account, name=name, but=was)
        session.execute(update(Rubric).where(Rubric.account_id == account.id, Rubric.name == was).values(name=new))
        session.refresh(rubric)
    known = [
        Draft(one.text, one.kind, one.weight, one.must_pass)
        for one in questions_of(session, rubric_ids=[rubric.id])[rubric.id]
    ]
    if known == clean:
        return rubric
    rubric.retired_at = datetime.now(UTC)
    return _keep(session, account=account, name=rubric.name, version=rubric.version + 1, questions=clean, by=by)


def retire_rubric(session: Session, *, account: Account, rubric: Rubric) -> None:
    """Offer it no longer; evaluations by it stay as they are."""
    wait_for_turn(session, account=account)
    session.refresh(rubric)
    rubric.retired_at = rubric.retired_at or datetime.now(UTC)


def restore_rubric(session: Session, *, account: Account, rubric: Rubric) -> None:
    """Offer the newest version again. Raises BadCoaching for an older one."""
    wait_for_turn(session, account=account)
    session.refresh(rubric)
    if versions_of(session, rubric=rubric)[0].id != rubric.id:
        raise BadCoaching("There is a newer version of this rubric: restore that one.")
    rubric.retired_at = None


def _keep(
    session: Session,
    *,
    account: Account,
    name: str,
    version: int,
    questions: Sequence[Draft],
    by: str,
    now: datetime | None = None,
) -> Rubric:
    moment = now or datetime.now(UTC)
    rubric = Rubric(account_id=account.id, name=name, version=version, made_by=by, made_at=moment)
    session.add(rubric)
    session.flush()
    session.add_all(
        Question(
            rubric_id=rubric.id, position=place, text=one.text, kind=one.kind, weight=one.weight,
            must_pass=one.must_pass,
        )
        for place, one in enumerate(questions)
    )  # fmt: skip
    session.flush()
    return rubric


def _free_name(session: Session, *, account: Account, name: str, but: str = "") -> str:
    clean = " ".join(clean_text(name, called="a name for the rubric", longest=LONGEST_NAME).split())
    names = session.scalars(select(Rubric.name).where(Rubric.account_id == account.id).distinct())
    if any(one.casefold() == clean.casefold() and one != but for one in names):
        raise BadCoaching(f"There is a rubric named {clean!r} already: choose another name, or change that one.")
    return clean


def _checked(questions: Sequence[Draft]) -> list[Draft]:
    if not 0 < len(questions) <= MOST_QUESTIONS:
        raise BadCoaching(f"A rubric has 1 to {MOST_QUESTIONS} questions.")
    clean = list[Draft]()
    for place, one in enumerate(questions, 1):
        text = clean_text(one.text, called=f"what question {place} asks", longest=LONGEST_QUESTION)
        text = " ".join(text.split())
        if one.kind not in VALUES:
            raise BadCoaching(f"Choose how question {place} is answered: yes or no, or 1 to 5.")
        if not 1 <= one.weight <= LARGEST_WEIGHT:
            raise BadCoaching(f"Give question {place} a weight of 1 to {LARGEST_WEIGHT}.")
        if any(text.casefold() == other.text.casefold() for other in clean):
            raise BadCoaching(f"Question {place} is there twice: remove one of the two.")
        clean.append(Draft(text, one.kind, one.weight, one.must_pass))
    return clean
