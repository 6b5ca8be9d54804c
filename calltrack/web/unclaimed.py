"""Calls to numbers that nobody owns, for administrators."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from calltrack.calls.reading import unclaimed_calls
from calltrack.ground import ground
from calltrack.web.visitors import requires

bp = Blueprint("unclaimed", __name__)
MOST = 200


@bp.get("/unclaimed")
@requires("calls.unclaimed", leaves="saw")
def table() -> ResponseReturnValue:
    """The newest of them: perhaps a number was never entered here."""
    with ground().database.read() as session:
        found = unclaimed_calls(session, limit=MOST)
    return render_template("unclaimed/table.html", calls=found, most=MOST)
