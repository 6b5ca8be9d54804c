"""Saved views: one's own, those that are shared, and who may change which."""

import pytest
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_user
from calltrack.calls.views import MOST_VIEWS, BadView, change_view, delete_view, list_views, save_view
from calltrack.db import Database
from tests.campaigns.story import Story
from tests.factories import PASSWORD


def somebody(session: Session, story: Story, name: str) -> int:
    email = f"{name}.{story.account.id}@example.com"
    return create_user(session, account=story.account, email=email, name=name, password=PASSWORD, role="coach").id


def keep(session: Session, story: Story, user_id: int, name: str = "Spanish", *, shared: bool = False) -> None:
    save_view(
        session, account_id=story.account.id, user_id=user_id, name=name, query="tag=spanish", shared=shared
    )  # fmt: skip


def names(session: Session, story: Story, user_id: int, role: str = "coach") -> list[str]:
    return [one.name for one in list_views(session, account_id=story.account.id, user_id=user_id, role=role)]


def test_a_view_is_ones_own_until_it_is_shared(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        ana, ben = (somebody(session, story, name) for name in ("ana", "ben"))
        keep(session, story, ana)
        keep(session, story, ana, "all of us", shared=True)
        assert (names(session, story, ana), names(session, story, ben)) == (["all of us", "Spanish"], ["all of us"])
        [seen] = list_views(session, account_id=story.account.id, user_id=ben, role="coach")
        assert (seen.made_by, seen.mine, seen.may_change) == ("ana", False, False)
        other = Story(session)
        assert names(session, other, ana) == []


def test_saving_under_the_same_name_replaces_the_filters(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        ana = somebody(session, story, "ana")
        for query in ("tag=spanish", "tag=vip"):
            save_view(session, account_id=story.account.id, user_id=ana, name=" A  view ", query=query, shared=False)
        [view] = list_views(session, account_id=story.account.id, user_id=ana, role="coach")
        assert (view.name, view.query) == ("A view", "tag=vip")


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("manager", True), ("coach", False), ("csr", False)])
def test_a_shared_view_is_changed_by_who_made_it_a_manager_or_an_administrator(
    on_sqlite: Database, role: str, may: bool
) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        ana, ben = (somebody(session, story, name) for name in ("ana", "ben"))
        keep(session, story, ana, shared=True)
        [view] = list_views(session, account_id=story.account.id, user_id=ben, role=role)
        assert view.may_change == may
        change = {"account_id": story.account.id, "user_id": ben, "role": role, "view_id": view.id}
        if not may:
            with pytest.raises(BadView):
                change_view(session, **change, name="x", shared=True)  # type: ignore[arg-type]
            with pytest.raises(BadView):
                delete_view(session, **change)  # type: ignore[arg-type]
            return
        assert change_view(session, **change, name="x", shared=True)  # type: ignore[arg-type]
        assert delete_view(session, **change)  # type: ignore[arg-type]
        assert names(session, story, ana) == []


def test_another_persons_or_companys_view_is_not_there(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, other = Story(session), Story(session)
        ana, ben = (somebody(session, story, name) for name in ("ana", "ben"))
        keep(session, story, ana)
        [view] = list_views(session, account_id=story.account.id, user_id=ana, role="admin")
        for account_id, user_id in ((story.account.id, ben), (other.account.id, ana)):
            assert delete_view(session, account_id=account_id, user_id=user_id, role="admin", view_id=view.id) is None


def test_names_are_short_and_ones_own_are_different(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        ana = somebody(session, story, "ana")
        for name in ("", " ", "x" * 61, "\x00"):
            with pytest.raises(BadView, match="1 to 60"):
                keep(session, story, ana, name)
        for number in range(MOST_VIEWS):
            keep(session, story, ana, f"view {number}")
        with pytest.raises(BadView, match="delete one first"):
            keep(session, story, ana, "one more")
        keep(session, story, ana, "view 1")
        [first, second, *_] = list_views(session, account_id=story.account.id, user_id=ana, role="coach")
        with pytest.raises(BadView, match="another view"):
            change_view(
                session, account_id=story.account.id, user_id=ana, role="coach", view_id=first.id, name=second.name,
                shared=False,
            )  # fmt: skip
