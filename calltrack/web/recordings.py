"""The audio of a call, for the player on its page."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from calltrack.audio_answer import answer_audio
from calltrack.calls.playback import playback
from calltrack.calls.recordings import main_recording
from calltrack.ground import ground
from calltrack.storage import StorageUnavailable
from calltrack.web.addressed import call_at
from calltrack.web.visitors import requires, visitor_may

bp = Blueprint("recordings", __name__)


@bp.get("/calls/<path:call_sid>/recording.mp3")
@requires("recordings.play", leaves="played")
def audio(call_sid: str) -> ResponseReturnValue:
    """The recording, or the part of it that the player asks for to jump there; with `download`, as a file to keep."""
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid, unclaimed=visitor_may("calls.unclaimed"))
        found = playback(call=call, recording=main_recording(session, call_id=call.id))
    if found is None or found.storage_key is None:
        abort(404, "There is no recording of this call to play; the call's page says why.")
    try:
        answer = answer_audio(
            storage=ground().storage, key=found.storage_key, name=f"{call.started_at:%Y-%m-%d_%H%M}.mp3"
        )
    except StorageUnavailable:
        abort(503, "The recording cannot be read at this moment. Try again in a minute.")
    if answer is None:
        abort(404, "The recording was here and is gone; it may have been erased.")
    if "download" in request.args:
        answer.headers["Content-Disposition"] = answer.headers["Content-Disposition"].replace("inline", "attachment", 1)
    return answer
