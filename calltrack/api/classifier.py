"""The account's classifier: what is in force, its versions, and learning on demand."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.api.door import CLASSIFIER, bp, give, requires, visitor
from calltrack.api.fields import Items, Moment, PageQuery
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.learning.examples import count_examples
from calltrack.learning.learn import ask_to_learn, learning_of
from calltrack.learning.versions import Version, find_version, in_force, last_choice, put_in_force, versions
from calltrack.models import Account


class LabelsAnswer(BaseModel):
    """People's labels that there are to learn from."""

    lead: int
    excused: int


class LearningAnswer(BaseModel):
    """How far the learning is: asked (a worker begins soon), running or idle, and what came of it the last time."""

    state: Literal["idle", "asked", "running"]
    asked_at: Moment | None
    asked_by: str | None
    began_at: Moment | None
    ended_at: Moment | None
    outcome: str | None


class VersionAnswer(BaseModel):
    """A version. `card`: what it was made from, and its figures beside those of the model then in force (`champion`)
    and of the shipped one; `why`: why it came into force or was kept back; `usable`: it can be put in force again."""

    version: int
    made_at: Moment
    made_by: str
    promoted: bool
    why: str
    in_force: bool
    usable: bool
    card: dict[str, Any]


class ClassifierAnswer(BaseModel):
    """What judges new calls. `version`: null is the model that comes with calltrack; `since` and `by`: who put it in
    force, null where nobody did; `card`: of that version."""

    version: int | None
    since: Moment | None
    by: str | None
    card: dict[str, Any] | None
    labels: LabelsAnswer
    learning: LearningAnswer


class VersionPath(BaseModel):
    """Which version."""

    version: int


class InForce(BaseModel):
    """Which version judges new calls from now on; null: the model that comes with calltrack."""

    version: Annotated[int, Field(ge=1, examples=[1])] | None


@bp.get("/classifier", tags=[CLASSIFIER], responses={200: ClassifierAnswer})
@requires("company.read")
def read_classifier() -> Response:
    """What is in force, how many labels there are to learn from, and how far the learning is."""
    with ground().database.read() as session:
        return give(_classifier(session, account=visitor().account))


@bp.get("/classifier/versions", tags=[CLASSIFIER], responses={200: Items[VersionAnswer]})
@requires("company.read")
def list_versions(query: PageQuery) -> Response:
    """Every version that was learnt, newest first, also those that were kept back."""
    with ground().database.read() as session:
        page = versions(session, account=visitor().account, cursor=query.cursor, limit=query.limit)
    return give(Items[VersionAnswer](items=[_version(one) for one in page.items], next=page.next))


@bp.get("/classifier/versions/<int:version>", tags=[CLASSIFIER], responses={200: VersionAnswer, **refusals(404)})
@requires("company.read")
def read_version(path: VersionPath) -> Response:
    """One version with its card."""
    with ground().database.read() as session:
        found = find_version(session, account=visitor().account, version=path.version)
    if found is None:
        raise Problem(404, f"there is no version {path.version}; GET /classifier/versions lists them")
    return give(_version(found))


@bp.post("/classifier/learn", tags=[CLASSIFIER], responses={200: ClassifierAnswer, **refusals(409, 413)})
@requires("classifier.write")
def ask() -> Response:
    """Have a worker learn from people's labels soon; asking twice is asking once. It begins within half a minute."""
    who = visitor()
    with ground().database.write.begin() as session:
        ask_to_learn(session, account=who.account, by=who.name, now=datetime.now(UTC))
        return give(_classifier(session, account=who.account))


@bp.put("/classifier/in-force", tags=[CLASSIFIER], responses={200: ClassifierAnswer, **refusals(409, 413)})
@requires("classifier.write")
def choose(body: InForce) -> Response:
    """Go back, or forward, to a version. Labels that are there stay as they are."""
    who = visitor()
    with ground().database.write.begin() as session:
        put_in_force(session, account=who.account, version=body.version, by=who.name)
        session.flush()
        return give(_classifier(session, account=who.account))


def _classifier(session: Session, *, account: Account) -> ClassifierAnswer:
    current = in_force(session, account=account)
    choice = last_choice(session, account=account)
    return ClassifierAnswer(
        version=current.version if current else None,
        since=choice.changed_at if choice else None,
        by=choice.changed_by if choice else None,
        card=current.card if current else None,
        labels=LabelsAnswer.model_validate(count_examples(session, account_id=account.id)),
        learning=LearningAnswer.model_validate(vars(learning_of(session, account=account, now=datetime.now(UTC)))),
    )


def _version(found: Version) -> VersionAnswer:
    return VersionAnswer.model_validate(vars(found))
