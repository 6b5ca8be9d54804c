"""The second factor as people meet it: asked for after the password, set up, renewed and turned off."""

from datetime import UTC, datetime

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import check_password
from calltrack.accounts.passwords import LONGEST_PASSWORD
from calltrack.accounts.reach import speaks_for_all
from calltrack.accounts.recovery import codes_left, make_codes, take_recovery_code
from calltrack.accounts.second_factor import BadFactor, app_address, has_factor, new_secret, reset, set_up, take_code
from calltrack.accounts.sessions import end_others
from calltrack.accounts.throttle import begin_try, passed
from calltrack.accounts.trail import note_everywhere
from calltrack.ground import ground
from calltrack.models import User
from calltrack.sealing import SealBroken, seal, unseal
from calltrack.web.cookies import SIGN_IN, read_cookie
from calltrack.web.devices import names_to_try
from calltrack.web.forms import text_field
from calltrack.web.half_way import HalfWay, who_is_half_way
from calltrack.web.sign_in import enter_now, too_many, wait_words
from calltrack.web.visitors import requires, visitor

bp = Blueprint("second_factor", __name__)
WRONG = "This code is not the right one, or was used already. Wait for the next one and enter that."
UNREADABLE = (
    "The codes of your app cannot be checked any more, because this server has lost its secret. Enter a recovery code, "
    "or ask an administrator to reset your second factor."
)
NONE_CHOSEN = (
    "Other companies rely on this too, and one company's sign-in does not speak for them. Choose a password with "
    "“Forgotten your password?” on the sign-in page, and come in with it."
)
_LONGEST_CODE = 100
_NEW, _PURPOSE = "new_factor", "second factor to come"


@bp.get("/sign-in/code")
def ask() -> ResponseReturnValue:
    """Ask for a code, of whoever has shown the password."""
    if (one := who_is_half_way()) is None or not has_factor(one.user):
        return _from_the_start()
    return render_template("sign_in/code.html", problem="")


@bp.post("/sign-in/code")
def show() -> ResponseReturnValue:
    """Let them in with a right code, or with a recovery code."""
    if (one := who_is_half_way()) is None or not has_factor(one.user):
        return _from_the_start()
    problem, wait, used = _try_code(one.user)
    if problem:
        page = render_template("sign_in/code.html", problem=problem)
        return too_many(page, wait) if wait else (page, 401)
    entered = enter_now(one.user, one.way, answer=redirect(one.wanted), account_id=one.account_id, beside=used)
    if used == "recovery code":
        with ground().database.read() as reading:
            left = codes_left(reading, user_id=one.user.id)
        flash(f"That recovery code is used up; {left} are left. Make new ones under “Your account”.", "known")
    return entered


@bp.get("/sign-in/second-factor")
def begin() -> ResponseReturnValue:
    """Have somebody set up a second factor before they come in."""
    if (one := who_is_half_way()) is None or has_factor(one.user):
        return _from_the_start()
    return _set_up_page(one.user, problem="", ask_password=not _half_way_for_all(one))


@bp.post("/sign-in/second-factor")
def begin_with() -> ResponseReturnValue:
    """Keep it, show the recovery codes, and let them in."""
    if (one := who_is_half_way()) is None or has_factor(one.user):
        return _from_the_start()
    ask_password = not _half_way_for_all(one)
    if ask_password and (problem := password_problem(one.user)):
        return _set_up_page(one.user, problem=problem, ask_password=True), 400
    codes = _set_up(one.user)
    if codes is None:
        return _set_up_page(one.user, problem=WRONG, ask_password=ask_password), 400
    page = render_template("sign_in/recovery.html", codes=codes, onward=one.wanted)
    return enter_now(one.user, one.way, answer=page, account_id=one.account_id, beside="code")


@bp.get("/account/second-factor")
@requires("own.write")
def own() -> ResponseReturnValue:
    """Set up a second factor of one's own accord."""
    user = own_user()
    return redirect(url_for("web.own_account.table")) if has_factor(user) else _set_up_own_page(user, problem="")


@bp.post("/account/second-factor")
@requires("own.write")
def own_with() -> ResponseReturnValue:
    """Keep it, and show the recovery codes."""
    user = own_user()
    if has_factor(user):  # the page with the codes was loaded again
        flash("Your second factor is on already. If you did not keep the recovery codes, make new ones here.", "known")
        return redirect(url_for("web.own_account.table"), 303)
    if not is_for_all() and (problem := password_problem(user)):
        return _set_up_own_page(user, problem=problem), 400
    try:
        codes = _set_up(user)
    except BadFactor as wrong:
        flash(f"Nothing was changed: {wrong}.", "problem")
        return redirect(url_for("web.own_account.table"), 303)
    if codes is None:
        return _set_up_own_page(user, problem=WRONG), 400
    return _show_codes(codes)


@bp.post("/account/second-factor/codes")
@requires("own.write")
def new_codes() -> ResponseReturnValue:
    """Other recovery codes, for whoever has a right code."""
    user = own_user()
    if not has_factor(user):
        return redirect(url_for("web.own_account.table"), 303)
    problem = "" if is_for_all() else password_problem(user)
    problem = problem or _try_code(user)[0]
    if problem:
        return _refused(problem)
    with ground().database.whole.write.begin() as writing:
        codes = make_codes(writing, user_id=user.id, now=datetime.now(UTC))
        _note(writing, user, "new recovery codes")
    return _show_codes(codes)


@bp.post("/account/second-factor/off")
@requires("own.write")
def turn_off() -> ResponseReturnValue:
    """Sign in without one from now on: whoever shows the password and a code may say so."""
    user = own_user()
    if not has_factor(user):
        return redirect(url_for("web.own_account.table"), 303)
    problem = "" if is_for_all() and not user.password_hash else password_problem(user)
    problem = problem or _try_code(user)[0]
    if problem:
        return _refused(problem)
    with ground().database.whole.write.begin() as writing:
        reset(writing, user_id=user.id, spare=read_cookie(SIGN_IN) or "")
        _note(writing, user, "second factor turned off")
    flash("Your second factor is off, and you are signed out everywhere else.", "done")
    return redirect(url_for("web.own_account.table"), 303)


def own_user() -> User:
    """The visitor, as a row."""
    with ground().database.read() as reading:
        return reading.get_one(User, visitor().user_id)


def is_for_all() -> bool:
    """Whether the visitor's sign-in is enough to change what all of their companies rely on."""
    known = visitor()
    with ground().database.whole.read() as reading:
        return speaks_for_all(reading, user_id=own_user().id, account_id=known.account.id, way=known.way)


def _half_way_for_all(one: HalfWay) -> bool:
    with ground().database.whole.read() as reading:
        return speaks_for_all(reading, user_id=one.user.id, account_id=one.account_id, way=one.way)


def password_problem(user: User) -> str:
    """What is wrong with the password that was typed: empty if it is right."""
    if not user.password_hash:
        return NONE_CHOSEN
    house, password = ground(), request.form.get("password", "")
    names = names_to_try(kind="own", who=str(user.id), email=user.email)
    with house.database.whole.write.begin() as writing:
        if wait := begin_try(writing, names=names, now=datetime.now(UTC)):
            return wait_words(wait)
    with house.database.read() as reading:
        if len(password) > LONGEST_PASSWORD or check_password(reading, email=user.email, password=password) is None:
            return "This is not your password."
    with house.database.whole.write.begin() as writing:
        for name in names:
            passed(writing, name=name)
    return ""


def _try_code(user: User) -> tuple[str, int, str]:
    """Take the code that was typed: what is wrong, for how long to wait, and which sort of code it was."""
    code, recovery = text_field("code")[:_LONGEST_CODE], text_field("recovery")[:_LONGEST_CODE]
    names = names_to_try(kind="code", who=str(user.id), email=user.email)
    house, now = ground(), datetime.now(UTC)
    with house.database.whole.write.begin() as writing:
        wait = begin_try(writing, names=names, now=now)
    if wait:
        return wait_words(wait), wait, ""
    try:
        with house.database.whole.write.begin() as writing:
            if recovery:
                right = take_recovery_code(writing, user_id=user.id, code=recovery, now=now)
            else:
                right = take_code(writing, settings=house.settings, user=user, code=code, now=now)
            for name in names if right else []:
                passed(writing, name=name)
            if not right:
                _note(writing, user, "wrong code", failed=True)
    except SealBroken:
        return UNREADABLE, 0, ""
    return ("" if right else WRONG), 0, "recovery code" if recovery else "code"


def _set_up(user: User) -> list[str] | None:
    """Keep the second factor that the page showed; its recovery codes, or None where the code is wrong."""
    house = ground()
    with house.database.whole.write.begin() as writing:
        codes = set_up(
            writing, settings=house.settings, user_id=user.id, secret=_new_secret(user), code=text_field("code"),
            now=datetime.now(UTC),
        )  # fmt: skip
        if codes is not None:
            end_others(writing, user_id=user.id, token=read_cookie(SIGN_IN) or "")
            _note(writing, user, "second factor set up")
    if codes is not None:
        session.pop(_NEW, None)
    return codes


def _set_up_own_page(user: User, *, problem: str) -> str:
    return _set_up_page(user, problem=problem, ask_password=not is_for_all())


def _set_up_page(user: User, *, problem: str, ask_password: bool) -> str:
    secret = _new_secret(user)
    square = segno.make(app_address(secret=secret, email=user.email), error="m", micro=False)
    return render_template(
        "sign_in/set_up.html",
        problem=problem,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        # Dark on light whatever the page's colours are: not every camera reads it the other way round.
        square=square.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
        inside=request.path.startswith("/account"),
        ask_password=ask_password,
    )


def _new_secret(user: User) -> str:
    """The secret that is being set up: the same until it is kept, sealed, in this browser's session alone."""
    settings = ground().settings
    try:
        whose, sealed = session[_NEW]
        if whose == user.id:
            return unseal(settings, str(sealed).encode(), purpose=_PURPOSE).decode("ascii")
    except (KeyError, TypeError, ValueError, SealBroken):
        pass
    secret = new_secret()
    session[_NEW] = [user.id, seal(settings, secret.encode(), purpose=_PURPOSE).decode("ascii")]
    return secret


def _show_codes(codes: list[str]) -> ResponseReturnValue:
    onward = url_for("web.own_account.table")
    return current_app.make_response(render_template("sign_in/recovery.html", codes=codes, onward=onward))


def _refused(problem: str) -> ResponseReturnValue:
    flash(f"Nothing was changed. {problem}", "problem")
    return redirect(url_for("web.own_account.table"), 303)


def _from_the_start() -> ResponseReturnValue:
    flash("Start again: that took longer than ten minutes, or something changed meanwhile.", "problem")
    return redirect(url_for("web.sign_in.form"), 303)


def _note(writing: Session, user: User, detail: str, *, failed: bool = False) -> None:
    note_everywhere(
        writing, user_id=user.id, who=user.email, deed="failed" if failed else "changed",
        route=f"{request.method} {request.url_rule}", detail=detail, address=request.remote_addr,
    )  # fmt: skip
