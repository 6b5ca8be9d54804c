"""One call: its panel, which lies over the list, and the page of its own around the same panel."""

from flask import render_template
from flask.typing import ResponseReturnValue

from calltrack.ground import ground
from calltrack.web import calls
from calltrack.web.call_page import call_context
from calltrack.web.visitors import requires

bp = calls.bp


@bp.get("/calls/<path:call_sid>")
@requires("calls.read", leaves="saw")
def show(call_sid: str) -> ResponseReturnValue:
    """Everything about one call, and what can be done with it."""
    with ground().database.read() as session:
        return render_template("calls/show.html", **call_context(session, call_sid=call_sid))


@bp.get("/calls/<path:call_sid>/panel")
@requires("calls.read", leaves="saw")
def panel(call_sid: str) -> ResponseReturnValue:
    """The same without a page around it."""
    with ground().database.read() as session:
        return render_template("calls/panel.html", **call_context(session, call_sid=call_sid))
