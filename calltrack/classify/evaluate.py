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
    """Judge each labelled line and measure. BadLine names a line that cannot be read."""
    chosen = _or_shipped(model)
    truth: list[Label] = []
    lead: list[float] = []
    for call in read_calls(lines=lines, labelled=True):
        verdict = _judge_line(call=call, model=chosen)
        truth.append(call.label or "lead")
        lead.append(verdict.confidence if verdict.label == "lead" else 1.0 - verdict.confidence)
    return measure(truth=truth, lead=lead)


def measure(*, truth: list[Label], lead: list[float]) -> dict[str, Any]:
    """Figures for probabilities of a lead against true labels.

    `macro_f1` is the mean over the labels that occur, `excused_f1` that of the rarer label, `pr_auc` the average
    precision of finding excused calls, `ece` the mean gap between confidence and accuracy over 10 equal bins, and
    `confusion` counts by true label, then by the label given.
    """
    given: list[Label] = ["lead" if p >= 0.5 else "excused" for p in lead]
    confusion = {t: dict.fromkeys(LABELS, 0) for t in LABELS}
    for t, g in zip(truth, given, strict=True):
        confusion[t][g] += 1
    f1 = {label: _f1(confusion=confusion, label=label) for label in LABELS}
    defined = [value for value in f1.values() if value is not None]
    n = len(truth)
    right = sum(confusion[label][label] for label in LABELS)
    return {
        "n": n,
        "macro_f1": sum(defined) / len(defined) if defined else None,
        "excused_f1": f1["excused"],
        "accuracy": right / n if n else None,
        "pr_auc": _average_precision(hits=[t == "excused" for t in truth], scores=[1.0 - p for p in lead]),
        "ece": _calibration_error(truth=truth, given=given, lead=lead),
        "confusion": confusion,
    }


def _f1(*, confusion: dict[Label, dict[Label, int]], label: Label) -> float | None:
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
        bin_ = sums[min(BINS - 1, max(0, -int(-confidence * BINS // 1) - 1))]
        bin_[0] += confidence
        bin_[1] += t == g
    return sum(abs(confidence - right) for confidence, right in sums) / len(truth)


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
