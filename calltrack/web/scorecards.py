"""Every campaign's KPIs in one table: the first page."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.scorecard import scorecards
from calltrack.ground import ground
from calltrack.web.kpis import GROUPS, KPIS
from calltrack.web.ranges import read_range
from calltrack.web.visitors import requires, visitor, visitor_may

bp = Blueprint("scorecards", __name__)
HEADLINES = ("calls", "leads", "inbound_booked_pct", "revenue", "cost_per_lead", "roi")


@bp.get("/")
@requires("calls.read")
def home() -> ResponseReturnValue:
    """The first page that the visitor may see."""
    first = "web.scorecards.table" if visitor_may("scorecards.read") else "web.calls.table"
    return redirect(url_for(first))


@bp.get("/scorecards")
@requires("scorecards.read")
def table() -> ResponseReturnValue:
    """All campaigns over a range of the account's days."""
    account = visitor().account
    asked = read_range(zone=account.time_zone)
    with ground().database.read() as session:
        found = scorecards(session, account=account, period=asked.period)
    return render_template(
        "scorecards/table.html",
        asked=asked,
        items=found.items,
        total=found.total,
        groups=GROUPS,
        headlines=[KPIS[key] for key in HEADLINES],
    ), 400 if asked.problem else 200
