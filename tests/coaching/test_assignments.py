"""Calls that somebody is to listen to or to evaluate."""

from datetime import date, timedelta

import pytest

from calltrack.coaching.assignments import assign, assignments_of, find_assignment, finish, open_for, take_back
from calltrack.coaching.rubrics import retire_rubric
from calltrack.coaching.words import BadCoaching
from calltrack.models import Call, Rubric
from tests.coaching.team import Team
from tests.factories import NOON

MONDAY = date(2026, 5, 4)


def give(
    team: Team,
    call: Call,
    *names: str,
    rubric: Rubric | None = None,
    due_on: date | None = None,
    note: str = "",
) -> list[str]:
    return assign(
        team.session, account=team.account, call=call, people=[team.people[name] for name in names], rubric=rubric,
        due_on=due_on, note=note, by="ana", now=NOON,
    )  # fmt: skip


def to_do(team: Team, name: str) -> list[Call]:
    found = open_for(team.session, account_id=team.account.id, user_id=team.people[name])
    return [one.call for one in found]


def test_what_is_due_first_stands_first_and_what_is_not_due_last(team: Team) -> None:
    calls = [team.call(started_at=NOON + timedelta(hours=at)) for at in range(3)]
    for call, due in zip(calls, (None, MONDAY + timedelta(days=2), MONDAY), strict=True):
        give(team, call, "Cho", due_on=due)
    assert to_do(team, "Cho") == calls[::-1]


def test_listening_is_done_when_the_person_says_so(team: Team) -> None:
    call = team.call()
    give(team, call, "Cho", note="  Hear how Ben asks for the address. ")
    [mine] = open_for(team.session, account_id=team.account.id, user_id=team.people["Cho"])
    assert (mine.assignment.note, mine.rubric, mine.person) == ("Hear how Ben asks for the address.", None, "Cho")
    finish(team.session, assignment=mine.assignment)
    assert to_do(team, "Cho") == []
    [kept] = assignments_of(team.session, call=call)
    team.session.refresh(kept.assignment)
    assert kept.assignment.done_at is not None


def test_evaluating_is_not_done_by_saying_so(team: Team) -> None:
    give(team, team.call(), "Ben", rubric=team.rubric)
    [mine] = open_for(team.session, account_id=team.account.id, user_id=team.people["Ben"])
    with pytest.raises(BadCoaching, match="when you share"):
        finish(team.session, assignment=mine.assignment)


def test_who_answers_the_phone_is_not_asked_to_evaluate_and_who_only_reads_not_to_listen(team: Team) -> None:
    with pytest.raises(BadCoaching, match="Cho does not evaluate calls"):
        give(team, team.call(), "Ben", "Cho", rubric=team.rubric)
    assert to_do(team, "Ben") == []
    with pytest.raises(BadCoaching, match="people of your company"):
        give(team, team.call(), "Rae")


def test_the_same_is_asked_of_nobody_twice_until_it_is_done(team: Team) -> None:
    call = team.call()
    assert give(team, call, "Cho", "Ben") == ["Cho", "Ben"]
    assert give(team, call, "Ben", rubric=team.rubric) == ["Ben"]
    with pytest.raises(BadCoaching, match="Cho has this call to do already"):
        give(team, call, "Cho")


@pytest.mark.parametrize("due", [MONDAY - timedelta(days=1), date(2099, 1, 1), date.max, date.min])
def test_a_day_in_the_past_or_far_away_is_refused(team: Team, due: date) -> None:
    with pytest.raises(BadCoaching, match="today or a later day"):
        give(team, team.call(), "Cho", due_on=due)


def test_nobody_and_strangers_and_retired_rubrics_are_refused(team: Team) -> None:
    with pytest.raises(BadCoaching, match="at least one person"):
        give(team, team.call())
    with pytest.raises(BadCoaching, match="people of your company"):
        assign(
            team.session, account=team.account, call=team.call(), people=[10**6], rubric=None, due_on=None, note="",
            by="ana",
        )  # fmt: skip
    retire_rubric(team.session, account=team.account, rubric=team.rubric)
    with pytest.raises(BadCoaching, match="no longer on offer"):
        give(team, team.call(), "Ben", rubric=team.rubric)


def test_it_can_be_taken_back_until_it_is_done(team: Team) -> None:
    call = team.call()
    give(team, call, "Cho", "Ben")
    ben, cho = (one.assignment for one in assignments_of(team.session, call=call))
    take_back(team.session, assignment=ben)
    assert to_do(team, "Ben") == []
    assert find_assignment(team.session, account_id=team.account.id, assignment_id=ben.id) is None
    finish(team.session, assignment=cho)
    with pytest.raises(BadCoaching, match="done already"):
        take_back(team.session, assignment=cho)
