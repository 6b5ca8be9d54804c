"""The trained model as arrays and JSON: loaded without unpickling, and able to say which phrases decided."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calltrack.classify.features import SETTINGS, Term, find_terms, weigh_terms
from calltrack.classify.reasons import Label, label_of
from calltrack.classify.verdict import CallFacts, Evidence, Verdict, start_of

FORMAT = 1
SHIPPED = Path(__file__).parent / "shipped"

REVIEW_BELOW = 0.75
"""A verdict less sure than this is queued for a person."""

EVIDENCE_PHRASES = 5

Floats = NDArray[np.float32]

_ARRAYS = ("idf", "label_weights", "reason_weights", "reason_bias")


_SMALL_WORDS = frozenset(
    "a about all am an and any are as at be been but by can could did do does for from get go going got had has have "
    "he her here hi him his how i if in into is it its just know like me my no not now of oh okay on one or our out "
    "she so some that the their them then there they this to too up us was we well were what when where which who will "
    "with would yeah yes you your i'm it's that's we're you're i've we've don't".split()
)


class ModelUnusable(ValueError):
    """A model folder that cannot be trusted; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Model:
    """Weights a term (rows of `idf`), for the label and for each reason.

    `slope` and `offset` calibrate the label's raw score, so that sigmoid(slope * score + offset) is the probability
    of a lead. `card` says what the model was made from and how well it did in cross-validation.
    """

    name: str
    version: int
    vocabulary: tuple[str, ...]
    reasons: tuple[str, ...]
    idf: Floats
    label_weights: Floats
    label_bias: float
    slope: float
    offset: float
    reason_weights: Floats
    reason_bias: Floats
    card: dict[str, Any]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.vocabulary)}

    @cached_property
    def _idf_of(self) -> dict[str, float]:
        return dict(zip(self.vocabulary, self.idf.tolist(), strict=True))

    @property
    def full_name(self) -> str:
        """name@version, as it stands beside each label."""
        return f"{self.name}@{self.version}"

    def read(self, *, facts: CallFacts) -> Verdict:
        """The verdict on a call's text. An empty text gets what the corpus as a whole suggests."""
        terms = find_terms(text=facts.text)
        weighed = weigh_terms(terms=terms, idf=self._idf_of)
        rows = np.array([self._row_of[name] for name in weighed], dtype=np.intp)
        values = np.array(list(weighed.values()), dtype=np.float64)
        shares = self.slope * values * self.label_weights[rows]
        score = float(shares.sum()) + self.slope * self.label_bias + self.offset
        lead = 1.0 / (1.0 + float(np.exp(-np.clip(score, -50.0, 50.0))))
        label: Label = "lead" if lead >= 0.5 else "excused"
        confidence = max(lead, 1.0 - lead)
        fit = values @ self.reason_weights[rows] + self.reason_bias
        ranked = sorted(zip(fit.tolist(), self.reasons, strict=True), reverse=True)
        reason = next(reason for _, reason in ranked if label_of(reason=reason) == label)
        sign = 1.0 if label == "lead" else -1.0
        spoke_for = dict(zip(weighed, (sign * shares).tolist(), strict=True))
        return Verdict(
            label=label,
            reason=reason,
            confidence=round(confidence, 4),
            source="model",
            model=self.full_name,
            evidence=_phrases(facts=facts, terms=terms, spoke_for=spoke_for),
            review=confidence < REVIEW_BELOW,
        )


def _says_something(phrase: str) -> bool:
    """False for what explains nothing to a reader, though it carried weight: `it`, `like`, `of the`."""
    return any(word.strip(".,?!'\"") not in _SMALL_WORDS for word in phrase.lower().split())


def _phrases(*, facts: CallFacts, terms: list[Term], spoke_for: dict[str, float]) -> tuple[Evidence, ...]:
    """The places in the text that carried most for the label, the strongest first, none within another."""
    first: dict[str, tuple[int, int]] = {}
    for term in terms:
        first.setdefault(term.name, (term.start, term.end))
    weight_at: dict[tuple[int, int], float] = {}
    for name, share in spoke_for.items():
        weight_at[first[name]] = weight_at.get(first[name], 0.0) + share
    chosen: list[tuple[int, int]] = []
    for span in sorted(weight_at, key=lambda span: (-weight_at[span], span)):
        if weight_at[span] <= 0 or len(chosen) == EVIDENCE_PHRASES:
            break
        if not _says_something(facts.text[span[0] : span[1]]):
            continue
        if all(span[1] <= start or end <= span[0] for start, end in chosen):
            chosen.append(span)
    return tuple(
        Evidence(
            phrase=facts.text[start:end],
            start=start_of(facts=facts, offset=start),
            weight=round(weight_at[(start, end)], 4),
            offset=start,
        )
        for start, end in chosen
    )


def save_model(*, model: Model, folder: Path) -> None:
    """Write `model.json` and `weights.npz`; the same model always gives the same `model.json`, byte for byte."""
    arrays = {name: getattr(model, name) for name in _ARRAYS}
    about = {
        "format": FORMAT,
        "features": SETTINGS,
        "name": model.name,
        "version": model.version,
        "card": model.card,
        "label_bias": model.label_bias,
        "slope": model.slope,
        "offset": model.offset,
        "reasons": list(model.reasons),
        "vocabulary": list(model.vocabulary),
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "weights.npz", allow_pickle=False, **arrays)
    written = json.dumps({"sha256": _hash(about, arrays), **about}, indent=1, ensure_ascii=False)
    (folder / "model.json").write_text(written + "\n", encoding="utf-8")


def load_model(*, folder: Path = SHIPPED) -> Model:
    """The model in a folder; ModelUnusable when it is absent, of another format, or not what it was when written."""
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if (about.pop("format"), about.pop("features")) != (FORMAT, SETTINGS):
            raise ModelUnusable(f"{folder}: the model is of another format than this release reads ({FORMAT})")
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
        if about.pop("sha256") != _hash({"format": FORMAT, "features": SETTINGS, **about}, arrays):
            raise ModelUnusable(f"{folder}: model.json and weights.npz are not as they were written together")
        about["vocabulary"], about["reasons"] = tuple(about["vocabulary"]), tuple(about["reasons"])
        return Model(**about, **arrays)
    except Exception as error:  # the readers of zip, JSON and arrays fail in many ways that mean the same here
        raise ModelUnusable(f"{error}; copy both files again, or make them with `calltrack train`") from error


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model that comes with the package, loaded once a process."""
    return load_model(folder=SHIPPED)


def _hash(about: dict[str, Any], arrays: dict[str, Floats]) -> str:
    """SHA-256 of the numbers and the words, whatever the compression."""
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} ".encode() + np.ascontiguousarray(array, dtype="<f4").tobytes())
    return digest.hexdigest()
