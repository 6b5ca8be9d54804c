"""Signing in at a company's own identity provider (OpenID Connect): there, and back."""

from dataclasses import asdict
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from calltrack.accounts.identities import NotLetIn, is_tied, let_in_by_provider, tie
from calltrack.accounts.issuer import ProviderError
from calltrack.accounts.openid import Errand, Proven, authorization_address, discover, is_over, prove, set_out
from calltrack.accounts.providers import client_of, find_providers, is_any, provider_of
from calltrack.accounts.roles import may
from calltrack.accounts.sign_in import sign_out
from calltrack.audit import note
from calltrack.ground import ground
from calltrack.mail import LONGEST_ADDRESS
from calltrack.models import IdentityProvider
from calltrack.web.cookies import SIGN_IN, read_cookie
from calltrack.web.forms import text_field
from calltrack.web.sign_in import let_in, local_path
from calltrack.web.visitors import find_visitor

bp = Blueprint("company_sign_in", __name__)
Purpose = Literal["sign-in", "try"]
_ERRAND = "errand"
_LONGEST_CODE, _LONGEST_PATH = 4000, 1000
_LOST = "This sign-in was begun elsewhere, or too long ago. Begin it again here."


@bp.post("/sign-in/company")
def choose() -> ResponseReturnValue:
    """From the e-mail address to the provider of the company; of several companies one is chosen."""
    email, wanted = text_field("email"), local_path(request.form.get("next", ""))
    with ground().database.read() as reading:
        fitting = 0 < len(email) <= LONGEST_ADDRESS
        found = find_providers(reading, email=email, now=datetime.now(UTC)) if fitting else []
    chosen = [one for one in found if str(one.account_id) == text_field("company")] or found
    if not chosen:
        flash(
            "No company here has a sign-in of its own for this e-mail address. Sign in with your password."
            if email
            else "Enter your e-mail address first: it says which company's sign-in is yours.",
            "problem",
        )
        return redirect(url_for("web.sign_in.form", next=wanted), 303)
    if len(chosen) > 1:
        return render_template("sign_in/companies.html", companies=chosen, email=email, wanted=wanted)
    return send_to_provider(chosen[0].account_id, email=email, wanted=wanted)


def send_to_provider(
    account_id: int, *, email: str | None = None, wanted: str = "", purpose: Purpose = "sign-in"
) -> ResponseReturnValue:
    """A page that leads to the account's provider. A redirect would not do: what answers a form may not lead off this
    server (Content-Security-Policy, form-action)."""
    settings = ground().settings
    try:
        with ground().database.read() as reading:
            provider = provider_of(reading, account_id=account_id)
        if provider is None:
            raise ProviderError("the company has no sign-in of its own any more")
        client, errand = client_of(settings, provider=provider), set_out()
        endpoints = discover(settings, issuer=client.issuer)
    except ProviderError as why:
        return _back(purpose, f"You were not sent on: {why}.")
    address = authorization_address(
        endpoints, client=client, errand=errand, redirect_uri=_redirect_uri(), email=email
    )  # fmt: skip
    session[_ERRAND] = {
        **asdict(errand),
        "account_id": account_id,
        "wanted": wanted if len(wanted) <= _LONGEST_PATH else "",
        "purpose": purpose,
    }
    return render_template("sign_in/leaving.html", address=address, host=urlsplit(address).hostname)


@bp.get("/sign-in/callback")
def come_back() -> ResponseReturnValue:
    """What the provider sends the browser back with, taken once."""
    begun: dict[str, Any] = session.pop(_ERRAND, None) or {}
    purpose: Purpose = begun.get("purpose", "sign-in")
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not begun or not compare_digest(state.encode("utf-8", "replace"), begun["state"].encode()):
        return _back(purpose, _LOST)
    errand = Errand(**{name: begun[name] for name in ("state", "nonce", "verifier", "begun_at")})
    if is_over(errand):
        return _back(purpose, _LOST)
    try:
        if request.args.get("error") or not 0 < len(code) <= _LONGEST_CODE:
            raise ProviderError("it did not let you in")
        with ground().database.read() as reading:
            provider = provider_of(reading, account_id=begun["account_id"])
        if provider is None:
            raise ProviderError("the company has no sign-in of its own any more")
        settings = ground().settings
        proven = prove(
            settings, client=client_of(settings, provider=provider), errand=errand, code=code,
            redirect_uri=_redirect_uri(), answered_by=request.args.get("iss"),
        )  # fmt: skip
        if purpose == "try":
            return _tried(provider, proven)
        return _enter(provider, proven, wanted=begun["wanted"])
    except ProviderError as why:
        return _back(purpose, f"The company's sign-in did not work: {why}.")
    except NotLetIn as why:
        return _back(purpose, f"You were not let in: {why}.")
    except IntegrityError:  # race: the same person comes in twice at once for the first time
        return _back(purpose, _LOST)


def _enter(provider: IdentityProvider, proven: Proven, *, wanted: str) -> ResponseReturnValue:
    with ground().database.whole.write.begin() as writing:
        first = not is_tied(writing, proven=proven)
        user = let_in_by_provider(writing, provider=provider, proven=proven, now=datetime.now(UTC))
        if first:
            _note_tie(writing, provider, who=user.email, user_id=user.id)
        if token := read_cookie(SIGN_IN):  # who comes from another company of theirs leaves that one
            sign_out(writing, token=token)
    return let_in(user, "provider", wanted=wanted, account_id=provider.account_id)


def _tried(provider: IdentityProvider, proven: Proven) -> ResponseReturnValue:
    """An administrator tried it out: it works, and from now on it may be required."""
    known = find_visitor()
    mine = known is not None and known.account.id == provider.account_id and may(known.role, "people.write")
    if known is None or known.user_id is None or not mine:
        return _back("try", _LOST)
    if proven.email != known.name:
        flash(f"It works, but there you are {proven.email}, and here {known.name}. Try it as one person.", "problem")
        return redirect(url_for("web.provider.show"), 303)
    with ground().database.whole.write.begin() as writing:
        first = not is_tied(writing, proven=proven)
        tie(writing, proven=proven, user_id=known.user_id, now=datetime.now(UTC))
        if first:
            _note_tie(writing, provider, who=known.name, user_id=known.user_id)
    flash(f"It works: the provider knows you as {proven.email}.", "done")
    return redirect(url_for("web.provider.show"), 303)


def _note_tie(writing: Session, provider: IdentityProvider, *, who: str, user_id: int) -> None:
    """That the provider's subject is the person from now on: also where a second factor is still to come."""
    note(
        writing, account_id=provider.account_id, who=who, deed="changed", action="own.write",
        route="GET /sign-in/callback", noun="person", noun_id=str(user_id), detail="tied to the identity provider",
        address=request.remote_addr,
    )  # fmt: skip


@bp.app_context_processor
def what_the_sign_in_page_needs() -> dict[str, Any]:
    """Whether to offer a company's sign-in: any company's, because nobody is known there yet."""
    return {"company_sign_in_offered": company_sign_in_offered}


def company_sign_in_offered() -> bool:
    """Whether any company has a provider."""
    with ground().database.read() as reading:
        return is_any(reading)


def _redirect_uri() -> str:
    return f"{ground().settings.base_url}/sign-in/callback"


def _back(purpose: Purpose, problem: str) -> ResponseReturnValue:
    flash(problem, "problem")
    return redirect(url_for("web.provider.show" if purpose == "try" else "web.sign_in.form"), 303)
