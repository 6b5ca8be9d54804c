"""Signing in and out: the password, and then what is left to show."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.accounts import check_password, find_user, keep_password
from calltrack.accounts.passwords import LONGEST_PASSWORD, hash_again
from calltrack.accounts.providers import closed_to_passwords
from calltrack.accounts.second_factor import has_factor, must_have_factor
from calltrack.accounts.sign_in import LASTS, sign_in, sign_out
from calltrack.accounts.throttle import begin_try, passed
from calltrack.accounts.trail import note_everywhere
from calltrack.ground import ground
from calltrack.mail import LONGEST_ADDRESS
from calltrack.models import User
from calltrack.web.cookies import SIGN_IN, drop_cookie, keep_cookie, read_cookie
from calltrack.web.devices import names_to_try, remember_device
from calltrack.web.forms import text_field
from calltrack.web.half_way import go_half_way
from calltrack.web.visitors import find_visitor

bp = Blueprint("sign_in", __name__)
WRONG = "This e-mail address and password do not belong together. Check both and try again."
NO_ACCOUNT = "You belong to no company here. Ask an administrator of yours to invite you."
ELSEWHERE = "Your company lets you in with its own account alone: enter your e-mail address and use the second button."


@bp.get("/sign-in")
def form() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    wanted = local_path(request.args.get("next", ""))
    if find_visitor():
        return redirect(wanted)
    return _page(wanted=wanted)


@bp.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Let a person in whose password is right; all that can be wrong looks the same from outside."""
    wanted = local_path(request.form.get("next", ""))
    email, password = text_field("email"), request.form.get("password", "")
    if len(email) > LONGEST_ADDRESS or len(password) > LONGEST_PASSWORD:
        return _page(wanted=wanted, problem=WRONG), 401
    names, database = names_to_try(kind="email", who=email, email=email), ground().database
    with database.write.begin() as writing:
        wait = begin_try(writing, names=names, now=datetime.now(UTC))
    if wait:
        return too_many(_page(wanted=wanted, email=email, problem=wait_words(wait)), wait)
    with database.read() as reading:
        user = check_password(reading, email=email, password=password)
    if user is None:
        with database.write.begin() as writing:
            if known := find_user(writing, email=email):
                note_everywhere(
                    writing, user_id=known.id, who=known.email, deed="failed", route="POST /sign-in",
                    detail="wrong password", address=request.remote_addr,
                )  # fmt: skip
        return _page(wanted=wanted, email=email, problem=WRONG), 401
    stronger = hash_again(password, kept=user.password_hash)
    with database.write.begin() as writing:
        for name in names:
            passed(writing, name=name)
        if stronger:
            keep_password(writing, user_id=user.id, password_hash=stronger)
            user.password_hash = stronger
    return let_in(user, "password", wanted=wanted)


def let_in(user: User, way: str, *, wanted: str = "", account_id: int | None = None) -> ResponseReturnValue:
    """What is left for somebody who showed who they are by `way` (password, provider, invitation): the second factor,
    setting one up where an account of theirs asks for it, or nothing. Then on to `wanted`, a path of this server, in
    `account_id` (default: their first account)."""
    wanted = local_path(wanted)
    with ground().database.read() as reading:
        # A provider opens its own company alone, so what the others ask for can wait.
        must = must_have_factor(reading, user_id=user.id, account_id=account_id if way == "provider" else None)
    if has_factor(user) or must:
        go_half_way(user=user, way=way, wanted=wanted, account_id=account_id)
        return redirect(url_for("web.second_factor.ask" if has_factor(user) else "web.second_factor.begin"))
    return enter_now(user, way, answer=redirect(wanted), account_id=account_id)


def enter_now(
    user: User, way: str, *, answer: ResponseReturnValue, account_id: int | None = None, beside: str = ""
) -> ResponseReturnValue:
    """`answer`, with the cookie that lets in somebody who has shown everything; `beside`: the second factor of it."""
    with ground().database.whole.write.begin() as writing:
        token = sign_in(
            writing, user=user, way=way, address=request.remote_addr, browser=str(request.user_agent),
            account_id=account_id,
        )  # fmt: skip
        if token is not None:
            note_everywhere(
                writing, user_id=user.id, who=user.email, deed="entered", route=f"{request.method} {request.url_rule}",
                detail=f"{way} and {beside}" if beside else way, address=request.remote_addr,
            )  # fmt: skip
        else:
            problem = ELSEWHERE if closed_to_passwords(writing, user_id=user.id) else NO_ACCOUNT
    if token is None:
        return _page(wanted=local_path(""), email=user.email, problem=problem), 401
    session.clear()  # a form that was loaded by whoever sat here before is void
    made = current_app.make_response(answer)
    keep_cookie(made, SIGN_IN, token, lasts=LASTS)
    if way != "provider":
        remember_device(made, email=user.email)
    return made


@bp.post("/sign-out")
def leave() -> ResponseReturnValue:
    """Forget this browser."""
    if token := read_cookie(SIGN_IN):
        known = find_visitor()
        with ground().database.write.begin() as writing:
            sign_out(writing, token=token)
            if known and known.user_id:
                note_everywhere(
                    writing, user_id=known.user_id, who=known.name, deed="left", route="POST /sign-out",
                    address=request.remote_addr,
                )  # fmt: skip
    session.clear()
    flash("You are signed out.", "done")
    answer = current_app.make_response(redirect(url_for("web.sign_in.form")))
    drop_cookie(answer, SIGN_IN)
    return answer


def too_many(page: str, wait: int) -> ResponseReturnValue:
    """The page, as an answer to one try too many."""
    return page, 429, {"Retry-After": str(wait)}


def wait_words(wait: int) -> str:
    """When the next try is looked at."""
    if wait > 90:
        return f"Too many tries. Try again in {-(-wait // 60)} minutes; until then not even the right one is looked at."
    return f"Too many tries. Try again in {wait} second{'' if wait == 1 else 's'}."


def local_path(wanted: str) -> str:
    """`wanted` if it is a path on this server, else the first page: a sign-in must not lead to somebody else's site."""
    home = url_for("web.home.table")
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable() or "\\" in wanted:
        return home
    return wanted


def _page(*, wanted: str, email: str = "", problem: str = "") -> str:
    return render_template("sign_in/form.html", wanted=wanted, email=email, problem=problem)
