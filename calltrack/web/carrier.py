"""Which carrier the company's numbers are with."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.settings import BadSetting, change_account
from calltrack.ground import ground
from calltrack.telephony.carriers import access_of
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("carrier", __name__)
CARRIERS = {"twilio": "Twilio", "signalwire": "SignalWire"}
"""The carriers as they call themselves."""


@bp.post("/settings/carrier")
@requires("numbers.write")
def change() -> ResponseReturnValue:
    """Look for numbers, texts and recordings at that carrier from now on; calls are taken from any that is set up."""
    who = visitor()
    try:
        with ground().database.write.begin() as session:
            _, changed = change_account(session, account=who.account, by=who.name, carrier=text_field("carrier"))
    except BadSetting as wrong:
        flash(f"Nothing was saved: {wrong}.", "problem")
    else:
        flash("Saved. Check each number on its page." if changed else "Nothing was changed.", "done")
        name = text_field("carrier")
        if missing := access_of(ground().settings, carrier=name).missing:
            flash(
                f"{CARRIERS[name]} cannot be used yet: this server's settings lack {', '.join(missing)}. "
                "Whoever runs the server adds them.",
                "problem",
            )
    return redirect(url_for("web.settings.account", _anchor="carrier"), 303)
