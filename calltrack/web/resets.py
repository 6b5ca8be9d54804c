"""A forgotten password: a link by e-mail, and the page that it opens."""

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.passwords import SHORTEST_CHOICE, BadPassword, hash_choice
from calltrack.accounts.resets import find_reset, mail_changed, mail_reset, use_reset
from calltrack.accounts.throttle import begin_try, name_of, name_of_network
from calltrack.ground import ground
from calltrack.mail import LONGEST_ADDRESS, can_send
from calltrack.web.forms import text_field
from calltrack.web.posting import post
from calltrack.web.sign_in import too_many, wait_words

bp = Blueprint("resets", __name__)


@bp.get("/sign-in/forgotten")
def ask() -> ResponseReturnValue:
    """Ask whose password it was; where no mail is sent, say who helps."""
    return _asking()


@bp.post("/sign-in/forgotten")
def send_link() -> ResponseReturnValue:
    """Send a link, if there is anybody to send it to: the answer is the same, and as fast, for everybody."""
    house, email, now = ground(), text_field("email"), datetime.now(UTC)
    if not can_send(house.settings):
        return _asking()
    if "@" not in email or len(email) > LONGEST_ADDRESS:
        return _asking(problem="Enter the e-mail address with which you sign in."), 400
    names = [name_of("letter", email), name_of_network(request.remote_addr)]
    with house.database.write.begin() as session:
        wait = begin_try(session, names=names, now=now)
    if wait:
        return too_many(_asking(problem=wait_words(wait)), wait)
    where = f"{house.settings.base_url}{url_for('web.resets.ask').rpartition('/')[0]}/new-password/{{token}}"
    post(partial(mail_reset, house.database, house.settings, email=email, where=where, now=now))
    return render_template("sign_in/forgotten.html", can_send=True, sent_to=email, problem="")


@bp.get("/sign-in/new-password/<token>")
def choose(token: str) -> ResponseReturnValue:
    """Where the link leads. Looking uses nothing up: mail servers look at links before people do."""
    with ground().database.read() as session:
        user = find_reset(session, token=token, now=datetime.now(UTC))
    return _choosing(token, email=user.email) if user else _over()


@bp.post("/sign-in/new-password/<token>")
def keep(token: str) -> ResponseReturnValue:
    """Keep the new password, and have the person sign in with it: the second factor is still asked for."""
    house, now = ground(), datetime.now(UTC)
    with house.database.read() as session:
        user = find_reset(session, token=token, now=now)
    if user is None:
        return _over()
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _choosing(token, email=user.email, problem="The new password is not the same both times."), 400
    try:
        hashed = hash_choice(password, email=user.email)
    except BadPassword as wrong:
        return _choosing(token, email=user.email, problem=f"{str(wrong).capitalize()}."), 400
    with house.database.write.begin() as session:
        changed = use_reset(session, token=token, password_hash=hashed, now=now)
    if changed is None:
        return _over()
    if can_send(house.settings):
        post(partial(mail_changed, house.settings, email=changed.email, name=changed.name, now=now))
    flash("Your new password is set. Sign in with it.", "done")
    return redirect(url_for("web.sign_in.form"), 303)


def _asking(*, problem: str = "") -> str:
    return render_template(
        "sign_in/forgotten.html", can_send=can_send(ground().settings), sent_to="", problem=problem
    )  # fmt: skip


def _choosing(token: str, *, email: str, problem: str = "") -> str:
    return render_template(
        "sign_in/new_password.html", token=token, email=email, problem=problem, shortest=SHORTEST_CHOICE
    )


def _over() -> ResponseReturnValue:
    flash("This link opens no more: it was used, or is older than an hour. Ask for another.", "problem")
    return redirect(url_for("web.resets.ask"), 303)
