"""“Your account”: one's own password, second factor and the browsers in which one is signed in."""

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import check_password, keep_password
from calltrack.accounts.passwords import SHORTEST_CHOICE, BadPassword, hash_choice
from calltrack.accounts.recovery import CODES, codes_left
from calltrack.accounts.resets import mail_changed
from calltrack.accounts.second_factor import has_factor, must_have_factor
from calltrack.accounts.sessions import IDLE_ENDS, end_browser, end_others, list_browsers
from calltrack.accounts.sign_in import LASTS
from calltrack.accounts.throttle import begin_try, passed
from calltrack.accounts.trail import note_everywhere
from calltrack.ground import ground
from calltrack.mail import can_send
from calltrack.web.browsers import browser_words, way_words
from calltrack.web.cookies import SIGN_IN, read_cookie
from calltrack.web.devices import names_to_try
from calltrack.web.forms import BadField, text_field
from calltrack.web.posting import post
from calltrack.web.second_factor import is_for_all, own_user
from calltrack.web.settings_fields import BadFields, Typed, refused
from calltrack.web.sign_in import wait_words
from calltrack.web.visitors import requires, visitor

bp = Blueprint("own_account", __name__)
_NOT = "Your password was not changed"


@bp.get("/account")
@requires("own.write")
def table() -> ResponseReturnValue:
    """Everything about one's own sign-in."""
    return _page(Typed())


@bp.post("/account/password")
@requires("own.write")
def change_password() -> ResponseReturnValue:
    """Another password; whoever is signed in with the old one elsewhere is signed out."""
    user, house = own_user(), ground()
    current, fresh, again = (request.form.get(name, "") for name in ("current", "password", "again"))
    names = names_to_try(kind="own", who=str(user.id), email=user.email)
    try:
        if fresh != again:
            raise BadFields({"again": "The new password is not the same both times."})
        with house.database.whole.write.begin() as session:
            wait = begin_try(session, names=names, now=datetime.now(UTC))
        if wait:
            raise BadField(wait_words(wait))
        with house.database.read() as session:
            if check_password(session, email=user.email, password=current) is None:
                raise BadFields({"current": "The present password is another one."})
        hashed = hash_choice(fresh, email=user.email)
    except BadPassword as wrong:
        return _page(refused("password", BadFields({"password": f"{str(wrong).capitalize()}."}), not_done=_NOT)), 400
    except BadField as wrong:
        return _page(refused("password", wrong, not_done=_NOT)), 400
    now = datetime.now(UTC)
    with house.database.whole.write.begin() as session:
        for name in names:
            passed(session, name=name)
        keep_password(session, user_id=user.id, password_hash=hashed)
        end_others(session, user_id=user.id, token=read_cookie(SIGN_IN) or "")
        note_everywhere(
            session, user_id=user.id, who=user.email, deed="changed", route="POST /account/password",
            detail="password", address=request.remote_addr,
        )  # fmt: skip
    if can_send(house.settings):
        post(partial(mail_changed, house.settings, email=user.email, name=user.name, now=now))
    flash("Your password is another one now, and you are signed out everywhere else.", "done")
    return redirect(url_for("web.own_account.table"), 303)


@bp.post("/account/sign-ins/end")
@requires("own.write")
def end_one() -> ResponseReturnValue:
    """Sign one other browser out."""
    with ground().database.write.begin() as session:
        ended = end_browser(session, user_id=own_user().id, browser_id=text_field("id")[:64], account_id=_within())
    flash("That browser is signed out." if ended else "That browser was signed out already.", "done")
    return redirect(url_for("web.own_account.table"), 303)


@bp.post("/account/sign-ins/end-others")
@requires("own.write")
def end_all_others() -> ResponseReturnValue:
    """Sign all browsers out but this one."""
    with ground().database.write.begin() as session:
        ended = end_others(session, user_id=own_user().id, token=read_cookie(SIGN_IN) or "", account_id=_within())
    said = {0: "You are signed in nowhere else.", 1: "One other browser is signed out."}
    flash(said.get(ended, f"{ended} other browsers are signed out."), "done")
    return redirect(url_for("web.own_account.table"), 303)


def _within() -> int | None:
    """The account whose sign-ins the visitor sees and ends; None for those of all."""
    return None if is_for_all() else visitor().account.id


def _page(typed: Typed) -> str:
    user, within = own_user(), _within()
    with ground().database.whole.read() as session:
        return render_template(
            "own_account/page.html",
            user=user,
            typed=typed,
            shortest=SHORTEST_CHOICE,
            has_factor=has_factor(user),
            must=must_have_factor(session, user_id=user.id),
            left=codes_left(session, user_id=user.id),
            all_codes=CODES,
            ask_password=within is not None,
            browsers=list_browsers(session, user_id=user.id, token=read_cookie(SIGN_IN) or "", account_id=within),
            browser_words=browser_words,
            way_words=way_words,
            lasts=LASTS.days,
            idle_ends=IDLE_ENDS.days,
            zone=visitor().account.time_zone,
        )
