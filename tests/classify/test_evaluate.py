"""Figures, checked against scikit-learn's and by hand."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, recall_score

from calltrack.classify.evaluate import classify_lines, evaluate, intervals, measure
from calltrack.classify.lines import BadLine
from calltrack.classify.reasons import Label
from tests.classify.conftest import real_lines

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
        assert figures["excused_recall"] == pytest.approx(recall_score(truth, given_labels, pos_label="excused"))
    else:
        assert figures["pr_auc"] is None
        assert figures["excused_recall"] is None
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
        "excused_recall": None,
        "accuracy": None,
        "pr_auc": None,
        "ece": None,
        "confusion": {"lead": {"lead": 0, "excused": 0}, "excused": {"lead": 0, "excused": 0}},
        "intervals": {"macro_f1": None, "excused_recall": None, "ece": None, "accuracy": None},
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


@given(
    st.lists(
        st.tuples(st.sampled_from(["lead", "excused"]), st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0])),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=20)
def test_an_interval_is_there_where_its_figure_is_and_in_order(calls):
    truth, lead = [label for label, _ in calls], [p for _, p in calls]
    figures, found = measure(truth=truth, lead=lead), intervals(truth=truth, lead=lead)
    for name in ("macro_f1", "excused_recall", "ece", "accuracy"):
        if figures[name] is None:
            assert found[name] is None
        else:
            low, high = found[name] or [1, 0]
            assert 0 <= low <= high <= 1


def test_an_interval_of_accuracy_is_as_wide_as_chance_makes_it():
    truth: list[Label] = ["lead", "excused"] * 200
    lead = [0.9 if at % 5 else 0.1 for at in range(400)]  # right in half of them
    low, high = intervals(truth=truth, lead=lead)["accuracy"] or [0, 0]
    width = 2 * 1.96 * (0.5 * 0.5 / 400) ** 0.5
    assert low < measure(truth=truth, lead=lead)["accuracy"] < high
    assert high - low == pytest.approx(width, rel=0.15)


def test_the_interval_of_what_never_varies_is_a_point():
    found = intervals(truth=["lead"] * 9, lead=[0.8] * 9)
    assert found["accuracy"] == found["macro_f1"] == [1.0, 1.0]
    assert found["ece"] == pytest.approx([0.2, 0.2])
    assert found["excused_recall"] is None


def test_the_same_calls_have_the_same_intervals():
    truth: list[Label] = ["lead", "excused", "lead"]
    assert intervals(truth=truth, lead=[0.9, 0.2, 0.4]) == intervals(truth=truth, lead=[0.9, 0.2, 0.4])


@pytest.mark.shared_data
def test_real_calls_are_judged_well_above_calling_all_of_them_leads():
    figures = evaluate(lines=real_lines("home_service_labelled"))
    assert figures["macro_f1"] > 0.86  # all leads: 0.44
    assert figures["excused_f1"] > 0.78
    assert figures["excused_recall"] > 0.7
    assert figures["pr_auc"] > 0.8
    assert figures["ece"] < 0.08
    for name, (low, high) in figures["intervals"].items():
        assert low < figures[name] < high or name == "ece"  # resampling adds noise, which makes a small error larger
