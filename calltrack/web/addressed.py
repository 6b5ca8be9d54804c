"""The call that an address names, and the answer to a form about it."""

import json

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.reading import find_call
from calltrack.ground import ground
from calltrack.models import Call
from calltrack.web.forms import asks_by_htmx
from calltrack.web.visitors import visitor


def call_at(session: Session, *, call_sid: str, unclaimed: bool = False) -> Call:
    """The visitor's own call of that id (with `unclaimed` also nobody's); anything else is not found."""
    if "\x00" in call_sid:  # PostgreSQL refuses to compare with one
        abort(404)
    call = find_call(session, account_id=visitor().account.id, call_sid=call_sid, unclaimed=unclaimed)
    return call or abort(404)


def back_to(call_sid: str, *, part: str, said: int | None = None) -> ResponseReturnValue:
    """After a form: the call's page again, at the part that the form stood in; by htmx its panel anew.

    What was flashed stands there. `said`: the label that was given, which can be undone at once. The list learns from
    the answer's head that the call changed.
    """
    if not asks_by_htmx():
        return redirect(url_for("web.calls.show", call_sid=call_sid, _anchor=part), 303)
    return _panel(call_sid, said=said)


def refused(call_sid: str, *, form: str, problem: str) -> ResponseReturnValue:
    """A form that was not taken: the call with the reason, and with what was typed into `form` still standing there."""
    typed = {f"{form}.{name}": value for name, value in request.form.items() if name != "csrf_token"}
    if asks_by_htmx():
        flash(problem, "problem")
        return _panel(call_sid, typed=typed)
    from calltrack.web.call_page import call_context  # it asks this module for the call

    with ground().database.read() as session:
        shown = call_context(session, call_sid=call_sid, refused=problem, typed=typed)
        return render_template("calls/show.html", **shown), 400


def _panel(call_sid: str, *, said: int | None = None, typed: dict[str, str] | None = None) -> Response:
    from calltrack.web.call_page import call_context

    with ground().database.read() as session:
        shown = call_context(session, call_sid=call_sid, said=said, typed=typed)
        answer = make_response(render_template("calls/panel.html", **shown))
    answer.headers["HX-Trigger"] = json.dumps({"call-changed": {"sid": call_sid}})
    return answer
