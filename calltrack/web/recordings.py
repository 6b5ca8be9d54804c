"""The audio of a call, for the player on its page."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from calltrack.calls.recordings import main_recording
from calltrack.ground import ground
from calltrack.storage import StorageUnavailable
from calltrack.web.addressed import call_at
from calltrack.web.visitors import requires, visitor_may

bp = Blueprint("recordings", __name__)


@bp.get("/calls/<path:call_sid>/recording.mp3")
@requires("recordings.play")
def audio(call_sid: str) -> ResponseReturnValue:
    """The recording, or the part of it that the player asks for to jump there."""
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid, unclaimed=visitor_may("calls.unclaimed"))
        recording = main_recording(session, call_id=call.id)
    if recording is None or recording.storage_key is None:
        abort(404, "There is no recording of this call to play; the call's page says why.")
    try:
        return _answer(key=recording.storage_key)
    except FileNotFoundError:
        abort(404, "The recording was here and is gone; it may have been erased.")
    except StorageUnavailable:
        abort(503, "The recording cannot be read at this moment. Try again in a minute.")


def _answer(*, key: str) -> Response:
    storage = ground().storage
    size = storage.size(key=key)
    if size is None:
        raise FileNotFoundError(key)
    wanted = request.range
    span = wanted.range_for_length(size) if wanted else None
    if wanted and wanted.units == "bytes" and len(wanted.ranges) == 1 and span is None:
        abort(Response(status=416, headers={"Content-Range": f"bytes */{size}"}))
    start, end = span or (0, size)
    answer = Response(storage.read(key=key, start=start, end=end), 206 if span else 200, mimetype="audio/mpeg")
    answer.content_length = end - start
    answer.accept_ranges = "bytes"
    if span:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return answer
