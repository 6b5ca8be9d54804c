"""Saved views: the list's filters under a name, as tabs above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.views import BadView, ListedView, change_view, delete_view, list_views, save_view
from calltrack.ground import ground
from calltrack.models import SavedView
from calltrack.period import today
from calltrack.web.filters import NAMES
from calltrack.web.forms import text_field
from calltrack.web.ranges import Preset, presets_on
from calltrack.web.visitors import requires, visitor, visitor_may

bp = Blueprint("views", __name__)
LARGEST_ID = 2**63 - 1
VIEW = f"<int(max={LARGEST_ID}):view_id>"
DAYS = "days"
"""In a view that is kept, the name of a usual range, such as "Last 7 days": it goes on with the calendar."""

# What everybody is offered from the first day on.
BUILT_IN: dict[str, dict[str, str]] = {
    "All calls": {},
    "To review": {"outcome": "unbooked", "reviewed": "no"},
    "Missed": {"outcome": "missed"},
    "Booked": {"outcome": "booked"},
    "Sounds booked, no job": {"booked": "likely"},
    "First-time callers": {"first_time": "yes"},
}


@dataclass(frozen=True)
class Tab:
    """A view above the list: where it leads, whether the list shows it now, and what was saved (None: built in)."""

    name: str
    address: str
    here: bool
    saved: ListedView | None = None


def tabs_of(session: Session, *, asked: Mapping[str, str], presets: list[Preset]) -> list[Tab]:
    """The built-in views, then the saved ones. `asked`: the filters that are on."""
    who = visitor()
    offered: list[tuple[str, dict[str, str], ListedView | None]] = [
        (name, filters, None) for name, filters in BUILT_IN.items() if filters.keys() <= set(NAMES)
    ]
    if who.user_id is not None:
        saved = list_views(session, account_id=who.account.id, user_id=who.user_id, role=who.role)
        offered += [(view.name, _read(view.query, presets), view) for view in saved]
    return [
        Tab(name, url_for("web.calls.table", **filters), filters == asked, view)  # type: ignore[arg-type]
        for name, filters, view in offered
    ]


@bp.post("/views")
@requires("calls.read")
def save() -> ResponseReturnValue:
    """Keep the list's filters under a name; one's own view of that name is replaced."""
    who, presets = visitor(), presets_on(today(zone=visitor().account.time_zone))
    asked = _read(text_field("query").removeprefix("?"), presets)
    try:
        with ground().database.write.begin() as session:
            save_view(
                session,
                account_id=who.account.id,
                user_id=_person(),
                name=text_field("name"),
                query=_write(asked, presets),
                shared=_is_shared(),
            )
    except BadView as wrong:
        flash(f"The view was not saved: {wrong}.", "problem")
    else:
        flash(f"The view {' '.join(text_field('name').split())!r} is saved.", "done")
    return redirect(url_for("web.calls.table", **asked), 303)  # type: ignore[arg-type]


@bp.post(f"/views/{VIEW}")
@requires("calls.read")
def change(view_id: int) -> ResponseReturnValue:
    """Rename a view, share it or keep it to oneself."""
    with ground().database.write.begin() as session:
        try:
            view = change_view(
                session,
                account_id=visitor().account.id,
                user_id=_person(),
                role=visitor().role,
                view_id=view_id,
                name=text_field("name"),
                shared=_is_shared(),
            )
        except BadView as wrong:
            flash(f"The view was not changed: {wrong}.", "problem")
            return redirect(url_for("web.calls.table"), 303)
    return _to(view, "is changed")


@bp.post(f"/views/{VIEW}/delete")
@requires("calls.read")
def delete(view_id: int) -> ResponseReturnValue:
    """Forget a view; the calls it showed stay as they are."""
    with ground().database.write.begin() as session:
        try:
            view = delete_view(
                session, account_id=visitor().account.id, user_id=_person(), role=visitor().role, view_id=view_id
            )
        except BadView as wrong:
            flash(f"The view was not deleted: {wrong}.", "problem")
            return redirect(url_for("web.calls.table"), 303)
    return _to(view, "is deleted")


def _to(view: SavedView | None, done: str) -> ResponseReturnValue:
    if view is None:
        abort(404)
    flash(f"The view {view.name!r} {done}.", "done")
    asked = _read(view.query, presets_on(today(zone=visitor().account.time_zone)))
    return redirect(url_for("web.calls.table", **asked), 303)  # type: ignore[arg-type]


def _is_shared() -> bool:
    """Everybody's only where whoever asks may write something: else it stays one's own."""
    return "shared" in request.form and visitor_may("calls.tag")


def _person() -> int:
    return visitor().user_id or abort(403)


def _read(query: str, presets: list[Preset]) -> dict[str, str]:
    """The filters that a query names, in the order in which the list names them; a usual range as its days of today."""
    written = {name: value.replace("\x00", "").strip() for name, value in parse_qsl(query)}
    for preset in presets:
        if written.get(DAYS) == preset.name:
            written |= {"from": str(preset.first), "to": str(preset.last)}
    return {name: written[name] for name in NAMES if written.get(name)}


def _write(asked: Mapping[str, str], presets: list[Preset]) -> str:
    for preset in presets:
        if (asked.get("from"), asked.get("to")) == (str(preset.first), str(preset.last)):
            return urlencode({DAYS: preset.name, **{n: v for n, v in asked.items() if n not in ("from", "to")}})
    return urlencode(asked)
