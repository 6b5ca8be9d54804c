"""Tags and notes that people hang on a call."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from calltrack.calls.tags import BadTag, clean_tag, note_call, tag_call, untag_call
from calltrack.ground import ground
from calltrack.web.addressed import back_to, call_at, refused
from calltrack.web.forms import BadField, text_field
from calltrack.web.moments import read_pin
from calltrack.web.visitors import requires, visitor

bp = Blueprint("notes", __name__)


@bp.post("/calls/<path:call_sid>/tags")
@requires("calls.tag")
def add_tag(call_sid: str) -> ResponseReturnValue:
    """Hang a tag on the call."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            tag_call(session, call=call, tag=text_field("tag"), tagged_by=visitor().name)
    except BadTag as wrong:
        return refused(call_sid, form="tag", problem=f"The tag was not added: {wrong}.")
    flash(f"Tagged: {clean_tag(text_field('tag'))}.", "done")
    return back_to(call_sid, part="tags")


@bp.post("/calls/<path:call_sid>/tags/remove")
@requires("calls.tag")
def remove_tag(call_sid: str) -> ResponseReturnValue:
    """Take a tag off."""
    try:
        with ground().database.write.begin() as session:
            untag_call(session, call=call_at(session, call_sid=call_sid), tag=text_field("tag"))
    except BadTag as wrong:
        flash(f"The tag was not removed: {wrong}.", "problem")
    else:
        flash(f"The tag {clean_tag(text_field('tag'))} was removed.", "done")
    return back_to(call_sid, part="tags")


@bp.post("/calls/<path:call_sid>/notes")
@requires("calls.tag")
def add_note(call_sid: str) -> ResponseReturnValue:
    """Write a remark about the call, or about a moment of it."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            note_call(session, call=call, text=text_field("note"), at=read_pin(), written_by=visitor().name)
    except (BadTag, BadField) as wrong:
        return refused(call_sid, form="note", problem=f"The note was not added: {str(wrong).rstrip('.')}.")
    flash("The note was added.", "done")
    return back_to(call_sid, part="notes")
