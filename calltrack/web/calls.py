"""Calls: the list with its filters, and the page of one call."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from calltrack.calls.labels import reasons_of
from calltrack.calls.listing import call_facts, first_day_back, list_calls
from calltrack.calls.reading import CallDetail, read_call
from calltrack.calls.why import NO_JOB
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.ground import ground
from calltrack.jobs.jobs import jobs_of
from calltrack.jobs.listing import list_job_types
from calltrack.paging import BadCursor
from calltrack.paper.write import Format
from calltrack.period import today
from calltrack.reports.tables import rows_table
from calltrack.web.addressed import call_at
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.filters import LABELS, OUTCOMES, read_filters
from calltrack.web.highlight import list_evidence, mark_evidence
from calltrack.web.ranges import presets_on
from calltrack.web.story import tell, who_said
from calltrack.web.visitors import requires, visitor, visitor_may
from calltrack.web.waveform import COLUMNS, draw_waveform

bp = Blueprint("calls", __name__)


@bp.get("/calls")
@requires("calls.read")
def table() -> ResponseReturnValue:
    """The calls that fit the filters, newest first."""
    account = visitor().account
    with ground().database.read() as session:
        campaigns = list_campaigns(session, account=account)  # archived ones too: their calls can still be found
        filters = read_filters(
            campaign_ids={campaign.id for campaign in campaigns}, day_back=first_day_back(account=account)
        )
        where: dict[str, Any] = {"account_id": account.id, "zone": account.time_zone, **filters.as_arguments()}
        problems = list(filters.problems)
        try:
            page = list_calls(session, **where, cursor=request.args.get("cursor"))
        except BadCursor:
            page = list_calls(session, **where)
            problems.append("That page of the list is not known; here is the first.")
    return render_template(
        "calls/table.html",
        page=page,
        asked=filters.asked,
        problems=problems,
        choices={
            "campaign": {str(campaign.id): campaign.name for campaign in campaigns},
            "outcome": {one: one.capitalize() for one in OUTCOMES},
            "booked": {"likely": "Sounds booked, no job"},
            "label": {one: one.capitalize() for one in LABELS},
            "reviewed": {"yes": "By a person", "no": "Not yet"},
        },
        presets=presets_on(today(zone=account.time_zone)),
        later=request.args.get("cursor") is not None,
    ), 400 if problems else 200


@bp.get(f"/calls.<{SUFFIX}:wanted>")
@requires("calls.read")
def save(wanted: Format) -> Response:
    """The calls that fit the filters as a file."""
    account = visitor().account
    with ground().database.read() as session:
        filters = read_filters(
            campaign_ids={one.id for one in list_campaigns(session, account=account)},
            day_back=first_day_back(account=account),
        )
        where: dict[str, Any] = {"account_id": account.id, "zone": account.time_zone, **filters.as_arguments()}
        found = every(lambda cursor: list_calls(session, **where, cursor=cursor, limit=200), wanted=wanted)
    subtitle = ", ".join(f"{name} {value}" for name, value in filters.asked.items())
    table_ = rows_table(found, title=f"Calls of {account.name}", subtitle=subtitle, zone=account.time_zone)
    return download(table_, wanted=wanted)


@bp.get("/calls/<path:call_sid>")
@requires("calls.read")
def show(call_sid: str) -> ResponseReturnValue:
    """Everything about one call, and what can be done with it."""
    account = visitor().account
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid, unclaimed=visitor_may("calls.unclaimed"))
        detail = read_call(session, call=call)
        judged = next((label for label in reversed(detail.labels) if label.source != "human"), None)
        evidence = judged.evidence if judged else []
        return render_template(
            "calls/show.html",
            call=call,
            detail=detail,
            judged=judged,
            decided_by=list_evidence(turns=_texts(detail), evidence=evidence),
            facts=call_facts(session, account_id=account.id, call_id=call.id),
            turns=_marked_turns(detail, evidence),
            waves=draw_waveform(detail.recording.peaks if detail.recording else None),
            columns=COLUMNS,
            chapters=tell(
                detail, transcriber=ground().settings.transcriber, zone=account.time_zone, now=datetime.now(UTC)
            ),
            who_said=who_said,
            reasons=reasons_of(session, account_id=account.id),
            job_types=[job_type.name for job_type in list_job_types(session, account=account)],
            jobs=jobs_of(session, call_id=call.id),
            mine=call.account_id == account.id,
            no_job=NO_JOB,
        )


def _marked_turns(detail: CallDetail, evidence: list[Any]) -> list[dict[str, Any]]:
    """The turns, each also in pieces that show what the latest machine's word on the call was founded on."""
    marked = mark_evidence(turns=_texts(detail), evidence=evidence)
    return [{**turn, "pieces": pieces} for turn, pieces in zip(detail.turns, marked, strict=True)]


def _texts(detail: CallDetail) -> list[str]:
    return [str(turn["text"]) for turn in detail.turns]
