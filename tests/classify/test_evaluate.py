"""Figures, checked against scikit-learn's and by hand."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from calltrack.classify.evaluate import classify_lines, evaluate, measure
from calltrack.classify.lines import BadLine

SHARED = Path(os.environ.get("CALLTRACK_SHARED") or Path(__file__).parents[3] / "shared")
ASKING = "Hi, my water heater is leaking and I need somebody to come out, how much do you charge?"


def line(**fields) -> str:
    return json.dumps(fields)


@given(
    st.lists(
        st.tuples(st.sampled_from(["lead", "excused"]), st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0])), min_size=1
    )
)
def test_figures_agree_with_scikit_learn(calls):
    truth, lead = [label for label, _ in calls], [p for _, p in calls]
    given_labels = ["lead" if p >= 0.5 else "excused" for p in lead]
    figures = measure(truth=truth, lead=lead)

    labels = sorted({*truth, *given_labels})
    assert figures["macro_f1"] == pytest.approx(f1_score(truth, given_labels, labels=labels, average="macro"))
    if "excused" in labels:
        assert figures["excused_f1"] == pytest.approx(f1_score(truth, given_labels, pos_label="excused"))
    else:
        assert figures["excused_f1"] is None
    if "excused" in truth:
        hits, scores = [label == "excused" for label in truth], [1 - p for p in lead]
        assert figures["pr_auc"] == pytest.approx(average_precision_score(hits, scores))
    else:
        assert figures["pr_auc"] is None
    assert 0 <= figures["ece"] <= 1


def test_confidence_is_held_against_accuracy_bin_by_bin():
    figures = measure(truth=["lead", "lead", "excused", "lead"], lead=[0.95, 0.97, 0.92, 0.25])
    # (0.9, 1]: mean 0.9467, right 2 of 3; (0.7, 0.8]: 0.75, right 0 of 1
    assert figures["ece"] == pytest.approx((3 * (2.84 / 3 - 2 / 3) + 0.75) / 4)


def test_the_edge_of_a_bin_belongs_to_the_bin_below():
    at_the_edge = measure(truth=["lead", "excused"], lead=[0.6, 0.55])
    assert at_the_edge["ece"] == pytest.approx(abs(0.6 + 0.55 - 1) / 2)


def test_nothing_measured_is_nothing_known():
    assert evaluate(lines=[]) == {
        "n": 0,
        "macro_f1": None,
        "excused_f1": None,
        "accuracy": None,
        "pr_auc": None,
        "ece": None,
        "confusion": {"lead": {"lead": 0, "excused": 0}, "excused": {"lead": 0, "excused": 0}},
    }


def test_a_labelled_file_is_measured():
    figures = evaluate(
        lines=[
            line(transcript=ASKING, label="lead", duration_s=60),
            "\n",
            line(transcript="", label="excused"),
            line(transcript="Hello?", label="lead", duration_s=4.5, id="x"),
        ]
    )
    assert figures["n"] == 3
    assert figures["confusion"] == {"lead": {"lead": 1, "excused": 1}, "excused": {"lead": 0, "excused": 1}}
    assert figures["accuracy"] == pytest.approx(2 / 3)


def test_every_line_is_classified_even_without_words():
    asked, empty, short = classify_lines(
        lines=[line(id="a", transcript=ASKING), line(transcript=None), line(id=7, transcript="Hello?", duration_s=2)]
    )
    assert (asked["id"], asked["label"]) == ("a", "lead")
    assert list(asked) == ["id", "label", "reason", "confidence", "review"]
    assert (empty["id"], empty["label"], empty["reason"]) == (2, "excused", "too short")
    assert (short["id"], short["label"], short["reason"]) == (7, "excused", "too short")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "line 2 is not JSON"),
        ('["a"]', "line 2 is not a JSON object"),
        (line(label="lead"), 'line 2 has no transcript: add "transcript"'),
        (line(transcript=3, label="lead"), "line 2 has no transcript"),
        (line(transcript="", label="spam"), 'line 2 has the label \'spam\': write "lead" or "excused"'),
        (line(transcript=""), "line 2 has the label None"),
        (line(transcript="", label=["lead"]), "line 2 has the label"),
        (line(transcript="", label="lead", duration_s="60"), "line 2 has the duration_s '60'"),
        (line(transcript="", label="lead", duration_s=-1), "line 2 has the duration_s -1"),
        (line(transcript="", label="lead", duration_s=True), "line 2 has the duration_s True"),
        ('{"transcript": "", "label": "lead", "duration_s": NaN}', "line 2 has the duration_s nan"),
        (line(transcript="", label="lead", id=[1]), "line 2 has an id"),
    ],
)
def test_a_bad_line_is_named_with_what_to_do(text, message):
    with pytest.raises(BadLine, match=message):
        evaluate(lines=[line(transcript="Hello?", label="lead"), text])


@pytest.mark.shared_data
def test_real_calls_are_judged_well_above_calling_all_of_them_leads():
    path = SHARED / "data" / "calls" / "home_service_labelled.jsonl"
    if not path.is_file():
        pytest.skip("NOT RUN: no labelled calls; set CALLTRACK_SHARED to the folder that holds data/calls")
    with path.open(encoding="utf-8") as lines:
        figures = evaluate(lines=lines)
    assert figures["macro_f1"] > 0.75  # all leads: 0.44
    assert figures["excused_f1"] > 0.6
    assert figures["pr_auc"] > 0.7
    assert figures["ece"] < 0.1
