"""The API keys of the company's programs: made, shown once, revoked."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.keys import LONGEST_KEY_NAME, create_key, is_over, key_of, list_keys, revoke_key
from calltrack.accounts.limits import campaign_names
from calltrack.accounts.roles import ROLES
from calltrack.ground import ground
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.limits_fields import LARGEST_ID, limits_field, role_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("keys", __name__)
# Days that a key may last, by what the form says; 0: until it is revoked.
LIVES = {"30": "30 days", "90": "90 days", "365": "a year", "0": "until it is revoked"}


@bp.get("/settings/keys")
@requires("keys.write")
def table() -> ResponseReturnValue:
    """Every key: what for, what it may do, when it was last used."""
    return _page(Typed())


@bp.post("/settings/keys")
@requires("keys.write")
def add() -> ResponseReturnValue:
    """Make a key, and show it: nobody can read it again."""
    who, now = visitor(), datetime.now(UTC)
    try:
        name = required_field("name", called="what the key is for", longest=LONGEST_KEY_NAME)
        role, limits, lives = role_field(), limits_field(), text_field("lives")
        if lives not in LIVES:
            raise BadField("Choose how long the key lasts.")
        expires_at = now + timedelta(days=int(lives)) if lives != "0" else None
        with ground().database.write.begin() as session:
            key = create_key(
                session, account=who.account, role=role, name=name, by=who.name, expires_at=expires_at,
                campaign_ids=limits,
            )  # fmt: skip
    except (BadField, BadAccount) as wrong:
        return _page(refused("key", wrong, not_done="No key was made")), 400
    return _page(Typed(), shown_key=key, shown_name=name), 201


@bp.post(f"/settings/keys/<int(max={LARGEST_ID}):key_id>/revoke")
@requires("keys.write")
def revoke(key_id: int) -> ResponseReturnValue:
    """Let the key open nothing from here on."""
    with ground().database.write.begin() as session:
        key = key_of(session, account_id=visitor().account.id, key_id=key_id) or abort(404)
        revoke_key(session, key=key, by=visitor().name, now=datetime.now(UTC))
    flash(f"Key {key.id}{f' ({key.name})' if key.name else ''} is revoked: whatever uses it is turned away.", "done")
    return redirect(url_for("web.keys.table"), 303)


def _page(typed: Typed, *, shown_key: str = "", shown_name: str = "") -> str:
    account, now = visitor().account, datetime.now(UTC)
    with ground().database.read() as session:
        keys = list_keys(session, account_id=account.id)
        return render_template(
            "settings/keys.html",
            keys=keys,
            expired={one.id for one in keys if is_over(one, now=now)},
            revoked=list_keys(session, account_id=account.id, revoked=True),
            campaigns=campaign_names(session, account_id=account.id),
            roles=ROLES,
            lives=LIVES,
            longest_name=LONGEST_KEY_NAME,
            typed=typed,
            shown_key=shown_key,
            shown_name=shown_name,
            base_url=ground().settings.base_url,
            zone=account.time_zone,
        )
