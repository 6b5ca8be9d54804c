"""An account's classifier learns: when somebody asks for it, and at night where people labelled calls since.

The model in force is only replaced by one that is better on labels held back from both. Every version is kept with the
card that says so. Labels that are there stay as they are; calls that come from now on are judged by the new model.
"""

import logging
import time as clock
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from calltrack.config import Settings
from calltrack.db import Database
from calltrack.learning.examples import HUMAN, examples_of, hash_examples
from calltrack.learning.versions import OWN, keep_trial, model_of, promote
from calltrack.models import Account, Classifier, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calltrack.classify.learning import Labelled
    from calltrack.classify.model import Model

NIGHT = time(2)
"""From this hour of the account's own clock on, once a night."""

GIVE_UP = timedelta(hours=1)
"""Who began so long ago and did not end was killed: it is begun again."""

AT_NIGHT = "calltrack, at night"
_STUMBLED = "it went wrong; the log of the worker says more"
_log = logging.getLogger(__name__)


class Busy(ValueError):
    """The account's classifier is learning already; the message says so."""


@dataclass(frozen=True)
class Learning:
    """How far the account's learning is. `state`: idle, asked (a worker begins soon) or running."""

    state: Literal["idle", "asked", "running"]
    asked_at: datetime | None
    asked_by: str | None
    began_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


def ask_to_learn(session: Session, *, account: Account, by: str, now: datetime) -> None:
    """Have a worker do it soon; asking twice is asking once."""
    asked = update(Account).where(Account.id == account.id)
    waiting = or_(Account.learn_asked_at <= Account.learnt_at, Account.learn_asked_at.is_(None))
    session.execute(asked.where(waiting).values(learn_asked_at=now, learn_asked_by=by))


def learning_of(session: Session, *, account: Account, now: datetime) -> Learning:
    """How far the account's learning is."""
    row = session.execute(
        select(
            Account.learn_asked_at, Account.learn_asked_by, Account.learnt_at, Account.learn_ended_at,
            Account.learn_outcome,
        ).where(Account.id == account.id)
    ).one()  # fmt: skip
    state: Literal["idle", "asked", "running"] = "idle"
    if _is_under_way(row.learnt_at, row.learn_ended_at, now=now):
        state = "running"
    elif _is_cut_off(row.learnt_at, row.learn_ended_at, now=now) or _is_asked(row.learn_asked_at, row.learnt_at):
        state = "asked"
    return Learning(state, *row)


def learn_due(database: Database, _settings: Settings, now: datetime) -> int:
    """Have every account learn that asked for it or whose night has come; returns how many did.

    What goes wrong with one account is written down there, and keeps no other from learning.
    """
    learnt, began = 0, clock.monotonic()
    for account_id, by in _due(database, now=now):
        try:
            # Each by the clock of its own beginning: many accounts one after the other take longer than GIVE_UP.
            learn(database, account_id=account_id, by=by, now=now + timedelta(seconds=clock.monotonic() - began))
            learnt += 1
        except Busy:  # another worker was first
            continue
        except Exception:  # noqa: BLE001 - as above
            _log.exception("the classifier of account %s did not learn", account_id)
    return learnt


def learn(database: Database, *, account_id: int, by: str, now: datetime) -> Classifier | None:
    """Learn from the account's labels and keep what came of it; None where there was too little, or nothing new.

    It comes into force when it is better than what was in force when it began, and still is. What came of it stands
    in the account's `learn_outcome`. Raises Busy.
    """
    claim(database, account_id=account_id, now=now)
    began, outcome = clock.monotonic(), _STUMBLED
    try:
        kept, outcome = _learn(database, account_id=account_id, by=by, now=now)
        return kept
    finally:
        _end(database, account_id=account_id, now=now, seconds=clock.monotonic() - began, outcome=outcome)


def claim(database: Database, *, account_id: int, now: datetime) -> None:
    """Say that the account's learning begins. Raises Busy.

    Race: two workers, or a worker and the command, want to have the same account learn; one of the updates finds that
    nobody is at it.
    """
    idle = or_(
        Account.learnt_at.is_(None), Account.learn_ended_at >= Account.learnt_at, Account.learnt_at <= now - GIVE_UP
    )
    begin = update(Account).where(Account.id == account_id, idle).values(learnt_at=now).returning(Account.id)
    with database.write.begin() as session:
        if session.execute(begin).first() is None:
            raise Busy("the classifier is learning at this moment; look again in a few minutes")


def night_began(now: datetime, *, zone: str) -> datetime:
    """The newest 2 AM of the zone that has passed; where a clock change skips it, the moment that came instead."""
    day = now.astimezone(ZoneInfo(zone)).date()
    tonight = datetime.combine(day, NIGHT, ZoneInfo(zone)).astimezone(UTC)
    if tonight <= now:
        return tonight
    return datetime.combine(day - timedelta(days=1), NIGHT, ZoneInfo(zone)).astimezone(UTC)


def _learn(database: Database, *, account_id: int, by: str, now: datetime) -> tuple[Classifier | None, str]:
    """Read, then learn for a minute or more without a transaction, then write."""
    from calltrack.classify.learning import TooFew, challenge
    from calltrack.classify.model import shipped_model

    with database.read() as session:
        champion_id = session.scalar(select(Account.classifier_id).where(Account.id == account_id))
        newest = session.scalar(
            select(Classifier).where(Classifier.account_id == account_id).order_by(Classifier.version.desc()).limit(1)
        )
        examples = examples_of(session, account_id=account_id)
    seen = {"examples_sha256": hash_examples(examples), "shipped_model": shipped_model().full_name}
    if newest and seen.items() <= newest.card.items():
        return None, f"there is nothing new to learn since version {newest.version}"
    champion = model_of(database, account_id=account_id, classifier_id=champion_id)
    try:
        trial = challenge(
            champion=champion, examples=examples, name=OWN, version=newest.version + 1 if newest else 1
        )  # fmt: skip
    except TooFew as few:
        return None, str(few)
    # Which calls were learnt from is kept with the model, where the next comparison looks; it is too long for a card.
    told = {name: value for name, value in trial.card.items() if name != "learnt_from"}
    card = {**told, **seen, "shipped": _measure(shipped_model(), examples)}
    with database.write.begin() as session:
        kept = keep_trial(session, account_id=account_id, trial=trial, card=card, made_at=now, made_by=by)
        if trial.better and not promote(session, kept=kept, instead_of=champion_id, by=by):
            kept.why += " Another model was put in force while it was learnt, and stays."
    done = "is in force" if kept.promoted else "was kept back"
    return kept, f"version {kept.version} {done}: {kept.why}"


def _measure(model: "Model", examples: "Sequence[Labelled]") -> dict[str, Any]:
    """How a model that never saw them does on the examples; what the rules decide, they decide for any model."""
    from calltrack.classify.evaluate import measure
    from calltrack.classify.judge import judge

    judged = [(one.label, judge(call=one.facts, model=model)) for one in examples]
    sure = [(label, verdict.confidence if verdict.label == "lead" else 1 - verdict.confidence)
            for label, verdict in judged if verdict]  # fmt: skip
    return measure(truth=[label for label, _ in sure], lead=[lead for _, lead in sure])


def _end(database: Database, *, account_id: int, now: datetime, seconds: float, outcome: str) -> None:
    """Race: it took so long that somebody else began again; then the end is theirs to write."""
    ours = update(Account).where(Account.id == account_id, Account.learnt_at == now)
    with database.write.begin() as session:
        session.execute(ours.values(learn_ended_at=now + timedelta(seconds=seconds), learn_outcome=outcome))


def _due(database: Database, *, now: datetime) -> list[tuple[int, str]]:
    """The accounts whose classifier has to learn now, and who wants it."""
    due = []
    with database.read() as session:
        for account in session.scalars(select(Account).order_by(Account.id)):
            began, ended = account.learnt_at, account.learn_ended_at
            if _is_under_way(began, ended, now=now):
                continue
            if _is_asked(account.learn_asked_at, began):
                due.append((account.id, account.learn_asked_by or AT_NIGHT))
            elif _is_cut_off(began, ended, now=now) or _has_news_of_the_day(session, account=account, now=now):
                due.append((account.id, AT_NIGHT))
    return due


def _has_news_of_the_day(session: Session, *, account: Account, now: datetime) -> bool:
    """Whether people said or took back something between the last learning and the beginning of this night, and
    nothing was learnt since."""
    night, learnt_at = night_began(now, zone=account.time_zone), account.learnt_at
    if learnt_at is not None and learnt_at >= night:
        return False
    moment = func.coalesce(Label.undone_at, Label.said_at)
    words = select(moment).where(Label.account_id == account.id, Label.source == HUMAN).order_by(Label.id.desc())
    after = [moment > learnt_at] if learnt_at else []
    return session.scalar(words.where(moment <= night, *after).limit(1)) is not None


def _is_asked(asked_at: datetime | None, began_at: datetime | None) -> bool:
    return asked_at is not None and (began_at is None or began_at < asked_at)


def _is_under_way(began_at: datetime | None, ended_at: datetime | None, *, now: datetime) -> bool:
    return _is_open(began_at, ended_at) and began_at is not None and began_at > now - GIVE_UP


def _is_cut_off(began_at: datetime | None, ended_at: datetime | None, *, now: datetime) -> bool:
    return _is_open(began_at, ended_at) and not _is_under_way(began_at, ended_at, now=now)


def _is_open(began_at: datetime | None, ended_at: datetime | None) -> bool:
    return began_at is not None and (ended_at is None or ended_at < began_at)
