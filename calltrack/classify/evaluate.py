"""How well a model does on labelled calls; a figure that is not defined for them is None."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from calltrack.classify.judge import judge
from calltrack.classify.lines import Call, read_calls
from calltrack.classify.reasons import LABELS, Label
from calltrack.classify.verdict import Verdict

if TYPE_CHECKING:
    from calltrack.classify.model import Model

BINS = 10

RESAMPLES = 1000
SEED = 1

Confusion = dict[Label, dict[Label, int]]
"""Counts by true label, then by the label given."""


def classify_lines(*, lines: Iterable[str], model: "Model | None" = None) -> Iterable[dict[str, Any]]:
    """One dictionary a call, in order: id, label, reason, confidence, review. BadLine names a line it cannot read."""
    chosen = _or_shipped(model)
    for call in read_calls(lines=lines, labelled=False):
        verdict = _judge_line(call=call, model=chosen)
        yield {
            "id": call.id,
            "label": verdict.label,
            "reason": verdict.reason,
            "confidence": verdict.confidence,
            "review": verdict.review,
        }


def evaluate(*, lines: Iterable[str], model: "Model | None" = None) -> dict[str, Any]:
    """Judge each labelled line and measure, with `intervals`. BadLine names a line that cannot be read."""
    chosen = _or_shipped(model)
    truth: list[Label] = []
    lead: list[float] = []
    for call in read_calls(lines=lines, labelled=True):
        verdict = _judge_line(call=call, model=chosen)
        truth.append(call.label or "lead")
        lead.append(verdict.confidence if verdict.label == "lead" else 1.0 - verdict.confidence)
    return {**measure(truth=truth, lead=lead), "intervals": intervals(truth=truth, lead=lead)}


def measure(*, truth: list[Label], lead: list[float]) -> dict[str, Any]:
    """Figures for probabilities of a lead against true labels.

    `macro_f1` is the mean over the labels that occur, `excused_f1` that of the rarer label, `excused_recall` the share
    of excused calls that were called so, `pr_auc` the average precision of finding excused calls, `ece` the mean gap
    between confidence and accuracy over 10 equal bins, and `confusion` counts by true label, then by the label given.
    """
    given: list[Label] = ["lead" if p >= 0.5 else "excused" for p in lead]
    confusion: Confusion = {t: dict.fromkeys(LABELS, 0) for t in LABELS}
    for t, g in zip(truth, given, strict=True):
        confusion[t][g] += 1
    return {
        "n": len(truth),
        "macro_f1": _macro_f1(confusion=confusion),
        "excused_f1": _f1(confusion=confusion, label="excused"),
        "excused_recall": _excused_recall(confusion=confusion),
        "accuracy": _accuracy(confusion=confusion),
        "pr_auc": _average_precision(hits=[t == "excused" for t in truth], scores=[1.0 - p for p in lead]),
        "ece": _calibration_error(truth=truth, given=given, lead=lead),
        "confusion": confusion,
    }


def intervals(*, truth: list[Label], lead: list[float]) -> dict[str, list[float] | None]:
    """The 95 % interval of four of the figures, by the percentiles of RESAMPLES bootstraps over calls (seeded); None
    where the figure is. A resample for which it is not defined does not count."""
    import numpy as np  # a web process, which also reads calls, does without it

    cell_of = {(t, g): at for at, (t, g) in enumerate((t, g) for t in LABELS for g in LABELS)}
    given: list[Label] = ["lead" if p >= 0.5 else "excused" for p in lead]
    cells = np.array([cell_of[pair] for pair in zip(truth, given, strict=True)], dtype=np.int64)
    confidence = [max(p, 1.0 - p) for p in lead]
    bins = np.array([_bin(confidence=sure) for sure in confidence], dtype=np.int64)
    right = np.array([t == g for t, g in zip(truth, given, strict=True)], dtype=float)
    gap = np.array(confidence) - right
    found: dict[str, list[float | None]] = {"macro_f1": [], "excused_recall": [], "ece": [], "accuracy": []}
    chance = np.random.default_rng(SEED)
    for _ in range(RESAMPLES if truth else 0):
        drawn = chance.integers(len(truth), size=len(truth))
        counts = np.bincount(cells[drawn], minlength=len(cell_of)).tolist()
        confusion: Confusion = {t: {g: counts[cell_of[t, g]] for g in LABELS} for t in LABELS}
        gaps = np.bincount(bins[drawn], weights=gap[drawn], minlength=BINS)
        found["macro_f1"].append(_macro_f1(confusion=confusion))
        found["excused_recall"].append(_excused_recall(confusion=confusion))
        found["ece"].append(float(np.abs(gaps).sum()) / len(truth))
        found["accuracy"].append(_accuracy(confusion=confusion))
    defined = {name: [value for value in values if value is not None] for name, values in found.items()}
    return {name: np.percentile(values, [2.5, 97.5]).tolist() if values else None for name, values in defined.items()}


def _macro_f1(*, confusion: Confusion) -> float | None:
    defined = [f1 for label in LABELS if (f1 := _f1(confusion=confusion, label=label)) is not None]
    return sum(defined) / len(defined) if defined else None


def _excused_recall(*, confusion: Confusion) -> float | None:
    excused = sum(confusion["excused"].values())
    return confusion["excused"]["excused"] / excused if excused else None


def _accuracy(*, confusion: Confusion) -> float | None:
    n = sum(sum(row.values()) for row in confusion.values())
    return sum(confusion[label][label] for label in LABELS) / n if n else None


def _f1(*, confusion: Confusion, label: Label) -> float | None:
    both = confusion[label][label]
    either = sum(confusion[label].values()) + sum(confusion[t][label] for t in LABELS)
    return 2 * both / either if either else None


def _average_precision(*, hits: list[bool], scores: list[float]) -> float | None:
    """The area under precision by recall in steps, equal scores counted together; None where nothing is to be found."""
    if not any(hits):
        return None
    ranked = sorted(zip(scores, hits, strict=True), reverse=True)
    area, found, before = 0.0, 0, 0
    for at, (score, hit) in enumerate(ranked, start=1):
        found += hit
        if at == len(ranked) or ranked[at][0] != score:
            area += (found - before) / sum(hits) * found / at
            before = found
    return area


def _calibration_error(*, truth: list[Label], given: list[Label], lead: list[float]) -> float | None:
    """Expected calibration error: bins of confidence (0, 0.1], (0.1, 0.2] ..., weighted by how many calls they hold."""
    if not truth:
        return None
    sums = [[0.0, 0.0] for _ in range(BINS)]
    for t, g, p in zip(truth, given, lead, strict=True):
        confidence = max(p, 1.0 - p)
        bin_ = sums[_bin(confidence=confidence)]
        bin_[0] += confidence
        bin_[1] += t == g
    return sum(abs(confidence - right) for confidence, right in sums) / len(truth)


def _bin(*, confidence: float) -> int:
    return min(BINS - 1, max(0, -int(-confidence * BINS // 1) - 1))


def _judge_line(*, call: Call, model: "Model") -> Verdict:
    # A line is taken as listened to and not missed, so that rules or model always answer.
    verdict = judge(call=call.facts, model=model)
    assert verdict is not None  # noqa: S101
    return verdict


def _or_shipped(model: "Model | None") -> "Model":
    if model is not None:
        return model
    from calltrack.classify.model import shipped_model

    return shipped_model()
