"""Evaluating a call while one listens, giving it to somebody to hear, and keeping it as an example.

By htmx each answer is saved at once and the part that changed comes back; without scripts one button sends all.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.coaching.assignments import assign
from calltrack.coaching.evaluations import answer, begin, remark, share, summarise, unremark
from calltrack.coaching.library import add_example
from calltrack.coaching.words import BadCoaching
from calltrack.ground import ground
from calltrack.models import Call, Evaluation, Remark
from calltrack.web.addressed import call_at
from calltrack.web.coaching_access import user_id
from calltrack.web.coaching_fields import LARGEST_ID, answer_fields, day_field, part_field, people_field, rubric_field
from calltrack.web.coaching_page import heard, on_call
from calltrack.web.forms import BadField, asks_by_htmx, text_field
from calltrack.web.moments import read_pin
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_on_call", __name__)


@bp.get("/calls/<path:call_sid>/coaching")
@requires("coaching.read", leaves="saw")
def show(call_sid: str) -> ResponseReturnValue:
    """The coaching of one call: the part for its panel by htmx, else a page with the player."""
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid)
        found = on_call(session, call=call, rubric=request.args.get("rubric"))
        if asks_by_htmx():
            return render_template("coaching/on_call.html", on=found, level=4)
        return render_template("coaching/call.html", on=found, level=2, **heard(session, call=call))


@bp.post("/calls/<path:call_sid>/coaching")
@requires("coaching.write")
def fill(call_sid: str) -> ResponseReturnValue:
    """Save answers and summary, and share them where `do` says so. Without `do` an answer saved itself: by htmx only
    the score comes back."""
    what, told, problem = text_field("do"), "Saved.", ""
    try:
        with ground().database.write.begin() as session:
            evaluation = _begun(session, call=call_at(session, call_sid=call_sid))
            rubric = rubric_field(session)
            if rubric is not None:
                answer(session, evaluation=evaluation, answers=answer_fields(session, rubric=rubric))
            if "summary" in request.form:
                summarise(session, evaluation=evaluation, summary=text_field("summary"))
        if what == "share":  # what was answered is kept also where it cannot be shared yet
            with ground().database.write.begin() as session:
                share(session, evaluation=session.get_one(Evaluation, evaluation.id))
            told = "Shared. Whoever answered the call sees it now."
    except BadCoaching as wrong:
        told, problem = "", str(wrong)
    if asks_by_htmx() and not what:
        with ground().database.read() as session:
            found = on_call(session, call=call_at(session, call_sid=call_sid), rubric=text_field("rubric"))
            return render_template("coaching/score_news.html", on=found, told=told, problem=problem)
    return _answer(call_sid, told=told, problem=problem)


@bp.post("/calls/<path:call_sid>/coaching/remarks")
@requires("coaching.write")
def add_remark(call_sid: str) -> ResponseReturnValue:
    """Write a comment, pinned to a second where the box is ticked."""
    try:
        at = read_pin()
        with ground().database.write.begin() as session:
            evaluation = _begun(session, call=call_at(session, call_sid=call_sid))
            remark(session, evaluation=evaluation, text=text_field("text"), at=at)
    except (BadCoaching, BadField) as wrong:
        return _remarks(call_sid, problem=str(wrong))
    return _remarks(call_sid, told="Comment saved.")


@bp.post(f"/calls/<path:call_sid>/coaching/remarks/<int(max={LARGEST_ID}):remark_id>/remove")
@requires("coaching.write")
def remove_remark(call_sid: str, remark_id: int) -> ResponseReturnValue:
    """Remove a comment of one's own draft."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            written = session.get(Remark, remark_id) or abort(404)
            evaluation = session.get_one(Evaluation, written.evaluation_id)
            if (evaluation.call_id, evaluation.coach_id) != (call.id, user_id()):
                abort(404)
            unremark(session, evaluation=evaluation, remark_id=remark_id)
    except BadCoaching as wrong:
        return _remarks(call_sid, problem=str(wrong))
    return _remarks(call_sid, told="Comment removed.")


@bp.post("/calls/<path:call_sid>/coaching/assignments")
@requires("coaching.write")
def give(call_sid: str) -> ResponseReturnValue:
    """Give the call to people, to listen to it or to evaluate it by a rubric."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            names = assign(
                session,
                account=visitor().account,
                call=call,
                people=people_field(),
                rubric=rubric_field(session),
                due_on=day_field("due"),
                note=text_field("note"),
                by=visitor().name,
            )
    except BadCoaching as wrong:
        return _answer(call_sid, problem=str(wrong), rubric=text_field("at"))
    return _answer(call_sid, told=f"Assigned to {', '.join(names)}.", rubric=text_field("at"))


@bp.post("/calls/<path:call_sid>/coaching/examples")
@requires("coaching.write")
def keep(call_sid: str) -> ResponseReturnValue:
    """Put the call, or a part of it, into the library."""
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            added = add_example(
                session,
                call=call,
                title=text_field("title"),
                why=text_field("why"),
                start=part_field("start"),
                end=part_field("end"),
                by=visitor().name,
            )
    except (BadCoaching, BadField) as wrong:
        return _answer(call_sid, problem=str(wrong), rubric=text_field("at"))
    return _answer(call_sid, told=f"{added.title!r} is in the library.", rubric=text_field("at"))


def _begun(session: Session, *, call: Call) -> Evaluation:
    """The visitor's evaluation by the rubric that the form names. Raises BadCoaching."""
    rubric = rubric_field(session)
    if rubric is None:
        raise BadCoaching("Choose the rubric that you evaluate this call by.")
    return begin(session, call=call, rubric=rubric, coach_id=user_id())


def _answer(call_sid: str, *, told: str = "", problem: str = "", rubric: str | None = None) -> ResponseReturnValue:
    """After a form: the coaching of the call again, with its news; htmx follows there as well, and gets the part."""
    with ground().database.read() as session:
        call_at(session, call_sid=call_sid)
    flash(problem or told, "problem" if problem else "done")
    chosen = text_field("rubric") if rubric is None else rubric
    return redirect(url_for("web.coaching_on_call.show", call_sid=call_sid, rubric=chosen or None), 303)


def _remarks(call_sid: str, *, told: str = "", problem: str = "") -> ResponseReturnValue:
    """After a comment: by htmx the comments alone, so that answers under way stay as they are."""
    if not asks_by_htmx():
        return _answer(call_sid, told=told, problem=problem)
    with ground().database.read() as session:
        found = on_call(session, call=call_at(session, call_sid=call_sid), rubric=text_field("rubric"))
        typed = text_field("text") if problem else ""
        return render_template("coaching/remarks.html", on=found, told=told, problem=problem, typed=typed)
