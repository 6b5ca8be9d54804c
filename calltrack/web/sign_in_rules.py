"""How an account's people have to sign in."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.second_factor import BadFactor, count_factors, demand_factor
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.web.forms import text_field
from calltrack.web.second_factor import own_user
from calltrack.web.visitors import requires, visitor

bp = Blueprint("sign_in_rules", __name__)


@bp.get("/settings/sign-in")
@requires("people.write")
def table() -> ResponseReturnValue:
    """Whether a second factor is asked of everybody, and how many have one."""
    account_id = visitor().account.id
    with ground().database.read() as session:
        having, people = count_factors(session, account_id=account_id)
        return render_template(
            "settings/sign_in.html", account=session.get_one(Account, account_id), having=having, people=people
        )


@bp.post("/settings/sign-in")
@requires("people.write")
def change() -> ResponseReturnValue:
    """Ask it of everybody, or leave it to each."""
    who, demanded = visitor(), text_field("second_factor") == "yes"
    user = own_user()
    try:
        with ground().database.write.begin() as session:
            changed = demand_factor(
                session, account_id=who.account.id, user_id=user.id, demanded=demanded, by=who.name
            )  # fmt: skip
    except BadFactor as wrong:
        flash(f"Nothing was changed: {wrong}.", "problem")
        return redirect(url_for("web.sign_in_rules.table"), 303)
    said = "Everybody needs a second factor now." if demanded else "A second factor is up to each now."
    flash(said if changed else "Nothing was changed.", "done")
    return redirect(url_for("web.sign_in_rules.table"), 303)
