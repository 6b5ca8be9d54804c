"""The label ledger: everybody's word is kept, the latest person's is in force."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import DEFAULT_REASONS
from calltrack.calls.labels import BadLabel, confirm_label, current_label, keep_verdict, label_call, ledger
from calltrack.db import Database
from calltrack.models import Call, Label, Reason
from tests.campaigns.story import Story

VERDICT: dict[str, Any] = {
    "value": "lead", "reason": "new job", "source": "model", "confidence": 0.91, "model": "1", "review": False,
    "evidence": [{"phrase": "my furnace is out", "start": 3.0, "offset": 0, "weight": 1.2}],
}  # fmt: skip


def called(session: Session) -> Call:
    """A call to an account with the default reasons."""
    story = Story(session)
    session.add_all(
        Reason(account_id=story.account.id, label=label, name=name)
        for label, names in DEFAULT_REASONS.items()
        for name in names
    )
    return story.call()


def person(session: Session, call: Call, value: str, reason: str | None = None, *, by: str = "ana") -> Label:
    return label_call(session, call=call, value=value, reason=reason, note=None, said_by=by)


def machine(session: Session, call: Call, **changes: Any) -> None:
    keep_verdict(session, call=call, **{**VERDICT, **changes})


def in_force(session: Session, call: Call) -> tuple[str, str] | None:
    label = current_label(session, call=call)
    return (label.source, label.value) if label else None


def test_a_call_of_which_nobody_spoke_has_no_label(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = called(session)
        assert (in_force(session, call), ledger(session, call=call)) == (None, [])


def test_the_latest_machines_word_is_in_force_until_a_person_speaks(database: Database) -> None:
    with database.write.begin() as session:
        call = called(session)
        machine(session, call)
        machine(session, call, value="excused", reason="solicitor", source="rule", model="rules")
        assert in_force(session, call) == ("rule", "excused")
        person(session, call, "lead", "emergency")
        assert in_force(session, call) == ("human", "lead")


def test_no_machine_overrides_a_person(database: Database) -> None:
    with database.write.begin() as session:
        call = called(session)
        mine = person(session, call, "excused", "billing")
        machine(session, call)
        machine(session, call, model="2")
        assert current_label(session, call=call) is mine
        assert [label.source for label in ledger(session, call=call)] == ["human", "model", "model"]


def test_of_two_people_the_latest_counts_and_both_are_kept(database: Database) -> None:
    with database.write.begin() as session:
        call = called(session)
        person(session, call, "lead", by="ana")
        person(session, call, "excused", "wrong number", by="ben")
        person(session, call, "lead", by="ana")
        assert in_force(session, call) == ("human", "lead")
        assert [(one.said_by, one.value, one.reason) for one in ledger(session, call=call)] == [
            ("ana", "lead", None), ("ben", "excused", "wrong number"), ("ana", "lead", None),
        ]  # fmt: skip


words = st.lists(
    st.tuples(st.sampled_from(["human", "model", "rule"]), st.sampled_from(["lead", "excused"]), st.integers(1, 3)),
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(said=words)
def test_in_force_is_the_latest_person_else_the_latest_machine(
    on_sqlite: Database, said: list[tuple[str, str, int]]
) -> None:
    with on_sqlite.write() as session:
        call = called(session)
        for source, value, model in said:
            if source == "human":
                person(session, call, value)
            else:
                machine(session, call, value=value, reason=None, source=source, model=str(model))
        people = [(source, value) for source, value, _ in said if source == "human"]
        machines = [(source, value) for source, value, _ in said if source != "human"]
        assert in_force(session, call) == next(iter([*people[-1:], *machines[-1:]]), None)
        session.rollback()


def test_confirming_makes_the_label_a_persons_with_its_reason(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = called(session)
        with pytest.raises(BadLabel, match="no label to confirm"):
            confirm_label(session, call=call, said_by="ana")
        machine(session, call, value="excused", reason="solicitor")
        label = confirm_label(session, call=call, said_by="ana", note="heard it")
        assert (label.source, label.value, label.reason, label.said_by) == ("human", "excused", "solicitor", "ana")
        assert (label.note, label.confidence, label.model) == ("heard it", None, None)
        machine(session, call, value="lead", reason="new job", model="2")
        assert current_label(session, call=call) is label


@pytest.mark.parametrize(
    ("value", "reason", "complaint"),
    [
        ("maybe", None, "lead or excused"),
        ("", None, "lead or excused"),
        ("Lead", None, "lead or excused"),
        ("lead", "wrong number", "new job, quote request, service question, emergency"),
        ("excused", "emergency", "wrong number"),
        ("lead", "", "new job"),
        ("lead", "New job", "new job"),
    ],
)
def test_a_reason_must_fit_the_label(on_sqlite: Database, value: str, reason: str | None, complaint: str) -> None:
    with on_sqlite.write.begin() as session:
        call = called(session)
        with pytest.raises(BadLabel, match=complaint):
            person(session, call, value, reason)
        assert ledger(session, call=call) == []


def test_a_reason_must_be_the_accounts_own(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        mine, theirs = called(session), called(session)
        session.add(Reason(account_id=theirs.account_id, label="lead", name="heat pump"))
        assert person(session, theirs, "lead", "heat pump").reason == "heat pump"
        with pytest.raises(BadLabel, match="heat pump"):
            person(session, mine, "lead", "heat pump")


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, 1),
        ({"confidence": 0.91 + 1e-9}, 1),
        ({"confidence": 0.92}, 2),
        ({"model": "2"}, 2),
        ({"reason": "emergency"}, 2),
        ({"value": "excused", "reason": None}, 2),
    ],
)
def test_the_same_word_of_a_machine_is_kept_once(database: Database, changes: dict[str, Any], kept: int) -> None:
    with database.write.begin() as session:
        call = called(session)
        machine(session, call)
        person(session, call, "lead")
        machine(session, call, **changes)
        assert len([one for one in ledger(session, call=call) if one.source != "human"]) == kept


def test_a_machines_word_says_how_sure_it_is_and_why(database: Database) -> None:
    with database.write.begin() as session:
        call = called(session)
        machine(session, call, review=True)
        session.flush()
        session.expire_all()
        label = current_label(session, call=call)
        assert label is not None
        assert (label.confidence, label.model, label.review) == (0.91, "1", True)
        assert label.evidence == VERDICT["evidence"]


@pytest.mark.slow
def test_a_person_wins_over_a_machine_that_judges_at_the_same_time(database: Database) -> None:
    """Race: both read the call before either has written its label."""
    with database.write.begin() as session:
        call_id = called(session).id

    def speak(number: int) -> None:
        with database.write.begin() as session:
            call = session.get_one(Call, call_id)
            if number % 2:
                person(session, call, "excused", by=str(number))
            else:
                machine(session, call, model=str(number))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(speak, range(24)))
    with database.read() as session:
        labels = session.scalars(select(Label).order_by(Label.id)).all()
        last_person = max((label for label in labels if label.source == "human"), key=lambda label: label.id)
        assert len(labels) == 24
        assert session.get_one(Call, call_id).label_id == last_person.id
