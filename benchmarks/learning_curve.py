"""What a number of corrections does to the error, simulated on labelled calls of your own.

    python -m benchmarks.learning_curve FILE.jsonl [LABELS]

FILE as for `calltrack evaluate`; LABELS (50) are learnt from one half of the calls, and the error is counted on the
other, 100 times over: of the shipped model, of each challenger, and of what the test that decides puts in force.
"""

import sys
from pathlib import Path
from random import Random
from statistics import mean

import numpy as np

from calltrack.classify.features import find_terms
from calltrack.classify.learning import Labelled, TooFew, challenge
from calltrack.classify.lines import read_calls
from calltrack.classify.model import Model, shipped_model
from calltrack.classify.rules import rule_on
from calltrack.classify.training import as_matrix

SPLITS = 100


def main(path: Path, labels: int) -> None:
    """The mean errors with their bootstrap intervals, and how many promotions made it worse."""
    calls = list(read_calls(lines=path.read_text(encoding="utf-8").splitlines(), labelled=True))
    read = [call for call in calls if rule_on(facts=call.facts) is None]
    examples = [Labelled(str(call.id), call.label or "lead", None, call.facts) for call in read]
    shipped = shipped_model()
    before, challengers, in_force, promoted, worse = [], [], [], 0, 0
    for split in range(SPLITS):
        mixed = examples[:]
        Random(split).shuffle(mixed)
        half = len(mixed) // 2
        try:
            trial = challenge(champion=shipped, examples=mixed[:half][:labels], name="own", version=1)
        except TooFew:
            continue
        old, new = error(shipped, mixed[half:]), error(trial.model, mixed[half:])
        before.append(old)
        challengers.append(new)
        in_force.append(new if trial.better else old)
        promoted += trial.better
        worse += trial.better and new > old
    print(f"{len(before)} splits of {len(examples)} calls, {labels} labels learnt")
    for name, errors in (("shipped", before), ("challenger", challengers), ("in force", in_force)):
        low, high = ratio(errors, before)
        print(
            f"{name:11} error {mean(errors):.4f}, {mean(errors) / mean(before):.3f} of before ({low:.3f} to {high:.3f})"
        )
    print(f"{promoted} promotions, {worse} of them worse on the other half")


def error(model: Model, examples: list[Labelled]) -> float:
    """The share of the examples that the model labels wrong."""
    terms = [find_terms(facts=one.facts) for one in examples]
    odds = model.lead_odds(matrix=as_matrix(terms=terms, known=model.known, width=len(model.vocabulary)))
    return float(np.mean([(score >= 0) != (one.label == "lead") for score, one in zip(odds, examples, strict=True)]))


def ratio(errors: list[float], before: list[float]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the ratio of both means."""
    rows = np.random.default_rng(1).integers(0, len(errors), (1_000, len(errors)))
    ratios = np.array(errors)[rows].mean(axis=1) / np.array(before)[rows].mean(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 50)
