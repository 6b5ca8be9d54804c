"""Pausing the recording of a running call while a number is read out, and taking it up again."""

from flask import Response
from pydantic import BaseModel

from calltrack.api.calls import CallPath, own_call
from calltrack.api.consent import PauseAnswer, pauses_answer
from calltrack.api.door import CALLS, bp, give, requires, visitor
from calltrack.api.numbers_for_sale import at_the_carrier
from calltrack.api.problems import Problem, refusals
from calltrack.calls.pauses import BadPause, pause_recording, resume_recording
from calltrack.ground import ground
from calltrack.models import Call


class PausesAnswer(BaseModel):
    """Whether the call's recording is paused now, and all of its pauses."""

    paused: bool
    pauses: list[PauseAnswer]


@bp.post(
    "/calls/<path:call_sid>/recording/pause",
    tags=[CALLS],
    responses={200: PausesAnswer, **refusals(404, 409, 413)},
)
@requires("recordings.pause")
def pause_recording_of_call(path: CallPath) -> Response:
    """Stop recording a running call while a number is read out.

    The recording holds silence meanwhile, and the live transcript nothing. After three minutes it goes on by itself.
    """
    house = ground()
    call = _call(path)
    try:
        with at_the_carrier():
            pause_recording(house.database, house.settings, call=call, by=visitor().name)
    except BadPause as wrong:
        raise Problem(409, str(wrong)) from None
    return _pauses(call)


@bp.post(
    "/calls/<path:call_sid>/recording/resume",
    tags=[CALLS],
    responses={200: PausesAnswer, **refusals(404, 409, 413)},
)
@requires("recordings.pause")
def resume_recording_of_call(path: CallPath) -> Response:
    """Go on recording; where it was not paused nothing happens."""
    house = ground()
    call = _call(path)
    with at_the_carrier():
        resume_recording(house.database, house.settings, call=call, by=visitor().name)
    return _pauses(call)


def _call(path: CallPath) -> Call:
    with ground().database.read() as session:
        return own_call(session, path.call_sid)


def _pauses(call: Call) -> Response:
    with ground().database.read() as session:
        found = pauses_answer(session, call_id=call.id)
    return give(PausesAnswer(paused=any(one.confirmed and one.resumed_at is None for one in found), pauses=found))
