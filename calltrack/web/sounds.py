"""Sounds: recordings that callers hear, uploaded here, and what plays each."""

from collections import defaultdict

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from calltrack.accounts.roles import may
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.storage import StorageUnavailable
from calltrack.telephony.flow_list import list_flows
from calltrack.telephony.plan import LONGEST_WORDS
from calltrack.telephony.sounds import (
    LONGEST_NAME,
    BadSound,
    add_sound,
    find_same,
    find_sound,
    list_sounds,
    remove_sound,
)
from calltrack.web.flow_page import LARGEST_ID
from calltrack.web.forms import BadField, required_field
from calltrack.web.settings_fields import Typed, all_fields, refused
from calltrack.web.visitors import find_visitor, requires, visitor

bp = Blueprint("sounds", __name__)
_AROUND = 64 * 1024  # bytes of a form beside its file
_READ = 32 * 1024 * 1024  # bytes: so much is read of a file that is too large, to keep what was typed beside it
_TOO_LARGE = "The sound was not kept. It has at most 5 MB; an MP3 of 32 kbit/s is enough for a telephone."


@bp.before_app_request
def take_file() -> ResponseReturnValue | None:
    """Read a file before the guard keeps forms to their usual size, and only from who may send one."""
    if request.endpoint == "web.sounds.add":
        sender = find_visitor()
        if sender and may(sender.role, "flows.write"):
            request.max_content_length = _READ + _AROUND
            try:
                request.files  # noqa: B018 - reading is the purpose
            except RequestEntityTooLarge:
                return _page(Typed("new", _TOO_LARGE, wrong=["file"])), 413
    return None


@bp.get("/settings/sounds")
@requires("campaigns.write")
def table() -> ResponseReturnValue:
    """All sounds, with what plays each."""
    return _page(Typed())


@bp.post("/settings/sounds")
@requires("flows.write")
def add() -> ResponseReturnValue:
    """Take a recording in."""
    who, file, body = visitor(), request.files.get("file"), b""
    if file is not None:
        with file.stream:
            body = file.read()
    try:
        with all_fields() as field:
            with field("name"):
                name = required_field("name", called="a name", longest=LONGEST_NAME)
            with field("says"):
                says = required_field("says", called="the words that it says", longest=LONGEST_WORDS)
            with field("file"):
                if file is None or not file.filename:
                    raise BadField("Choose a file, an MP3 or a WAV.")
        with ground().database.write.begin() as session:
            there = find_same(session, account=who.account, body=body)
            made = there or add_sound(
                session,
                account=who.account,
                storage=ground().storage,
                folder=ground().settings.var / "sounds",
                name=name,
                says=says,
                body=body,
                by=who.name,
            )
    except (BadField, BadSound) as wrong:
        return _page(refused("new", wrong, not_done="The sound was not kept")), 400
    except StorageUnavailable:
        abort(503, "The sound cannot be stored at this moment. Try again in a minute.")
    if there is not None:
        flash(f"This file is here already, as {there.name}: nothing was changed.", "done")
        return redirect(url_for("web.sounds.table"), 303)
    flash(f"{made.name} is here. Choose it in a step of a flow, or as an announcement.", "done")
    return redirect(url_for("web.sounds.table"), 303)


@bp.post(f"/settings/sounds/<int(max={LARGEST_ID}):sound_id>/remove")
@requires("flows.write")
def remove(sound_id: int) -> ResponseReturnValue:
    """Offer a sound no more."""
    try:
        with ground().database.write.begin() as session:
            sound = find_sound(session, account=visitor().account, sound_id=sound_id) or abort(404)
            name = sound.name
            remove_sound(session, sound=sound, folder=ground().settings.var / "sounds", by=visitor().name)
    except BadSound as wrong:
        flash(f"Nothing was removed: {wrong}.", "problem")
    else:
        flash(f"{name} is removed.", "done")
    return redirect(url_for("web.sounds.table"), 303)


def _page(typed: Typed) -> str:
    account_id = visitor().account.id
    with ground().database.read() as session:
        account = session.get_one(Account, account_id)
        return render_template(
            "flows/sounds.html",
            sounds=list_sounds(session, account=account),
            used=_used(session, account=account),
            typed=typed,
            longest_name=LONGEST_NAME,
            longest_words=LONGEST_WORDS,
            zone=account.time_zone,
        )


def _used(session: Session, *, account: Account) -> dict[str, list[tuple[str, str]]]:
    """What plays each sound (by its SHA-256): in words, and the address where that is changed."""
    used = defaultdict[str, list[tuple[str, str]]](list)
    if account.announcement_audio:
        used[account.announcement_audio].append(("the company's announcement", url_for("web.settings.account")))
    for campaign in list_campaigns(session, account=account):
        if campaign.announcement_audio:
            address = url_for("web.setup_campaigns.show", campaign_id=campaign.id)
            used[campaign.announcement_audio].append((f"the announcement of {campaign.name}", address))
    for one in list_flows(session, account=account):
        plans = [plan for plan in (one.version.plan if one.version else None, one.flow.draft) if plan]
        for audio in {audio for plan in plans for audio in _played(plan)}:
            used[audio].append((one.flow.name, url_for("web.flows.show", flow_id=one.flow.id)))
    return used


def _played(plan: dict[str, dict[str, dict[str, dict[str, str | None]]]]) -> set[str]:
    """The sounds of a plan as it is stored, also of one that today's rules refuse."""
    prompts = (step.get(name) for step in plan["steps"].values() for name in ("prompt", "greeting"))
    return {audio for prompt in prompts if prompt and (audio := prompt.get("audio"))}
