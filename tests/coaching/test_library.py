"""The library of examples."""

from datetime import timedelta

import pytest

from calltrack.calls.tags import BadTag, tag_call
from calltrack.coaching.library import add_example, find_example, list_examples, remove_example, tags_of_examples
from calltrack.coaching.words import BadCoaching
from calltrack.models import Call, Example
from calltrack.paging import BadCursor
from tests.coaching.team import NUMBER, Team
from tests.factories import NOON, answered_call


def kept(
    team: Team,
    call: Call,
    title: str = "A calm answer",
    *,
    start: float | None = None,
    end: float | None = None,
    hours: int = 0,
) -> Example:
    return add_example(
        team.session, call=call, title=title, why="She says 100% what the visit includes.", start=start, end=end,
        by="ben", now=NOON + timedelta(hours=hours),
    )  # fmt: skip


def titles(team: Team, **where: str) -> list[str]:
    found = list_examples(team.session, account_id=team.account.id, tag=where.get("tag", ""), words=where.get("q", ""))
    return [one.example.title for one in found.items]


def test_examples_are_found_by_a_tag_of_their_call_and_by_words(team: Team) -> None:
    price, other = team.call(), team.call(started_at=NOON + timedelta(hours=1))
    tag_call(team.session, call=price, tag="price", tagged_by="ben")
    kept(team, price, "Price first")
    kept(team, other, "Asks for the street", hours=1)
    assert titles(team) == ["Asks for the street", "Price first"]
    assert titles(team, tag="Price ") == ["Price first"]
    assert titles(team, q="STREET") == ["Asks for the street"]
    assert titles(team, q="100%") == ["Asks for the street", "Price first"]
    assert titles(team, q="100_") == []
    assert tags_of_examples(team.session, account_id=team.account.id) == [("price", 1)]
    with pytest.raises(BadTag):
        titles(team, tag="x" * 61)


def test_a_part_has_a_beginning_before_its_end_and_within_the_recording(team: Team) -> None:
    call = answered_call(team.session, number=NUMBER, recorded=True)  # of 63 seconds
    assert kept(team, call, end=10.0).start == 0.0
    assert kept(team, call, start=62.0).end is None
    with pytest.raises(BadCoaching, match="ends before it begins"):
        kept(team, call, start=10.0, end=10.0)
    with pytest.raises(BadCoaching, match="over before this part begins"):
        kept(team, call, start=63.0)


@pytest.mark.parametrize(("title", "why", "says"), [
    ("", "x", "Write a title"), ("x" * 121, "x", "Shorten a title"), ("x", " ", "Write why"),
    ("x", "y" * 2001, "Shorten why"),
])  # fmt: skip
def test_an_example_says_what_it_is_and_why(team: Team, title: str, why: str, says: str) -> None:
    with pytest.raises(BadCoaching, match=says):
        add_example(team.session, call=team.call(), title=title, why=why, start=None, end=None, by="ben")


def test_a_removed_example_is_gone_and_its_call_stays(team: Team) -> None:
    example = kept(team, team.call())
    assert find_example(team.session, account_id=team.account.id + 1, example_id=example.id) is None
    remove_example(team.session, example=example)
    assert titles(team) == []
    assert team.session.get(Call, example.call_id)


def test_pages_follow_each_other(team: Team) -> None:
    call = team.call()
    for hours in range(3):
        kept(team, call, f"Example {hours}", hours=hours)
    first = list_examples(team.session, account_id=team.account.id, limit=2)
    second = list_examples(team.session, account_id=team.account.id, limit=2, cursor=first.next)
    assert [one.example.title for one in [*first.items, *second.items]] == ["Example 2", "Example 1", "Example 0"]
    assert second.next is None
    with pytest.raises(BadCursor):
        list_examples(team.session, account_id=team.account.id, cursor="junk")
