"""Train the model on a corpus: the same corpus and settings always give the same model."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from calltrack.classify.conversations import Conversation, hash_corpus, read_conversations
from calltrack.classify.cues import FAMILIES
from calltrack.classify.evaluate import measure
from calltrack.classify.features import SETTINGS as FEATURES
from calltrack.classify.features import Term, find_terms, weigh_terms
from calltrack.classify.model import Model, save_model

SETTINGS: dict[str, Any] = {
    "features": FEATURES,
    "fewest_conversations": 3,  # that a term must occur in to be learnt
    "label_c": 2.0,
    "reason_c": 10.0,
    "folds": 10,
    "seed": 1,
    "digits": 4,  # weights are rounded, so that the last bits of a machine's arithmetic do not show
}

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Card:
    """What a model was made from, and how well it did on conversations held out of training."""

    model: str
    corpus_sha256: str
    settings_sha256: str
    conversations: int
    scikit_learn: str
    metrics: dict[str, Any]


@dataclass(frozen=True)
class _Learner:
    """The label's weights before calibration."""

    idf: dict[str, float]
    label: LogisticRegression

    def scores(self, terms: list[list[Term]]) -> Rows:
        return np.asarray(self.label.decision_function(_matrix(terms, self.idf)), dtype=np.float64)


# The matrices are small: threads would only wait for one another, and add in an order of their own.
@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def train(*, corpus: Path, out: Path, name: str = "shipped", version: int = 1) -> Card:
    """Train on every conversation in the folder `corpus`, write the model to the folder `out`, return its card.

    The card's metrics are of ten-fold cross-validation, calibration included. ValueError when the corpus is too
    small or a line of it is bad.
    """
    conversations = read_conversations(corpus=corpus)
    fewest = min(Counter(c.label for c in conversations).get(label, 0) for label in ("lead", "excused"))
    if fewest < SETTINGS["folds"]:
        raise ValueError(f"{corpus} is too small: it needs {SETTINGS['folds']} leads and as many excused calls")
    terms = [find_terms(text=conversation.text) for conversation in conversations]
    is_lead = np.array([conversation.label == "lead" for conversation in conversations])
    reasons = np.array([conversation.reason for conversation in conversations])
    fold = _folds(conversations)

    raw, sure = np.zeros(len(terms)), np.zeros(len(terms))
    for held_out in range(SETTINGS["folds"]):
        here = fold == held_out
        learner = _fit([found for found, out_ in zip(terms, here, strict=True) if not out_], is_lead[~here])
        raw[here] = learner.scores([found for found, out_ in zip(terms, here, strict=True) if out_])
    for held_out in range(SETTINGS["folds"]):
        here = fold == held_out
        slope, offset = _calibrate(raw[~here], is_lead[~here])
        sure[here] = 1.0 / (1.0 + np.exp(-(slope * raw[here] + offset)))

    card = Card(
        model=f"{name}@{version}",
        corpus_sha256=hash_corpus(corpus=corpus),
        settings_sha256=hash_settings(),
        conversations=len(conversations),
        scikit_learn=sklearn.__version__,
        metrics=_rounded(measure(truth=[c.label for c in conversations], lead=sure.tolist())),
    )
    slope, offset = _calibrate(raw, is_lead)
    learner = _fit(terms, is_lead)
    reason = _classifier(SETTINGS["reason_c"]).fit(_matrix(terms, learner.idf), reasons)
    save_model(
        model=_as_model(learner, reason, name=name, version=version, slope=slope, offset=offset, card=asdict(card)),
        folder=out,
    )
    return card


def hash_settings() -> str:
    """SHA-256 of everything beside the corpus that decides how a model comes out."""
    return hashlib.sha256(json.dumps([SETTINGS, FAMILIES], sort_keys=True).encode()).hexdigest()


def _folds(conversations: list[Conversation]) -> NDArray[np.int64]:
    """A fold for each conversation, every reason spread evenly over the folds."""
    order = list(range(len(conversations)))
    random.Random(SETTINGS["seed"]).shuffle(order)
    order.sort(key=lambda row: conversations[row].reason)
    fold = np.zeros(len(order), dtype=np.int64)
    fold[order] = np.arange(len(order)) % SETTINGS["folds"]
    return fold


def _fit(terms: list[list[Term]], is_lead: NDArray[np.bool_]) -> _Learner:
    seen_in = Counter(name for found in terms for name in {term.name for term in found})
    idf = {
        name: float(np.log((1 + len(terms)) / (1 + count)) + 1.0)
        for name, count in sorted(seen_in.items())
        if count >= SETTINGS["fewest_conversations"]
    }
    return _Learner(idf=idf, label=_classifier(SETTINGS["label_c"]).fit(_matrix(terms, idf), is_lead))


def _classifier(c: float) -> LogisticRegression:
    """Converged far beyond the digits that are kept."""
    return LogisticRegression(C=c, tol=1e-8, max_iter=10_000)


def _matrix(terms: list[list[Term]], idf: Mapping[str, float]) -> csr_matrix:
    column = {name: at for at, name in enumerate(idf)}
    rows = [weigh_terms(terms=found, idf=idf) for found in terms]
    return csr_matrix(
        (
            [value for row in rows for value in row.values()],
            [column[name] for row in rows for name in row],
            np.cumsum([0, *(len(row) for row in rows)]),
        ),
        shape=(len(rows), len(column)),
    )


def _calibrate(raw: Rows, is_lead: NDArray[np.bool_]) -> tuple[float, float]:
    """Platt scaling: the slope and offset that turn held-out scores into the log-odds of a lead."""
    fitted = _classifier(1e6).fit(raw[:, None], is_lead)
    digits = SETTINGS["digits"]
    return round(float(fitted.coef_[0, 0]), digits), round(float(fitted.intercept_[0]), digits)


def _as_model(
    learner: _Learner,
    reason: LogisticRegression,
    *,
    name: str,
    version: int,
    slope: float,
    offset: float,
    card: dict[str, Any],
) -> Model:
    digits = SETTINGS["digits"]
    return Model(
        name=name,
        version=version,
        vocabulary=tuple(learner.idf),
        reasons=tuple(reason.classes_.tolist()),
        idf=np.round(np.array(list(learner.idf.values())), digits).astype("<f4"),
        label_weights=np.round(learner.label.coef_[0], digits).astype("<f4"),
        label_bias=round(float(learner.label.intercept_[0]), digits),
        slope=slope,
        offset=offset,
        reason_weights=np.round(reason.coef_.T, digits).astype("<f4"),
        reason_bias=np.round(reason.intercept_, digits).astype("<f4"),
        card=card,
    )


def _rounded(metrics: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in metrics.items()}
