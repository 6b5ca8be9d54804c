"""One campaign: its KPIs, its days, and the calls or jobs behind any figure."""

from functools import partial

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from calltrack.calls.listing import ListedCall
from calltrack.campaigns.campaigns import find_campaign
from calltrack.campaigns.rows import COUNTED_BY, CountedJob, rows
from calltrack.campaigns.scorecard import campaign_scorecard
from calltrack.ground import ground
from calltrack.paging import BadCursor
from calltrack.web.chart import draw_days
from calltrack.web.kpis import BOOKING, KPIS, MARKETING
from calltrack.web.ranges import read_range
from calltrack.web.visitors import requires, visitor

bp = Blueprint("campaigns", __name__)
LARGEST_ID = 2**31 - 1


@bp.get(f"/campaigns/<int(max={LARGEST_ID}):campaign_id>")
@requires("scorecards.read")
def show(campaign_id: int) -> ResponseReturnValue:
    """One campaign over a range of the account's days, with the rows that the chosen KPI counts."""
    account = visitor().account
    asked = read_range(zone=account.time_zone)
    problem = asked.problem
    kpi = request.args.get("kpi", "calls")
    if kpi not in COUNTED_BY:
        kpi, problem = "calls", "There is no such figure; choose one of those below."
    with ground().database.read() as session:
        campaign = find_campaign(session, account=account, campaign_id=campaign_id) or abort(404)
        card = campaign_scorecard(session, account=account, campaign=campaign, period=asked.period)
        behind = partial(rows, session, account=account, campaign_id=campaign.id, period=asked.period, kpi=kpi)
        try:
            page = behind(cursor=request.args.get("cursor"))
        except BadCursor:
            page, problem = behind(), "That page of the list is not known; here is the first."
    first = page.items[0] if page.items else None
    return render_template(
        "campaigns/show.html",
        campaign=campaign,
        card=card,
        asked=asked,
        problem=problem,
        chart=draw_days(card.days),
        marketing=[KPIS[key] for key in MARKETING],
        booking=[KPIS[key] for key in BOOKING],
        kpi=KPIS[kpi],
        page=page,
        of="calls" if isinstance(first, ListedCall) else "jobs" if isinstance(first, CountedJob) else "days",
        later=request.args.get("cursor") is not None,
    ), 400 if problem else 200
