"""Trying a failed step of a call again."""

from flask import Blueprint, abort, flash
from flask.typing import ResponseReturnValue

from calltrack.calls.recordings import try_again
from calltrack.calls.steps import find_step
from calltrack.ground import ground
from calltrack.web.addressed import back_to, call_at
from calltrack.web.visitors import requires, visitor_may

bp = Blueprint("steps", __name__)


@bp.post(f"/calls/<path:call_sid>/steps/<int(max={2**63 - 1}):step_id>/retry")
@requires("calls.retry")
def retry(call_sid: str, step_id: int) -> ResponseReturnValue:
    """Have the step done again from its beginning, now."""
    with ground().database.write.begin() as session:
        call = call_at(session, call_sid=call_sid, unclaimed=visitor_may("calls.unclaimed"))
        step = find_step(session, call=call, step_id=step_id) or abort(404)
        try_again(session, step=step)
    flash("It is being tried again. Reload this page in a few seconds.", "done")
    return back_to(call_sid, part="progress")
