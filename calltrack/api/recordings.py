"""A call's recording as audio."""

from flask import Response

from calltrack.accounts.roles import may
from calltrack.api.calls import CallPath, own_call
from calltrack.api.door import CALLS, bp, requires, visitor
from calltrack.api.problems import Problem, refusals
from calltrack.audio_answer import answer_audio
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
    "erased": "the recording was erased; GET /api/v1/erasures says when and why",
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
@requires("recordings.play", leaves="played")
def play(path: CallPath) -> Response:
    """The recording as MP3; one range of bytes may be asked for."""
    with ground().database.read() as session:
        call = own_call(session, path.call_sid, unclaimed=may(visitor().role, "calls.unclaimed"))
        found = playback(call=call, recording=main_recording(session, call_id=call.id))
    key = found.storage_key if found else None
    name = f"{call.started_at:%Y-%m-%d_%H%M}.mp3"
    answer = answer_audio(storage=ground().storage, key=key, name=name) if key else None
    if answer is None:
        raise Problem(404, _STATE[found.status if found else "none"])
    return answer
