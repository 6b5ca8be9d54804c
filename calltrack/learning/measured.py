"""The measured error: how often the machine's label is wrong, by the blind samples of the newest weeks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from calltrack.campaigns.certainty import NEWEST_WEEKS
from calltrack.campaigns.shares import Share, joined, weighted
from calltrack.learning.blind import own_checks
from calltrack.models import BlindCheck, BlindDraw, Call, Label

MOST_WRONG = 50
LABELS = ("lead", "excused")


@dataclass(frozen=True)
class Error:
    """How often a label is wrong, as a share (0 to 1), and its interval at 95 %; of so many checks, so many wrong."""

    checks: int
    wrong: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class ErrorOf:
    """The error of some of the labels: those of a week, a reason, a model; `week`: the first of its checks."""

    name: str
    week: date
    error: Error


@dataclass(frozen=True)
class WrongCall:
    """A call that a person labelled otherwise, blind."""

    call_sid: str
    started_at: datetime
    machine: str
    machine_reason: str | None
    confidence: float | None
    model: str | None
    person: str
    person_reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Measured:
    """`error`: of all checked weeks, weighted; None without a check. `matrix`: checks by (machine's label, person's).
    `by_label`: of the calls that the machine labelled so. `weeks` ascending; `wrong` newest first."""

    error: Error | None
    matrix: dict[tuple[str, str], int]
    population: int
    answered: int
    cannot_tell: int
    waiting: int
    by_label: dict[str, Error]
    weeks: list[ErrorOf]
    reasons: list[ErrorOf]
    models: list[ErrorOf]
    wrong: list[WrongCall]


# (week, machine's label): how many calls each answered check of them stands for
_Weights = dict[tuple[date, str], float]


def measured_error(session: Session, *, account_id: int) -> Measured:
    """What the account's answered checks of its newest weeks say."""
    weeks = (
        select(BlindDraw.week)
        .where(BlindDraw.account_id == account_id, BlindDraw.drawn > 0)
        .distinct()
        .order_by(BlindDraw.week.desc())
        .limit(NEWEST_WEEKS)
    )
    drawn = session.scalars(weeks).all()
    drawn_from = {
        (week, value): population
        for week, value, population in session.execute(
            select(BlindDraw.week, BlindDraw.value, BlindDraw.population).where(
                BlindDraw.account_id == account_id, BlindDraw.week.in_(drawn)
            )
        )
    }
    checks = _checks(session, account_id=account_id, weeks=drawn)
    told = [one for one in checks if one.person in LABELS]
    weights = {part: drawn_from[part] / count for part, count in Counter((c.week, c.machine) for c in told).items()}
    matrix = Counter((one.machine, one.person) for one in told)
    return Measured(
        error=_error(told, weights) if told else None,
        matrix={(machine, person): matrix[machine, person] for machine in LABELS for person in LABELS},
        population=sum(drawn_from.values()),
        answered=len(told),
        cannot_tell=sum(one.person not in LABELS for one in checks),
        waiting=session.scalars(
            select(func.count()).where(BlindCheck.account_id == account_id, BlindCheck.value.is_(None))
        ).one(),
        by_label={value: _error(own, weights) for value in LABELS if (own := [c for c in told if c.machine == value])},
        weeks=sorted(_by(told, weights, lambda one: one.week.isoformat()), key=lambda one: one.week),
        reasons=_by(told, weights, lambda one: f"{one.machine}: {one.machine_reason or 'no reason'}"),
        models=_by(told, weights, lambda one: one.model or "not known"),
        wrong=[_wrong(one) for one in checks if one.person in LABELS and one.person != one.machine][:MOST_WRONG],
    )


def _checks(session: Session, *, account_id: int, weeks: Any) -> list[Row[Any]]:
    """The answered checks with both words, the newest first."""
    machine, person = aliased(Label), aliased(Label)
    found = (
        select(
            BlindCheck.week, BlindCheck.value.label("person"), BlindCheck.said_by, BlindCheck.said_at,
            machine.value.label("machine"), machine.reason.label("machine_reason"), machine.confidence, machine.model,
            person.reason.label("person_reason"), Call.call_sid, Call.started_at,
        )
        .join(machine, machine.id == BlindCheck.machine_label_id)
        .join(Call, Call.id == BlindCheck.call_id)
        .outerjoin(person, person.id == BlindCheck.label_id)
        .where(own_checks(account_id=account_id), BlindCheck.week.in_(weeks), BlindCheck.value.is_not(None))
        .order_by(Call.started_at.desc(), BlindCheck.id.desc())
    )  # fmt: skip
    return list(session.execute(found))


def _error(told: Iterable[Row[Any]], weights: _Weights) -> Error:
    """The error over both labels of all weeks, from strata that were drawn apart.

    Within a label the weeks are put together by what their checks stand for (`shares.weighted`); the two labels are
    joined by the share of calls that had each (`shares.joined`), so that drawing half among the few excused ones
    flatters or blackens nothing. No correction for a finite population: the interval is about the classifier, not about
    those weeks alone.
    """
    draws, wrong = Counter[tuple[date, str]](), Counter[tuple[date, str]]()
    for one in told:
        draws[one.week, one.machine] += 1
        wrong[one.week, one.machine] += one.person != one.machine
    shares = list[tuple[float, Share]]()
    for value in LABELS:
        parts = [(wrong[part], count, count * weights[part]) for part, count in draws.items() if part[1] == value]
        shares.append((sum(stands for _, _, stands in parts), weighted(parts)))
    total = sum(stands for stands, _ in shares)
    share, low, high = joined([(stands / total, one.share, one.between()) for stands, one in shares if stands])
    return Error(draws.total(), wrong.total(), share, max(0.0, low), min(1.0, high))


def _by(told: Iterable[Row[Any]], weights: _Weights, name: Callable[[Row[Any]], str]) -> list[ErrorOf]:
    """The error of each group by name, the largest group first."""
    groups = defaultdict[str, list[Row[Any]]](list)
    for one in told:
        groups[name(one)].append(one)
    found = [ErrorOf(group, min(one.week for one in own), _error(own, weights)) for group, own in groups.items()]
    return sorted(found, key=lambda one: (-one.error.checks, one.name))


def _wrong(one: Row[Any]) -> WrongCall:
    return WrongCall(
        call_sid=one.call_sid,
        started_at=one.started_at,
        machine=one.machine,
        machine_reason=one.machine_reason,
        confidence=one.confidence,
        model=one.model,
        person=one.person,
        person_reason=one.person_reason,
        by=one.said_by,
        at=one.said_at,
    )
