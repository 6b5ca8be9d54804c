"""Versions of an account's classifier: which is in force, the way back, and what is kept of old ones."""

import logging
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from calltrack.changes import changes_of
from calltrack.classify.model import shipped_model
from calltrack.db import Database
from calltrack.learning.versions import (
    FIGURES,
    KEPT_WHOLE,
    BadVersion,
    compare,
    find_version,
    in_force,
    last_choice,
    model_in_force,
    promote,
    put_in_force,
    versions,
)
from calltrack.models import Account, Classifier
from tests.campaigns.story import Story
from tests.learning.school import FIGURES as GOOD
from tests.learning.school import WORSE, a_version


@pytest.fixture
def account(database: Database) -> Account:
    with database.write.begin() as session:
        return Story(session).account


def keep(database: Database, account: Account, *numbers: int, promoted: bool = True) -> None:
    with database.write.begin() as session:
        for number in numbers:
            a_version(session, account=account, version=number, promoted=promoted)


def put(database: Database, account: Account, version: int | None, *, by: str = "ben@example.com") -> None:
    with database.write.begin() as session:
        put_in_force(session, account=account, version=version, by=by)


def judging(database: Database, account: Account) -> str:
    """The name of what judges the account's calls, which is also what the pages say."""
    model = model_in_force(database, account_id=account.id)
    with database.read() as session:
        current = in_force(session, account=account)
    assert model.full_name == (f"own@{current.version}" if current else shipped_model().full_name)
    return model.full_name


def changes(database: Database, account: Account) -> list[tuple[str, str | None, str | None, str]]:
    with database.read() as session:
        found = changes_of(session, account_id=account.id, noun="account", noun_id=account.id)
    return [(one.field, one.was, one.now, one.changed_by) for one in found]


def test_a_new_account_is_judged_by_the_shipped_model(database: Database, account: Account) -> None:
    assert judging(database, account) == shipped_model().full_name
    assert model_in_force(database, account_id=None) is shipped_model()
    with database.read() as session:
        assert versions(session, account=account).items == []
        assert last_choice(session, account=account) is None


def test_a_version_that_was_kept_back_judges_nothing(database: Database, account: Account) -> None:
    keep(database, account, 1, promoted=False)
    assert judging(database, account) == shipped_model().full_name
    with database.read() as session:
        found = find_version(session, account=account, version=1)
    assert found is not None
    assert (found.promoted, found.in_force, found.usable) == (False, False, True)


def test_the_way_back_and_forth_is_kept_with_who_went_it(database: Database, account: Account) -> None:
    keep(database, account, 1, 2)
    assert judging(database, account) == "own@2"
    put(database, account, 1)
    assert judging(database, account) == "own@1"
    put(database, account, None)
    assert judging(database, account) == shipped_model().full_name
    put(database, account, 2, by="ana@example.com")
    assert judging(database, account) == "own@2"
    assert changes(database, account) == [
        ("classifier", "the shipped model", "version 1", "ana@example.com"),
        ("classifier", "version 1", "version 2", "ana@example.com"),
        ("classifier", "version 2", "version 1", "ben@example.com"),
        ("classifier", "version 1", "the shipped model", "ben@example.com"),
        ("classifier", "the shipped model", "version 2", "ana@example.com"),
    ]
    with database.read() as session:
        choice = last_choice(session, account=account)
    assert choice is not None
    assert (choice.now, choice.changed_by) == ("version 2", "ana@example.com")


def test_what_is_in_force_already_is_no_change(database: Database, account: Account) -> None:
    keep(database, account, 1)
    for _ in range(2):
        put(database, account, 1)
    assert len(changes(database, account)) == 1


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 10**30])
def test_a_version_that_is_not_there_cannot_be_chosen(database: Database, account: Account, version: int) -> None:
    keep(database, account, 1)
    with pytest.raises(BadVersion, match="choose one of the list"):
        put(database, account, version)
    assert judging(database, account) == "own@1"


def test_another_accounts_versions_are_not_there(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        other = Story(session).account
    keep(database, other, 1)
    with pytest.raises(BadVersion, match="there is no version 1"):
        put(database, account, 1)
    with database.write.begin() as session:  # as if a row pointed at another's
        theirs = session.scalar(select(Classifier.id).where(Classifier.account_id == other.id))
        session.get_one(Account, account.id).classifier_id = theirs
    assert model_in_force(database, account_id=account.id) is shipped_model()
    with database.read() as session:
        assert in_force(session, account=account) is None
        assert find_version(session, account=account, version=1) is None
    assert judging(database, other) == "own@1"


def test_a_stored_model_that_cannot_be_used_fails_no_call(
    database: Database, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    keep(database, account, 1)
    with database.write.begin() as session:
        kept = session.scalars(select(Classifier)).one()
        kept.weights = (kept.weights or b"")[:-40]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert model_in_force(database, account_id=account.id) is shipped_model()
    assert caplog.text.count("cannot be used") == 1, "a worker says it once, not for every call"


def test_a_model_is_read_once_a_process(database: Database, account: Account) -> None:
    keep(database, account, 1)
    first = model_in_force(database, account_id=account.id)
    assert model_in_force(database, account_id=account.id) is first


def test_old_versions_keep_their_card_and_the_one_in_force_keeps_all(database: Database, account: Account) -> None:
    keep(database, account, 1)
    keep(database, account, *range(2, KEPT_WHOLE + 3), promoted=False)
    with database.read() as session:
        page = versions(session, account=account)
    usable = {one.version for one in page.items if one.usable}
    assert usable == {1, *range(3, KEPT_WHOLE + 3)}
    assert all(one.card["challenger"] for one in page.items)
    with pytest.raises(BadVersion, match="only the card is kept"):
        put(database, account, 2)
    assert judging(database, account) == "own@1"


def test_versions_are_listed_newest_first_a_page_at_a_time(database: Database, account: Account) -> None:
    keep(database, account, 1, 2, 3, promoted=False)
    with database.read() as session:
        first = versions(session, account=account, limit=2)
        rest = versions(session, account=account, limit=2, cursor=first.next)
    assert [one.version for one in (*first.items, *rest.items)] == [3, 2, 1]
    assert rest.next is None


def test_who_chose_while_another_was_learnt_is_not_overridden(database: Database, account: Account) -> None:
    keep(database, account, 1)
    keep(database, account, 2, promoted=False)
    put(database, account, None)
    with database.write.begin() as session:
        kept = session.scalars(select(Classifier).where(Classifier.version == 2)).one()
        began_with = session.scalar(select(Classifier.id).where(Classifier.version == 1))
        assert promote(session, kept=kept, instead_of=began_with, by="at night") is False
    assert judging(database, account) == shipped_model().full_name


def test_of_two_who_choose_at_once_both_are_told_in_the_order_they_came(database: Database, account: Account) -> None:
    keep(database, account, 1, 2, promoted=False)
    together = Barrier(2)

    def choose(version: int) -> None:
        together.wait()
        put(database, account, version)

    both = [Thread(target=choose, args=(version,)) for version in (1, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    first, second = changes(database, account)
    assert (first[1], first[2]) == ("the shipped model", second[1])
    assert judging(database, account) == f"own@{(second[2] or '').removeprefix('version ')}"


def test_figures_are_compared_one_by_one() -> None:
    found = {one.name: one for one in compare(GOOD, WORSE)}
    assert tuple(found) == FIGURES
    assert (found["accuracy"].this, found["accuracy"].other, found["accuracy"].better) == (0.95, 0.8, True)
    assert (found["ece"].this, found["ece"].other, found["ece"].better) == (0.03, 0.09, True), "less is better"
    assert (found["excused"].this, found["lead"].other) == (0.95, 0.8)
    assert found["pr_auc"].better is None, "equal"


def test_a_figure_that_is_not_defined_is_compared_with_nothing() -> None:
    empty = {"accuracy": None, "confusion": {"lead": {"lead": 0, "excused": 0}}}
    assert [(one.this, one.better) for one in compare(empty, GOOD)] == [(None, None)] * len(FIGURES)
