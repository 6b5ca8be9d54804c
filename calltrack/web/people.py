"""The people of the company: who they are, what each may do, who waits to come in, and taking somebody out."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.invitations import list_open
from calltrack.accounts.limits import campaign_names
from calltrack.accounts.people import Member, change_member, list_members, remove_member
from calltrack.accounts.roles import ROLES
from calltrack.accounts.second_factor import reset
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.mail import can_send
from calltrack.web.forms import BadField, text_field
from calltrack.web.limits_fields import LARGEST_ID, limits_field, role_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("people", __name__)
_ONE = f"/settings/people/<int(max={LARGEST_ID}):person_id>"


@bp.get("/settings/people")
@requires("people.write")
def table() -> ResponseReturnValue:
    """Everybody of the company, and who is invited."""
    return people_page(Typed())


@bp.get(_ONE)
@requires("people.write")
def show(person_id: int) -> ResponseReturnValue:
    """One person: the role, the limits, the second factor, and the way out."""
    return _person_page(person_id, Typed())


@bp.post(_ONE)
@requires("people.write")
def change(person_id: int) -> ResponseReturnValue:
    """Another role, other limits."""
    who = visitor()
    try:
        role, limits = role_field(), limits_field()
        with ground().database.write.begin() as session:
            known = change_member(
                session, account=who.account, user_id=person_id, role=role, campaign_ids=limits, by=who.name
            )
    except (BadField, BadAccount) as wrong:
        return _person_page(person_id, refused("person", wrong, not_done="Nothing was changed")), 400
    if not known:
        abort(404)
    flash("Saved. It counts from the next page that they open.", "done")
    return redirect(url_for("web.people.table"), 303)


@bp.post(f"{_ONE}/remove")
@requires("people.write")
def remove(person_id: int) -> ResponseReturnValue:
    """Take a person out of the company; of oneself only with a tick that says so."""
    who = visitor()
    person = _person(person_id)
    try:
        if person_id == who.user_id and text_field("me") != "yes":
            raise BadField("Tick that you mean yourself.")
        with ground().database.write.begin() as session:
            remove_member(session, account=who.account, user_id=person_id, by=who.name)
    except (BadField, BadAccount) as wrong:
        return _person_page(person_id, refused("remove", wrong, not_done="Nobody was removed")), 400
    flash(f"{person.name} is no longer one of {who.account.name}'s people, and was signed out of it.", "done")
    return redirect(url_for("web.people.table"), 303)


@bp.post(f"{_ONE}/second-factor")
@requires("people.write")
def reset_second_factor(person_id: int) -> ResponseReturnValue:
    """Take a lost second factor away; not of somebody whom other companies have: it guards those as well."""
    person = _person(person_id)
    if person.elsewhere:
        flash(
            f"Nothing was changed: {person.name} belongs to another company too. A recovery code lets them in, or "
            "whoever runs this server.",
            "problem",
        )
        return redirect(url_for("web.people.show", person_id=person_id), 303)
    with ground().database.write.begin() as session:
        reset(session, user_id=person_id)
    flash(
        f"{person.name} was signed out everywhere, and signs in with the password alone until they set one up.", "done"
    )
    return redirect(url_for("web.people.show", person_id=person_id), 303)


def people_page(typed: Typed, *, shown_link: str = "", shown_for: str = "") -> str:
    """The page of all people. `shown_link`: of an invitation that no e-mail carries, shown this once."""
    account = visitor().account
    with ground().database.read() as session:
        return render_template(
            "settings/people.html",
            members=list_members(session, account_id=account.id),
            waiting=list_open(session, account_id=account.id),
            campaigns=campaign_names(session, account_id=account.id),
            roles=ROLES,
            typed=typed,
            shown_link=shown_link,
            shown_for=shown_for,
            can_send=can_send(ground().settings),
            zone=account.time_zone,
            now=datetime.now(UTC),
        )


def _person(person_id: int) -> Member:
    with ground().database.read() as session:
        found = list_members(session, account_id=visitor().account.id, user_id=person_id)
    return found[0] if found else abort(404)


def _person_page(person_id: int, typed: Typed) -> str:
    person, account = _person(person_id), visitor().account
    with ground().database.read() as session:
        return render_template(
            "settings/person.html",
            person=person,
            campaigns=campaign_names(session, account_id=account.id),
            changes=changes_of(session, account_id=account.id, noun="person", noun_id=person_id),
            roles=ROLES,
            typed=typed,
            zone=account.time_zone,
        )
