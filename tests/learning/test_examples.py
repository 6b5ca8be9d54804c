"""What an account's people taught: their own words in force, on their own calls, and nobody else's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from calltrack.calls.labels import keep_verdict, label_call
from calltrack.classify import learning
from calltrack.db import Database
from calltrack.learning import examples as module
from calltrack.learning.examples import FEWEST, FEWEST_EACH, count_examples, examples_of, hash_examples
from calltrack.learning.facts import facts_of
from calltrack.models import Label
from tests.campaigns.story import MORNING, Story, undone
from tests.learning.school import heard_call, labelled_call


@pytest.fixture
def story(database: Database) -> Iterator[Story]:
    with undone(database) as session:
        yield Story(session)


def taught(story: Story) -> list[tuple[str, str, str | None]]:
    """The text, the label and the reason of each example."""
    found = examples_of(story.session, account_id=story.account.id)
    assert count_examples(story.session, account_id=story.account.id) == {
        label: sum(one.label == label for one in found) for label in ("lead", "excused")
    }
    return [(one.facts.text, one.label, one.reason) for one in found]


def test_a_persons_word_in_force_is_an_example_with_all_that_was_known(story: Story) -> None:
    call = labelled_call(story, text="my furnace is out", value="lead", reason="emergency")
    [found] = examples_of(story.session, account_id=story.account.id)
    assert (found.id, found.label, found.reason) == (str(call.id), "lead", "emergency")
    assert found.facts == facts_of(story.session, call=call)


def test_a_machines_word_teaches_nothing(story: Story) -> None:
    for source in ("model", "rule"):
        labelled_call(story, text=source, value="lead", source=source)
    heard_call(story, text="nobody said a word on this")
    assert taught(story) == []


def test_the_latest_word_counts_and_a_machine_does_not_override_it(story: Story) -> None:
    call = labelled_call(story, text="who is this", value="lead")
    story.say(call, "excused", "human", reason="wrong number")
    keep_verdict(
        story.session, call=call, value="lead", reason="new job", source="model", confidence=0.9, model="own@1",
        review=False, evidence=[],
    )  # fmt: skip
    assert taught(story) == [("who is this", "excused", "wrong number")]


def test_a_word_that_was_taken_back_teaches_nothing(story: Story) -> None:
    call = labelled_call(story, text="who is this", value="lead")
    story.session.get_one(Label, call.label_id).undone_at = MORNING
    story.session.flush()
    assert taught(story) == []


def test_without_a_transcript_there_is_nothing_to_learn(story: Story) -> None:
    story.call(says=("lead", "human"))
    labelled_call(story, text="", value="excused")
    assert taught(story) == []


def test_a_missed_call_teaches_only_by_its_voicemail(story: Story) -> None:
    labelled_call(story, text="ring ring", value="excused", missed=True)
    labelled_call(story, text="please call me back", value="lead", missed=True, voicemail=True)
    assert taught(story) == [("please call me back", "lead", None)]


@pytest.mark.parametrize(
    ("value", "reason", "passed"),
    [
        ("lead", "new job", "new job"),
        ("lead", "spring check", None),
        ("lead", "billing", None),
        ("excused", "billing", "billing"),
        ("excused", None, None),
        ("excused", "", None),
    ],
)
def test_a_reason_of_the_accounts_own_is_passed_as_none(
    story: Story, value: str, reason: str | None, passed: str | None
) -> None:
    labelled_call(story, text="hello", value=value, reason=reason)
    assert taught(story) == [("hello", value, passed)]


def test_one_accounts_calls_never_reach_anothers_model(story: Story) -> None:
    other = Story(story.session)
    labelled_call(story, text="ours", value="lead")
    labelled_call(other, text="theirs", value="excused")
    assert (taught(story), taught(other)) == ([("ours", "lead", None)], [("theirs", "excused", None)])


def test_a_call_that_changed_hands_teaches_neither_side(story: Story) -> None:
    other = Story(story.session)
    call = labelled_call(story, text="ours no more", value="lead")
    call.account_id = other.account.id
    story.session.flush()
    assert (taught(story), taught(other)) == ([], [])


def test_the_newest_count_in_the_order_in_which_they_were_labelled(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [heard_call(story, text=f"call {n}", moment=MORNING + timedelta(hours=n)) for n in range(4)]
    for n in (2, 0, 3, 1):
        label_call(story.session, call=calls[n], value="lead", reason=None, note=None, said_by="ana")
    assert [text for text, _, _ in taught(story)] == ["call 2", "call 0", "call 3", "call 1"]
    monkeypatch.setattr(module, "MOST", 3)
    found = examples_of(story.session, account_id=story.account.id)
    assert [one.facts.text for one in found] == ["call 0", "call 3", "call 1"]


def test_the_hash_is_of_labels_and_facts_and_of_no_order(story: Story) -> None:
    first = labelled_call(story, text="one", value="lead")
    labelled_call(story, text="two", value="excused")
    found = examples_of(story.session, account_id=story.account.id)
    known = hash_examples(found)
    assert hash_examples(found[::-1]) == known
    assert hash_examples(examples_of(story.session, account_id=story.account.id)) == known
    story.say(first, "lead", "human")  # the same once more
    assert hash_examples(examples_of(story.session, account_id=story.account.id)) == known
    story.say(first, "excused", "human")
    assert hash_examples(examples_of(story.session, account_id=story.account.id)) != known


def test_the_web_says_how_many_are_needed_as_learning_does() -> None:
    assert (FEWEST, FEWEST_EACH) == (learning.FEWEST, learning.FEWEST_EACH)


def test_every_query_is_answered_by_an_index(on_sqlite: Database) -> None:
    with undone(on_sqlite) as session:
        story = Story(session)
        labelled_call(story, text="one", value="lead")
        plans: list[str] = []

        def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                found = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(row[3] for row in found.fetchall())

        event.listen(session.get_bind(), "before_cursor_execute", explain)
        try:
            taught(story)
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", explain)
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    assert [plan for plan in plans if "ix_labels_by_people" in plan] != []
