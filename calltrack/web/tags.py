"""The tags of the company: their colours, other names for them, and taking them out of use."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.tag_list import (
    COLOURS,
    MOST_COUNTED,
    colour_tag,
    delete_tag,
    list_tags,
    rename_tag,
    restore_tag,
    retire_tag,
)
from calltrack.calls.tags import BadTag, clean_tag
from calltrack.ground import ground
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("tags", __name__)


@bp.get("/settings/tags")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """Every tag with its colour and how many calls have it."""
    with ground().database.read() as session:
        found = list_tags(session, account_id=visitor().account.id)
    return render_template(
        "settings/tags.html",
        tags=[one for one in found if not one.retired_at],
        retired=[one for one in found if one.retired_at],
        colours=COLOURS,
        most=MOST_COUNTED,
    )


@bp.post("/settings/tags/colour")
@requires("settings.write")
def colour() -> ResponseReturnValue:
    """Give a tag a colour, or none."""
    chosen = text_field("colour") or None
    return _do(
        lambda session, name: colour_tag(session, account_id=visitor().account.id, name=name, colour=chosen),
        done=f"is {chosen} now" if chosen else "has no colour now",
    )


@bp.post("/settings/tags/rename")
@requires("settings.write")
def rename() -> ResponseReturnValue:
    """Give a tag another name on every call; a tag of that name takes it in."""
    to = text_field("to")
    return _do(
        lambda session, name: rename_tag(session, account_id=visitor().account.id, name=name, to=to),
        done=f"is called {to!r} now, on all its calls",
    )


@bp.post("/settings/tags/retire")
@requires("settings.write")
def retire() -> ResponseReturnValue:
    """Offer a tag no longer."""
    return _do(
        lambda session, name: retire_tag(session, account_id=visitor().account.id, name=name),
        done="is offered no longer; calls that have it keep it",
    )


@bp.post("/settings/tags/restore")
@requires("settings.write")
def restore() -> ResponseReturnValue:
    """Offer a tag again."""
    return _do(
        lambda session, name: restore_tag(session, account_id=visitor().account.id, name=name), done="is offered again"
    )


@bp.post("/settings/tags/delete")
@requires("settings.write")
def delete() -> ResponseReturnValue:
    """Take a tag off every call and forget it."""
    return _do(
        lambda session, name: delete_tag(session, account_id=visitor().account.id, name=name),
        done="is taken off all calls",
    )


def _do(work: Callable[[Session, str], object], *, done: str) -> ResponseReturnValue:
    name = text_field("name")
    try:
        with ground().database.write.begin() as session:
            work(session, name)
    except BadTag as wrong:
        flash(f"Nothing was changed: {wrong}.", "problem")
    else:
        flash(f"The tag {clean_tag(name)!r} {done}.", "done")
    return redirect(url_for("web.tags.table"), 303)
