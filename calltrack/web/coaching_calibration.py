"""Calibration: the same call by several coaches, side by side; and which question is understood differently."""

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.people import list_people
from calltrack.accounts.roles import may
from calltrack.calls.reading import find_call
from calltrack.coaching.assignments import assign
from calltrack.coaching.calibration import LOOK_BACK_DAYS, calibrations
from calltrack.coaching.rubrics import offered
from calltrack.coaching.words import BadCoaching
from calltrack.ground import ground
from calltrack.period import today
from calltrack.web.coaching_fields import day_field, people_field, rubric_field
from calltrack.web.forms import BadField, text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_calibration", __name__)
MOST_SHOWN = 10
FEWEST_COACHES = 2


@bp.get("/coaching/calibration")
@requires("coaching.write")
def table() -> ResponseReturnValue:
    """The calibrations, the newest first, and the spread of every question over all of them."""
    account, now = visitor().account, datetime.now(UTC)
    with ground().database.read() as session:
        found, spread = calibrations(session, account_id=account.id, user_id=visitor().user_id, now=now)
        coaches = [one for one in list_people(session, account_id=account.id) if may(one.role, "coaching.write")]
        rubrics = offered(session, account_id=account.id)
    return render_template(
        "coaching/calibration.html",
        found=found[:MOST_SHOWN],
        more=max(0, len(found) - MOST_SHOWN),
        spreads=spread,
        coaches=coaches,
        rubrics=rubrics,
        days=LOOK_BACK_DAYS,
        day=today(zone=account.time_zone, now=now),
    )


@bp.post("/coaching/calibration")
@requires("coaching.write")
def start() -> ResponseReturnValue:
    """Give one call to two or more coaches."""
    account = visitor().account
    try:
        chosen = people_field()
        if len(chosen) < FEWEST_COACHES:
            raise BadCoaching("Choose at least two coaches: calibration compares what they say.")
        with ground().database.write.begin() as session:
            rubric = rubric_field(session)
            if rubric is None:
                raise BadCoaching("Choose the rubric that they evaluate the call by.")
            call = find_call(session, account_id=account.id, call_sid=_sid_of(text_field("call")))
            if call is None:
                raise BadCoaching("Enter the address of a call's page, or its id: no call of yours is known by this.")
            names = assign(
                session, account=account, call=call, people=chosen, rubric=rubric, due_on=day_field("due"),
                note=text_field("note"), by=visitor().name,
            )  # fmt: skip
    except (BadCoaching, BadField) as wrong:
        flash(str(wrong), "problem")
    else:
        flash(f"{', '.join(names)} have this call to evaluate. Their answers appear here as they share.", "done")
    return redirect(url_for("web.coaching_calibration.table"), 303)


def _sid_of(written: str) -> str:
    """The id in a call's address, such as .../calls/CA123 or .../calls?open=CA123, or the id itself."""
    try:
        address = urlsplit(written)
    except ValueError:
        return ""
    for part in address.query.split("&"):
        name, _, value = part.partition("=")
        if name == "open":
            return unquote(value).replace("\x00", "")
    _, found, after = address.path.rpartition("/calls/")
    return unquote(after if found else address.path).replace("\x00", "").removesuffix("/coaching")
