"""Going from one company to another. A form that was loaded in one never writes into the other."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, abort, flash, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from calltrack.accounts.sign_in import sign_out
from calltrack.accounts.switching import OwnAccount, own_accounts, switch_account
from calltrack.audit import note
from calltrack.ground import ground
from calltrack.web.company_sign_in import send_to_provider
from calltrack.web.cookies import SIGN_IN, drop_cookie, read_cookie
from calltrack.web.guard import is_for_programs
from calltrack.web.limits_fields import LARGEST_ID
from calltrack.web.visitors import find_visitor, requires, visitor

bp = Blueprint("switching", __name__)
# In the browser's session: the account that its forms were made for.
_FORMS_OF = "forms_of"


@bp.post(f"/account/switch/<int(max={LARGEST_ID}):account_id>")
@requires("own.write")
def switch(account_id: int) -> ResponseReturnValue:
    """See another company of one's own; the one that is open now stays as it is."""
    token, who = read_cookie(SIGN_IN) or abort(403), visitor()
    with ground().database.write.begin() as writing:
        step = switch_account(writing, token=token, account_id=account_id)
        if step == "gone over":
            note(
                writing, account_id=account_id, who=who.name, deed="entered", action="own.write",
                route="POST /account/switch", detail="from another company", address=request.remote_addr,
            )  # fmt: skip
        if step == "password":
            sign_out(writing, token=token)
    if step is None:
        abort(404)
    if step == "provider":
        return send_to_provider(account_id, email=who.name)
    session.clear()  # a form that was loaded in the company before is void
    if step == "gone over":
        return redirect(url_for("web.home.table"), 303)
    flash(
        f"You came in by {who.account.name}'s own sign-in, which opens that company alone. Sign in with your password "
        "to see the others.",
        "problem",
    )
    answer = make_response(redirect(url_for("web.sign_in.form"), 303))
    drop_cookie(answer, SIGN_IN)
    return answer


@bp.before_app_request
def refuse_forms_of_another_company() -> None:
    """A page that was loaded before somebody switched, in another tab, shows what is not to be done in the company that
    is open now. The token of its form went with the switch; this holds where an answer that was still under way brought
    the old session back."""
    made_for = session.get(_FORMS_OF)
    if request.method != "POST" or made_for is None or not request.endpoint or is_for_programs():
        return
    known = find_visitor()
    if known is not None and known.account.id != made_for:
        raise CSRFError("The form was loaded in another company.")


@bp.app_context_processor
def what_switching_needs() -> dict[str, Any]:
    """Before a page of a company shows a form, the session's token becomes that company's own."""
    known = g.get("visitor")
    if known is not None and session.get(_FORMS_OF) != known.account.id:
        session[_FORMS_OF] = known.account.id
        for kept in (session, g):
            kept.pop("csrf_token", None)
    return {"other_companies": other_companies}


def other_companies() -> list[OwnAccount]:
    """The companies that the visitor could go to; none where the database is away: an error page must not wait.
    A company's own sign-in opens that company alone, and is not told of the others."""
    known = g.get("visitor")
    if known is None or known.user_id is None or known.way == "provider":
        return []
    with suppress(SQLAlchemyError), ground().database.read() as reading:
        own = own_accounts(reading, user_id=known.user_id)
        return [one for one in own if one.id != known.account.id]
    return []
