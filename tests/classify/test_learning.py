"""What an account's people teach, and whether it is believed."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from calltrack.classify.conversations import Conversation
from calltrack.classify.judge import judge
from calltrack.classify.learning import FEWEST, SURE, Labelled, TooFew, Trial, challenge, hash_examples
from calltrack.classify.model import HEADS, Model, pack_model, unpack_model
from calltrack.classify.reasons import Label
from calltrack.classify.rules import rule_on
from tests.classify.conftest import said

OWN = HEADS.index("own")


def labelled(one: Conversation, label: Label | None = None) -> Labelled:
    return Labelled(id=one.id, label=label or one.label, reason=None if label else one.reason, facts=one.facts())


def agreeing(conversations: Sequence[Conversation], *, leads: int, excused: int) -> list[Labelled]:
    """Calls that are labelled as the corpus labels them."""
    return [
        labelled(one)
        for label, wanted in (("lead", leads), ("excused", excused))
        for one in [one for one in conversations if one.label == label][:wanted]
    ]


def try_out(champion: Model, examples: Sequence[Labelled], *, version: int = 1) -> Trial:
    trial: Trial = challenge(champion=champion, examples=examples, name="own", version=version)
    return trial


@pytest.fixture(scope="module")
def read(model, conversations) -> list[Conversation]:
    """The conversations that the model reads, a few in Spanish and some that are too short left out."""
    facts = [(one, one.facts()) for one in conversations]
    return [one for one, call in facts if rule_on(facts=call) is None and model.understands(text=call.text)]


@pytest.fixture(scope="module")
def habit(read) -> list[Labelled]:
    """A shop that counts calls about jobs on the books as leads, and labels the rest as anyone would."""
    theirs = [one for one in read if one.reason == "existing job"][:90]
    others = [one for one in read if one.reason != "existing job"][::15]
    return [*(labelled(one, "lead") for one in theirs), *map(labelled, others)]


@pytest.fixture(scope="module")
def taught(model, habit) -> Trial:
    return try_out(model, habit)


@pytest.mark.parametrize(("leads", "excused"), [(0, 0), (15, 4), (4, 30), (FEWEST, 0)])
def test_from_too_few_labels_nothing_is_learnt(model, read, leads, excused):
    with pytest.raises(TooFew, match=rf"at least 20 labels.* there are {leads} leads and {excused} excused"):
        try_out(model, agreeing(read, leads=leads, excused=excused))


def test_twenty_labels_with_five_of_each_are_enough(model, read):
    trial = try_out(model, agreeing(read, leads=15, excused=5))
    assert trial.card["examples"] == {"lead": 15, "excused": 5}


def test_calls_that_rules_decide_or_nobody_understands_teach_nothing(model, read):
    enough = agreeing(read, leads=15, excused=5)
    short = Labelled("short", "excused", "too short", said("Hello?"))
    silent = Labelled("silent", "excused", None, said("", duration=300))
    foreign = Labelled("foreign", "lead", None, said("je vous appelle parce que mon chauffe-eau fuit encore"))
    trial, same = try_out(model, [*enough, short, silent, foreign]), try_out(model, enough)
    assert trial.card == same.card
    np.testing.assert_array_equal(trial.model.weights, same.model.weights)


def test_a_habit_of_many_labels_is_learnt_and_better(model, habit, taught):
    assert taught.better
    assert taught.why.startswith("better: on ")
    theirs = [one for one in habit if one.label == "lead" and one.reason is None]

    def leads(chosen: Model) -> int:
        verdicts = [judge(call=one.facts, model=chosen) for one in theirs]
        return sum(verdict is not None and verdict.label == "lead" for verdict in verdicts)

    assert leads(taught.model) > 2 * leads(model)


def test_a_shop_that_agrees_with_the_shipped_model_gets_nothing_new(model, read):
    examples = []
    for one in read[::12]:
        verdict = judge(call=one.facts(), model=model)
        assert verdict is not None
        examples.append(labelled(one, verdict.label))
    trial = try_out(model, examples)
    assert not trial.better
    assert trial.why.startswith("not surely better: on ")
    assert trial.card["paired"]["fixed"] == 0


def test_labels_at_random_are_hardly_ever_believed_and_luck_is_mcnemars(model, read):
    believed = 0
    for seed in range(20):
        chance = random.Random(seed)
        examples = [labelled(one, chance.choice(["lead", "excused"])) for one in chance.sample(read, 60)]
        trial = try_out(model, examples)
        believed += trial.better
        fixed, broken = trial.card["paired"]["fixed"], trial.card["paired"]["broken"]
        exact = binomtest(fixed, fixed + broken, alternative="greater").pvalue if fixed + broken else 1.0
        assert trial.card["paired"]["p"] == pytest.approx(exact, abs=5e-5)
        assert not trial.better or exact < SURE
    assert believed <= 3  # luck alone has one of 20 believed; four of 20 come with a chance of 2 %


def test_the_order_of_labels_changes_nothing(model, habit, taught):
    shuffled = random.Random(1).sample(habit, len(habit))
    again = try_out(model, shuffled)
    assert again.card == taught.card
    assert (again.better, again.why) == (taught.better, taught.why)
    np.testing.assert_array_equal(again.model.weights, taught.model.weights)


def test_the_digest_is_of_labels_reasons_and_words_in_any_order(habit):
    digest = hash_examples(examples=habit)
    assert hash_examples(examples=habit[::-1]) == digest
    other = "excused" if habit[0].label == "lead" else "lead"
    for change in ({"label": other}, {"reason": "billing"}, {"id": "x"}, {"facts": said("something else")}):
        assert hash_examples(examples=[replace(habit[0], **change), *habit[1:]]) != digest


def test_the_figures_are_of_every_label_once(habit, taught):
    for name in ("champion", "challenger"):
        assert taught.card[name]["n"] == len(taught.card["learnt_from"]) == len(habit)
    changed = taught.card["challenger"]["accuracy"] - taught.card["champion"]["accuracy"]
    paired = taught.card["paired"]
    assert changed * len(habit) == pytest.approx(paired["fixed"] - paired["broken"])


def test_labels_that_the_champion_learnt_from_do_not_count(model, read, habit, taught):
    again = try_out(taught.model, habit, version=2)
    assert not again.better
    assert again.card["champion"]["n"] == again.card["challenger"]["n"] == 0
    seen = {one.id for one in habit}
    news = [labelled(one) for one in read if one.id not in seen and one.reason != "existing job"][::40]
    with_news = try_out(taught.model, [*habit, *news], version=2)
    added = len(with_news.card["learnt_from"]) - len(habit)
    assert with_news.card["champion"]["n"] == with_news.card["challenger"]["n"] == added == len(news) > 0
    assert sum(with_news.card["examples"].values()) == len(habit) + added


def test_what_is_learnt_lies_on_top_of_the_shipped_model(model, taught):
    others = [column for column in range(model.weights.shape[1]) if column != OWN]
    np.testing.assert_array_equal(taught.model.weights[:, others], model.weights[:, others])
    np.testing.assert_array_equal(np.delete(taught.model.bias, OWN), np.delete(model.bias, OWN))
    np.testing.assert_array_equal(taught.model.idf, model.idf)
    assert taught.model.weights[:, OWN].any()
    assert not model.weights[:, OWN].any()
    unchanged = ("vocabulary", "reasons", "booked_slope", "booked_offset")
    assert all(getattr(taught.model, name) == getattr(model, name) for name in unchanged)
    trust = taught.model.slope / model.slope
    assert trust > 0
    assert taught.model.offset == pytest.approx(trust * model.offset, abs=1e-3)
    assert (taught.model.full_name, taught.card["model"], taught.card["base"]) == ("own@1", "own@1", model.full_name)


def test_a_taught_model_is_packed_and_gives_the_same_verdicts(taught, read):
    about, weights = pack_model(model=taught.model)
    again = unpack_model(about=about, weights=weights)
    for one in read[::50]:
        assert judge(call=one.facts(), model=again) == judge(call=one.facts(), model=taught.model)
    assert again.card == taught.card
