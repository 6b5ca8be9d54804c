"""How sure Leads is: which words count as a check of the classifier, and the interval that follows from them."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calltrack.calls.labels import label_call, undo_label
from calltrack.campaigns.certainty import FEWEST, Between, Checked, checked, leads_between
from calltrack.campaigns.shares import Share, foreseen, joined, weighted, wilson
from calltrack.campaigns.sources import Facts
from calltrack.models import BlindCheck, BlindDraw, Call, Label
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
    low, high = between.low, between.high
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
    leads, leads_wrong, excused, excused_wrong = (times * one for one in (*right, *wrong))
    many = leads_between(facts, error=Checked(leads, leads_wrong, excused, excused_wrong))
    assert few is not None
    assert many is not None
    assert few.low <= many.low <= many.high <= few.high


def test_a_hundred_checks_leave_less_in_doubt_than_twenty() -> None:
    facts = Facts(leads=100, leads_by_machine=100)
    assert leads_between(facts, error=Checked(20, 2, 0, 0)) == Between(67, 98, "people", 20)
    assert leads_between(facts, error=Checked(100, 10, 0, 0)) == Between(78, 96, "people", 100)


def test_what_no_machine_decided_is_certain_however_little_was_checked() -> None:
    assert leads_between(Facts(calls=9, leads=7), error=NOTHING) == Between(7, 7, "people", 0)


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
    assert (found.items[0].kpis.leads, found.items[0].leads_between) == (1, Between(0, 1, "people", 20))
    assert found.total.leads == 20
    assert found.leads_between == Between(19, 20, "people", 20)  # those that people confirmed are sure


def test_a_booked_call_and_a_persons_word_are_beyond_doubt(story: Story) -> None:
    radio = story.campaign()
    story.job(call=story.call(campaign=radio, says=("lead", "model")))
    story.call(campaign=radio, says=("lead", "human"))
    story.call(campaign=radio, seconds=20, says=("excused", "model"))  # too short to be a lead in any case
    story.call(campaign=radio, missed=True, says=("excused", "model"))
    assert cards(story).items[0].leads_between == Between(2, 2, "people", 0)


def test_a_long_call_that_only_a_machine_excused_may_be_a_lead_after_all(story: Story) -> None:
    radio = story.campaign()
    story.call(campaign=radio, says=("excused", "model"))
    for number in range(20):
        judged(story, ("excused", "model"), ("lead" if number % 2 else "excused", "human"))
    assert cards(story).items[0].leads_between == Between(0, 1, "people", 20)


# The blind sample


def draw(story: Story, *, week: date, value: str, population: int, answers: list[str]) -> list[BlindCheck]:
    """Drawn calls that the classifier labelled so, and what people said of them, blind."""
    about = {"account_id": story.account.id, "week": week}
    story.session.add(BlindDraw(**about, value=value, population=population, drawn=len(answers)))
    checks = []
    for answer in answers:
        call = judged(story, (value, "model"))
        assert call.label_id is not None
        check = BlindCheck(**about, call_id=call.id, drawn_at=MORNING, machine_label_id=call.label_id)
        said = label_call(
            story.session, call=call, value=answer, reason=None, note=None, said_by="ana", blind=True
        )  # fmt: skip
        check.value, check.label_id, check.said_by, check.said_at = answer, said.id, "ana", said.said_at
        story.session.add(check)
        story.session.flush()
        checks.append(check)
    return checks


MONDAY, BEFORE = date(2026, 4, 27), date(2026, 4, 20)
GOOD = ["lead"] * 19 + ["excused"]  # one of twenty wrong
BAD = ["excused"] * 18 + ["lead"] * 2  # two of twenty wrong


def test_the_blind_sample_is_believed_once_there_are_twenty_of_each_kind(story: Story) -> None:
    draw(story, week=MONDAY, value="lead", population=80, answers=GOOD)
    draw(story, week=MONDAY, value="excused", population=20, answers=BAD[:19])
    assert checks(story).source == "people"
    draw(story, week=BEFORE, value="lead", population=80, answers=[])
    draw(story, week=BEFORE, value="excused", population=20, answers=["excused"])
    found = checks(story)
    assert (found.source, found.leads, found.leads_wrong, found.excused) == ("blind", 20, 1, 20)
    radio = story.campaign()
    story.call(campaign=radio, says=("lead", "model"))
    between = cards(story).items[0].leads_between
    assert between is not None
    assert (between.source, between.words) == ("blind", "from 40 blind checks")


def test_a_check_weighs_what_it_stands_for(story: Story) -> None:
    """One week's twenty checks stand for 900 calls, the other's for 100: 0.9 x 5 % + 0.1 x 10 % are wrong."""
    draw(story, week=MONDAY, value="lead", population=900, answers=GOOD)
    draw(story, week=BEFORE, value="lead", population=100, answers=["lead"] * 18 + ["excused"] * 2)
    draw(story, week=MONDAY, value="excused", population=100, answers=BAD)
    no_lead, a_lead = checks(story).errors()
    assert no_lead.share == pytest.approx(0.055)
    assert 20 < no_lead.like < 40  # of forty, but not all tell the same
    assert a_lead == Share(0.1, 20.0)


def test_the_blind_sample_as_of_a_moment_is_what_had_been_answered_and_not_taken_back_by_then(story: Story) -> None:
    [*_, last] = draw(story, week=MONDAY, value="lead", population=80, answers=GOOD)
    draw(story, week=MONDAY, value="excused", population=20, answers=BAD)
    about = {"account_id": story.account.id}
    assert checked(story.session, **about, as_of=MORNING).source == "people"
    full = datetime.now(UTC)
    assert last.label_id is not None
    undo_label(story.session, call=story.session.get_one(Call, last.call_id), label_id=last.label_id, said_by="ben")
    assert checks(story).source == "people"  # nineteen are left
    assert checked(story.session, **about, as_of=full).source == "blind"
    assert checked(story.session, **about, as_of=datetime.now(UTC)).source == "people"


def test_a_word_of_somebody_who_saw_the_label_answers_no_check(story: Story) -> None:
    draw(story, week=MONDAY, value="excused", population=20, answers=BAD)
    for check in draw(story, week=MONDAY, value="lead", population=80, answers=GOOD):
        label = story.session.get_one(Label, check.label_id)
        label.blind = None
    story.session.flush()
    assert checks(story).source == "people"


# The arithmetic


@given(parts=st.lists(st.tuples(shares, st.integers(1, 5_000)), min_size=1, max_size=6))
def test_a_weighted_share_lies_between_its_parts_and_tells_no_more_than_its_draws(
    parts: list[tuple[tuple[int, int], int]],
) -> None:
    found = weighted([(hits, draws, stands) for (draws, hits), stands in parts])
    each = [hits / draws for (draws, hits), _ in parts]
    assert min(each) - SLACK <= found.share <= max(each) + SLACK
    assert found.like <= sum(draws for (draws, _), _ in parts) + SLACK * 1e6
    low, high = found.between()
    assert low - SLACK <= found.share <= high + SLACK


def test_parts_of_equal_weight_are_one_sample() -> None:
    found = weighted([(1, 10, 100), (4, 20, 200), (0, 0, 70)])
    assert [found.share, found.like] == pytest.approx([5 / 30, 30])
    assert weighted([]) == Share(0.0, 0.0)


def test_two_shares_joined_are_newcombes_interval_of_a_difference() -> None:
    """56 of 70 against 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, method 10, example a)."""
    _, low, high = joined([(1, 56 / 70, wilson(56, 70)), (-1, 48 / 80, wilson(48, 80))])
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@given(share=shares, among=st.integers(1, 10_000))
def test_what_is_foreseen_of_few_calls_is_less_sure_than_the_share_itself(share: tuple[int, int], among: int) -> None:
    whole, count = share
    low, high = foreseen(Share(count / whole, whole), among=among)
    inner_low, inner_high = wilson(count, whole)
    assert low <= inner_low + SLACK
    assert inner_high - SLACK <= high


@pytest.mark.parametrize(
    ("leads", "excused", "draws", "wrong"),
    [
        (400, 120, 80, (0.05, 0.12)),
        (60, 15, 40, (0.08, 0.2)),
        (3_000, 900, 500, (0.03, 0.06)),
        (40, 30, 200, (0.1, 0.1)),
        (500, 0, 60, (0.15, 0.3)),
    ],
)
def test_in_about_95_of_100_histories_the_interval_holds_the_true_number_of_leads(
    leads: int, excused: int, draws: int, wrong: tuple[float, float]
) -> None:
    """The error is known; each history draws its own checks and its own calls, and the interval knows the former."""
    chance = random.Random(f"{leads} {excused} {draws}")
    held, histories = 0, 2_000
    for _ in range(histories):
        checked_ = [sum(chance.random() < rate for _ in range(draws)) for rate in wrong]
        errors = [sum(chance.random() < rate for _ in range(calls)) for calls, rate in zip((leads, excused), wrong)]  # noqa: B905
        facts = Facts(leads=leads, leads_by_machine=leads, excused_by_machine=excused)
        between = leads_between(facts, error=Checked(draws, checked_[0], draws, checked_[1], source="blind"))
        assert between is not None
        held += between.low <= leads - errors[0] + errors[1] <= between.high
    assert 0.93 <= held / histories <= 0.99
