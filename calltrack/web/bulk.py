"""Many calls at once, from the list: tagged, untagged or labelled, and taken back as one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from urllib.parse import parse_qsl

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.calls.batches import (
    BadBatch,
    Hung,
    read_batch,
    tag_calls,
    undo_tag_calls,
    undo_untag_calls,
    untag_calls,
)
from calltrack.calls.tags import BadTag
from calltrack.ground import ground
from calltrack.learning.deeds import Deed, What, say_all, undo_all
from calltrack.web.filters import NAMES
from calltrack.web.forms import asks_by_htmx, text_field
from calltrack.web.visitors import requires, visitor, visitor_may

bp = Blueprint("bulk", __name__)
LABELS = {"confirm": "confirmed", "lead": "labelled lead", "excused": "labelled excused"}
TAGS = {"tag": "tagged", "untag": "no longer tagged"}
MOST_TOLD = 5  # calls that were skipped, one by one


@dataclass(frozen=True)
class Bar:
    """What was done, with what undoes it: `deed`, `batch` and `tag` are the fields of that form."""

    words: str
    problems: Sequence[str] = ()
    deed: str = ""
    batch: str = ""
    tag: str = ""


@bp.post("/calls/bulk")
@requires("calls.tag")
def do() -> ResponseReturnValue:
    """Tag, untag or label the calls that were picked."""
    deed, _, reason = text_field("deed").partition(":")
    picked = request.form.getlist("pick")
    if deed not in LABELS and deed not in TAGS:
        return _answer(Bar("", ["Choose what to do with the calls."]))
    if deed in LABELS and not visitor_may("calls.label"):
        abort(403, f"Your role ({visitor().role}) may not label calls.")
    if not picked:
        return _answer(Bar("", ["Select at least one call, then say what to do with it."]))
    try:
        return _answer(_label(deed, reason, picked) if deed in LABELS else _tag(deed, picked), changed=True)
    except (BadBatch, BadTag) as wrong:
        return _answer(Bar("", [f"Nothing was changed: {wrong}."]))


@bp.post("/calls/bulk/undo")
@requires("calls.tag")
def undo() -> ResponseReturnValue:
    """Take back what was done to many calls: their labels, or just those tags that it hung."""
    deed, batch, tag, account = text_field("deed"), text_field("batch"), text_field("tag"), visitor().account
    if deed in LABELS and not visitor_may("calls.label"):
        abort(403, f"Your role ({visitor().role}) may not label calls.")
    refused: list[tuple[int, str]] = []
    try:
        with ground().database.write.begin() as session:
            if deed in LABELS:
                label_ids = read_batch(batch)
                undone, refused = undo_all(session, account=account, label_ids=label_ids, said_by=visitor().name)
                words = f"{_many(len(undone), 'label')} taken back."
            else:
                back = undo_untag_calls if deed == "untag" else undo_tag_calls
                count = back(session, account=account, batch=batch, tag=tag, tagged_by=visitor().name)
                words = f"{_many(count, 'call')} {'tagged' if deed == 'untag' else 'untagged'} again: {tag}."
    except (BadBatch, BadTag):
        return _answer(Bar("", ["Nothing was taken back: what was done is not known. Take it back on each call."]))
    problems = [f"{len(refused)} could not be taken back: {refused[0][1]}."] if refused else []
    return _answer(Bar(words, problems), changed=True)


def bar_from_address() -> Bar | None:
    """What was done last, as the address names it after a plain form."""
    deed, batch, tag = (request.args.get(name, "").replace("\x00", "") for name in ("did", "batch", "tagged"))
    count = request.args.get("count", "")
    if not (deed in LABELS | TAGS and batch and len(batch) < 4000 and count.isascii() and count.isdigit()):
        return None
    return Bar(_done(deed, int(count[:3]), tag), deed=deed, batch=batch, tag=tag)


def _label(deed: str, reason: str, picked: list[str]) -> Bar:
    deeds = [Deed(sid, cast("What", deed), reason or None, seen) for seen, sid in map(_read_pick, picked)]
    with ground().database.write.begin() as session:
        found = say_all(session, account=visitor().account, deeds=deeds, said_by=visitor().name)
    told = [f"The call {one.call_sid} was skipped: {one.why}." for one in found.skipped]
    words = _done(deed, len(found.done)) if found.done else ""
    return Bar(words, _some(told), deed=deed if found.batch else "", batch=found.batch)


def _tag(deed: str, picked: list[str]) -> Bar:
    call_sids = [call_sid for _, call_sid in map(_read_pick, picked)]
    account, tag, now = visitor().account, text_field("tag"), datetime.now(UTC)
    with ground().database.write.begin() as session:
        if deed == "tag":
            found: Hung = tag_calls(
                session, account=account, call_sids=call_sids, tag=tag, tagged_by=visitor().name, now=now
            )
        else:
            found = untag_calls(session, account=account, call_sids=call_sids, tag=tag, now=now)
    told = [f"There is no call {call_sid}." for call_sid in found.unknown]
    if found.unchanged:
        told.append(f"{_many(found.unchanged, 'call')} {'had' if deed == 'tag' else 'did not have'} the tag already.")
    words = _done(deed, found.changed, found.tag) if found.changed else ""
    return Bar(words, _some(told), deed=deed if found.batch else "", batch=found.batch, tag=found.tag)


def _read_pick(written: str) -> tuple[int, str]:
    """The label that was seen, and the call; what cannot be read as one names no call."""
    seen, _, call_sid = written.replace("\x00", "").partition(":")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else -1, call_sid


def _done(deed: str, count: int, tag: str = "") -> str:
    return f"{_many(count, 'call')} {(LABELS | TAGS)[deed]}{f': {tag}' if deed in TAGS else ''}."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _some(told: list[str]) -> list[str]:
    return told[:MOST_TOLD] + ([f"{len(told) - MOST_TOLD} more were skipped."] if len(told) > MOST_TOLD else [])


def _answer(bar: Bar, *, changed: bool = False) -> ResponseReturnValue:
    """By htmx the bar alone, and word to the list that calls changed; else the list that the form stood on."""
    if asks_by_htmx():
        answer = make_response(render_template("calls/bar.html", bar=bar))
        if changed:
            answer.headers["HX-Trigger"] = json.dumps({"call-changed": {}})
        return answer
    for problem in bar.problems:
        flash(problem, "problem")
    asked = {name: value for name, value in parse_qsl(text_field("query")) if name in NAMES}
    if bar.batch:
        count = bar.words.partition(" ")[0]
        asked |= {"did": bar.deed, "batch": bar.batch, "tagged": bar.tag, "count": count}
    elif bar.words:
        flash(bar.words, "done")
    return redirect(url_for("web.calls.table", **asked), 303)  # type: ignore[arg-type]
