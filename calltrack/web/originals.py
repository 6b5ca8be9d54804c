"""What was said and heard before numbers were taken out, for the few who may open it."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from calltrack.calls.recordings import main_recording
from calltrack.calls.transcripts import transcript_of
from calltrack.ground import ground
from calltrack.privacy.originals import original_audio, original_turns
from calltrack.sealing import SealBroken
from calltrack.storage import StorageUnavailable
from calltrack.web.addressed import call_at
from calltrack.web.visitors import requires

bp = Blueprint("originals", __name__)
_BROKEN = "What is kept of this call was sealed under another SECRET_KEY, or is damaged. It cannot be opened."


@bp.get("/calls/<path:call_sid>/original")
@requires("recordings.unseal", leaves="saw")
def show(call_sid: str) -> ResponseReturnValue:
    """The words as they were said."""
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid)
        transcript, recording = transcript_of(session, call_id=call.id), main_recording(session, call_id=call.id)
    try:
        turns = original_turns(ground().settings, transcript=transcript)
    except SealBroken:
        abort(409, _BROKEN)
    playable = recording is not None and recording.original_key is not None and recording.status == "stored"
    if turns is None and not playable:
        abort(404, "No original of this call is kept: nothing was masked in it, or the account keeps no originals.")
    return render_template("calls/original.html", call=call, turns=turns or [], playable=playable)


@bp.get("/calls/<path:call_sid>/original.mp3")
@requires("recordings.unseal", leaves="played")
def audio(call_sid: str) -> ResponseReturnValue:
    """The recording as it came, whole."""
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid)
        recording = main_recording(session, call_id=call.id)
    try:
        sound = original_audio(ground().settings, ground().storage, recording=recording)
    except SealBroken:
        abort(409, _BROKEN)
    except StorageUnavailable:
        abort(503, "The recording cannot be read at this moment. Try again in a minute.")
    if sound is None:
        abort(404, "No original of this recording is kept.")
    return Response(sound, mimetype="audio/mpeg")
