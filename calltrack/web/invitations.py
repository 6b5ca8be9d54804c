"""Inviting people into the company."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.invitations import (
    invitation_address,
    invite,
    open_invitation,
    renew,
    send_invitation,
    take_back,
)
from calltrack.accounts.people import LONGEST_NAME
from calltrack.ground import ground
from calltrack.mail import LONGEST_ADDRESS, MailUnavailable
from calltrack.models import MailLink
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.limits_fields import LARGEST_ID, limits_field, role_field
from calltrack.web.people import people_page
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("invitations", __name__)
_ONE = f"/settings/people/invitations/<int(max={LARGEST_ID}):invitation_id>"


@bp.post("/settings/people/invitations")
@requires("people.write")
def add() -> ResponseReturnValue:
    """Invite somebody."""
    who = visitor()
    try:
        email = required_field("email", called="an e-mail address", longest=LONGEST_ADDRESS)
        name = text_field("name")[: LONGEST_NAME + 1]
        role, limits = role_field(), limits_field()
        with ground().database.write.begin() as session:
            link, token = invite(
                session, account=who.account, email=email, name=name, role=role, campaign_ids=limits, by=who.name,
                now=datetime.now(UTC),
            )  # fmt: skip
    except (BadField, BadAccount) as wrong:
        return people_page(refused("invite", wrong, not_done="Nobody was invited")), 400
    return _send(link, token)


@bp.post(f"{_ONE}/again")
@requires("people.write")
def again(invitation_id: int) -> ResponseReturnValue:
    """Send a fresh link; the one that was sent before opens nothing any more."""
    with ground().database.write.begin() as session:
        link = open_invitation(session, account_id=visitor().account.id, invitation_id=invitation_id) or abort(404)
        token = renew(session, invitation=link, by=visitor().name, now=datetime.now(UTC))
    return _send(link, token)


@bp.post(f"{_ONE}/take-back")
@requires("people.write")
def undo(invitation_id: int) -> ResponseReturnValue:
    """Let the link open nothing."""
    with ground().database.write.begin() as session:
        link = open_invitation(session, account_id=visitor().account.id, invitation_id=invitation_id) or abort(404)
        take_back(session, invitation=link, by=visitor().name, now=datetime.now(UTC))
    flash(f"The invitation of {link.email} was taken back; its link opens nothing.", "done")
    return redirect(url_for("web.people.table"), 303)


def _send(link: MailLink, token: str) -> ResponseReturnValue:
    """By e-mail; where that does not go, the link is shown to whoever invites, this once."""
    settings = ground().settings
    try:
        send_invitation(settings, invitation=link, company=visitor().account.name, token=token)
    except MailUnavailable as why:
        shown = invitation_address(settings, token=token)
        return people_page(
            Typed("sent", f"No e-mail went out: {why}."), shown_link=shown, shown_for=link.email
        )  # fmt: skip
    flash(f"{link.email} was sent a link that works for a week.", "done")
    return redirect(url_for("web.people.table"), 303)
