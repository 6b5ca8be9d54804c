"""Every campaign's KPIs in one table; and what changed in it since an earlier moment."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.changed import changed_since
from calltrack.campaigns.scorecard import CampaignScorecard, Scorecards, kpis_of, scorecards
from calltrack.campaigns.sources import Facts
from calltrack.campaigns.warnings import count_setup_warnings
from calltrack.ground import ground
from calltrack.paper.write import Format
from calltrack.reports.tables import scorecard_table
from calltrack.web.downloads import SUFFIX, download
from calltrack.web.known import read_known
from calltrack.web.kpis import GROUPS, KPIS
from calltrack.web.ranges import Range, read_range
from calltrack.web.score_cells import write_cells
from calltrack.web.visitors import requires, visitor, visitor_may
from calltrack.web.words import day

bp = Blueprint("scorecards", __name__)
HEADLINES = ("calls", "leads", "inbound_booked_pct", "revenue", "cost_per_lead", "roi")


@bp.get("/scorecards")
@requires("scorecards.read")
def table() -> ResponseReturnValue:
    """All campaigns over a range of the account's days."""
    account = visitor().account
    asked, known = read_range(zone=account.time_zone), read_known(zone=account.time_zone)
    compared = request.args.get("compare") == "before"
    before = None
    with up_to_date(ground().database, account=account, period=asked.period, as_of=known.as_of) as session:
        found = scorecards(session, account=account, period=asked.period, as_of=known.as_of)
        if compared:
            before = scorecards(session, account=account, period=asked.period.before(), as_of=known.as_of)
        may_mend = visitor_may("settings.write")
        warnings = count_setup_warnings(session, account=account, now=datetime.now(UTC)) if may_mend else 0
    sort, falling = _sorting()
    problems = [asked.problem, known.problem]
    span = _kept(asked, known_as=known.written, compared=compared)
    nothing = kpis_of(Facts(), cost=0) if before else None
    # Flask writes one campaign's address, which serves for all: a hundred would take it 5 ms.
    head, query = url_for("web.campaigns.show", campaign_id=0, **span).split("/0?", 1)
    then = {line.campaign_id: line.kpis for line in before.items} if before else {}
    return render_template(
        "scorecards/table.html",
        asked=asked,
        known=known,
        problems=problems,
        lines=[
            (item, address, write_cells(item.kpis, address=address, before=then.get(item.campaign_id, nothing)))
            for item in _in_order(found, sort=sort, falling=falling)
            for address in [f"{head}/{item.campaign_id}?{query}"]
        ],
        total_cells=write_cells(
            found.total, address=url_for("web.campaigns.show_all", **span), before=before.total if before else None
        ),
        found=found,
        total=found.total,
        total_before=before.total if before else None,
        compared=compared,
        period_before=asked.period.before(),
        sort=sort,
        falling=falling,
        span=span,
        keep=span | _sorted_by(sort, falling=falling),
        groups=GROUPS,
        headlines=[KPIS[key] for key in HEADLINES],
        warnings=warnings,
    ), 400 if any(problems) else 200


@bp.get(f"/scorecards.<{SUFFIX}:wanted>")
@requires("scorecards.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The same table as a file."""
    account = visitor().account
    asked, known = read_range(zone=account.time_zone), read_known(zone=account.time_zone)
    with up_to_date(ground().database, account=account, period=asked.period, as_of=known.as_of) as session:
        found = scorecards(session, account=account, period=asked.period, as_of=known.as_of)
    sort, falling = _sorting()
    cards = replace(found, items=_in_order(found, sort=sort, falling=falling))
    subtitle = f"{day(asked.period.first)} to {day(asked.period.last)}"
    if known.written:
        subtitle += f", as known on {known.written.replace('T', ' ')}"
    return download(scorecard_table(cards, title=f"Scorecards of {account.name}", subtitle=subtitle), wanted=wanted)


@bp.get("/scorecards/changes")
@requires("scorecards.read")
def changes() -> ResponseReturnValue:
    """What the scorecards of a range said at an earlier moment, what they say now, and why."""
    account = visitor().account
    asked, known = read_range(zone=account.time_zone), read_known(zone=account.time_zone)
    found = None
    if known.as_of is not None:
        with up_to_date(ground().database, account=account, period=asked.period, as_of=known.as_of) as session:
            found = changed_since(session, account=account, period=asked.period, as_of=known.as_of)
    problems = [asked.problem, known.problem]
    return render_template(
        "scorecards/changes.html",
        asked=asked,
        known=known,
        problems=problems,
        found=found,
        kpis=KPIS.values(),
        keep=_kept(asked, known_as=known.written, compared=False),
    ), 400 if any(problems) else 200


def _sorting() -> tuple[str, bool]:
    """Which column, and whether the largest comes first."""
    sort = request.args.get("sort", "")
    return (sort if sort in KPIS else "campaign"), request.args.get("order") != "rising" and sort in KPIS


def _sorted_by(sort: str, *, falling: bool) -> dict[str, str]:
    """The order as links keep it; by name needs no word."""
    return {"sort": sort, "order": "falling" if falling else "rising"} if sort in KPIS else {}


def _in_order(found: Scorecards, *, sort: str, falling: bool) -> list[CampaignScorecard]:
    """The lines sorted; an archived campaign is left out where nothing of it counts."""
    shown = [one for one in found.items if not one.archived or any(vars(one.kpis).values())]
    if sort in KPIS:
        shown.sort(key=lambda one: KPIS[sort].order(one.kpis), reverse=falling)
    return shown


def _kept(asked: Range, *, known_as: str, compared: bool) -> dict[str, Any]:
    """What links of the page keep of its address."""
    kept: dict[str, Any] = {"from": asked.period.first, "to": asked.period.last}
    if known_as:
        kept["as_of"] = known_as
    if compared:
        kept["compare"] = "before"
    return kept
