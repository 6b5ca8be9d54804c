"""The trained model as arrays and JSON: loaded without unpickling, and able to say which phrases decided."""

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calltrack.classify.features import (
    SETTINGS,
    Place,
    Terms,
    Vocabulary,
    find_terms,
    index_vocabulary,
    known_share,
    weigh_terms,
)
from calltrack.classify.reasons import Label, label_of
from calltrack.classify.verdict import CallFacts, Evidence, Verdict, start_of

FORMAT = 2
SHIPPED = Path(__file__).parent / "shipped"

REVIEW_BELOW = 0.75
"""A verdict less sure than this is queued for a person."""

UNDERSTOOD_FROM = 0.5
"""Share of a text's different words that a model must know. English calls lie above 0.69, Spanish ones below 0.5 though
some Spanish is in the corpus, French and German ones below 0.2."""

EVIDENCE_PHRASES = 5

HEADS = ("asks", "refused", "booked", "own")
"""What is weighed beside the reasons: whether the caller asks for new work, whether they are turned away, whether an
appointment is set, and what an account's own people taught on top (see `learning`)."""

Floats = NDArray[np.float32]
Rows = NDArray[np.float64]

_ARRAYS = ("idf", "weights", "bias")


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
    """Weights of each term of the vocabulary ("block:term"): a column for each of HEADS, then one for each reason.

    A call is a lead when its caller asks for new work and is not turned away: the two probabilities are multiplied,
    and `slope` and `offset` calibrate the log-odds of the product; the weights of `own` are added to that.
    `booked_slope` and `booked_offset` calibrate whether an appointment was set. `card` says what the model was made
    from and how well it did in cross-validation.
    """

    name: str
    version: int
    vocabulary: tuple[str, ...]
    reasons: tuple[str, ...]
    idf: Floats
    weights: Floats
    bias: Floats
    slope: float
    offset: float
    booked_slope: float
    booked_offset: float
    card: dict[str, Any]

    @cached_property
    def known(self) -> Vocabulary:
        """The vocabulary as `weigh_terms` wants it."""
        return index_vocabulary(vocabulary=self.vocabulary, idf=self.idf.tolist())

    @property
    def full_name(self) -> str:
        """name@version, as it stands beside each label."""
        return f"{self.name}@{self.version}"

    def lead_odds(self, *, matrix: Any) -> Rows:
        """Log-odds of a lead for each row of weighed terms (a matrix with a column a term of the vocabulary)."""
        return self._lead_odds(matrix @ self.weights[:, : len(HEADS)] + self.bias[: len(HEADS)])

    def _lead_odds(self, scores: Rows) -> Rows:
        odds, _, _ = combine(asks=scores[:, 0], refused=scores[:, 1])
        return np.asarray(self.slope * odds + self.offset + scores[:, 3])

    def understands(self, *, text: str) -> bool:
        """Whether it knows enough of the words; never of a text without words, such as one of masks alone."""
        return known_share(text=text, vocabulary=self.known) >= UNDERSTOOD_FROM

    def read(self, *, facts: CallFacts) -> Verdict:
        """The verdict on a call's text. One that it does not understand goes to a person, and is a lead until then: a
        caller is not excused for the language."""
        if not self.understands(text=facts.text):
            return Verdict(
                label="lead",
                reason=self._likeliest(label="lead", scores=self.bias),
                confidence=0.5,
                source="model",
                model=self.full_name,
                evidence=(),
                review=True,
                understood=False,
            )
        terms = find_terms(facts=facts)
        weighed = weigh_terms(terms=terms, vocabulary=self.known)
        values, weights = np.array(weighed.values), self.weights[weighed.rows]
        scores = np.asarray(values @ weights + self.bias, dtype=np.float64)
        lead = float(sigmoid(self._lead_odds(scores[None, :]))[0])
        _, asks_share, refused_share = combine(asks=scores[:1], refused=scores[1:2])
        label: Label = "lead" if lead >= 0.5 else "excused"
        confidence = max(lead, 1.0 - lead)
        booked = float(sigmoid(self.booked_slope * scores[2] + self.booked_offset))
        share = self.slope * (asks_share * weights[:, 0] - refused_share * weights[:, 1]) + weights[:, 3]
        spoke_for = values * share if label == "lead" else -values * share
        return Verdict(
            label=label,
            reason=self._likeliest(label=label, scores=scores),
            confidence=round(confidence, 4),
            source="model",
            model=self.full_name,
            evidence=_phrases(facts=facts, terms=terms, spoke_for=dict(zip(weighed.terms, spoke_for, strict=True))),
            review=confidence < REVIEW_BELOW,
            booked=round(booked, 4),
        )

    def _likeliest(self, *, label: Label, scores: Rows | Floats) -> str:
        """The reason of that label with the highest score, in the order of the columns of `weights`."""
        score_of = dict(zip(self.reasons, scores[len(HEADS) :].tolist(), strict=True))
        return max((reason for reason in self.reasons if label_of(reason=reason) == label), key=score_of.__getitem__)


def sigmoid(score: Rows) -> Rows:
    """The probability that log-odds stand for."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -30.0, 30.0))))


def combine(*, asks: Rows, refused: Rows) -> tuple[Rows, Rows, Rows]:
    """Log-odds of "asks for new work and is not turned away" from the log-odds of either, and how much the result
    changes with each of them (which says which of the two decided)."""
    asked, turned_away = sigmoid(asks), sigmoid(refused)
    both = asked * (1.0 - turned_away)
    return np.log(both) - np.log1p(-both), (1.0 - asked) / (1.0 - both), turned_away / (1.0 - both)


def _says_something(phrase: str) -> bool:
    """False for what explains nothing to a reader, though it carried weight: `it`, `like`, `of the`."""
    return any(word.strip(".,?!'\"") not in _SMALL_WORDS for word in phrase.lower().split())


def _phrases(*, facts: CallFacts, terms: Terms, spoke_for: dict[tuple[str, str], float]) -> tuple[Evidence, ...]:
    """The places in the text that carried most for the label, the strongest first, none within another."""
    weight_at: dict[Place, float] = {}
    for term, share in spoke_for.items():
        place = terms.places.get(("word", term[1]) if term[0] == "opening" else term)
        if place:
            weight_at[place] = weight_at.get(place, 0.0) + float(share)
    chosen: list[Place] = []
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


def pack_model(*, model: Model) -> tuple[str, bytes]:
    """The model as JSON and an archive of arrays; the same model always gives the same JSON, byte for byte."""
    arrays = {name: getattr(model, name) for name in _ARRAYS}
    about = {
        "format": FORMAT,
        "features": SETTINGS,
        "name": model.name,
        "version": model.version,
        "card": model.card,
        "slope": model.slope,
        "offset": model.offset,
        "booked_slope": model.booked_slope,
        "booked_offset": model.booked_offset,
        "reasons": list(model.reasons),
        "vocabulary": list(model.vocabulary),
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    return json.dumps({"sha256": _hash(about, arrays), **about}, indent=1, ensure_ascii=False), packed.getvalue()


def unpack_model(*, about: str, weights: bytes) -> Model:
    """The model that `pack_model` packed; ModelUnusable when it is of another format or not as it was packed."""
    try:
        read = json.loads(about)
        if (read.pop("format"), read.pop("features")) != (FORMAT, SETTINGS):
            raise ModelUnusable(f"the model is of another format than this release reads ({FORMAT})")
        with np.load(io.BytesIO(weights), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
        if read.pop("sha256") != _hash({"format": FORMAT, "features": SETTINGS, **read}, arrays):
            raise ModelUnusable("its description and its weights are not as they were written together")
        read["vocabulary"], read["reasons"] = tuple(read["vocabulary"]), tuple(read["reasons"])
        return Model(**read, **arrays)
    except ModelUnusable:
        raise
    except Exception as error:  # the readers of zip, JSON and arrays fail in many ways that mean the same here
        raise ModelUnusable(f"this is no model ({error})") from error


def save_model(*, model: Model, folder: Path) -> None:
    """Write `model.json` and `weights.npz`."""
    about, weights = pack_model(model=model)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(weights)
    (folder / "model.json").write_text(about + "\n", encoding="utf-8")


def load_model(*, folder: Path = SHIPPED) -> Model:
    """The model in a folder; ModelUnusable when it is absent, of another format, or not what it was when written."""
    try:
        about = (folder / "model.json").read_text(encoding="utf-8")
        return unpack_model(about=about, weights=(folder / "weights.npz").read_bytes())
    except (OSError, UnicodeDecodeError, ModelUnusable) as error:
        raise ModelUnusable(f"{folder}: {error}; copy both files again, or make them with `calltrack train`") from error


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
