"""Blocked callers: who is turned away before any phone rings, by whom, and letting them in again."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.calls.callers import is_somebody
from calltrack.ground import ground
from calltrack.phone import display
from calltrack.telephony.blocking import (
    LONGEST_WHY,
    NUMBERLESS,
    BadBlock,
    block_caller,
    find_block,
    lift_block,
    list_blocked,
)
from calltrack.web.addressed import back_to, call_at
from calltrack.web.flow_page import LARGEST_ID
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("blocked", __name__)
_LONGEST_PATTERN = 40


@bp.get("/settings/blocked")
@requires("callers.block")
def table() -> ResponseReturnValue:
    """Everybody who is blocked now."""
    return _page(Typed())


@bp.post("/settings/blocked")
@requires("callers.block")
def add() -> ResponseReturnValue:
    """Block a number, all that begin alike, or whoever withholds theirs."""
    who = visitor()
    try:
        if text_field("whom") == NUMBERLESS:
            if text_field("pattern"):
                raise BadField(
                    "Choose one: empty the number to block everybody who withholds theirs, or take the tick away to "
                    "block that number."
                )
            pattern = NUMBERLESS
        else:
            pattern = required_field("pattern", called="a number, or how it begins", longest=_LONGEST_PATTERN)
        with ground().database.write.begin() as session:
            made = block_caller(
                session, account=who.account, pattern=pattern, why=text_field("why") or None, by=who.name
            )
    except (BadField, BadBlock) as wrong:
        return _page(refused("new", wrong, not_done="Nobody was blocked")), 400
    flash(f"{pattern_words(made.pattern)} will hear a busy signal from the next call on.", "done")
    return redirect(url_for("web.blocked.table"), 303)


@bp.post(f"/settings/blocked/<int(max={LARGEST_ID}):block_id>/lift")
@requires("callers.block")
def lift(block_id: int) -> ResponseReturnValue:
    """Let them in again."""
    with ground().database.write.begin() as session:
        block = find_block(session, account=visitor().account, block_id=block_id) or abort(404)
        lift_block(session, block=block, by=visitor().name)
    flash(f"{pattern_words(block.pattern)} may call again.", "done")
    return redirect(url_for("web.blocked.table"), 303)


@bp.post("/calls/<path:call_sid>/block")
@requires("callers.block")
def block_from_call(call_sid: str) -> ResponseReturnValue:
    """Block whoever made this call."""
    who = visitor()
    try:
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            if not is_somebody(call.caller):
                raise BadBlock("this caller shows no number of their own")
            made = block_caller(session, account=who.account, pattern=call.caller or "", by=who.name)
    except BadBlock as wrong:
        flash(f"Nobody was blocked: {wrong}.", "problem")
    else:
        flash(f"{pattern_words(made.pattern)} is blocked and hears a busy signal from the next call on.", "done")
    return back_to(call_sid, part="block")


def pattern_words(pattern: str) -> str:
    """Whom a block means, in words."""
    if pattern == NUMBERLESS:
        return "Callers who withhold their number"
    return f"Every number that begins with {pattern[:-1]}" if pattern.endswith("*") else display(pattern)


def _page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        return render_template(
            "flows/blocked.html",
            blocked=list_blocked(session, account=account),
            pattern_words=pattern_words,
            numberless=NUMBERLESS,
            typed=typed,
            zone=account.time_zone,
            longest_pattern=_LONGEST_PATTERN,
            longest_why=LONGEST_WHY,
        )
