"""One evaluation that was shared: what the agent reads and hears, and answers; its coach may take it back."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.coaching.evaluations import discard, reopen, reply, see
from calltrack.coaching.reading import read_all
from calltrack.coaching.words import LONGEST_TEXT, BadCoaching
from calltrack.ground import ground
from calltrack.models import Call
from calltrack.web.coaching_access import coaches, evaluation_at, own_phones
from calltrack.web.coaching_fields import LARGEST_ID
from calltrack.web.coaching_page import heard
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_evaluations", __name__)


@bp.get(f"/coaching/evaluations/<int(max={LARGEST_ID}):evaluation_id>")
@requires("coaching.read", leaves="saw")
def show(evaluation_id: int) -> ResponseReturnValue:
    """The whole of it, with the recording. When its agent opens it, that is noted."""
    with ground().database.read() as session:
        evaluation = evaluation_at(session, evaluation_id)
        to_me = evaluation.agent_phone in own_phones(session)
        [one] = read_all(session, evaluations=[evaluation])
        played = heard(session, call=one.call)
    if to_me and evaluation.shared_at is not None and evaluation.seen_at is None:
        with ground().database.write.begin() as session:
            see(session, evaluation=evaluation, now=datetime.now(UTC))
    return render_template(
        "coaching/evaluation.html",
        one=one,
        to_me=to_me,
        own=coaches() and evaluation.coach_id == visitor().user_id,
        longest=LONGEST_TEXT,
        **played,
    )


@bp.post(f"/coaching/evaluations/<int(max={LARGEST_ID}):evaluation_id>/reply")
@requires("coaching.read")
def answer(evaluation_id: int) -> ResponseReturnValue:
    """What the agent says to it."""
    try:
        with ground().database.write.begin() as session:
            evaluation = evaluation_at(session, evaluation_id)
            if evaluation.agent_phone not in own_phones(session):
                abort(404)
            reply(session, evaluation=evaluation, text=text_field("reply"))
            flash("Your reply is with your coach.", "done")
    except BadCoaching as wrong:
        flash(str(wrong), "problem")
    return redirect(url_for("web.coaching_evaluations.show", evaluation_id=evaluation_id), 303)


@bp.post(f"/coaching/evaluations/<int(max={LARGEST_ID}):evaluation_id>/reopen")
@requires("coaching.write")
def take_back(evaluation_id: int) -> ResponseReturnValue:
    """Change one's own after it was shared."""
    with ground().database.write.begin() as session:
        evaluation = evaluation_at(session, evaluation_id, own=True)
        reopen(session, evaluation=evaluation)
        rubric, call_sid = evaluation.rubric_id, session.get_one(Call, evaluation.call_id).call_sid
    flash("Nobody else sees it until you share it again. The agent will be told that it was changed, and when.", "done")
    return redirect(url_for("web.coaching_on_call.show", call_sid=call_sid, rubric=rubric), 303)


@bp.post(f"/coaching/evaluations/<int(max={LARGEST_ID}):evaluation_id>/discard")
@requires("coaching.write")
def throw_away(evaluation_id: int) -> ResponseReturnValue:
    """Throw one's own draft away."""
    with ground().database.read() as session:
        call_id = evaluation_at(session, evaluation_id, own=True).call_id
        call_sid = session.get_one(Call, call_id).call_sid
    try:
        with ground().database.write.begin() as session:
            discard(session, evaluation=evaluation_at(session, evaluation_id, own=True))
            flash("The draft is gone.", "done")
    except BadCoaching as wrong:
        flash(str(wrong), "problem")
    return redirect(url_for("web.coaching_on_call.show", call_sid=call_sid), 303)
