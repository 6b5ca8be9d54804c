"""Rubrics: made, changed by versions, retired."""

import pytest

from calltrack.coaching.rubrics import (
    MOST_QUESTIONS,
    STARTER,
    STARTER_NAME,
    Draft,
    edit_rubric,
    find_rubric,
    list_rubrics,
    make_rubric,
    offered,
    questions_of,
    restore_rubric,
    retire_rubric,
    versions_of,
)
from calltrack.coaching.words import BadCoaching
from calltrack.models import Rubric
from tests.coaching.team import OTHER_NUMBER, QUESTIONS, Team
from tests.factories import company


def changed(team: Team, *questions: Draft, name: str = "Phone", rubric: Rubric | None = None) -> Rubric:
    return edit_rubric(
        team.session, account=team.account, rubric=rubric or team.rubric, name=name, questions=questions, by="ben"
    )


def texts(team: Team, rubric: Rubric) -> list[str]:
    return [one.text for one in questions_of(team.session, rubric_ids=[rubric.id])[rubric.id]]


def test_other_questions_are_a_new_version_and_retire_the_old_one(team: Team) -> None:
    new = changed(team, *QUESTIONS[::-1])
    assert (new.version, new.name, new.made_by, team.rubric.retired_at is not None) == (2, "Phone", "ben", True)
    assert texts(team, new) == texts(team, team.rubric)[::-1]
    assert offered(team.session, account_id=team.account.id) == [new]
    assert versions_of(team.session, rubric=new) == [new, team.rubric]


def test_an_old_evaluation_keeps_its_version(team: Team) -> None:
    evaluation = team.shared(team.call(), 1, 1, 5)
    new = changed(team, Draft("Only this"))
    assert evaluation.rubric_id == team.rubric.id != new.id
    [listed] = list_rubrics(team.session, account_id=team.account.id)
    assert (listed.rubric, listed.questions, listed.evaluations) == (new, 1, 1)


def test_nothing_changed_is_no_new_version(team: Team) -> None:
    assert changed(team, *QUESTIONS) == team.rubric
    assert team.rubric.retired_at is None


def test_a_new_name_is_that_of_all_versions(team: Team) -> None:
    second = changed(team, Draft("Only this"))
    assert changed(team, Draft("Only this"), name="Telephone", rubric=second) == second
    team.session.refresh(team.rubric)
    assert (team.rubric.name, second.name, second.version) == ("Telephone", "Telephone", 2)


def test_a_version_that_was_replaced_meanwhile_is_not_changed(team: Team) -> None:
    changed(team, Draft("Only this"))
    with pytest.raises(BadCoaching, match="no longer on offer"):
        changed(team, Draft("Something else"))


def test_two_rubrics_differ_by_more_than_case(team: Team) -> None:
    with pytest.raises(BadCoaching, match="already"):
        make_rubric(team.session, account=team.account, name=" phone ", questions=QUESTIONS, by="ben")
    other = company(team.session, name="Dee's Plumbing", number=OTHER_NUMBER, roles=())
    mine = make_rubric(team.session, account=other.account, name="Phone", questions=QUESTIONS, by="dee")
    assert find_rubric(team.session, account_id=team.account.id, rubric_id=mine.id) is None


def test_a_retired_rubric_is_not_on_offer_until_it_is_restored(team: Team) -> None:
    retire_rubric(team.session, account=team.account, rubric=team.rubric)
    assert offered(team.session, account_id=team.account.id) == []
    restore_rubric(team.session, account=team.account, rubric=team.rubric)
    assert offered(team.session, account_id=team.account.id) == [team.rubric]


def test_an_older_version_is_not_restored_beside_the_newer(team: Team) -> None:
    changed(team, Draft("Only this"))
    with pytest.raises(BadCoaching, match="newer version"):
        restore_rubric(team.session, account=team.account, rubric=team.rubric)


@pytest.mark.parametrize(("questions", "says"), [
    ([], "1 to 30 questions"),
    ([Draft(f"question {at}") for at in range(MOST_QUESTIONS + 1)], "1 to 30 questions"),
    ([Draft("  ")], "Write what question 1 asks"),
    ([Draft("x" * 301)], "Shorten what question 1 asks"),
    ([Draft("Greeted", "maybe")], "how question 1 is answered"),
    ([Draft("Greeted", weight=0)], "a weight of 1 to 10"),
    ([Draft("Greeted", weight=11)], "a weight of 1 to 10"),
    ([Draft("Greeted"), Draft("greeted ")], "there twice"),
])  # fmt: skip
def test_questions_that_cannot_be_are_refused_with_what_to_do(team: Team, questions: list[Draft], says: str) -> None:
    with pytest.raises(BadCoaching, match=says):
        make_rubric(team.session, account=team.account, name="New", questions=questions, by="ben")


def test_the_starter_can_be_made_as_it_is(team: Team) -> None:
    made = make_rubric(team.session, account=team.account, name=STARTER_NAME, questions=STARTER, by="ana")
    assert texts(team, made) == [one.text for one in STARTER]
