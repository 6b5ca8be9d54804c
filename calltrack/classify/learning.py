"""Learn from the calls of one account on which a person had the last word, and test whether that made it better."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from calltrack.classify.evaluate import measure
from calltrack.classify.features import find_terms
from calltrack.classify.model import HEADS, Model, Rows, shipped_model, sigmoid
from calltrack.classify.reasons import Label
from calltrack.classify.rules import rule_on
from calltrack.classify.training import SETTINGS as TRAINING
from calltrack.classify.training import as_matrix, hash_settings
from calltrack.classify.verdict import CallFacts

FEWEST = 20
"""Labels of people, and at least FEWEST_EACH leads and excused calls among them, before anything is learnt."""

FEWEST_EACH = 5

FOLDS = 5

HOLDS = (3.0, 10.0, 30.0, 100.0)
"""How strongly the shipped model's word may be held to. The one is taken that judges held-back labels best: an office
with habits of its own is followed soon, one that only adds noise hardly."""

SURE = 0.01
"""A challenger must win so clearly that luck would do it less often than this (McNemar's exact test, one-sided)."""

OWN = HEADS.index("own")

Truths = NDArray[np.bool_]


class TooFew(ValueError):
    """Not enough labels of people to learn from; the message says how many are needed."""


@dataclass(frozen=True)
class Labelled:
    """A call and what a person said of it; `reason` is one of the default reasons, or None."""

    id: str
    label: Label
    reason: str | None
    facts: CallFacts


@dataclass(frozen=True)
class Trial:
    """What was learnt, and whether it is better than the model in force on labels held back from both."""

    model: Model
    card: dict[str, Any]
    better: bool
    why: str


# As in training: threads would wait for one another, and add in an order of their own.
@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def challenge(*, champion: Model, examples: Sequence[Labelled], name: str, version: int) -> Trial:
    """Learn from the examples what the shipped model does not know, and compare with the champion.

    Every example is judged by a model that has not seen it (cross-validation over FOLDS); only those count of which
    the champion has not learnt either. Calls that the rules decide, or that no model of this vocabulary understands,
    teach nothing. TooFew when there are not enough labels.
    """
    base = shipped_model()
    read = (one for one in examples if rule_on(facts=one.facts) is None and base.understands(text=one.facts.text))
    lessons = sorted(read, key=lambda one: _digest(one.id))
    counts = Counter(one.label for one in lessons)
    if len(lessons) < FEWEST or any(counts[label] < FEWEST_EACH for label in ("lead", "excused")):
        raise TooFew(
            f"it takes at least {FEWEST} labels of people on transcribed calls to learn, {FEWEST_EACH} of them leads"
            f" and {FEWEST_EACH} excused; so far there are {counts['lead']} leads and {counts['excused']} excused"
        )
    terms = [find_terms(facts=one.facts) for one in lessons]
    heard = as_matrix(terms=terms, known=base.known, width=len(base.vocabulary))
    truth = np.array([one.label == "lead" for one in lessons])
    start = base.lead_odds(matrix=heard)
    # The shipped model's word is a term too: how far it is to be trusted is learnt like the rest.
    matrix = csr_matrix(hstack([heard, start[:, None]]))
    hold, held_back = min(
        ((hold, _held_back(matrix, start, truth, hold)) for hold in HOLDS),
        key=lambda tried: float(_surprise(tried[1], truth).sum()),
    )
    ours = champion.lead_odds(matrix=as_matrix(terms=terms, known=champion.known, width=len(champion.vocabulary)))
    known_to_it = set(champion.card.get("learnt_from", ()))
    fresh = np.array([_digest(one.id) not in known_to_it for one in lessons])
    model = _taught(base, _learn(matrix, start, truth, hold), name=name, version=version)
    paired, better, why = _compare(ours[fresh], held_back[fresh], truth[fresh])
    card = {
        "model": model.full_name,
        "base": base.full_name,
        "examples": {"lead": counts["lead"], "excused": counts["excused"]},
        "data_sha256": hash_examples(examples=lessons),
        "settings_sha256": hash_settings(),
        "scikit_learn": sklearn.__version__,
        "hold": hold,
        "champion": _metrics(ours[fresh], truth[fresh]),
        "challenger": _metrics(held_back[fresh], truth[fresh]),
        "paired": paired,
        "learnt_from": [_digest(one.id) for one in lessons],
    }
    return Trial(model=replace(model, card=card), card=card, better=better, why=why)


def hash_examples(*, examples: Sequence[Labelled]) -> str:
    """SHA-256 of the labels and of the words they were given to, whatever their order."""
    lines = sorted(json.dumps([one.id, one.label, one.reason, one.facts.text]) for one in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest(id_: str) -> str:
    """A call's id as it stands in a card, which also decides its fold: the same for ever."""
    return hashlib.sha256(id_.encode()).hexdigest()[:12]


def _held_back(matrix: csr_matrix, start: Rows, truth: Truths, hold: float) -> Rows:
    """Log-odds of each example by what was learnt from the other folds."""
    fold = np.arange(len(truth)) % FOLDS
    odds = np.zeros(len(truth))
    for held_back in range(FOLDS):
        here = fold == held_back
        weights, bias = _learn(matrix[~here], start[~here], truth[~here], hold)
        odds[here] = start[here] + matrix[here] @ weights + bias
    return odds


def _learn(matrix: csr_matrix, start: Rows, truth: Truths, hold: float) -> tuple[Rows, float]:
    """The weights and bias that, added to log-odds already known, make the truth most likely; `hold` times half
    their square is the price of each. (Logistic regression with an offset, which scikit-learn does not offer.)"""
    sign = np.where(truth, 1.0, -1.0)

    def cost(both: Rows) -> tuple[float, Rows]:
        margin = sign * (start + matrix @ both[:-1] + both[-1])
        pull = -sign * sigmoid(-margin)
        slope = np.append(matrix.T @ pull, pull.sum()) + hold * both
        return float(np.logaddexp(0.0, -margin).sum() + hold / 2 * (both**2).sum()), slope

    found = minimize(cost, np.zeros(matrix.shape[1] + 1), jac=True, method="L-BFGS-B", tol=1e-8).x
    return found[:-1], float(found[-1])


def _taught(base: Model, learnt: tuple[Rows, float], *, name: str, version: int) -> Model:
    digits = TRAINING["digits"]
    (*own, less), bias = learnt
    trust = round(1.0 + less, digits)
    weights, biases = base.weights.copy(), base.bias.copy()
    weights[:, OWN] = np.round(own, digits)
    biases[OWN] = round(bias, digits)
    return replace(
        base, name=name, version=version, weights=weights, bias=biases,
        slope=round(trust * base.slope, digits), offset=round(trust * base.offset, digits),
    )  # fmt: skip


def _compare(ours: Rows, theirs: Rows, truth: Truths) -> tuple[dict[str, Any], bool, str]:
    right, now_right = (ours >= 0) == truth, (theirs >= 0) == truth
    fixed, broken = int((now_right & ~right).sum()), int((right & ~now_right).sum())
    odds = _luck(fixed=fixed, broken=broken)
    less_surprised = bool(_surprise(theirs, truth).sum() < _surprise(ours, truth).sum())
    better = odds < SURE and less_surprised
    told = f"on {len(truth)} labels that neither had seen it put {fixed} right and {broken} wrong"
    why = f"better: {told}" if better else f"not surely better: {told}"
    return {"fixed": fixed, "broken": broken, "p": round(odds, 4)}, better, why


def _luck(*, fixed: int, broken: int) -> float:
    """How often a coin would put at least so many of the changed verdicts right."""
    changed = fixed + broken
    ways: int = sum(comb(changed, heads) for heads in range(fixed, changed + 1))
    return float(ways / 2**changed)


def _surprise(odds: Rows, truth: Truths) -> Rows:
    return np.logaddexp(0.0, np.where(truth, -odds, odds))


def _metrics(odds: Rows, truth: Truths) -> dict[str, Any]:
    return measure(truth=["lead" if lead else "excused" for lead in truth], lead=sigmoid(odds).tolist())
