"""An evaluation: a draft is its coach's own, what is shared stands, and what is changed afterwards says so."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.coaching.assignments import assign, open_for
from calltrack.coaching.evaluations import (
    answer,
    answers_of,
    begin,
    discard,
    find_evaluation,
    remark,
    remarks_of,
    reopen,
    reply,
    see,
    share,
    summarise,
    unremark,
)
from calltrack.coaching.reading import (
    drafts_of,
    may_see,
    read_all,
    recently_shared,
    shared_of_call,
    still_blind,
    taken_back,
)
from calltrack.coaching.rubrics import Draft, edit_rubric, retire_rubric
from calltrack.coaching.words import BadCoaching
from tests import twilio_wire
from tests.coaching.team import Team
from tests.factories import NOON

LATER = NOON + timedelta(days=2)


def test_beginning_twice_is_one_evaluation_of_the_phone_that_answered(team: Team) -> None:
    call = team.call()
    assert team.begun(call) == team.begun(call)
    assert team.begun(call).agent_phone == twilio_wire.CHO


def test_each_coach_has_their_own(team: Team) -> None:
    call = team.call()
    assert team.begun(call).id != team.begun(call, "Eve").id


def test_an_answer_may_be_changed_until_it_is_shared(team: Team) -> None:
    draft = team.begun(team.call())
    answer(team.session, evaluation=draft, answers=team.answers(0, 1))
    answer(team.session, evaluation=draft, answers=team.answers(None))
    assert list(answers_of(team.session, evaluation_id=draft.id).values()) == [None, 1]


@pytest.mark.parametrize("value", [2, -1, 6])
def test_a_value_that_the_question_does_not_take_is_refused(team: Team, value: int) -> None:
    draft = team.begun(team.call())
    with pytest.raises(BadCoaching, match="with yes or no"):
        answer(team.session, evaluation=draft, answers=team.answers(value))


def test_a_question_of_another_rubric_is_refused(team: Team) -> None:
    with pytest.raises(BadCoaching, match="not in the rubric"):
        answer(team.session, evaluation=team.begun(team.call()), answers={10**9: 1})


def test_nothing_is_shared_before_every_question_has_an_answer(team: Team) -> None:
    draft = team.begun(team.call())
    answer(team.session, evaluation=draft, answers=team.answers(1, 1))
    with pytest.raises(BadCoaching, match=r"1 question has no answer.*Handled the price"):
        share(team.session, evaluation=draft)


def test_what_is_shared_stands_until_it_is_taken_back(team: Team) -> None:
    shared = team.shared(team.call(), 1, 1, 5)
    said = remark_of(team)
    for change in (
        lambda: answer(team.session, evaluation=shared, answers=team.answers(0)),
        lambda: summarise(team.session, evaluation=shared, summary="x"),
        lambda: remark(team.session, evaluation=shared, text="x", at=None),
        lambda: unremark(team.session, evaluation=shared, remark_id=said),
        lambda: share(team.session, evaluation=shared),
        lambda: discard(team.session, evaluation=shared),
    ):
        with pytest.raises(BadCoaching, match="take it back"):
            change()


def remark_of(team: Team) -> int:
    return remark(team.session, evaluation=team.begun(team.call(started_at=LATER)), text="good", at=1.0).id


def test_a_change_after_sharing_is_dated_and_has_to_be_seen_anew(team: Team) -> None:
    shared = team.shared(team.call(), 1, 1, 5)
    first = shared.shared_at
    see(team.session, evaluation=shared)
    reopen(team.session, evaluation=shared)
    assert shared.shared_at is None
    answer(team.session, evaluation=shared, answers=team.answers(0))
    share(team.session, evaluation=shared, now=LATER)
    assert (shared.shared_at, shared.changed_at, shared.seen_at) == (first, LATER, None)


def test_feedback_that_was_taken_back_is_not_to_be_seen_but_is_known_to_the_agent(team: Team) -> None:
    shared = team.shared(team.call(), 1, 1, 5)
    reopen(team.session, evaluation=shared)
    phones = [twilio_wire.CHO]
    assert recently_shared(team.session, account_id=team.account.id, phones=phones).items == []
    [gone] = taken_back(team.session, account_id=team.account.id, phones=phones)
    assert gone.evaluation.id == shared.id
    assert not may_see(shared, user_id=team.people["Cho"], coaches=False, phones=phones)
    with pytest.raises(BadCoaching, match="changing this feedback"):
        reply(team.session, evaluation=shared, text="Thank you")
    with pytest.raises(BadCoaching, match="cannot be thrown away"):
        discard(team.session, evaluation=shared)


def test_a_draft_can_be_thrown_away(team: Team) -> None:
    draft = team.begun(team.call())
    answer(team.session, evaluation=draft, answers=team.answers(1))
    remark(team.session, evaluation=draft, text="good", at=3.5)
    discard(team.session, evaluation=draft)
    assert find_evaluation(team.session, account_id=team.account.id, evaluation_id=draft.id) is None


def test_comments_are_read_in_the_order_of_the_recording(team: Team) -> None:
    draft = team.begun(team.call())
    for text, at in (("late", 50.0), ("early", 2.5), ("all of it", None)):
        remark(team.session, evaluation=draft, text=text, at=at)
    assert [one.text for one in remarks_of(team.session, evaluation_id=draft.id)] == ["all of it", "early", "late"]


@pytest.mark.parametrize("at", [-1.0, float("nan"), float("inf"), 1e9])
def test_a_comment_is_pinned_within_a_recording(team: Team, at: float) -> None:
    with pytest.raises(BadCoaching, match="no such time"):
        remark(team.session, evaluation=team.begun(team.call()), text="good", at=at)


def test_who_may_see_an_evaluation(team: Team) -> None:
    call = team.call()
    draft = team.begun(call)
    ben, eve, cho = (team.people[name] for name in ("Ben", "Eve", "Cho"))
    phones = [twilio_wire.CHO]
    assert may_see(draft, user_id=ben, coaches=True, phones=[])
    assert not may_see(draft, user_id=eve, coaches=True, phones=[])
    assert not may_see(draft, user_id=cho, coaches=False, phones=phones)
    shared = team.shared(call, 1, 1, 5)
    assert may_see(shared, user_id=eve, coaches=True, phones=[])
    assert may_see(shared, user_id=cho, coaches=False, phones=phones)
    assert not may_see(shared, user_id=cho, coaches=False, phones=["+13125550000"])


def test_seeing_counts_once_and_only_what_is_shared(team: Team) -> None:
    draft = team.begun(team.call())
    see(team.session, evaluation=draft, now=NOON)
    team.session.refresh(draft)
    assert draft.seen_at is None
    shared = team.shared(team.call(started_at=LATER), 1, 1, 5)
    for moment in (LATER, LATER + timedelta(hours=1)):
        see(team.session, evaluation=shared, now=moment)
    team.session.refresh(shared)
    assert shared.seen_at == LATER


def test_a_retired_version_is_not_begun_but_by_whom_it_was_assigned_to(team: Team) -> None:
    call = team.call()
    assign(
        team.session, account=team.account, call=call, people=[team.people["Ben"]], rubric=team.rubric, due_on=None,
        note="", by="ana",
    )  # fmt: skip
    retire_rubric(team.session, account=team.account, rubric=team.rubric)
    assert begin(team.session, call=call, rubric=team.rubric, coach_id=team.people["Ben"])
    with pytest.raises(BadCoaching, match="no longer on offer"):
        begin(team.session, call=call, rubric=team.rubric, coach_id=team.people["Eve"])


def test_a_draft_of_a_replaced_version_can_be_finished(team: Team) -> None:
    call = team.call()
    team.begun(call)
    edit_rubric(
        team.session, account=team.account, rubric=team.rubric, name="Phone", questions=[Draft("Only this")], by="ana"
    )
    shared = team.shared(call, 1, 1, 5)
    [read] = read_all(team.session, evaluations=[shared])
    assert (len(read.questions), str(read.score.percent)) == (3, "100.0")


def test_sharing_finishes_what_was_assigned(team: Team) -> None:
    call = team.call()
    assign(
        team.session, account=team.account, call=call, people=[team.people["Ben"], team.people["Eve"]],
        rubric=team.rubric, due_on=None, note="", by="ana",
    )  # fmt: skip
    team.shared(call, 1, 1, 5)
    assert open_for(team.session, account_id=team.account.id, user_id=team.people["Ben"]) == []
    assert len(open_for(team.session, account_id=team.account.id, user_id=team.people["Eve"])) == 1


def test_a_coach_is_blind_while_theirs_is_begun_or_assigned_and_not_shared(team: Team) -> None:
    begun, assigned, done = (team.call(started_at=NOON + timedelta(hours=at)) for at in range(3))
    team.begun(begun)
    assign(
        team.session, account=team.account, call=assigned, people=[team.people["Ben"]], rubric=team.rubric,
        due_on=None, note="", by="ana",
    )  # fmt: skip
    reopen(team.session, evaluation=team.shared(done, 1, 1, 5))  # they have seen the others' already
    blind = still_blind(team.session, account_id=team.account.id, user_id=team.people["Ben"])
    assert blind == {(begun.id, team.rubric.id), (assigned.id, team.rubric.id)}


def test_lists_hold_what_they_say(team: Team) -> None:
    first, second = team.call(), team.call(started_at=LATER)
    team.shared(first, 1, 0, 5)
    team.shared(second, 1, 1, 3, coach="Eve")
    draft = team.begun(second)
    page = recently_shared(team.session, account_id=team.account.id, limit=1)
    assert [(one.coach, str(one.score.percent)) for one in page.items] == [("Eve", "68.8")]
    rest = recently_shared(team.session, account_id=team.account.id, limit=1, cursor=page.next)
    assert [(one.coach, one.score.failed) for one in rest.items] == [("Ben", ("Asked for the address",))]
    assert rest.next is None
    drafts = drafts_of(team.session, account_id=team.account.id, coach_id=team.people["Ben"])
    assert [one.evaluation for one in drafts] == [draft]
    assert [one.coach for one in shared_of_call(team.session, call_id=second.id)] == ["Eve"]
    assert recently_shared(team.session, account_id=team.account.id, phones=[]).items == []


def test_another_companys_evaluation_is_not_found(team: Team, session: Session) -> None:
    shared = team.shared(team.call(), 1, 1, 5)
    assert find_evaluation(session, account_id=team.account.id + 1, evaluation_id=shared.id) is None
