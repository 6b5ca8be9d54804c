"""Signing in and out."""

from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import check_password
from calltrack.accounts.sign_in import LASTS, sign_in, sign_out
from calltrack.ground import ground
from calltrack.web.forms import text_field
from calltrack.web.visitors import COOKIE, find_visitor

bp = Blueprint("sign_in", __name__)
LONGEST_PASSWORD = 1000


@bp.get("/sign-in")
def form() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    wanted = local_path(request.args.get("next", ""))
    if find_visitor():
        return redirect(wanted)
    return render_template("sign_in/form.html", wanted=wanted, email="", wrong=False)


@bp.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Let a person in whose password is right; all that can be wrong looks the same from outside."""
    wanted = local_path(request.form.get("next", ""))
    email, password = text_field("email"), request.form.get("password", "")
    token = None
    if len(email) <= 320 and len(password) <= LONGEST_PASSWORD:
        with ground().database.read() as reading:
            user = check_password(reading, email=email, password=password)
        if user:
            with ground().database.write.begin() as writing:
                token = sign_in(writing, user=user)
    if token is None:
        return render_template("sign_in/form.html", wanted=wanted, email=email, wrong=True), 401
    session.clear()  # a form that was loaded by whoever sat here before is void
    answer = current_app.make_response(redirect(wanted))
    answer.set_cookie(
        COOKIE,
        token,
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=cast("bool", current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return answer


@bp.post("/sign-out")
def leave() -> ResponseReturnValue:
    """Forget this browser."""
    if token := request.cookies.get(COOKIE):
        with ground().database.write.begin() as writing:
            sign_out(writing, token=token)
    session.clear()
    flash("You are signed out.", "done")
    answer = current_app.make_response(redirect(url_for("web.sign_in.form")))
    answer.delete_cookie(COOKIE)
    return answer


def local_path(wanted: str) -> str:
    """`wanted` if it is a path on this server, else the first page: a sign-in must not lead to somebody else's site."""
    home = url_for("web.home.table")
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable() or "\\" in wanted:
        return home
    return wanted
