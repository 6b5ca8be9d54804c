"""The library: calls, or parts of them, that show how it is done."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.calls.tags import BadTag
from calltrack.coaching.library import find_example, list_examples, remove_example, tags_of_examples
from calltrack.ground import ground
from calltrack.paging import BadCursor
from calltrack.web.coaching_fields import LARGEST_ID
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_library", __name__)


@bp.get("/coaching/library")
@requires("coaching.read")
def table() -> ResponseReturnValue:
    """The examples that fit the tag and the words, the newest first."""
    account_id, problems = visitor().account.id, list[str]()
    tag, words = (request.args.get(name, "").replace("\x00", "").strip() for name in ("tag", "q"))
    cursor = request.args.get("cursor")
    with ground().database.read() as session:
        try:
            page = list_examples(session, account_id=account_id, tag=tag, words=words, cursor=cursor)
        except BadCursor:
            page, cursor = list_examples(session, account_id=account_id, tag=tag, words=words), None
            problems.append("That page of the library is not known; here is the first.")
        except BadTag as wrong:
            page, tag, cursor = list_examples(session, account_id=account_id, words=words), "", None
            problems.append(f"The tag was left out: {wrong}.")
        tags = tags_of_examples(session, account_id=account_id)
    return render_template(
        "coaching/library.html",
        page=page,
        later=cursor is not None,
        problems=problems,
        asked={name: value for name, value in (("tag", tag), ("q", words)) if value},
        tags=tags,
    ), 400 if problems else 200


@bp.post(f"/coaching/library/<int(max={LARGEST_ID}):example_id>/remove")
@requires("coaching.write")
def remove(example_id: int) -> ResponseReturnValue:
    """Take an example out; the call stays."""
    with ground().database.write.begin() as session:
        example = find_example(session, account_id=visitor().account.id, example_id=example_id) or abort(404)
        title = example.title
        remove_example(session, example=example)
    flash(f"{title!r} is no longer in the library. The call itself stays.", "done")
    return redirect(url_for("web.coaching_library.table"), 303)
