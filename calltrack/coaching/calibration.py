"""Calibration: several coaches evaluate one call by one rubric, each blind, and see where they differ."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from calltrack.coaching.reading import Evaluated, read_all, still_blind
from calltrack.coaching.scoring import Mean, mean, part, percent
from calltrack.models import Assignment, Call, Evaluation, Question, Rubric, User

LOOK_BACK_DAYS = 180
MOST = 300
Key = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """One question and what each evaluation answered, in their order: None not answered, "na" does not apply.

    `spread`: between the highest and the lowest answer, as a share of the question's weight; None where fewer than two
    said anything but "does not apply". `differs`: not all gave the same answer.
    """

    question: Question
    values: list[int | str | None]
    spread: Fraction | None
    differs: bool

    @property
    def apart(self) -> Decimal | None:
        """The spread in percent."""
        return percent(self.spread)


@dataclass(frozen=True)
class Calibration:
    """One call and one rubric that several coaches evaluate. `people`: name, and whether theirs is shared.

    `evaluated` are the shared ones; `hidden`: the visitor's own is not among them yet, so they are not shown.
    """

    call: Call
    rubric: Rubric
    people: list[tuple[str, bool]]
    evaluated: list[Evaluated]
    hidden: bool

    @property
    def lines(self) -> list[Line]:
        """The questions with everybody's answers, once two have shared and nobody's blindness is spoilt."""
        return [] if self.hidden or len(self.evaluated) < 2 else compare(self.evaluated)


@dataclass(frozen=True)
class Spread:
    """How differently one question is answered: the mean spread over the calls on which two coaches answered it, and
    on how many calls the answers were not all the same (`differs`) of how many (`calls`)."""

    rubric: str
    text: str
    mean: Mean
    differs: int
    calls: int


def compare(evaluated: Sequence[Evaluated]) -> list[Line]:
    """Question by question, what evaluations of one call by one rubric answered."""
    lines = []
    for question in evaluated[0].questions:
        values = [
            ("na" if one.answers[question.id] is None else one.answers[question.id])
            if question.id in one.answers
            else None
            for one in evaluated
        ]
        parts = [part(question.kind, value) for value in values if isinstance(value, int)]
        spread = max(parts) - min(parts) if len(parts) > 1 else None
        lines.append(Line(question, values, spread, len(set(values)) > 1))
    return lines


def spreads(calibrated: Sequence[Sequence[Evaluated]]) -> list[Spread]:
    """Each question's spread over these calls, the one that is understood most differently first."""
    seen, differs = defaultdict[tuple[str, str], list[Fraction | None]](list), defaultdict[tuple[str, str], int](int)
    for group in calibrated:
        for line in compare(group):
            key = (group[0].rubric.name, line.question.text)
            seen[key].append(line.spread)
            differs[key] += line.differs
    found = [Spread(*key, mean(seen[key]), differs[key], len(seen[key])) for key in seen]
    return sorted(found, key=lambda one: (-(one.mean.share or 0), -Fraction(one.differs, one.calls), one.text))


def calibrations(
    session: Session, *, account_id: int, user_id: int | None, now: datetime
) -> tuple[list[Calibration], list[Spread]]:
    """The calibrations of the last LOOK_BACK_DAYS, the newest first (at most MOST), and the spreads over those of them
    of which two evaluations are shared and that are not hidden from this person."""
    since = now - timedelta(days=LOOK_BACK_DAYS)
    shared = (
        select(Evaluation.call_id, Evaluation.rubric_id, func.max(Evaluation.shared_at).label("at"))
        .where(Evaluation.account_id == account_id, Evaluation.shared_at >= since)
        .group_by(Evaluation.call_id, Evaluation.rubric_id)
        .having(func.count() > 1)
    )
    when = _assigned(session, account_id=account_id, since=since)
    for call_id, rubric_id, at in session.execute(shared):
        if at is not None:
            when[(call_id, rubric_id)] = max(at, when.get((call_id, rubric_id), at))
    keys = sorted(when, key=lambda key: when[key], reverse=True)[:MOST]
    groups = _evaluated(session, account_id=account_id, keys=keys)
    asked = _asked(session, account_id=account_id, keys=keys)
    blind = still_blind(session, account_id=account_id, user_id=user_id)
    calls = {one.id: one for one in session.scalars(select(Call).where(Call.id.in_({call for call, _ in keys})))}
    rubrics = {one.id: one for one in session.scalars(select(Rubric).where(Rubric.id.in_({by for _, by in keys})))}
    found = [
        Calibration(
            call=calls[call_id],
            rubric=rubrics[rubric_id],
            people=_people(groups[(call_id, rubric_id)], asked[(call_id, rubric_id)]),
            evaluated=groups[(call_id, rubric_id)],
            hidden=(call_id, rubric_id) in blind,
        )
        for call_id, rubric_id in keys
    ]
    return found, spreads([one.evaluated for one in found if one.lines])


def _assigned(session: Session, *, account_id: int, since: datetime) -> dict[Key, datetime]:
    """What was assigned to two or more to evaluate, and when it last was."""
    rows = session.execute(
        select(Assignment.call_id, Assignment.rubric_id, func.max(Assignment.made_at))
        .where(Assignment.account_id == account_id, Assignment.made_at >= since, Assignment.rubric_id.is_not(None))
        .group_by(Assignment.call_id, Assignment.rubric_id)
        .having(func.count(Assignment.user_id.distinct()) > 1)
    )
    return {(call_id, rubric_id): at for call_id, rubric_id, at in rows if rubric_id is not None}


def _evaluated(session: Session, *, account_id: int, keys: Collection[Key]) -> dict[Key, list[Evaluated]]:
    wanted = tuple_(Evaluation.call_id, Evaluation.rubric_id).in_(keys)
    rows = select(Evaluation).where(Evaluation.account_id == account_id, wanted, Evaluation.shared_at.is_not(None))
    groups = defaultdict[Key, list[Evaluated]](list)
    for one in read_all(session, evaluations=session.scalars(rows.order_by(Evaluation.shared_at, Evaluation.id)).all()):
        groups[one.key].append(one)
    return groups


def _asked(session: Session, *, account_id: int, keys: Collection[Key]) -> dict[Key, list[str]]:
    """Who was asked to, by name."""
    found = defaultdict[Key, list[str]](list)
    rows = (
        select(Assignment.call_id, Assignment.rubric_id, User.name)
        .join(User, User.id == Assignment.user_id)
        .where(Assignment.account_id == account_id, tuple_(Assignment.call_id, Assignment.rubric_id).in_(keys))
    )
    for call_id, rubric_id, name in session.execute(rows.order_by(User.name)):
        found[(call_id, rubric_id or 0)].append(name)
    return found


def _people(evaluated: Sequence[Evaluated], asked: Sequence[str]) -> list[tuple[str, bool]]:
    done = [one.coach for one in evaluated]
    return [(name, True) for name in done] + [(name, False) for name in dict.fromkeys(asked) if name not in done]
