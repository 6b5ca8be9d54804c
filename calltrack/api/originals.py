"""What was said and heard of a call before numbers were taken out of it."""

from flask import Response
from pydantic import BaseModel

from calltrack.api.call_answers import TurnAnswer
from calltrack.api.calls import CallPath, own_call
from calltrack.api.door import CALLS, bp, give, requires
from calltrack.api.problems import Problem, refusals
from calltrack.calls.recordings import main_recording
from calltrack.calls.transcripts import transcript_of
from calltrack.ground import ground
from calltrack.privacy.originals import original_audio, original_turns
from calltrack.sealing import SealBroken

_AUDIO = {"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}}
_NONE = "no original of this call is kept: nothing was masked in it, or the account keeps no originals"
_BROKEN = "the original was sealed under another SECRET_KEY, or is damaged"


class OriginalAnswer(BaseModel):
    """The turns as they were said, with the numbers that are masked elsewhere."""

    turns: list[TurnAnswer]


@bp.get("/calls/<call_sid>/original", tags=[CALLS], responses={200: OriginalAnswer, **refusals(404, 409)})
@requires("recordings.unseal", leaves="saw")
def read_original(path: CallPath) -> Response:
    """What was said before it was masked, for accounts that keep it; in the audit trail."""
    with ground().database.read() as session:
        call = own_call(session, path.call_sid)
        transcript = transcript_of(session, call_id=call.id)
    try:
        turns = original_turns(ground().settings, transcript=transcript)
    except SealBroken as broken:
        raise Problem(409, _BROKEN) from broken
    if turns is None:
        raise Problem(404, _NONE)
    return give(OriginalAnswer.model_validate({"turns": turns}))


@bp.get(
    "/calls/<call_sid>/original.mp3",
    tags=[CALLS],
    responses={200: {"description": "The whole recording", "content": _AUDIO}, **refusals(404, 409)},
)
@requires("recordings.unseal", leaves="played")
def play_original(path: CallPath) -> Response:
    """The recording before anything in it was silenced, whole; in the audit trail."""
    with ground().database.read() as session:
        call = own_call(session, path.call_sid)
        recording = main_recording(session, call_id=call.id)
    try:
        sound = original_audio(ground().settings, ground().storage, recording=recording)
    except SealBroken as broken:
        raise Problem(409, _BROKEN) from broken
    if sound is None:
        raise Problem(404, _NONE)
    return Response(sound, mimetype="audio/mpeg")
