"""How agents' scores go from week to week, and on which questions they lose most; each with what it stands on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.coaching.rubrics import questions_of
from calltrack.coaching.scoring import Mean, Score, fails, mean, part, score
from calltrack.models import Account, Answer, Evaluation, Question, Rubric
from calltrack.period import local_date, midnight, today

WEEKS = 8


@dataclass(frozen=True)
class Scored:
    """One shared evaluation as figures need it. `week`: the Monday of the local week in which it was shared."""

    agent: str | None
    rubric: str
    version: int
    week: date
    questions: Sequence[Question]
    answers: dict[int, int | None]
    score: Score


@dataclass(frozen=True)
class Week:
    """The mean of the evaluations shared in one week, which began on the Monday `first`."""

    first: date
    mean: Mean


@dataclass(frozen=True)
class Trend:
    """The scores of one agent, or of one rubric: by week, the oldest first, and over all of them."""

    name: str
    weeks: list[Week]
    mean: Mean
    versions: tuple[int, ...]


@dataclass(frozen=True)
class QuestionMean:
    """How much of one question's weight was earned on the average; `failed` counts failures of a must-pass one."""

    rubric: str
    text: str
    mean: Mean
    must_pass: bool
    failed: int


def weeks_back(*, zone: str, now: datetime, count: int = WEEKS) -> list[date]:
    """The Mondays of the last `count` local weeks, this one last."""
    day = today(zone=zone, now=now)
    this = day - timedelta(days=day.weekday())
    return [this - timedelta(weeks=back) for back in range(count - 1, -1, -1)]


def scored(
    session: Session,
    *,
    account: Account,
    since: date,
    agent: str | None = None,
    but: Collection[tuple[int, int]] = (),
) -> list[Scored]:
    """The account's evaluations shared from the local day `since` on, of one agent's calls where `agent` is given.

    `but`: (call, rubric) that are left out, because whoever looks is still to judge them (reading.still_blind): a mean
    of few would tell what another coach thought.
    """
    rows = select(
        Evaluation.id, Evaluation.call_id, Evaluation.agent_phone, Evaluation.rubric_id, Evaluation.shared_at
    ).where(Evaluation.account_id == account.id, Evaluation.shared_at >= midnight(since, zone=account.time_zone))
    if agent is not None:
        rows = rows.where(Evaluation.agent_phone == agent)
    found = session.execute(rows.order_by(Evaluation.shared_at)).all()
    rubrics = {
        one.id: one for one in session.scalars(select(Rubric).where(Rubric.id.in_({row.rubric_id for row in found})))
    }
    questions = questions_of(session, rubric_ids=list(rubrics))
    answers = defaultdict[int, dict[int, int | None]](dict)
    # Joined, because a list of ids may be longer than a statement takes.
    wanted = rows.with_only_columns(Evaluation.id).subquery()
    given = select(Answer.evaluation_id, Answer.question_id, Answer.value).join(
        wanted, wanted.c.id == Answer.evaluation_id
    )
    for evaluation_id, question_id, value in session.execute(given):
        answers[evaluation_id][question_id] = value
    return [
        Scored(
            agent=row.agent_phone,
            rubric=rubrics[row.rubric_id].name,
            version=rubrics[row.rubric_id].version,
            week=_monday(local_date(row.shared_at, zone=account.time_zone)),
            questions=questions[row.rubric_id],
            answers=answers[row.id],
            score=score(questions[row.rubric_id], answers[row.id]),
        )
        for row in found
        if (row.call_id, row.rubric_id) not in but
    ]


def trend(name: str, evaluations: Sequence[Scored], *, weeks: Sequence[date]) -> Trend:
    """The trend of these evaluations over these weeks."""
    by_week = defaultdict[date, list[Fraction | None]](list)
    for one in evaluations:
        by_week[one.week].append(one.score.share)
    return Trend(
        name=name,
        weeks=[Week(first, mean(by_week[first])) for first in weeks],
        mean=mean(one.score.share for one in evaluations),
        versions=tuple(sorted({one.version for one in evaluations})),
    )


def trends_by_rubric(evaluations: Sequence[Scored], *, weeks: Sequence[date]) -> list[Trend]:
    """A trend for each rubric, all its versions together, by name."""
    names = sorted({one.rubric for one in evaluations}, key=str.casefold)
    return [trend(name, [one for one in evaluations if one.rubric == name], weeks=weeks) for name in names]


def trends_by_agent(evaluations: Sequence[Scored], *, weeks: Sequence[date]) -> dict[str, Trend]:
    """A trend for each phone, all rubrics together."""
    by_agent = defaultdict[str, list[Scored]](list)
    for one in evaluations:
        if one.agent is not None:
            by_agent[one.agent].append(one)
    return {phone: trend(phone, mine, weeks=weeks) for phone, mine in by_agent.items()}


def question_means(evaluations: Sequence[Scored]) -> list[QuestionMean]:
    """Every question that was answered, the one most is lost on first; the same words are the same question."""
    parts = defaultdict[tuple[str, str], list[Fraction]](list)
    failed = defaultdict[tuple[str, str], int](int)
    must_pass = dict[tuple[str, str], bool]()
    for one in evaluations:
        for question in one.questions:
            value = one.answers.get(question.id)
            if value is not None:
                key = (one.rubric, question.text)
                parts[key].append(part(question.kind, value))
                must_pass[key] = question.must_pass
                failed[key] += question.must_pass and fails(question.kind, value)
    found = [QuestionMean(*key, mean(parts[key]), must_pass[key], failed[key]) for key in parts]
    return sorted(found, key=lambda one: (one.mean.share or Fraction(0), one.rubric, one.text))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
