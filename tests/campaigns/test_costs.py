"""Cost histories, and what a range of days cost."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.campaigns.costs import BadCosts, costs_in_force, state_costs, total_cost
from calltrack.models import CostHistory
from tests.campaigns.story import Story

FIRST = date(2026, 2, 20)
days = st.integers(0, 40).map(lambda place: FIRST + timedelta(days=place))


@given(
    history=st.dictionaries(days, st.integers(0, 10**9), max_size=5), first=days, length=st.integers(0, 30), today=days
)
def test_each_day_costs_what_is_in_force_that_day(
    history: dict[date, int], first: date, length: int, today: date
) -> None:
    last = first + timedelta(days=length)
    expected = 0
    for place in range(length + 1):
        day = first + timedelta(days=place)
        begun = [start for start in history if start <= day]
        if begun and day <= today:
            expected += history[max(begun)]
    assert total_cost(sorted(history.items()), first=first, last=last, today=today) == expected


def test_what_is_stated_last_is_in_force_and_the_earlier_statement_stays(story: Story) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(FIRST, 500)], stated_by="ana")
    costs = [(FIRST + timedelta(days=9), 0), (FIRST, 700)]
    state_costs(story.session, campaign=radio, costs=costs, stated_by="ben")
    assert costs_in_force(story.session, campaign_ids=[radio.id]) == {radio.id: sorted(costs)}
    stated = story.session.query(CostHistory.stated_by).filter_by(campaign_id=radio.id).order_by(CostHistory.id)
    assert [by for (by,) in stated] == ["ana", "ben"]


def test_a_campaign_of_which_nothing_was_stated_has_an_empty_history(story: Story) -> None:
    radio, flyer = story.campaign("Radio"), story.campaign("Flyer")
    state_costs(story.session, campaign=radio, costs=[(FIRST, 500)], stated_by="ana")
    state_costs(story.session, campaign=radio, costs=[], stated_by="ana")
    assert costs_in_force(story.session, campaign_ids=[radio.id, flyer.id]) == {radio.id: [], flyer.id: []}


@pytest.mark.parametrize(
    ("costs", "complaint"),
    [([(FIRST, 1), (FIRST, 2)], "2026-02-20 has 2 costs"), ([(FIRST, -1)], "zero or more")],
)
def test_a_history_that_cannot_be_is_refused_whole(story: Story, costs: list[tuple[date, int]], complaint: str) -> None:
    radio = story.campaign()
    with pytest.raises(BadCosts, match=complaint):
        state_costs(story.session, campaign=radio, costs=costs, stated_by="ana")
    assert story.session.query(CostHistory).filter_by(campaign_id=radio.id).count() == 0
