"""Sharing a part of a call by a link that ends, and what opens for whoever follows it."""

from flask import Blueprint, Response, abort, flash, make_response, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from calltrack.audio_answer import answer_audio
from calltrack.calls.clips import BadClip, Heard, end_clip, find_clip, hear_clip, is_open, make_clip
from calltrack.calls.cutting import span_of
from calltrack.ground import ground
from calltrack.storage import StorageUnavailable
from calltrack.traces import leave_for_stranger
from calltrack.web.addressed import back_to, call_at, refused
from calltrack.web.call_page import NEW_LINK
from calltrack.web.forms import BadField, text_field
from calltrack.web.moments import read_moment
from calltrack.web.visitors import requires, visitor

bp = Blueprint("clips", __name__)


@bp.post("/calls/<path:call_sid>/clips")
@requires("clips.share")
def make(call_sid: str) -> ResponseReturnValue:
    """Make a link to a part of the call; it is shown once."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            _, token = make_clip(
                session,
                call=call,
                start=read_moment(text_field("start")),
                end=read_moment(text_field("end")),
                lasts=text_field("lasts"),
                with_words="with_words" in request.form,
                made_by=visitor().name,
            )
    except (BadClip, BadField) as wrong:
        return refused(call_sid, form="clip", problem=f"The clip was not shared: {str(wrong).rstrip('.')}.")
    browser[NEW_LINK] = [call_sid, f"{ground().settings.base_url}{url_for('web.clips.show', token=token)}"]
    flash("The link is made. It is shown only this once: copy it now.", "done")
    return back_to(call_sid, part="clips")


@bp.post(f"/calls/<path:call_sid>/clips/<int(max={2**63 - 1}):clip_id>/end")
@requires("clips.share")
def end(call_sid: str, clip_id: int) -> ResponseReturnValue:
    """Let the link open nothing from now on."""
    try:
        with ground().database.write.begin() as session:
            end_clip(session, call=call_at(session, call_sid=call_sid), clip_id=clip_id, ended_by=visitor().name)
    except BadClip:
        abort(404)
    flash("The link was ended: whoever has it hears nothing any more.", "done")
    return back_to(call_sid, part="clips")


@bp.get("/clips/<token>")
def show(token: str) -> ResponseReturnValue:
    """The clip for whoever has its link, signed in or not: the part itself, and nothing else of the call."""
    heard = _heard(token)
    if heard is None:
        return _unlisted(make_response(render_template("clips/over.html"), 410))
    return _unlisted(make_response(render_template("clips/show.html", heard=heard, token=token)))


@bp.get("/clips/<token>/clip.mp3")
def audio(token: str) -> ResponseReturnValue:
    """The sound of that part, or the bytes of it that a player asks for."""
    heard = _heard(token)
    if heard is None:
        return _unlisted(make_response(render_template("clips/over.html"), 410))
    storage, key = ground().storage, heard.key
    try:
        part = span_of(storage, key=key, start=heard.clip.start, end=heard.clip.end)
        answer = answer_audio(storage=storage, key=key, name="clip.mp3", part=part) if part else None
        leave_for_stranger(
            account_id=heard.clip.account_id, who="whoever has the clip's link", deed="played", action="clips.share"
        )
    except FileNotFoundError:
        answer = None
    except StorageUnavailable:
        abort(503, "The clip cannot be read at this moment. Try again in a minute.")
    return _unlisted(answer or abort(404, "The recording was here and is gone; it may have been erased."))


def _heard(token: str) -> Heard | None:
    """What a link opens; None once it is over. A link that never was is not found."""
    with ground().database.read() as session:
        clip = find_clip(session, token=token) or abort(404, "No clip is here. Check that the link is whole.")
        return hear_clip(session, clip=clip) if is_open(clip) else None


def _unlisted(answer: Response) -> Response:
    """For the holder of the link alone: no search engine keeps it, and it is told to no site that they go to next."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
