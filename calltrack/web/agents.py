"""Who answered, and how often their calls are excused."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from calltrack.accounts.agents import agent_names
from calltrack.campaigns.agents import agents
from calltrack.ground import ground
from calltrack.paper.write import Format
from calltrack.reports.tables import agents_table
from calltrack.web.downloads import SUFFIX, download
from calltrack.web.ranges import read_range
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import day

bp = Blueprint("agents", __name__)


@bp.get("/agents")
@requires("scorecards.read")
def table() -> ResponseReturnValue:
    """Every phone that calls were put through to, over a range of the account's days."""
    account = visitor().account
    asked = read_range(zone=account.time_zone)
    with ground().database.read() as session:
        found = agents(session, account=account, period=asked.period)
    return render_template(
        "agents/table.html", asked=asked, lines=found, before=asked.period.before()
    ), 400 if asked.problem else 200


@bp.get(f"/agents.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The same table as a file."""
    account = visitor().account
    period = read_range(zone=account.time_zone).period
    with ground().database.read() as session:
        found = agents(session, account=account, period=period)
        names = agent_names(session, account_id=account.id)
    subtitle = f"{day(period.first)} to {day(period.last)}"
    table_ = agents_table(found, names=names, title=f"Agents of {account.name}", subtitle=subtitle)
    return download(table_, wanted=wanted)
