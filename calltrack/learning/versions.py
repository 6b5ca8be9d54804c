"""An account's classifiers: which version is in force, since when, how each did, and the way back to an older one."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from calltrack.changes import record
from calltrack.classify.reasons import LABELS
from calltrack.db import Database
from calltrack.models import Account, Change, Classifier
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor

if TYPE_CHECKING:
    from calltrack.classify.learning import Trial
    from calltrack.classify.model import Model

OWN = "own"
"""The name of every model that an account's people taught, as in own@3."""

KEPT_WHOLE = 10
"""Of so many of the newest versions, and of the one in force, the model itself is kept; of older ones only the card."""

# Higher is better, but for the last: how far the classifier's confidence is off on average. The two shares of a label's
# calls that were found follow from the confusion.
FIGURES = ("accuracy", "lead", "excused", "macro_f1", "excused_f1", "pr_auc", "ece")
_LARGEST_VERSION = 2**31 - 1
_log = logging.getLogger(__name__)


class BadVersion(ValueError):
    """A version that cannot be put in force; the message says which can."""


@dataclass(frozen=True)
class Version:
    """A version without its arrays. `usable`: it can still be put in force; `promoted`: it was when it was made."""

    version: int
    made_at: datetime
    made_by: str
    card: dict[str, Any]
    promoted: bool
    why: str
    usable: bool
    in_force: bool


@dataclass(frozen=True)
class Compared:
    """One figure of two cards; `better`: the first is, None where nobody can say."""

    name: str
    this: float | None
    other: float | None
    better: bool | None


def in_force(session: Session, *, account: Account) -> Version | None:
    """The account's own version in force; None: it is the model that comes with calltrack."""
    row = session.execute(_versions_of(account).where(Classifier.id == Account.classifier_id)).first()
    return _version(row) if row else None


def last_choice(session: Session, *, account: Account) -> Change | None:
    """Since when that is so, and by whom; None where it was never another."""
    chosen = select(Change).where(
        Change.account_id == account.id,
        Change.noun == "account",
        Change.noun_id == account.id,
        Change.field == "classifier",
    )
    return session.scalar(chosen.order_by(Change.id.desc()).limit(1))


def model_in_force(database: Database, *, account_id: int | None) -> "Model":
    """What judges the account's calls now: for workers, as it loads numpy.

    A stored model that cannot be used is logged, and the shipped one judges in its place: no call waits for a model.
    """
    with database.read() as session:
        classifier_id = session.scalar(select(Account.classifier_id).where(Account.id == account_id))
    return model_of(database, account_id=account_id, classifier_id=classifier_id)


def model_of(database: Database, *, account_id: int | None, classifier_id: int | None) -> "Model":
    """The model of one of the account's versions, the shipped one where there is none that can be used."""
    from calltrack.classify.model import shipped_model

    if account_id is None or classifier_id is None:
        return shipped_model()
    return _stored_model(database, account_id, classifier_id) or shipped_model()


@lru_cache(maxsize=16)
def _stored_model(database: Database, account_id: int, classifier_id: int) -> "Model | None":
    """Read once a process: a version never changes, and one that cannot be used today cannot tomorrow."""
    from calltrack.classify.model import ModelUnusable, unpack_model

    with database.read() as session:
        row = session.execute(
            select(Classifier.version, Classifier.about, Classifier.weights).where(
                Classifier.id == classifier_id, Classifier.account_id == account_id
            )
        ).first()
    try:
        if row is None or row.about is None or row.weights is None:
            raise ModelUnusable("its arrays are not kept")
        return unpack_model(about=row.about, weights=row.weights)
    except ModelUnusable as error:
        name = row.version if row else classifier_id
        _log.error("account %s: classifier %s cannot be used (%s); the shipped one judges", account_id, name, error)
        return None


def versions(session: Session, *, account: Account, cursor: str | None = None, limit: int = 50) -> Page[Version]:
    """The account's versions, newest first. `limit` is kept within 1 to 200. Raises BadCursor."""
    rows = _versions_of(account)
    if cursor is not None:
        rows = rows.where(older_than(read_cursor(cursor), moment=Classifier.made_at, row_id=Classifier.id))
    limit = clamp(limit)
    found = session.execute(rows.order_by(Classifier.made_at.desc(), Classifier.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    following = write_cursor(page[-1].made_at, page[-1].id) if len(found) > limit else None
    return Page([_version(row) for row in page], following)


def find_version(session: Session, *, account: Account, version: int) -> Version | None:
    """The account's version of that number."""
    if not 0 < version <= _LARGEST_VERSION:
        return None
    row = session.execute(_versions_of(account).where(Classifier.version == version)).first()
    return _version(row) if row else None


def keep_trial(
    session: Session, *, account_id: int, trial: "Trial", card: dict[str, Any], made_at: datetime, made_by: str
) -> Classifier:
    """Keep what was learnt as a version that is not in force, and let go of the arrays of versions long past."""
    from calltrack.classify.model import pack_model

    about, weights = pack_model(model=trial.model)
    kept = Classifier(
        account_id=account_id, version=trial.model.version, made_at=made_at, made_by=made_by, card=card,
        promoted=False, why=trial.why, about=about, weights=weights,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    chosen = _lock(session, account_id=account_id)
    session.execute(
        update(Classifier)
        .where(Classifier.account_id == account_id, Classifier.version <= kept.version - KEPT_WHOLE)
        .where(Classifier.id != (chosen or 0), Classifier.weights.is_not(None))
        .values(about=None, weights=None)
    )
    return kept


def promote(session: Session, *, kept: Classifier, instead_of: int | None, by: str) -> bool:
    """Put a version in force that was just learnt. Race: somebody chose another model than `instead_of` (an id; None:
    the shipped one) while it was learnt; their word stands, and this returns False."""
    if _lock(session, account_id=kept.account_id) != instead_of:
        return False
    _choose(session, account_id=kept.account_id, was=instead_of, now=kept.id, by=by)
    kept.promoted = True
    return True


def put_in_force(session: Session, *, account: Account, version: int | None, by: str) -> None:
    """Go back, or forward, to a version; None: to the model that comes with calltrack. Raises BadVersion."""
    # Race: a version that is learnt at this moment lets the arrays of old ones go; the lock comes before the look.
    was, chosen = _lock(session, account_id=account.id), None
    if version is not None:
        found = find_version(session, account=account, version=version)
        if found is None:
            raise BadVersion(f"there is no version {version}; choose one of the list, or null for the shipped model")
        if not found.usable:
            raise BadVersion(f"of version {version} only the card is kept; choose a newer one")
        chosen = session.scalar(
            select(Classifier.id).where(Classifier.account_id == account.id, Classifier.version == version)
        )
    if was != chosen:
        _choose(session, account_id=account.id, was=was, now=chosen, by=by)


def compare(this: Mapping[str, Any], other: Mapping[str, Any]) -> list[Compared]:
    """The figures of two measurements (see classify/evaluate.py) beside each other."""
    compared = []
    for name in FIGURES:
        one, two = _figure(this, name), _figure(other, name)
        better = None
        if one is not None and two is not None and one != two:
            better = (one > two) != (name == "ece")
        compared.append(Compared(name=name, this=one, other=two, better=better))
    return compared


def _versions_of(account: Account) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Classifier.id, Classifier.version, Classifier.made_at, Classifier.made_by, Classifier.card,
            Classifier.promoted, Classifier.why, Classifier.weights.is_not(None).label("usable"),
            Account.classifier_id,
        )
        .join(Account, Account.id == Classifier.account_id)
        .where(Classifier.account_id == account.id)
    )  # fmt: skip


def _version(row: Row[*tuple[Any, ...]]) -> Version:
    said = {name: getattr(row, name) for name in ("version", "made_at", "made_by", "card", "promoted", "why")}
    return Version(**said, usable=bool(row.usable), in_force=row.id == row.classifier_id)


def _lock(session: Session, *, account_id: int) -> int | None:
    """The id of the model in force, which nobody else changes until this transaction ends. Race: two who choose at
    once, or one who chooses a version while its arrays are let go."""
    chosen = select(Account.classifier_id).where(Account.id == account_id).with_for_update(key_share=True)
    return session.scalar(chosen)


def _choose(session: Session, *, account_id: int, was: int | None, now: int | None, by: str) -> None:
    session.execute(update(Account).where(Account.id == account_id).values(classifier_id=now))
    fields: dict[str, tuple[object, object]] = {"classifier": (_called(session, was), _called(session, now))}
    record(session, account_id=account_id, noun="account", noun_id=account_id, fields=fields, by=by)


def _called(session: Session, classifier_id: int | None) -> str:
    version = session.scalar(select(Classifier.version).where(Classifier.id == classifier_id))
    return "the shipped model" if version is None else f"version {version}"


def _figure(metrics: Mapping[str, Any], name: str) -> float | None:
    if name not in LABELS:
        value = metrics.get(name)
        return float(value) if isinstance(value, int | float) else None
    given = metrics.get("confusion", {}).get(name, {})
    return given[name] / sum(given.values()) if sum(given.values()) else None
