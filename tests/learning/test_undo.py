"""A person's word can be taken back: what was in force before it is in force again, and the ledger keeps both."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls.labels import BadLabel, Stale, confirm_label, current_label, keep_verdict, label_call, undo_label
from calltrack.calls.listing import list_calls
from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.certainty import Checked, checked
from calltrack.campaigns.changed import changed_since
from calltrack.campaigns.recount import recount
from calltrack.campaigns.scorecard import scorecards
from calltrack.db import Database
from calltrack.models import Account, Call, Label
from tests.campaigns.story import MORNING, Story, may


def machine(session: Session, call: Call, value: str = "lead") -> None:
    keep_verdict(
        session, call=call, value=value, reason=None, source="model", confidence=0.9, model="m@1", review=False,
        evidence=[],
    )  # fmt: skip


def person(session: Session, call: Call, value: str, **more: Any) -> Label:
    return label_call(session, call=call, value=value, reason=None, note=None, said_by="ana", **more)


def undo(session: Session, call: Call, label: Label) -> Label | None:
    return undo_label(session, call=call, label_id=label.id, said_by="ben")


def test_what_is_taken_back_leaves_the_machines_word_in_force(database: Database) -> None:
    with database.write.begin() as session:
        call = Story(session).call()
        machine(session, call, "excused")
        said = person(session, call, "lead")
        left = undo(session, call, said)
        assert left is not None
        assert (left.source, left.value, call.label_id) == ("model", "excused", left.id)
        assert (said.undone_by, said.undone_at is not None) == ("ben", True)


def test_the_word_of_a_person_before_is_in_force_again(database: Database) -> None:
    with database.write.begin() as session:
        call = Story(session).call()
        first, second = person(session, call, "lead"), person(session, call, "excused")
        assert undo(session, call, second) is first
        assert undo(session, call, first) is None
        assert call.label_id is None


def test_a_word_that_is_not_in_force_can_be_taken_back_too(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        first, second = person(session, call, "lead"), person(session, call, "excused")
        assert undo(session, call, first) is second


def test_no_machines_word_comes_back_to_a_missed_call(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call(missed=True)
        machine(session, call)
        assert undo(session, call, person(session, call, "lead")) is None


def test_only_a_persons_word_of_this_call_is_taken_back_and_only_once(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call, other = story.call(), story.call()
        machine(session, call)
        judged = current_label(session, call=call)
        assert judged is not None
        said = person(session, call, "lead")
        undo(session, call, said)
        with pytest.raises(BadLabel, match="ben has taken it back already"):
            undo(session, call, said)
        for label_id in (judged.id, person(session, other, "lead").id, 10**9):
            with pytest.raises(BadLabel, match=f"no person's label of this call has the id {label_id}"):
                undo_label(session, call=call, label_id=label_id, said_by="ben")


def test_whoever_looked_at_another_label_is_told_so(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        machine(session, call)
        seen = call.label_id
        said = person(session, call, "excused", seen=seen)
        for looked_at in (seen, 0):
            with pytest.raises(Stale, match="meanwhile ana said excused; look at it again"):
                person(session, call, "lead", seen=looked_at)
            with pytest.raises(Stale, match="meanwhile ana said excused; look at it again"):
                confirm_label(session, call=call, said_by="ben", seen=looked_at)
        undo(session, call, said)
        assert person(session, call, "lead", seen=seen).value == "lead"


def test_a_label_that_was_taken_back_is_told_to_whoever_saw_it(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        said = person(session, call, "lead")
        undo(session, call, said)
        with pytest.raises(Stale, match="meanwhile the label was taken back"):
            person(session, call, "lead", seen=said.id)


def test_who_looks_for_peoples_words_finds_it_no_more(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        call = story.call()
        machine(session, call, "lead")
        said = person(session, call, "excused")
        account_id = story.account.id
        assert checked(session, account_id=account_id) == Checked(1, 1, 0, 0)
        undo(session, call, said)
        assert checked(session, account_id=account_id) == Checked(0, 0, 0, 0)
        reviewed = list_calls(session, account_id=account_id, zone="UTC", reviewed=True)
        assert reviewed.items == []


def test_a_scorecard_follows_and_still_says_what_it_said_before(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        story.account.created_at = MORNING
        call = story.call(known_since=datetime.now(UTC))
        machine(session, call, "lead")
    with database.write.begin() as session:
        said = person(session, session.get_one(Call, call.id), "excused")
    leads = [_leads(database, story.account)]
    with database.write.begin() as session:
        undo(session, session.get_one(Call, call.id), said)
    leads.append(_leads(database, story.account))
    assert leads == [0, 1]
    with database.read() as session:
        taken = session.get_one(Label, said.id).undone_at
        assert taken is not None
        known = taken - timedelta(microseconds=1)
        assert scorecards(session, account=story.account, period=may(1, 31), as_of=known).total.leads == 0
        assert checked(session, account_id=story.account.id, as_of=known) == Checked(1, 1, 0, 0)
        changed = changed_since(session, account=story.account, period=may(1, 31), as_of=known)
        assert [one.sentence for one in changed.causes] == [
            "ben took back ana's label excused of the call of 3 May",
        ]
    assert recount(database, account_name=None) == []


def _leads(database: Database, account: Account) -> int:
    with up_to_date(database, account=account, period=may(1, 31)) as session:
        return scorecards(session, account=account, period=may(1, 31)).total.leads


words = st.one_of(
    st.tuples(st.sampled_from(["person", "machine"]), st.sampled_from(["lead", "excused"])),
    st.tuples(st.just("undo"), st.integers(0, 5)),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(words, max_size=10))
def test_the_latest_word_of_a_person_that_stands_is_in_force_else_the_machines(
    on_sqlite: Database, said: list[tuple[str, Any]]
) -> None:
    with on_sqlite.write() as session:
        call = Story(session).call()
        people: list[Label] = []
        judged: str | None = None
        for who, what in said:
            if who == "person":
                people.append(person(session, call, what))
            elif who == "machine":
                machine(session, call, what)
                judged = what
            elif people:
                undo(session, call, people.pop(what % len(people)))
        current = current_label(session, call=call)
        expected = ("human", people[-1].value) if people else ("model", judged) if judged else None
        assert (current and (current.source, current.value)) == expected
        session.rollback()
