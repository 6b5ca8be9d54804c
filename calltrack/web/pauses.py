"""Pausing the recording of a running call while a number is read out, and taking it up again."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from calltrack.calls.pauses import BadPause, pause_recording, resume_recording
from calltrack.ground import ground
from calltrack.models import Call
from calltrack.telephony.carrier import CarrierError
from calltrack.web.addressed import back_to, call_at, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("pauses", __name__)


@bp.post("/calls/<path:call_sid>/recording/pause")
@requires("recordings.pause")
def pause(call_sid: str) -> ResponseReturnValue:
    """Nothing is recorded or written down from now on."""
    call, house = _call(call_sid), ground()
    try:
        pause_recording(house.database, house.settings, call=call, by=visitor().name)
    except (BadPause, CarrierError) as wrong:
        return refused(call_sid, form="pause", problem=f"The recording was not paused: {wrong}.")
    flash("The recording is paused. Press Resume recording once the number has been read out.", "done")
    return back_to(call_sid, part="recording")


@bp.post("/calls/<path:call_sid>/recording/resume")
@requires("recordings.pause")
def resume(call_sid: str) -> ResponseReturnValue:
    """The recording goes on."""
    call, house = _call(call_sid), ground()
    try:
        was_paused = resume_recording(house.database, house.settings, call=call, by=visitor().name)
    except CarrierError as wrong:
        return refused(call_sid, form="pause", problem=f"The recording is still paused: {wrong}.")
    flash("The recording goes on." if was_paused else "The recording was not paused.", "done")
    return back_to(call_sid, part="recording")


def _call(call_sid: str) -> Call:
    with ground().database.read() as session:
        return call_at(session, call_sid=call_sid)
