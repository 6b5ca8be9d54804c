"""The reasons that labels may give."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.reasons import (
    LABELS,
    LONGEST_REASON,
    BadReason,
    add_reason,
    find_reason,
    list_reasons,
    restore_reason,
    retire_reason,
)
from calltrack.changes import newest_changes
from calltrack.ground import ground
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("reasons", __name__)
LARGEST_ID = 2**63 - 1


@bp.get("/settings/reasons")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """The reasons of each label, those on offer and those retired."""
    return _page(Typed())


@bp.post("/settings/reasons")
@requires("settings.write")
def add() -> ResponseReturnValue:
    """Add a reason to a label."""
    label = text_field("label")
    try:
        name = required_field("name", called="the reason", longest=LONGEST_REASON)
        with ground().database.write.begin() as session:
            reason = add_reason(session, account=visitor().account, label=label, name=name, by=visitor().name)
    except (BadField, BadReason) as wrong:
        return _page(refused(label, wrong, not_done="The reason was not added")), 400
    flash(f"{reason.name!r} is on offer for {reason.label}.", "done")
    return redirect(url_for("web.reasons.table"), 303)


@bp.post(f"/settings/reasons/<int(max={LARGEST_ID}):reason_id>/retire")
@requires("settings.write")
def retire(reason_id: int) -> ResponseReturnValue:
    """Offer a reason no longer."""
    return _set(reason_id, retired=True)


@bp.post(f"/settings/reasons/<int(max={LARGEST_ID}):reason_id>/restore")
@requires("settings.write")
def restore(reason_id: int) -> ResponseReturnValue:
    """Offer a reason again."""
    return _set(reason_id, retired=False)


def _set(reason_id: int, *, retired: bool) -> ResponseReturnValue:
    with ground().database.write.begin() as session:
        reason = find_reason(session, account=visitor().account, reason_id=reason_id) or abort(404)
        (retire_reason if retired else restore_reason)(session, reason=reason, by=visitor().name)
    state = "retired: labels that gave it keep it; restore it below" if retired else "on offer again"
    flash(f"{reason.name!r} is {state}.", "done")
    return redirect(url_for("web.reasons.table"), 303)


def _page(typed: Typed) -> str:
    with ground().database.read() as session:
        found = list_reasons(session, account=visitor().account)
        changes = newest_changes(session, account_id=visitor().account.id, noun="reason")
    return render_template(
        "settings/reasons.html",
        reasons={label: [one for one in found if one.label == label and not one.retired_at] for label in LABELS},
        retired={label: [one for one in found if one.label == label and one.retired_at] for label in LABELS},
        names={one.id: one.name for one in found},
        changes=changes,
        typed=typed,
    )
