"""What an invitation's link opens: which company it is, and coming in."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.invitations import Invitation, accept_as, accept_as_newcomer, read_invitation
from calltrack.accounts.passwords import SHORTEST_CHOICE, BadPassword, hash_choice
from calltrack.accounts.providers import domain_of, provider_of
from calltrack.audit import note
from calltrack.ground import ground
from calltrack.models import IdentityProvider
from calltrack.web.company_sign_in import send_to_provider
from calltrack.web.forms import text_field
from calltrack.web.sign_in import let_in
from calltrack.web.visitors import find_visitor

bp = Blueprint("joining", __name__)
_OVER = "This invitation was used, taken back, or is older than a week. Ask whoever sent it for another."


@bp.get("/invitation/<token>")
def show(token: str) -> ResponseReturnValue:
    """The company and the role, and what is left to do."""
    return _page(token, *_read(token))


@bp.post("/invitation/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Come in: as who is signed in, or as somebody new with a name and a password."""
    invitation, provider = _read(token)
    known, now = find_visitor(), datetime.now(UTC)
    try:
        if known is not None and known.user_id is not None:
            with ground().database.whole.write.begin() as session:
                accept_as(session, token=token, user_id=known.user_id, now=now)
                _note(session, invitation, who=known.name)
            flash(f"You belong to {invitation.account.name} now: choose it at the top to go there.", "done")
            return redirect(url_for("web.home.table"), 303)
        if invitation.known or (provider is not None and provider.required):
            return redirect(url_for("web.joining.show", token=token), 303)
        kept = hash_choice(request.form.get("password", ""), email=invitation.email)
        with ground().database.whole.write.begin() as session:
            user = accept_as_newcomer(session, token=token, name=text_field("name"), password_hash=kept, now=now)
            _note(session, invitation, who=user.email)
    except (BadAccount, BadPassword) as wrong:
        return _page(token, invitation, provider, problem=f"You are not in yet: {wrong}."), 400
    return let_in(user, "invitation", account_id=invitation.account.id)


@bp.post("/invitation/<token>/company")
def accept_by_provider(token: str) -> ResponseReturnValue:
    """Come in as whom the company's own provider knows; its answer accepts the invitation."""
    invitation, provider = _read(token)
    if provider is None:
        abort(404)
    return send_to_provider(invitation.account.id, email=invitation.email)


def _read(token: str) -> tuple[Invitation, IdentityProvider | None]:
    """The invitation, and the company's provider if it is for people of this address."""
    with ground().database.read() as session:
        found = read_invitation(session, token=token[:100], now=datetime.now(UTC)) or abort(404, _OVER)
        provider = provider_of(session, account_id=found.account.id)
    return found, provider if provider is not None and domain_of(found.email) in provider.domains else None


def _note(session: Session, invitation: Invitation, *, who: str) -> None:
    """That it was accepted: also where a second factor is still to come."""
    note(
        session, account_id=invitation.account.id, who=who, deed="changed", action="own.write",
        route="POST /invitation", noun="invitation", noun_id=str(invitation.id), address=request.remote_addr,
    )  # fmt: skip


def _page(token: str, invitation: Invitation, provider: IdentityProvider | None, *, problem: str = "") -> str:
    known = find_visitor()
    return render_template(
        "sign_in/invitation.html",
        invitation=invitation,
        token=token,
        problem=problem,
        by_provider=provider is not None and not invitation.known,
        by_password=provider is None or not provider.required,
        signed_in_as=known.name if known else "",
        shortest=SHORTEST_CHOICE,
        name=text_field("name") or invitation.name,
    )
