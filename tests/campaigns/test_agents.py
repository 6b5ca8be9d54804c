"""Agents: who took the calls, how many of them booked, and how many were excused against the period before."""

from decimal import Decimal
from typing import Any

import pytest

from calltrack.campaigns.agents import AgentLine, agents
from calltrack.models import Call
from tests.campaigns.story import Story, at, may

CHO, BEN = "+13125550122", "+13125550133"
BEFORE, NOW = at("2026-05-03 10:00"), at("2026-05-04 10:00")


def took(story: Story, *, number: str = CHO, count: int = 1, **more: Any) -> list[Call]:
    return [story.call(**{"moment": NOW, "answered_by": number, **more}) for _ in range(count)]


def lines(story: Story) -> list[AgentLine]:
    """Of 4 to 6 May; before it, 1 to 3 May."""
    return agents(story.session, account=story.account, period=may(4, 6))


def line(story: Story) -> AgentLine:
    (found,) = lines(story)
    return found


def test_every_phone_that_took_a_call_is_listed_whoever_took_most_first(story: Story) -> None:
    took(story, number=BEN)
    took(story, number=CHO, count=2)
    took(story, number="+13125550111")
    story.call(NOW, missed=True)
    assert [(one.number, one.answered) for one in lines(story)] == [(CHO, 2), ("+13125550111", 1), (BEN, 1)]


def test_the_excuse_rate_is_excused_calls_of_those_answered(story: Story) -> None:
    took(story, says=("excused", "model"))
    took(story, count=2)
    assert (line(story).answered, line(story).excused, line(story).excuse_rate) == (3, 1, Decimal("33.3"))


@pytest.mark.parametrize(("source", "people"), [("human", 1), ("model", 0), ("rule", 0)])
def test_it_is_said_how_many_of_the_excuses_are_peoples(story: Story, source: str, people: int) -> None:
    took(story, says=("excused", source))
    assert (line(story).excused, line(story).excused_by_people) == (1, people)


def test_a_booked_call_is_not_excused_whatever_its_label(story: Story) -> None:
    (call,) = took(story, says=("excused", "human"))
    story.job(call=call)
    found = line(story)
    assert (found.booked, found.excused, found.excused_by_people, found.excuse_rate) == (1, 0, 0, Decimal("0.0"))


def test_a_call_that_was_taken_back_by_a_person_is_no_longer_excused(story: Story) -> None:
    (call,) = took(story, says=("excused", "model"))
    story.say(call, "lead", "human")
    assert (line(story).excused, line(story).leads) == (0, 1)


def test_a_short_call_that_nobody_excused_is_not_excused(story: Story) -> None:
    took(story, seconds=5)
    assert (line(story).leads, line(story).excused) == (0, 0)


def test_excusing_raises_booked_percent_but_neither_the_raw_one_nor_goes_unseen(story: Story) -> None:
    booked, other = took(story, count=2)
    story.job(call=booked)
    before = line(story)
    story.say(other, "excused", "human")
    after = line(story)
    assert (before.booked_pct, before.raw_booked_pct, before.excuse_rate) == (
        Decimal("50.0"), Decimal("50.0"), Decimal("0.0"),
    )  # fmt: skip
    assert (after.booked_pct, after.raw_booked_pct, after.excuse_rate) == (
        Decimal("100.0"), Decimal("50.0"), Decimal("50.0"),
    )  # fmt: skip


def test_two_jobs_of_one_call_book_it_once(story: Story) -> None:
    (call,) = took(story)
    story.job(call=call)
    story.job(call=call)
    assert (line(story).booked, line(story).booked_pct, line(story).raw_booked_pct) == (
        1, Decimal("100.0"), Decimal("100.0"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("excused_before", "excused_now", "change"), [(1, 2, "25.0"), (2, 1, "-25.0"), (1, 1, "0.0"), (0, 4, "100.0")]
)
def test_the_change_is_in_points_against_the_equally_long_period_before(
    story: Story, excused_before: int, excused_now: int, change: str
) -> None:
    for moment, excused in ((BEFORE, excused_before), (NOW, excused_now)):
        took(story, moment=moment, count=excused, says=("excused", "human"))
        took(story, moment=moment, count=4 - excused)
    found = line(story)
    assert found.excuse_rate_before == Decimal(25 * excused_before).quantize(Decimal("0.1"))
    assert found.change == Decimal(change)


def test_periods_end_at_the_accounts_midnight(story: Story) -> None:
    for moment in ("2026-04-30 23:59", "2026-05-07 00:00"):
        took(story, moment=at(moment))
    assert lines(story) == []
    took(story, moment=at("2026-05-01 00:00"), says=("excused", "human"))
    took(story, moment=at("2026-05-06 23:59"), count=2)
    assert (line(story).answered, line(story).excuse_rate_before) == (2, Decimal("100.0"))


def test_who_took_no_call_in_one_of_the_periods_has_no_rate_there_and_no_change(story: Story) -> None:
    took(story, number=CHO, moment=BEFORE, says=("excused", "human"))
    took(story, number=BEN)
    new, gone = lines(story)
    assert (new.number, new.excuse_rate, new.excuse_rate_before, new.change) == (BEN, Decimal("0.0"), None, None)
    assert (gone.number, gone.answered, gone.excuse_rate, gone.change) == (CHO, 0, None, None)
    assert (gone.booked_pct, gone.raw_booked_pct, gone.excuse_rate_before) == (None, None, Decimal("100.0"))


def test_outbound_calls_and_those_of_other_accounts_are_nobodys_here(story: Story) -> None:
    took(story, direction="outbound-dial")
    took(Story(story.session))
    assert lines(story) == []
