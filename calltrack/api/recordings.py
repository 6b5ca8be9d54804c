"""A call's recording as audio."""

from flask import Response, request

from calltrack.accounts.roles import may
from calltrack.api.calls import CallPath, own_call
from calltrack.api.door import CALLS, bp, requires, visitor
from calltrack.api.problems import Problem, refusals
from calltrack.calls.playback import playback
from calltrack.calls.recordings import main_recording
from calltrack.ground import ground

_AUDIO = {"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}}
_STATE = {
    "expected": "the recording is on its way from the carrier; try again in a minute",
    "failed": "the recording could not be fetched from the carrier; the call's steps say why",
    "absent": "the carrier says that there is no recording of this call",
    "stored": "the recording is missing from the storage; see RECORDINGS_URL",
    "none": "nothing was recorded of this call",
}


@bp.get(
    "/calls/<call_sid>/recording.mp3",
    tags=[CALLS],
    responses={
        200: {"description": "The whole recording", "content": _AUDIO},
        206: {"description": "The range that was asked for", "content": _AUDIO},
        304: {"description": "Unchanged since the ETag that the client named"},
        **refusals(404, 416),
    },
)
@requires("recordings.play")
def play(path: CallPath) -> Response:
    """The recording as MP3; one range of bytes may be asked for."""
    with ground().database.read() as session:
        call = own_call(session, path.call_sid, unclaimed=may(visitor().role, "calls.unclaimed"))
        found = playback(call=call, recording=main_recording(session, call_id=call.id))
    key = found.storage_key if found else None
    storage = ground().storage
    size = storage.size(key=key) if key else None
    if key is None or size is None:
        raise Problem(404, _STATE[found.status if found else "none"])
    # A stored recording is never changed, so that its name and size are all that can differ.
    etag = f"{key.rpartition('/')[2]}-{size}"
    start, end, status = 0, size, 200
    if request.range and (not request.if_range.etag or request.if_range.etag == etag):
        span = request.range.range_for_length(size)
        if span is None:
            raise Problem(416, f"the recording has {size} bytes", Content_Range=f"bytes */{size}")
        (start, end), status = span, 206
    response = Response(storage.read(key=key, start=start, end=end), status, content_type="audio/mpeg")
    response.set_etag(etag)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers.set("Content-Disposition", "inline", filename=f"{call.started_at:%Y-%m-%d_%H%M}.mp3")
    response.content_length = end - start
    if status == 206:
        response.content_range.set(start, end, size)
    if status == 200:
        response.make_conditional(request)
    return response
