"""What is done about missed calls by itself, what texts say, and the texts that went out lately."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.settings import (
    BUSINESS,
    LONGEST_TEXT_BACK,
    LONGEST_TEXT_HELP,
    MOST_CALL_BACK_MINUTES,
    BadSetting,
    change_account,
)
from calltrack.calls.texts import newest_texts
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, all_fields, optional_whole_field, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("missed_calls", __name__)
SHOWN = 20
SORRY = f"Sorry that we missed your call to {BUSINESS}. We will call you back. Reply STOP to opt out."


@bp.get("/settings/missed-calls")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """The settings, and the newest texts with what became of each."""
    return _page(Typed())


@bp.post("/settings/missed-calls")
@requires("settings.write")
def change() -> ResponseReturnValue:
    """Change what follows from calls that are missed from now on; an empty field: nothing."""
    who = visitor()
    try:
        with all_fields() as field, field("call_back_minutes"):
            minutes = optional_whole_field(
                "call_back_minutes", called="the minutes", least=0, most=MOST_CALL_BACK_MINUTES
            )
        with ground().database.write.begin() as session:
            _, changed = change_account(
                session,
                account=who.account,
                by=who.name,
                call_back_minutes=minutes or 0,
                text_back=text_field("text_back"),
                text_help=text_field("text_help"),
            )
    except (BadField, BadSetting) as wrong:
        return _page(refused("missed", wrong, not_done="Nothing was saved")), 400
    flash("Saved: it holds from the next missed call on." if changed else "Nothing was changed.", "done")
    return redirect(url_for("web.missed_calls.table"), 303)


def _page(typed: Typed) -> str:
    account_id = visitor().account.id
    with ground().database.read() as session:
        return render_template(
            "settings/missed_calls.html",
            account=session.get_one(Account, account_id),
            texts=newest_texts(session, account_id=account_id, limit=SHOWN),
            typed=typed,
            business=BUSINESS,
            sorry=SORRY,
            longest_back=LONGEST_TEXT_BACK,
            longest_help=LONGEST_TEXT_HELP,
        )
