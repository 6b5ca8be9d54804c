"""What was assigned to somebody: done by them, or taken back by whoever coaches."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.coaching.assignments import find_assignment, finish, take_back
from calltrack.coaching.words import BadCoaching
from calltrack.ground import ground
from calltrack.models import Assignment, Call
from calltrack.web.coaching_fields import LARGEST_ID
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_assignments", __name__)


@bp.post(f"/coaching/assignments/<int(max={LARGEST_ID}):assignment_id>/done")
@requires("coaching.read")
def done(assignment_id: int) -> ResponseReturnValue:
    """The visitor has listened to the call that was given to them."""
    with ground().database.read() as session:
        after = _after(session, _assignment_at(session, assignment_id))
    try:
        with ground().database.write.begin() as session:
            assignment = _assignment_at(session, assignment_id)
            if assignment.user_id != visitor().user_id:
                abort(404)
            finish(session, assignment=assignment)
            flash("Done: it is off your list.", "done")
    except BadCoaching as wrong:
        flash(str(wrong), "problem")
    return redirect(after, 303)


@bp.post(f"/coaching/assignments/<int(max={LARGEST_ID}):assignment_id>/remove")
@requires("coaching.write")
def remove(assignment_id: int) -> ResponseReturnValue:
    """Ask it of the person no longer."""
    with ground().database.read() as session:
        after = _after(session, _assignment_at(session, assignment_id))
    try:
        with ground().database.write.begin() as session:
            take_back(session, assignment=_assignment_at(session, assignment_id))
            flash("Taken back: it is off that person's list.", "done")
    except BadCoaching as wrong:
        flash(str(wrong), "problem")
    return redirect(after, 303)


def _assignment_at(session: Session, assignment_id: int) -> Assignment:
    found = find_assignment(session, account_id=visitor().account.id, assignment_id=assignment_id)
    return found or abort(404)


def _after(session: Session, assignment: Assignment) -> str:
    """Where the form stood: on the call, or on the list of what there is to do."""
    if text_field("at") != "call":
        return url_for("web.coaching.table")
    return url_for("web.coaching_on_call.show", call_sid=session.get_one(Call, assignment.call_id).call_sid)
