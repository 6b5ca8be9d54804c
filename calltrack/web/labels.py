"""A person's word on a call: this label is correct, or it is another."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from calltrack.calls.labels import BadLabel, confirm_label, label_call, undo_label
from calltrack.ground import ground
from calltrack.web.addressed import back_to, call_at, refused
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("labels", __name__)


@bp.post("/calls/<path:call_sid>/label")
@requires("calls.label")
def give(call_sid: str) -> ResponseReturnValue:
    """Confirm the label in force, or give another: by its fields, or by one button (`excused:wrong number`)."""
    name = visitor().name
    note, seen = text_field("note") or None, text_field("seen")[:18]
    value, _, reason = text_field("deed").partition(":")
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            if "confirm" in request.form:
                label = confirm_label(
                    session, call=call, said_by=name, note=note, seen=int(seen) if seen.isdecimal() else None
                )
            else:
                label = label_call(
                    session,
                    call=call,
                    value=value or text_field("label"),
                    reason=reason or text_field("reason") or None,
                    note=note,
                    said_by=name,
                )
    except BadLabel as wrong:
        return refused(call_sid, form="label", problem=f"The label was not saved: {wrong}.")
    flash(f"Saved: {label.value}{f', {label.reason}' if label.reason else ''}. The scorecard follows it.", "done")
    return back_to(call_sid, part="label", said=label.id)


@bp.post("/calls/<path:call_sid>/label/undo")
@requires("calls.label")
def take_back(call_sid: str) -> ResponseReturnValue:
    """Take a person's word back; what was in force before it is in force again."""
    written = text_field("label_id")
    label_id = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            undo_label(session, call=call, label_id=label_id, said_by=visitor().name)
    except BadLabel as wrong:
        flash(f"Nothing was taken back: {wrong}.", "problem")
    else:
        flash("The label was taken back. The scorecard follows it.", "done")
    return back_to(call_sid, part="label")
