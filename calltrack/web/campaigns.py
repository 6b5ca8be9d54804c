"""One campaign, or all together: the KPIs, the days, and the calls or jobs behind any figure."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.listing import ListedCall
from calltrack.campaigns.campaigns import find_campaign
from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.rows import COUNTED_BY, EVERY, CountedJob, Owner, rows
from calltrack.campaigns.scorecard import DailyScorecard, DailyTotal, campaign_scorecard, total_scorecard
from calltrack.ground import ground
from calltrack.models import Campaign
from calltrack.paging import BadCursor
from calltrack.paper.write import Format
from calltrack.period import Period
from calltrack.reports.tables import days_table, rows_table
from calltrack.web.chart import draw_days
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.known import Known, read_known
from calltrack.web.kpis import BOOKING, KPIS, MARKETING
from calltrack.web.ranges import read_range
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import day

bp = Blueprint("campaigns", __name__)
LARGEST_ID = 2**31 - 1
ONE = f"/campaigns/<int(max={LARGEST_ID}):campaign_id>"
ALL = "/campaigns/all"


@bp.get(ONE)
@requires("scorecards.read")
def show(campaign_id: int) -> ResponseReturnValue:
    """One campaign over a range of the account's days, with the rows that the chosen KPI counts."""
    return _show(campaign_id)


@bp.get(ALL)
@requires("scorecards.read")
def show_all() -> ResponseReturnValue:
    """The same of everything together: what is behind the scorecards' total."""
    return _show(None)


@bp.get(f"{ONE}/days.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save_days(campaign_id: int, wanted: Format) -> Response:
    """One campaign's days as a file."""
    return _save_days(campaign_id, wanted)


@bp.get(f"{ALL}/days.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save_all_days(wanted: Format) -> Response:
    """All days together as a file."""
    return _save_days(None, wanted)


@bp.get(f"{ONE}/rows.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save_rows(campaign_id: int, wanted: Format) -> Response:
    """The rows behind one of a campaign's figures as a file."""
    return _save_rows(campaign_id, wanted)


@bp.get(f"{ALL}/rows.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save_all_rows(wanted: Format) -> Response:
    """The rows behind one figure of the total as a file."""
    return _save_rows(None, wanted)


@dataclass(frozen=True)
class _Seen:
    """What a page or a file is about."""

    campaign: Campaign | None
    card: DailyScorecard | DailyTotal

    @property
    def name(self) -> str:
        return self.campaign.name if self.campaign else "All campaigns"


def _read(session: Session, campaign_id: int | None, *, period: Period, known: Known) -> _Seen:
    account = visitor().account
    if campaign_id is None:
        return _Seen(None, total_scorecard(session, account=account, period=period, as_of=known.as_of))
    campaign = find_campaign(session, account=account, campaign_id=campaign_id) or abort(404)
    card = campaign_scorecard(session, account=account, campaign=campaign, period=period, as_of=known.as_of)
    return _Seen(campaign, card)


def _show(campaign_id: int | None) -> ResponseReturnValue:
    account = visitor().account
    asked, known = read_range(zone=account.time_zone), read_known(zone=account.time_zone)
    problems = [asked.problem, known.problem]
    compared = request.args.get("compare") == "before"
    kpi = request.args.get("kpi", "calls")
    if kpi not in COUNTED_BY:
        kpi = "calls"
        problems.append("There is no such figure; choose one of those below.")
    with up_to_date(ground().database, account=account, period=asked.period, as_of=known.as_of) as session:
        seen = _read(session, campaign_id, period=asked.period, known=known)
        before = _read(session, campaign_id, period=asked.period.before(), known=known) if compared else None
        owner: Owner = campaign_id or EVERY
        behind = partial(rows, session, account=account, campaign_id=owner, period=asked.period, kpi=kpi)
        try:
            page = behind(cursor=request.args.get("cursor"))
        except BadCursor:
            page = behind()
            problems.append("That page of the list is not known; here is the first.")
    first = page.items[0] if page.items else None
    keep: dict[str, Any] = {"from": asked.period.first, "to": asked.period.last}
    keep |= {"as_of": known.written} if known.written else {}
    keep |= {"compare": "before"} if compared else {}
    return render_template(
        "campaigns/show.html",
        campaign=seen.campaign,
        name=seen.name,
        card=seen.card,
        before=before.card.kpis if before else None,
        asked=asked,
        known=known,
        compared=compared,
        keep=keep,
        problems=problems,
        chart=draw_days(seen.card.days),
        marketing=[KPIS[key] for key in MARKETING],
        booking=[KPIS[key] for key in BOOKING],
        kpi=KPIS[kpi],
        page=page,
        of="calls" if isinstance(first, ListedCall) else "jobs" if isinstance(first, CountedJob) else "days",
        later=request.args.get("cursor") is not None,
    ), 400 if any(problems) else 200


def _save_days(campaign_id: int | None, wanted: Format) -> Response:
    account = visitor().account
    asked, known = read_range(zone=account.time_zone), read_known(zone=account.time_zone)
    with up_to_date(ground().database, account=account, period=asked.period, as_of=known.as_of) as session:
        seen = _read(session, campaign_id, period=asked.period, known=known)
    return download(days_table(seen.card, title=seen.name, subtitle=_days(asked.period)), wanted=wanted)


def _save_rows(campaign_id: int | None, wanted: Format) -> Response:
    account = visitor().account
    asked = read_range(zone=account.time_zone)
    kpi = request.args.get("kpi", "calls")
    if kpi not in COUNTED_BY:
        abort(404)
    with ground().database.read() as session:
        campaign = None
        if campaign_id is not None:
            campaign = find_campaign(session, account=account, campaign_id=campaign_id) or abort(404)
        owner: Owner = campaign_id or EVERY
        behind = partial(rows, session, account=account, campaign_id=owner, period=asked.period, kpi=kpi, limit=200)
        found = every(lambda cursor: behind(cursor=cursor), wanted=wanted)
    title = f"{campaign.name if campaign else 'All campaigns'}: {KPIS[kpi].name}"
    return download(rows_table(found, title=title, subtitle=_days(asked.period), zone=account.time_zone), wanted=wanted)


def _days(period: Period) -> str:
    return f"{day(period.first)} to {day(period.last)}"
