"""Where the company's people sign in: its identity provider, tried out before it is required."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.issuer import LONGEST_URL
from calltrack.accounts.providers import LONGEST_CLIENT, MOST_DOMAINS, provider_of, remove_provider, save_provider
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.web.company_sign_in import send_to_provider
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("provider", __name__)
_LONGEST_DOMAINS = 5000


@bp.get("/settings/identity-provider")
@requires("people.write")
def show() -> ResponseReturnValue:
    """What is set, and the address that the provider asks for."""
    return _page(Typed())


@bp.post("/settings/identity-provider")
@requires("people.write")
def save() -> ResponseReturnValue:
    """Set or change it; an empty secret keeps the one there is."""
    who = visitor()
    try:
        issuer = required_field("issuer", called="the issuer's address", longest=LONGEST_URL)
        client_id = required_field("client_id", called="the client's id", longest=LONGEST_CLIENT)
        domains = required_field("domains", called="an e-mail domain", longest=_LONGEST_DOMAINS)
        with ground().database.write.begin() as session:
            provider = save_provider(
                session, settings=ground().settings, account=who.account, issuer=issuer, client_id=client_id,
                client_secret=text_field("client_secret"),
                domains=domains.replace(",", " ").split()[: MOST_DOMAINS + 1],
                required=text_field("required") == "yes", by=who.name, now=datetime.now(UTC),
            )  # fmt: skip
    except (BadField, BadAccount) as wrong:
        return _page(refused("provider", wrong, not_done="Nothing was saved")), 400
    flash("Saved." if provider.required else "Saved. Try it out, before you require it.", "done")
    return redirect(url_for("web.provider.show"), 303)


@bp.post("/settings/identity-provider/try")
@requires("people.write")
def try_out() -> ResponseReturnValue:
    """Go there and back as oneself; it changes nobody's way in."""
    return send_to_provider(visitor().account.id, email=visitor().name, purpose="try")


@bp.post("/settings/identity-provider/remove")
@requires("people.write")
def remove() -> ResponseReturnValue:
    """Back to passwords alone."""
    with ground().database.write.begin() as session:
        remove_provider(session, account_id=visitor().account.id, by=visitor().name)
    flash("Removed. People sign in with their passwords; who has none asks for one on the sign-in page.", "done")
    return redirect(url_for("web.provider.show"), 303)


def _page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        provider = provider_of(session, account_id=account.id)
        changes = changes_of(session, account_id=account.id, noun="identity provider", noun_id=account.id)
    required = typed.values.get("required") if typed.form else provider is not None and provider.required
    return render_template(
        "settings/provider.html",
        provider=provider,
        required=bool(required),
        redirect_uri=f"{ground().settings.base_url}/sign-in/callback",
        typed=typed,
        changes=changes,
        longest_url=LONGEST_URL,
        longest_client=LONGEST_CLIENT,
        on_https=request.is_secure,
    )
