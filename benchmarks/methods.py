"""Other ways of telling leads from excused calls, trained on the corpus and measured on labelled calls of your own.

    python -m benchmarks.methods FILE.jsonl

FILE as for `calltrack evaluate`. Prints the table of docs/classifier.md; takes some five minutes.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from calltrack.classify import training
from calltrack.classify.conversations import CORPUS, Conversation, read_conversations
from calltrack.classify.evaluate import measure
from calltrack.classify.features import Terms, find_terms
from calltrack.classify.lines import Call, read_calls
from calltrack.classify.model import Rows, sigmoid
from calltrack.classify.rules import rule_on

WORDS, PHRASES = ("word", "opening"), ("cue", "opening cue")
ALL = (*WORDS, *PHRASES, "caller cue", "agent cue", "known")


@dataclass(frozen=True)
class Exam:
    """The corpus prepared, and the calls to be judged."""

    conversations: Sequence[Conversation]
    lessons: Any
    calls: Sequence[Call]
    terms: Sequence[Terms]

    def report(self, name: str, lead: Rows) -> None:
        """A line of the table; calls that a rule decides are decided by it in every method."""
        for at, call in enumerate(self.calls):
            if ruled := rule_on(facts=call.facts):
                lead[at] = 1.0 - ruled.confidence
        found = measure(truth=[call.label or "lead" for call in self.calls], lead=lead.tolist())
        figures = (found[key] for key in ("macro_f1", "excused_f1", "excused_recall", "pr_auc", "ece"))
        print(f"| {name} | {' | '.join('-' if value is None else f'{value:.3f}' for value in figures)} |", flush=True)


def main(path: Path) -> None:
    """Every method in turn."""
    conversations = read_conversations(corpus=CORPUS)
    calls = list(read_calls(lines=path.read_text(encoding="utf-8").splitlines(), labelled=True))
    terms = [find_terms(facts=call.facts) for call in calls]
    exam = Exam(conversations * 2, training.prepare(conversations=conversations), calls, terms)
    print("| method | macro-F1 | excused F1 | excused found | excused PR-AUC | ECE |\n|---|---|---|---|---|---|")
    exam.report("two questions, all features (shipped)", two_questions(exam, ALL))
    exam.report("one question", one_question(exam, ALL))
    exam.report("two questions, words only", two_questions(exam, WORDS))
    exam.report("one question, words only", one_question(exam, WORDS))
    exam.report("two questions, set phrases only", two_questions(exam, PHRASES))
    exam.report("two questions, no opening", two_questions(exam, ("word", "cue")))
    for name, styles in (
        ("plain conversations only", {"plain"}),
        ("no indirect ones", {"plain", "ordinary"}),
    ):
        rows = np.array([conversation.style in styles for conversation in exam.conversations])
        exam.report(f"two questions, {name}", two_questions(replace(exam, lessons=exam.lessons.part(rows)), ALL))
    exam.report("TF-IDF of words and pairs, logistic regression", tf_idf(exam, [_words()]))
    exam.report("TF-IDF of 3 to 5 characters, logistic regression", tf_idf(exam, [_characters()]))
    exam.report("both", tf_idf(exam, [_words(), _characters()]))
    exam.report(
        "random forest over set phrases", trees(exam, RandomForestClassifier(400, min_samples_leaf=2, random_state=0))
    )
    boosting = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.06, max_leaf_nodes=8, random_state=0)
    exam.report("gradient boosting over set phrases", trees(exam, boosting))


def two_questions(exam: Exam, blocks: Sequence[str]) -> Rows:
    """The shipped way, over some blocks of features."""
    lessons = _only(exam.lessons, blocks)
    odds, _ = training.cross_validate(lessons)
    slope, offset = training.calibrate(odds, lessons.leads, training.as_traffic(lessons))
    learner = training.fit(lessons)
    return sigmoid(slope * learner.odds(_matrix(learner, _cut(exam.terms, blocks))) + offset)


def one_question(exam: Exam, blocks: Sequence[str]) -> Rows:
    """A single regression: lead or not."""
    lessons = _only(exam.lessons, blocks)
    learner = training.fit(lessons)
    matrix = _matrix(learner, lessons.terms)
    return _calibrated(lessons, matrix, _matrix(learner, _cut(exam.terms, blocks)))


def tf_idf(exam: Exam, vectorisers: Sequence[TfidfVectorizer]) -> Rows:
    """Weighed words or characters by scikit-learn's own means."""
    texts = [conversation.facts().text for conversation in exam.conversations]
    learnt = hstack([vectoriser.fit_transform(texts) for vectoriser in vectorisers]).tocsr()
    judged = hstack([vectoriser.transform([call.facts.text for call in exam.calls]) for vectoriser in vectorisers])
    return _calibrated(exam.lessons, learnt, judged.tocsr())


def trees(exam: Exam, forest: Any) -> Rows:
    """An ensemble of trees over the set phrases, with the probabilities it gives itself."""
    lessons = _only(exam.lessons, PHRASES)
    learner = training.fit(lessons)
    forest.fit(_matrix(learner, lessons.terms).toarray(), lessons.leads, sample_weight=lessons.weights)
    judged = _matrix(learner, _cut(exam.terms, PHRASES)).toarray()
    return np.asarray(forest.predict_proba(judged)[:, 1])


def _calibrated(lessons: Any, learnt: Any, judged: Any) -> Rows:
    regression: Callable[[], LogisticRegression] = lambda: LogisticRegression(C=4.0, max_iter=5_000)  # noqa: E731
    odds = np.zeros(len(lessons.leads))
    for held_out in range(training.SETTINGS["folds"]):
        here = lessons.fold == held_out
        fitted = regression().fit(learnt[~here], lessons.leads[~here], sample_weight=lessons.weights[~here])
        odds[here] = fitted.decision_function(learnt[here])
    slope, offset = training.calibrate(odds, lessons.leads, training.as_traffic(lessons))
    fitted = regression().fit(learnt, lessons.leads, sample_weight=lessons.weights)
    return sigmoid(slope * np.asarray(fitted.decision_function(judged)) + offset)


def _matrix(learner: Any, terms: Sequence[Terms]) -> Any:
    return training.as_matrix(terms=terms, known=learner.known, width=len(learner.vocabulary))


def _only(lessons: Any, blocks: Sequence[str]) -> Any:
    return replace(lessons, terms=_cut(lessons.terms, blocks))


def _cut(terms: Sequence[Terms], blocks: Sequence[str]) -> list[Terms]:
    return [Terms({block: found.counts.get(block, Counter()) for block in blocks}, found.places) for found in terms]


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), min_df=6, sublinear_tf=True)


def _characters() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=10, sublinear_tf=True, max_features=60_000)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
