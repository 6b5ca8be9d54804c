"""Saved views: filters of the list of calls under a name, one's own or everybody's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from calltrack.accounts.roles import may
from calltrack.db import upsert
from calltrack.models import SavedView, User

LONGEST_NAME = 60
LONGEST_QUERY = 2000
MOST_VIEWS = 50  # of one person


class BadView(ValueError):
    """A view that cannot be kept or changed; the message says why."""


@dataclass(frozen=True)
class ListedView:
    """A view as it is offered. `made_by`: a person's name; `mine`: whether they are asking; `may_change`: whether who
    asks may rename, share or delete it."""

    id: int
    name: str
    query: str
    shared: bool
    made_by: str
    mine: bool
    may_change: bool


def list_views(session: Session, *, account_id: int, user_id: int, role: str) -> list[ListedView]:
    """One's own views and those that others share, by name; whoever is limited to some campaigns sees their own."""
    offered = and_(SavedView.account_id == account_id, or_(SavedView.user_id == user_id, SavedView.shared))
    found = select(SavedView, User.name).join(User, User.id == SavedView.user_id).where(offered)
    return [
        ListedView(
            id=view.id,
            name=view.name,
            query=view.query,
            shared=view.shared,
            made_by=made_by,
            mine=view.user_id == user_id,
            may_change=_may_change(view, user_id=user_id, role=role),
        )
        for view, made_by in session.execute(found.order_by(func.lower(SavedView.name), SavedView.id))
    ]


def save_view(session: Session, *, account_id: int, user_id: int, name: str, query: str, shared: bool) -> None:
    """Keep filters under a name; a view of one's own of that name has these filters from now on. Raises BadView."""
    name = _clean(name)
    if len(query) > LONGEST_QUERY:
        raise BadView("these filters are too long to be kept")
    own = and_(SavedView.account_id == account_id, SavedView.user_id == user_id)
    others = select(func.count()).where(own, SavedView.name != name)
    if (session.scalar(others) or 0) >= MOST_VIEWS:
        raise BadView(f"you have {MOST_VIEWS} views; delete one first")
    now = datetime.now(UTC)
    row = upsert(session, SavedView).values(
        account_id=account_id, user_id=user_id, name=name, query=query, shared=shared, made_at=now
    )
    known = [SavedView.account_id, SavedView.user_id, SavedView.name]
    session.execute(row.on_conflict_do_update(index_elements=known, set_={"query": query, "shared": shared}))


def change_view(
    session: Session, *, account_id: int, user_id: int, role: str, view_id: int, name: str, shared: bool
) -> SavedView | None:
    """Give a view another name, share it or keep it to whoever made it; None where there is none to see.

    Raises BadView.
    """
    view, name = _find(session, account_id=account_id, user_id=user_id, role=role, view_id=view_id), _clean(name)
    if view is None:
        return None
    taken = select(SavedView.id).where(
        SavedView.account_id == account_id, SavedView.user_id == view.user_id, SavedView.name == name
    )
    if session.scalar(taken.where(SavedView.id != view.id)) is not None:
        raise BadView(f"there is another view named {name!r}")
    view.name, view.shared = name, shared
    session.flush()
    return view


def delete_view(session: Session, *, account_id: int, user_id: int, role: str, view_id: int) -> SavedView | None:
    """Forget a view; None where there is none to see. Raises BadView."""
    view = _find(session, account_id=account_id, user_id=user_id, role=role, view_id=view_id)
    if view is not None:
        session.delete(view)
    return view


def rename_in_views(session: Session, *, account_id: int, tag: str, to: str) -> None:
    """Views of calls with a tag go on showing them under the tag's new name."""
    for view in session.scalars(select(SavedView).where(SavedView.account_id == account_id)):
        asked = parse_qsl(view.query)
        if ("tag", tag) in asked:
            view.query = urlencode([(name, to if (name, value) == ("tag", tag) else value) for name, value in asked])


def _find(session: Session, *, account_id: int, user_id: int, role: str, view_id: int) -> SavedView | None:
    view = session.get(SavedView, view_id, with_for_update=True)
    if view is None or view.account_id != account_id or not (view.shared or view.user_id == user_id):
        return None
    if not _may_change(view, user_id=user_id, role=role):
        raise BadView("whoever made it, a manager or an administrator may change it")
    return view


def _may_change(view: SavedView, *, user_id: int, role: str) -> bool:
    return view.user_id == user_id or (view.shared and may(role, "settings.write"))


def _clean(name: str) -> str:
    clean = " ".join(name.replace("\x00", "").split())
    if not 0 < len(clean) <= LONGEST_NAME:
        raise BadView(f"a view's name has 1 to {LONGEST_NAME} characters")
    return clean
