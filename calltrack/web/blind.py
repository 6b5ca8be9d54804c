"""The blind sample: calls drawn at random, labelled by somebody who is shown nothing that was said of them."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.labels import BadLabel, reasons_of
from calltrack.ground import ground
from calltrack.learning.blind import (
    Answered,
    answer_check,
    count_unanswered,
    find_check,
    show_unseen,
    take_back,
    unanswered,
)
from calltrack.learning.sampling import next_draw
from calltrack.models import Account, BlindCheck
from calltrack.web.forms import text_field
from calltrack.web.review import asks_for_json
from calltrack.web.visitors import requires, visitor
from calltrack.web.waveform import COLUMNS, draw_waveform

bp = Blueprint("blind", __name__)
LARGEST_ID = 2**31 - 1
CHECK = f"<int(max={LARGEST_ID}):check_id>"


@bp.get("/review/blind")
@requires("calls.label")
def table() -> ResponseReturnValue:
    """The drawn calls that wait, the first of them open."""
    who, now = visitor(), datetime.now(UTC)
    wanted = request.args.get("open", "")
    with ground().database.read() as session:
        checks = unanswered(session, account_id=who.account.id, limit=200)
        chosen = next((one for one in checks if str(one.id) == wanted), checks[0] if checks else None)
        shown = [show_unseen(session, check=one) for one in checks]
        opened = next((one for one in shown if chosen and one.check_id == chosen.id), None)
        return render_template(
            "review/blind.html",
            shown=shown,
            opened=opened,
            waves=draw_waveform(opened.recording.peaks if opened and opened.recording else None),
            columns=COLUMNS,
            reasons=reasons_of(session, account_id=who.account.id),
            blind=count_unanswered(session, account_id=who.account.id),
            blind_calls=session.get_one(Account, who.account.id).blind_calls,
            next_draw=next_draw(zone=who.account.time_zone, now=now),
            done=_check_done(session),
        )


@bp.get(f"/review/blind/{CHECK}")
@requires("calls.label", leaves="saw")
def panel(check_id: int) -> ResponseReturnValue:
    """What is shown of one drawn call while it is open; an answered one is closed."""
    with ground().database.read() as session:
        check = _check_at(session, check_id)
        if check.value is not None:
            abort(404, "This call has been labelled meanwhile.")
        opened = show_unseen(session, check=check)
        return render_template(
            "review/blind_panel.html",
            opened=opened,
            waves=draw_waveform(opened.recording.peaks if opened.recording else None),
            columns=COLUMNS,
            reasons=reasons_of(session, account_id=visitor().account.id),
        )


@bp.post(f"/review/blind/{CHECK}")
@requires("calls.label")
def answer(check_id: int) -> ResponseReturnValue:
    """Say what the call is, or that nobody can tell."""
    value, _, reason = text_field("deed").partition(":")
    problem = ""
    try:
        with ground().database.write.begin() as session:
            check = _check_at(session, check_id)
            answer_check(session, check=check, value=value, reason=reason or None, said_by=visitor().name)
    except (Answered, BadLabel) as wrong:
        problem = f"The answer was not saved: {wrong}."
    if asks_for_json():
        undo = {"action": url_for("web.blind.reopen", check_id=check_id), "fields": {}}
        return jsonify(
            words="" if problem else f"Labelled blind: {value}.", problems=[problem] if problem else [], skipped=[],
            undo=None if problem else undo,
        )  # fmt: skip
    if problem:
        flash(problem, "problem")
        return redirect(url_for("web.blind.table"), 303)
    return redirect(url_for("web.blind.table", done=check_id), 303)


@bp.post(f"/review/blind/{CHECK}/undo")
@requires("calls.label")
def reopen(check_id: int) -> ResponseReturnValue:
    """Take an answer back: the call is asked again."""
    with ground().database.write.begin() as session:
        take_back(session, check=_check_at(session, check_id), said_by=visitor().name)
    words = "The answer was taken back."
    if asks_for_json():
        return jsonify(words=words, undone=[str(check_id)])
    flash(words, "done")
    return redirect(url_for("web.blind.table", open=check_id), 303)


def _check_at(session: Session, check_id: int) -> BlindCheck:
    return find_check(session, account_id=visitor().account.id, check_id=check_id) or abort(404)


def _check_done(session: Session) -> BlindCheck | None:
    """The check that was answered last, as the address names it."""
    written = request.args.get("done", "")
    if not (written.isascii() and written.isdigit() and int(written[:10]) <= LARGEST_ID):
        return None
    check = find_check(session, account_id=visitor().account.id, check_id=int(written[:10]))
    return check if check and check.value is not None else None
