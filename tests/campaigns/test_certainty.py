"""How sure Leads is: which words count as a check of the classifier, and the interval that follows from them."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calltrack.campaigns.certainty import FEWEST, Checked, checked, leads_between, wilson
from calltrack.campaigns.sources import Facts
from calltrack.models import Call
from tests.campaigns.story import MORNING, Story, cards

NOTHING = Checked(leads=0, leads_wrong=0, excused=0, excused_wrong=0)
SLACK = 1e-9  # of floating point

# (how many were checked, how many of them wrongly)
shares = st.integers(FEWEST, 400).flatmap(lambda whole: st.tuples(st.just(whole), st.integers(0, whole)))
counts = st.integers(0, 5_000)


def judged(story: Story, *words: tuple[str, str]) -> Call:
    """A call on which these words were said, one after the other."""
    call = story.call()
    for value, source in words:
        story.say(call, value, source)
    return call


def checks(story: Story) -> Checked:
    return checked(story.session, account_id=story.account.id)


# What counts as a check


@pytest.mark.parametrize(
    ("machine", "person", "found"),
    [
        ("lead", "lead", Checked(1, 0, 0, 0)),
        ("lead", "excused", Checked(1, 1, 0, 0)),
        ("excused", "excused", Checked(0, 0, 1, 0)),
        ("excused", "lead", Checked(0, 0, 1, 1)),
    ],
)
def test_a_person_who_judges_after_the_classifier_checks_it(
    story: Story, machine: str, person: str, found: Checked
) -> None:
    judged(story, (machine, "model"), (person, "human"))
    assert checks(story) == found


def test_a_rule_is_checked_as_the_model_is(story: Story) -> None:
    judged(story, ("excused", "rule"), ("lead", "human"))
    assert checks(story) == Checked(0, 0, 1, 1)


def test_what_only_one_of_the_two_judged_is_no_check(story: Story) -> None:
    judged(story, ("lead", "model"))
    judged(story, ("lead", "human"))
    assert checks(story) == NOTHING


def test_a_machines_word_after_a_persons_was_not_checked_by_it(story: Story) -> None:
    judged(story, ("lead", "human"), ("excused", "model"))
    assert checks(story) == NOTHING


def test_of_several_words_of_a_machine_the_last_before_the_person_is_checked(story: Story) -> None:
    judged(story, ("lead", "rule"), ("excused", "model"), ("excused", "human"), ("lead", "model"))
    assert checks(story) == Checked(0, 0, 1, 0)


def test_a_call_is_checked_once_by_the_last_person(story: Story) -> None:
    judged(story, ("lead", "model"), ("excused", "human"), ("lead", "human"))
    assert checks(story) == Checked(1, 0, 0, 0)


def test_another_accounts_checks_say_nothing(story: Story) -> None:
    judged(Story(story.session), ("lead", "model"), ("excused", "human"))
    assert checks(story) == NOTHING


def test_as_of_a_moment_only_what_was_said_by_then_counts(story: Story) -> None:
    judged(story, ("lead", "model"), ("excused", "human"))  # said in the MORNING
    ask = {"account_id": story.account.id}
    assert checked(story.session, **ask, as_of=MORNING) == Checked(1, 1, 0, 0)
    assert checked(story.session, **ask, as_of=MORNING - timedelta(microseconds=1)) == NOTHING


# The interval


@given(share=shares)
def test_wilsons_interval_holds_the_share_itself(share: tuple[int, int]) -> None:
    whole, count = share
    low, high = wilson(count, whole)
    assert 0 <= low <= count / whole + SLACK
    assert count / whole - SLACK <= high <= 1


def test_wilsons_interval_is_the_published_one() -> None:
    """Ten of a hundred at 95 %: 5.5 % to 17.4 % (Newcombe 1998, method 3)."""
    low, high = wilson(10, 100)
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)


def test_with_nothing_to_go_by_any_share_is_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(leads=counts, by_machine=counts, by_rule_of_length=counts, excused=counts, right=shares, wrong=shares)
def test_the_interval_holds_the_leads_that_the_checks_point_to(
    leads: int, by_machine: int, by_rule_of_length: int, excused: int, right: tuple[int, int], wrong: tuple[int, int]
) -> None:
    leads += by_machine + by_rule_of_length
    facts = Facts(leads=leads, leads_by_machine=by_machine, excused_by_machine=excused)
    between = leads_between(facts, error=Checked(*right, *wrong))
    assert between is not None
    low, high = between
    point = leads - by_machine * right[1] / right[0] + excused * wrong[1] / wrong[0]
    assert low - SLACK <= point <= high + SLACK
    assert leads - by_machine - SLACK <= low
    assert high <= leads + excused + SLACK


@given(facts=st.builds(Facts, leads=st.just(5_000), leads_by_machine=counts, excused_by_machine=counts),
       right=shares, wrong=shares, times=st.integers(2, 20))  # fmt: skip
def test_the_interval_is_wider_with_fewer_checks(
    facts: Facts, right: tuple[int, int], wrong: tuple[int, int], times: int
) -> None:
    few = leads_between(facts, error=Checked(*right, *wrong))
    many = leads_between(facts, error=Checked(*(times * one for one in (*right, *wrong))))
    assert few is not None
    assert many is not None
    assert few[0] <= many[0] <= many[1] <= few[1]


def test_a_hundred_checks_leave_less_in_doubt_than_twenty() -> None:
    facts = Facts(leads=100, leads_by_machine=100)
    assert leads_between(facts, error=Checked(20, 2, 0, 0)) == (69, 98)
    assert leads_between(facts, error=Checked(100, 10, 0, 0)) == (82, 95)


def test_what_no_machine_decided_is_certain_however_little_was_checked() -> None:
    assert leads_between(Facts(calls=9, leads=7), error=NOTHING) == (7, 7)


@given(by_machine=counts, excused=counts, right=st.integers(0, 40), wrong=st.integers(0, 40))
def test_below_twenty_checks_of_a_kind_that_decides_nothing_is_said(
    by_machine: int, excused: int, right: int, wrong: int
) -> None:
    assume(by_machine or excused)
    facts = Facts(leads=by_machine, leads_by_machine=by_machine, excused_by_machine=excused)
    too_few = (by_machine > 0 and right < 20) or (excused > 0 and wrong < 20)
    assert (leads_between(facts, error=Checked(right, 0, wrong, 0)) is None) is too_few


def test_a_scorecard_says_how_sure_its_leads_are_from_the_twentieth_check_on(story: Story) -> None:
    radio = story.campaign()
    story.call(campaign=radio, says=("lead", "model"))
    for _ in range(19):
        judged(story, ("lead", "model"), ("lead", "human"))
    assert (cards(story).leads_between, cards(story).items[0].leads_between) == (None, None)
    judged(story, ("lead", "model"), ("excused", "human"))
    found = cards(story)
    assert (found.items[0].kpis.leads, found.items[0].leads_between) == (1, (0, 1))
    assert (found.total.leads, found.leads_between) == (20, (19, 20))  # those that people confirmed are sure


def test_a_booked_call_and_a_persons_word_are_beyond_doubt(story: Story) -> None:
    radio = story.campaign()
    story.job(call=story.call(campaign=radio, says=("lead", "model")))
    story.call(campaign=radio, says=("lead", "human"))
    story.call(campaign=radio, seconds=20, says=("excused", "model"))  # too short to be a lead in any case
    story.call(campaign=radio, missed=True, says=("excused", "model"))
    assert cards(story).items[0].leads_between == (2, 2)


def test_a_long_call_that_only_a_machine_excused_may_be_a_lead_after_all(story: Story) -> None:
    radio = story.campaign()
    story.call(campaign=radio, says=("excused", "model"))
    for number in range(20):
        judged(story, ("excused", "model"), ("lead" if number % 2 else "excused", "human"))
    assert cards(story).items[0].leads_between == (0, 1)
