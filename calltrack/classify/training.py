"""Train the model on a corpus: the same corpus and settings always give the same model."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from calltrack.classify.circumstances import CIRCUMSTANCES
from calltrack.classify.conversations import Conversation, hash_corpus, read_conversations
from calltrack.classify.cues import FAMILIES
from calltrack.classify.evaluate import measure
from calltrack.classify.features import SETTINGS as FEATURES
from calltrack.classify.features import Terms, Vocabulary, find_terms, index_vocabulary, weigh_terms
from calltrack.classify.model import HEADS, Floats, Model, Rows, combine, save_model, sigmoid
from calltrack.classify.verdict import CallFacts

SETTINGS: dict[str, Any] = {
    "features": FEATURES,
    "fewest_conversations": 5,  # that a term must occur in to be learnt
    "asks_c": 4.0,
    "refused_c": 2.0,
    "booked_c": 2.0,
    "reason_c": 10.0,
    "styles": {"plain": 1.0, "ordinary": 1.0, "indirect": 0.3},  # what a conversation of each counts
    "leads": 0.66,  # their share in calibration: between that of the corpus and that of traffic
    "folds": 5,
    "seed": 1,
    "digits": 4,  # weights are rounded, so that the last bits of a machine's arithmetic do not show
}

TURNED_AWAY = ("out of area", "service not offered")
"""Reasons of callers who did ask for new work."""

Truths = NDArray[np.bool_]


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
class _Lessons:
    """Conversations as rows, each twice: as one channel, and with speakers and circumstances known."""

    terms: list[Terms]
    reasons: NDArray[np.str_]
    leads: Truths
    booked: Truths
    weights: Rows
    fold: NDArray[np.int64]

    def part(self, rows: Truths) -> "_Lessons":
        return _Lessons(
            [terms for terms, wanted in zip(self.terms, rows, strict=True) if wanted],
            self.reasons[rows], self.leads[rows], self.booked[rows], self.weights[rows], self.fold[rows],
        )  # fmt: skip


@dataclass(frozen=True)
class _Learner:
    """Weights before calibration."""

    vocabulary: tuple[str, ...]
    idf: Rows
    asks: LogisticRegression
    refused: LogisticRegression
    heard: Truths  # the terms that may say that a caller is turned away: set phrases, no words
    booked: LogisticRegression

    @property
    def known(self) -> Vocabulary:
        return index_vocabulary(vocabulary=self.vocabulary, idf=self.idf.tolist())

    def odds(self, matrix: csr_matrix) -> Rows:
        asks, refused = self.asks.decision_function(matrix), self.refused.decision_function(matrix[:, self.heard])
        return combine(asks=np.asarray(asks), refused=np.asarray(refused))[0]


# The matrices are small: threads would only wait for one another, and add in an order of their own.
@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def train(*, corpus: Path, out: Path, name: str = "shipped", version: int = 2) -> Card:
    """Train on every conversation in the folder `corpus`, write the model to the folder `out`, return its card.

    The card's metrics are of five-fold cross-validation, calibration included. ValueError when the corpus is too
    small or a line of it is bad.
    """
    conversations = read_conversations(corpus=corpus)
    fewest = min(Counter(c.label for c in conversations).get(label, 0) for label in ("lead", "excused"))
    if fewest < SETTINGS["folds"]:
        raise ValueError(f"{corpus} is too small: it needs {SETTINGS['folds']} leads and as many excused calls")
    lessons = prepare(conversations=conversations)
    odds, booked = cross_validate(lessons)
    slope, offset = calibrate(odds, lessons.leads, as_traffic(lessons))
    booked_slope, booked_offset = calibrate(booked, lessons.booked, lessons.weights)
    one_channel = np.arange(len(odds)) < len(conversations)
    sure = sigmoid(_held_out_calibration(odds, lessons))[one_channel]
    card = Card(
        model=f"{name}@{version}",
        corpus_sha256=hash_corpus(corpus=corpus),
        settings_sha256=hash_settings(),
        conversations=len(conversations),
        scikit_learn=sklearn.__version__,
        metrics=_rounded(measure(truth=[c.label for c in conversations], lead=sure.tolist())),
    )
    learner = fit(lessons)
    matrix = as_matrix(terms=lessons.terms, known=learner.known, width=len(learner.vocabulary))
    reason = _classifier(SETTINGS["reason_c"]).fit(matrix, lessons.reasons, sample_weight=lessons.weights)
    weights, bias = _columns(learner, reason)
    model = Model(
        name=name,
        version=version,
        vocabulary=learner.vocabulary,
        reasons=tuple(reason.classes_.tolist()),
        idf=_stored(learner.idf),
        weights=weights,
        bias=bias,
        slope=slope,
        offset=offset,
        booked_slope=booked_slope,
        booked_offset=booked_offset,
        card=asdict(card),
    )
    save_model(model=model, folder=out)
    return card


def hash_settings() -> str:
    """SHA-256 of everything beside the corpus that decides how a model comes out."""
    return hashlib.sha256(json.dumps([SETTINGS, FAMILIES], sort_keys=True).encode()).hexdigest()


def as_matrix(*, terms: Sequence[Terms], known: Vocabulary, width: int) -> csr_matrix:
    """A row of weighed terms for each call."""
    rows = [weigh_terms(terms=found, vocabulary=known) for found in terms]
    return csr_matrix(
        (
            [value for row in rows for value in row.values],
            [column for row in rows for column in row.rows],
            np.cumsum([0, *(len(row.rows) for row in rows)]),
        ),
        shape=(len(rows), width),
    )


def prepare(*, conversations: Sequence[Conversation]) -> _Lessons:
    """The lessons of a corpus."""
    heard = [conversation.facts() for conversation in conversations]
    muffled = [CallFacts(turns=(), text=facts.text, duration=None, talk_seconds=None) for facts in heard]
    fold = _folds(conversations)
    return _Lessons(
        terms=[find_terms(facts=facts) for facts in (*muffled, *heard)],
        reasons=np.array([c.reason for c in conversations] * 2),
        leads=np.array([c.label == "lead" for c in conversations] * 2),
        booked=np.array([c.booked is True for c in conversations] * 2),
        weights=np.array([SETTINGS["styles"][c.style] / 2 for c in conversations] * 2),
        fold=np.concatenate([fold, fold]),
    )


def _folds(conversations: Sequence[Conversation]) -> NDArray[np.int64]:
    """A fold for each conversation, every reason spread evenly over the folds."""
    order = list(range(len(conversations)))
    random.Random(SETTINGS["seed"]).shuffle(order)
    order.sort(key=lambda row: conversations[row].reason)
    fold = np.zeros(len(order), dtype=np.int64)
    fold[order] = np.arange(len(order)) % SETTINGS["folds"]
    return fold


def fit(lessons: _Lessons) -> _Learner:
    """Whether callers ask for new work is learnt from all calls, whether they are turned away from those who ask."""
    seen_in = Counter(
        f"{block}:{name}" for found in lessons.terms for block, counts in found.counts.items() for name in counts
    )
    fewest = 2 * SETTINGS["fewest_conversations"]  # each conversation is there twice
    speakers = ("caller cue:", "agent cue:")  # these only once
    vocabulary = tuple(
        sorted(
            {term for term, count in seen_in.items() if count >= (fewest / 2 if term.startswith(speakers) else fewest)}
            | {f"known:{name}" for name in CIRCUMSTANCES}
        )
    )
    idf = np.array([np.log((1 + len(lessons.terms)) / (1 + seen_in[term])) + 1.0 for term in vocabulary])
    known = index_vocabulary(vocabulary=vocabulary, idf=idf.tolist())
    matrix = as_matrix(terms=lessons.terms, known=known, width=len(vocabulary))
    turned_away = np.isin(lessons.reasons, TURNED_AWAY)
    asks = lessons.leads | turned_away
    heard = np.array([not term.startswith(("word:", "opening:")) for term in vocabulary])
    return _Learner(
        vocabulary=vocabulary,
        idf=idf,
        asks=_classifier(SETTINGS["asks_c"]).fit(matrix, asks, sample_weight=lessons.weights),
        refused=_classifier(SETTINGS["refused_c"]).fit(
            matrix[asks][:, heard], turned_away[asks], sample_weight=lessons.weights[asks]
        ),
        heard=heard,
        booked=_classifier(SETTINGS["booked_c"]).fit(matrix, lessons.booked, sample_weight=lessons.weights),
    )


def cross_validate(lessons: _Lessons) -> tuple[Rows, Rows]:
    """Scores of each row, of the label and of an appointment, by a learner that has not heard the conversation."""
    odds, booked = np.zeros(len(lessons.leads)), np.zeros(len(lessons.leads))
    for held_out in range(SETTINGS["folds"]):
        here = lessons.fold == held_out
        learner = fit(lessons.part(~here))
        matrix = as_matrix(terms=lessons.part(here).terms, known=learner.known, width=len(learner.vocabulary))
        odds[here] = learner.odds(matrix)
        booked[here] = learner.booked.decision_function(matrix)
    return odds, booked


def _held_out_calibration(odds: Rows, lessons: _Lessons) -> Rows:
    calibrated = np.zeros(len(odds))
    for held_out in range(SETTINGS["folds"]):
        here = lessons.fold == held_out
        slope, offset = calibrate(odds[~here], lessons.leads[~here], as_traffic(lessons)[~here])
        calibrated[here] = slope * odds[here] + offset
    return calibrated


def as_traffic(lessons: _Lessons) -> Rows:
    """Weights that make leads as frequent as they are to count: the corpus holds more excused calls than traffic."""
    leads = lessons.weights[lessons.leads].sum() / lessons.weights.sum()
    share = SETTINGS["leads"]
    return np.asarray(lessons.weights * np.where(lessons.leads, share / leads, (1 - share) / (1 - leads)))


def _classifier(c: float) -> LogisticRegression:
    return LogisticRegression(C=c, tol=1e-6, max_iter=10_000)


def calibrate(raw: Rows, truth: Truths, weights: Rows) -> tuple[float, float]:
    """Platt scaling: the slope and offset that turn held-out scores into log-odds."""
    fitted = _classifier(1e6).fit(raw[:, None], truth, sample_weight=weights)
    digits = SETTINGS["digits"]
    return round(float(fitted.coef_[0, 0]), digits), round(float(fitted.intercept_[0]), digits)


def _columns(learner: _Learner, reason: LogisticRegression) -> tuple[Floats, Floats]:
    """The weights and biases of HEADS and reasons; nothing of `own` yet."""
    refused = np.zeros(len(learner.vocabulary))
    refused[learner.heard] = learner.refused.coef_[0]
    own = np.zeros(len(learner.vocabulary))
    weights = np.column_stack([learner.asks.coef_[0], refused, learner.booked.coef_[0], own, reason.coef_.T])
    biases = [float(head.intercept_[0]) for head in (learner.asks, learner.refused, learner.booked)]
    assert weights.shape[1] == len(HEADS) + len(reason.classes_)  # noqa: S101
    return _stored(weights), _stored(np.array([*biases, 0.0, *reason.intercept_]))


def _stored(numbers: Rows) -> Floats:
    return np.round(numbers, SETTINGS["digits"]).astype("<f4")


def _rounded(metrics: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in metrics.items()}
