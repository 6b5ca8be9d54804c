"""The call that an address names."""

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.reading import find_call
from calltrack.models import Call
from calltrack.web.visitors import visitor


def call_at(session: Session, *, call_sid: str, unclaimed: bool = False) -> Call:
    """The visitor's own call of that id (with `unclaimed` also nobody's); anything else is not found."""
    if "\x00" in call_sid:  # PostgreSQL refuses to compare with one
        abort(404)
    call = find_call(session, account_id=visitor().account.id, call_sid=call_sid, unclaimed=unclaimed)
    return call or abort(404)


def back_to(call_sid: str, *, part: str) -> ResponseReturnValue:
    """After a form: the call's page again, at the part that the form stood in."""
    return redirect(url_for("web.calls.show", call_sid=call_sid, _anchor=part), 303)
