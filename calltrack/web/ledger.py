"""Ledger accounts: which of them are income, so that what is billed on them is revenue."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.warnings import claim_ledger_account, unclaimed_ledger_accounts
from calltrack.changes import newest_changes
from calltrack.ground import ground
from calltrack.jobs.jobs import BadJob
from calltrack.jobs.ledger import list_ledger_accounts, set_income
from calltrack.models.job import LONGEST_NAME
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, all_fields, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("ledger", __name__)


@bp.get("/settings/ledger")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """All ledger accounts; first those of which nobody has said whether they are income."""
    return _page(Typed())


@bp.post("/settings/ledger")
@requires("settings.write")
def put() -> ResponseReturnValue:
    """Say whether a ledger account is income; one that is new is added."""
    income = text_field("income")
    try:
        with all_fields() as field:
            with field("name"):
                name = required_field("name", called="the name of the ledger account", longest=LONGEST_NAME)
            with field("income"):
                if income not in ("yes", "no"):
                    raise BadField("Say whether it is income.")
        with ground().database.write.begin() as session:
            found = set_income(session, account=visitor().account, name=name, income=income == "yes", by=visitor().name)
            claim_ledger_account(session, ledger_account=found, by=visitor().name)
    except (BadField, BadJob) as wrong:
        return _page(refused("new", wrong, not_done="The ledger account was not saved")), 400
    flash(f"{found.name} is {'' if found.income else 'not '}income. Revenue follows it.", "done")
    return redirect(url_for("web.ledger.table"), 303)


def _page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        found = list_ledger_accounts(session, account=account)
        changes = newest_changes(session, account_id=account.id, noun="ledger account")
        unclaimed = {one.id for one in unclaimed_ledger_accounts(session, account=account)}
    found.sort(key=lambda one: one.id not in unclaimed)
    return render_template(
        "settings/ledger.html",
        accounts=found,
        unclaimed=unclaimed,
        names={one.id: one.name for one in found},
        changes=changes,
        typed=typed,
    )
