"""Trends: the weeks of the account's own zone, what each figure stands on, and which question costs most."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from calltrack.coaching.evaluations import reopen
from calltrack.coaching.rubrics import Draft, edit_rubric, make_rubric
from calltrack.coaching.scoring import mean
from calltrack.coaching.trends import (
    question_means,
    scored,
    trend,
    trends_by_agent,
    trends_by_rubric,
    weeks_back,
)
from calltrack.coaching.worth import calls_answered, worth_coaching
from calltrack.period import today
from tests import twilio_wire
from tests.campaigns.story import at
from tests.coaching.team import NUMBER, QUESTIONS, Team
from tests.factories import CHICAGO, NOON, missed_call

MONDAY = date(2026, 5, 4)
moments = st.integers(946_684_800, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
WEEKS = [MONDAY - timedelta(weeks=1), MONDAY]


def test_weeks_begin_on_the_monday_of_the_accounts_zone() -> None:
    sunday_night = at("2026-05-10 23:30")  # in UTC it is Monday already
    assert weeks_back(zone=CHICAGO, now=sunday_night, count=2) == WEEKS
    assert weeks_back(zone=CHICAGO, now=at("2026-05-11 00:10"), count=1) == [MONDAY + timedelta(weeks=1)]


@given(moments, st.integers(1, 60))
def test_weeks_are_mondays_a_week_apart_and_the_last_holds_today(now, count) -> None:
    found = weeks_back(zone=CHICAGO, now=now, count=count)
    assert len(found) == count
    assert {one.weekday() for one in found} == {0}
    assert all(later - earlier == timedelta(weeks=1) for earlier, later in pairwise(found))
    assert timedelta(0) <= today(zone=CHICAGO, now=now) - found[-1] < timedelta(days=7)


def test_a_week_holds_what_was_shared_in_it_and_says_on_how_many_it_stands(team: Team) -> None:
    moments = [at("2026-05-03 23:59"), at("2026-05-04 00:00"), at("2026-05-10 23:59")]
    for moment, price in zip(moments, (1, 5, 3), strict=True):
        team.shared(team.call(started_at=moment - timedelta(hours=2)), 1, 1, price, now=moment)
    found = scored(team.session, account=team.account, since=WEEKS[0])
    line = trend("all", found, weeks=WEEKS)
    assert [(week.mean.count, str(week.mean.percent)) for week in line.weeks] == [(1, "37.5"), (2, "84.4")]
    assert line.mean.count == 3
    assert scored(team.session, account=team.account, since=MONDAY + timedelta(weeks=1)) == []


def test_drafts_and_what_was_taken_back_count_nowhere(team: Team) -> None:
    team.begun(team.call())
    reopen(team.session, evaluation=team.shared(team.call(started_at=NOON + timedelta(hours=1)), 1, 1, 5))
    assert scored(team.session, account=team.account, since=WEEKS[0]) == []


def test_trends_are_told_apart_by_agent_and_by_rubric_over_its_versions(team: Team) -> None:
    team.shared(team.call(), 1, 1, 5)
    newer = edit_rubric(
        team.session, account=team.account, rubric=team.rubric, name="Phone", questions=QUESTIONS[:1], by="ana"
    )
    other = make_rubric(team.session, account=team.account, name="After hours", questions=[Draft("Woke up")], by="ana")
    call = team.call(started_at=NOON + timedelta(hours=1))
    team.shared(call, 0, rubric=newer)
    team.shared(call, 1, rubric=other)
    found = scored(team.session, account=team.account, since=WEEKS[0], agent=twilio_wire.CHO)
    assert [(one.name, one.mean.count, one.versions) for one in trends_by_rubric(found, weeks=WEEKS)] == [
        ("After hours", 1, (1,)), ("Phone", 2, (1, 2)),
    ]  # fmt: skip
    by_agent = trends_by_agent(found, weeks=WEEKS)
    assert [(phone, one.mean.count) for phone, one in by_agent.items()] == [(twilio_wire.CHO, 3)]
    assert scored(team.session, account=team.account, since=WEEKS[0], agent="+13125550000") == []


def test_the_question_that_most_is_lost_on_stands_first_whatever_the_version(team: Team) -> None:
    team.shared(team.call(), 1, 0, 4)
    newer = edit_rubric(
        team.session, account=team.account, rubric=team.rubric, name="Phone", questions=QUESTIONS[::-1], by="ana"
    )
    team.shared(team.call(started_at=NOON + timedelta(hours=1)), 2, 1, None, rubric=newer)
    found = question_means(scored(team.session, account=team.account, since=WEEKS[0]))
    assert [(one.text, one.mean, one.failed) for one in found] == [
        ("Asked for the address", mean([Fraction(0), Fraction(1)]), 1),
        ("Handled the price", mean([Fraction(3, 4), Fraction(1, 4)]), 0),
        ("Greeted", mean([Fraction(1)]), 0),
    ]


def test_worth_coaching_are_answered_leads_of_the_week_that_booked_nothing_and_nobody_evaluated(team: Team) -> None:
    now = NOON + timedelta(days=7)
    old, judged, short = (
        team.call(started_at=NOON - timedelta(hours=1)),
        team.call(started_at=NOON + timedelta(days=1)),
        team.call(started_at=NOON + timedelta(days=2), seconds=20),
    )
    missed_call(team.session, number=NUMBER, started_at=NOON + timedelta(days=2))
    first, second = (team.call(started_at=NOON + timedelta(days=day)) for day in (3, 4))
    team.begun(judged)
    found = worth_coaching(team.session, account=team.account, now=now)
    assert [one.id for one in found] == [second.id, first.id]
    assert {old.id, short.id}.isdisjoint(one.id for one in found)
    assert [one.id for one in worth_coaching(team.session, account=team.account, now=now, limit=1)] == [second.id]


def test_the_calls_that_a_phone_answered_are_its_own(team: Team) -> None:
    mine = [team.call(started_at=NOON + timedelta(hours=hours)) for hours in range(2)]
    missed_call(team.session, number=NUMBER)
    found = calls_answered(team.session, account=team.account, phones=[twilio_wire.CHO])
    assert [one.id for one in found] == [call.id for call in reversed(mine)]
    assert calls_answered(team.session, account=team.account, phones=[]) == []


def test_what_somebody_is_still_to_judge_alone_is_in_no_figure_that_they_see(team: Team) -> None:
    one = team.shared(team.call(), 1, 1, 5)
    team.shared(team.call(started_at=NOON + timedelta(hours=1)), 1, 1, 1)
    assert len(scored(team.session, account=team.account, since=WEEKS[0])) == 2
    [left] = scored(team.session, account=team.account, since=WEEKS[0], but={(one.call_id, one.rubric_id)})
    assert sorted(value or 0 for value in left.answers.values()) == [1, 1, 1]
