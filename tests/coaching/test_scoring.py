"""The arithmetic of a rubric: exact, from the answers alone."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.coaching.scoring import VALUES, fails, mean, part, percent, score


@dataclass(frozen=True)
class Asked:
    id: int
    text: str
    kind: str
    weight: int
    must_pass: bool


def asked(number: int, kind: str = "yes-no", weight: int = 1, *, must_pass: bool = False) -> Asked:
    return Asked(number, f"question {number}", kind, weight, must_pass)


questions = st.lists(
    st.tuples(st.sampled_from(["yes-no", "scale"]), st.integers(1, 10), st.booleans()), min_size=1, max_size=12
).map(lambda rows: [asked(at, kind, weight, must_pass=must) for at, (kind, weight, must) in enumerate(rows)])


@st.composite
def evaluations(draw):
    """Questions, and answers to some of them; None: does not apply."""
    made = draw(questions)
    answers = {
        one.id: draw(st.sampled_from([None, *VALUES[one.kind]]))
        for one in made
        if draw(st.booleans())
    }  # fmt: skip
    return made, answers


def test_yes_is_all_of_the_weight_no_is_none_and_one_to_five_goes_by_quarters():
    assert [part("yes-no", value) for value in (0, 1)] == [0, 1]
    assert [part("scale", value) for value in range(1, 6)] == [0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1]


def test_weights_weigh():
    made = [asked(1, weight=3), asked(2, weight=1)]
    assert score(made, {1: 1, 2: 0}).percent == Decimal("75.0")
    assert score(made, {1: 0, 2: 1}).percent == Decimal("25.0")


def test_what_does_not_apply_or_is_not_answered_weighs_nothing():
    made = [asked(1, weight=3), asked(2, weight=1), asked(3, weight=9)]
    found = score(made, {1: 1, 2: None})
    assert (found.percent, found.answered, found.asked, found.complete) == (Decimal("100.0"), 2, 3, False)


def test_where_nothing_applies_there_is_no_score():
    found = score([asked(1, must_pass=True)], {1: None})
    assert (found.share, found.percent, found.would_be, found.failed) == (None, None, None, ())
    assert found.complete


@pytest.mark.parametrize(("kind", "value", "failed"), [
    ("yes-no", 0, True), ("yes-no", 1, False), ("scale", 1, True), ("scale", 2, True), ("scale", 3, False),
])  # fmt: skip
def test_a_must_pass_question_fails_with_no_and_with_one_or_two_of_five(kind: str, value: int, failed: bool):
    assert fails(kind, value) is failed
    found = score([asked(1, kind, must_pass=True), asked(2)], {1: value, 2: 1})
    assert found.failed == (("question 1",) if failed else ())


def test_a_failed_must_pass_question_makes_the_score_zero_and_says_what_it_would_have_been():
    made = [asked(1, weight=1, must_pass=True), asked(2, weight=3)]
    found = score(made, {1: 0, 2: 1})
    assert (found.percent, found.would_be, found.failed) == (Decimal("0.0"), Decimal("75.0"), ("question 1",))


def test_a_must_pass_question_that_does_not_apply_fails_nothing():
    assert score([asked(1, must_pass=True), asked(2)], {1: None, 2: 1}).percent == Decimal("100.0")


def test_percentages_are_rounded_half_up_to_one_decimal():
    assert percent(Fraction(1, 3)) == Decimal("33.3")
    assert percent(Fraction(2, 3)) == Decimal("66.7")
    assert percent(Fraction(1, 2000)) == Decimal("0.1")  # 0.05 exactly
    assert str(percent(Fraction(1))) == "100.0"
    assert percent(None) is None


def test_a_mean_says_how_many_it_stands_on():
    found = mean([Fraction(1), None, Fraction(1, 2)])
    assert (found.percent, found.count) == (Decimal("75.0"), 2)
    assert (mean([None]).percent, mean([]).count) == (None, 0)


@given(evaluations())
def test_a_score_is_between_none_and_all_and_failing_never_helps(made):
    asked_, answers = made
    found = score(asked_, answers)
    assert (found.share is None) == (found.otherwise is None)
    if found.share is not None and found.otherwise is not None:
        assert 0 <= found.share <= found.otherwise <= 1
        assert found.share == (0 if found.failed else found.otherwise)


@given(evaluations(), st.randoms())
def test_the_order_of_questions_changes_nothing(made, chance):
    asked_, answers = made
    mixed = list(asked_)
    chance.shuffle(mixed)
    one, other = score(asked_, answers), score(mixed, answers)
    assert (one.share, one.otherwise, set(one.failed)) == (other.share, other.otherwise, set(other.failed))


@given(evaluations(), st.integers(2, 9))
def test_weights_count_against_each_other_only(made, times):
    asked_, answers = made
    heavier = [Asked(one.id, one.text, one.kind, one.weight * times, one.must_pass) for one in asked_]
    assert score(asked_, answers).share == score(heavier, answers).share


@given(evaluations(), st.data())
def test_a_better_answer_never_makes_a_score_worse(made, data):
    asked_, answers = made
    better = data.draw(st.sampled_from(asked_))
    value = answers.get(better.id)
    if value is not None and value < VALUES[better.kind][-1]:
        before, after = score(asked_, answers), score(asked_, {**answers, better.id: value + 1})
        assert before.share is not None
        assert after.share is not None
        assert after.share >= before.share


@given(st.lists(st.fractions(0, 1), max_size=20))
def test_the_rounded_percentage_is_within_half_a_tenth_of_the_exact_mean(shares):
    found = mean(shares)
    if found.share is not None:
        assert found.percent is not None
        assert abs(Fraction(found.percent) - 100 * found.share) <= Fraction(1, 20)
