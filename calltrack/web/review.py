"""Review: the calls on which a word is worth most, one after the other, by keyboard if one likes; and many at once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.batches import BadBatch, read_batch
from calltrack.calls.labels import reasons_of
from calltrack.calls.reading import CallDetail, read_call
from calltrack.ground import ground
from calltrack.learning.deeds import Deed, Done, What, say_all, undo_all
from calltrack.learning.review import MOST_WAITING, Waiting, count_unsure, find_waiting, queue
from calltrack.paging import BadCursor
from calltrack.web.addressed import call_at
from calltrack.web.forms import text_field
from calltrack.web.highlight import mark_evidence
from calltrack.web.visitors import requires, visitor
from calltrack.web.waveform import COLUMNS, draw_waveform

bp = Blueprint("review", __name__)
WORDS: dict[str, str] = {"confirm": "confirmed", "lead": "labelled lead", "excused": "labelled excused"}
MOST_TOLD = 5  # calls that were skipped, one by one
PER_PAGE = 50


@dataclass(frozen=True)
class Opened:
    """The call that is open, with all that its panel shows."""

    one: Waiting
    detail: CallDetail
    turns: list[dict[str, Any]]
    waves: list[str]


@bp.get("/review")
@requires("calls.label")
def table() -> ResponseReturnValue:
    """The queue; `open` names the call that is open, else it is the first."""
    account, now, problems = visitor().account, datetime.now(UTC), list[str]()
    cursor, wanted = request.args.get("cursor"), request.args.get("open", "").replace("\x00", "")
    with ground().database.read() as session:
        try:
            page = queue(session, account=account, now=now, cursor=cursor, limit=PER_PAGE)
        except BadCursor:
            page, cursor = queue(session, account=account, now=now, limit=PER_PAGE), None
            problems.append("That page of the queue is not known; here is the first.")
        chosen = next((one for one in page.items if one.call.call_sid == wanted), page.items[0] if page.items else None)
        return render_template(
            "review/queue.html",
            page=page,
            later=cursor is not None,
            problems=problems,
            opened=_open(session, chosen) if chosen else None,
            columns=COLUMNS,
            reasons=reasons_of(session, account_id=account.id),
            unsure=count_unsure(session, account_id=account.id, now=now),
            most=MOST_WAITING,
            done=_done_bar(),
        ), 400 if problems else 200


@bp.get("/review/calls/<path:call_sid>")
@requires("calls.label", leaves="saw")
def panel(call_sid: str) -> ResponseReturnValue:
    """What is shown of one call of the queue while it is open."""
    account = visitor().account
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid)
        one = find_waiting(session, account=account, call_id=call.id, now=datetime.now(UTC))
        if one is None:
            abort(404, "This call is not in the queue any more.")
        return render_template(
            "review/panel.html",
            opened=_open(session, one),
            columns=COLUMNS,
            reasons=reasons_of(session, account_id=account.id),
        )


@bp.post("/review")
@requires("calls.label")
def say() -> ResponseReturnValue:
    """Confirm or label the calls that were picked: the open one, or all that are selected."""
    what, _, reason = text_field("deed").partition(":")
    picked = request.form.getlist("pick")
    if what not in WORDS or not picked:
        return _answer(problem="Select at least one call, then say what it is.")
    reason = reason or text_field("reason")
    deeds = [Deed(sid, cast("What", what), reason or None, seen) for seen, sid in map(_read_pick, picked)]
    try:
        with ground().database.write.begin() as session:
            found = say_all(session, account=visitor().account, deeds=deeds, said_by=visitor().name)
    except BadBatch as wrong:
        return _answer(problem=f"Nothing was saved: {wrong}.")
    return _answer(found=found, what=what)


@bp.post("/review/undo")
@requires("calls.label")
def undo() -> ResponseReturnValue:
    """Take the labels of one deed back, all of them."""
    try:
        label_ids = read_batch(text_field("batch"))
        with ground().database.write.begin() as session:
            undone, refused = undo_all(session, account=visitor().account, label_ids=label_ids, said_by=visitor().name)
    except BadBatch:
        return _answer(problem="Nothing was taken back: the labels are not known. Take each back on its call's page.")
    words = f"{len(undone)} {'label' if len(undone) == 1 else 'labels'} taken back."
    if refused:
        words += f" {len(refused)} could not be: {refused[0][1]}."
    if asks_for_json():
        return jsonify(words=words, undone=[call_sid for call_sid, _ in undone])
    flash(words, "done" if undone else "problem")
    return redirect(url_for("web.review.table"), 303)


def asks_for_json() -> bool:
    """Whether the page's own script asks, which goes on by itself."""
    return request.accept_mimetypes.best == "application/json"


def _open(session: Session, one: Waiting) -> Opened:
    detail = read_call(session, call=call_at(session, call_sid=one.call.call_sid))
    evidence = detail.label.evidence if detail.label else []
    marked = mark_evidence(turns=[str(turn["text"]) for turn in detail.turns], evidence=evidence)
    return Opened(
        one=one,
        detail=detail,
        turns=[{**turn, "pieces": pieces} for turn, pieces in zip(detail.turns, marked, strict=True)],
        waves=draw_waveform(detail.recording.peaks if detail.recording else None),
    )


def _read_pick(written: str) -> tuple[int, str]:
    """The label that was seen, and the call; what cannot be read as one names no call."""
    seen, _, call_sid = written.replace("\x00", "").partition(":")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else -1, call_sid


def _done_bar() -> dict[str, str] | None:
    """What was done last, with the word that undoes it, as the address names it."""
    batch, what = request.args.get("done", ""), request.args.get("what", "")
    try:
        count = len(read_batch(batch))
    except BadBatch:
        return None
    return {"words": f"{count} {WORDS[what]}.", "batch": batch} if what in WORDS else None


def _answer(*, found: Done | None = None, what: str = "", problem: str = "") -> ResponseReturnValue:
    """To the script as JSON, to a form as the page that follows."""
    told = [f"The call {one.call_sid} was skipped: {one.why}." for one in found.skipped] if found else [problem]
    more = [f"{len(told) - MOST_TOLD} more were skipped."] if len(told) > MOST_TOLD else []
    done = f"{len(found.done)} {WORDS[what]}." if found and found.done else ""
    if asks_for_json():
        fields = {"batch": found.batch} if found and found.done else None
        return jsonify(
            words=done,
            problems=told[:MOST_TOLD] + more,
            skipped=[one.call_sid for one in found.skipped] if found else [],
            undo={"action": url_for("web.review.undo"), "fields": fields} if fields else None,
        )
    for one in told[:MOST_TOLD] + more:
        flash(one, "problem")
    done_now = found.batch if found and found.done else None
    return redirect(url_for("web.review.table", done=done_now, what=what if done_now else None), 303)
