"""Jobs: the list with its filters, the two lists of what a person has to repair, and the page of one job."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.listing import calls_of_ids
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.warnings import calls_without_job
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.jobs.facts import STATUSES
from calltrack.jobs.history import calls_from
from calltrack.jobs.linking import links_of
from calltrack.jobs.listing import list_jobs
from calltrack.jobs.matching import candidates_of
from calltrack.models import Job
from calltrack.models.job import LONGEST_NAME
from calltrack.paging import BadCursor, Page
from calltrack.paper.write import Format
from calltrack.reports.lists import jobs_table
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.job_addresses import job_address, job_at
from calltrack.web.job_links import LONGEST_SID, calls_named
from calltrack.web.job_story import tell_job
from calltrack.web.visitors import requires, visitor

bp = Blueprint("jobs", __name__)
bp.app_template_global("job_address")(job_address)
LINKED = {"yes": True, "no": False}
_SCREEN = 25  # jobs that somebody repairs at a sitting; each shows forms


@dataclass(frozen=True)
class JobFilters:
    """What was asked for: `asked` as written, to fill the form again; `problems` name what could not be used."""

    asked: dict[str, str]
    arguments: dict[str, Any]
    problems: list[str]


@bp.get("/jobs")
@requires("jobs.read")
def table() -> ResponseReturnValue:
    """The jobs that fit the filters, newest first."""
    filters = _read_filters()
    problems = list(filters.problems)
    with ground().database.read() as session:
        page = _page(session, problems=problems, **filters.arguments)
        campaigns = _campaign_names(session)
        lacking = calls_without_job(session, account=visitor().account, now=datetime.now(UTC))
    choices = {
        "status": {one: one.replace("_", " ").capitalize() for one in STATUSES},
        "linked": {"yes": "Known", "no": "Not known"},
    }
    return render_template(
        "jobs/table.html", page=page, asked=filters.asked, problems=problems, choices=choices, campaigns=campaigns,
        lacking=lacking, later=request.args.get("cursor") is not None,
    ), 400 if problems else 200  # fmt: skip


@bp.get(f"/jobs.<{SUFFIX}:wanted>")
@requires("jobs.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The jobs that fit the filters as a file."""
    account, filters = visitor().account, _read_filters()
    with ground().database.read() as session:
        read = partial(list_jobs, session, account=account, limit=200, **filters.arguments)
        found = every(lambda cursor: read(cursor=cursor), wanted=wanted)
        campaigns = _campaign_names(session)
    subtitle = ", ".join(f"{name} {value}" for name, value in filters.asked.items())
    of = {job.id: job.call.campaign_id if job.call else job.campaign_id for job in found}
    names = {job_id: campaigns.get(campaign_id or 0) for job_id, campaign_id in of.items()}
    table_ = jobs_table(
        found, campaigns=names, title=f"Jobs of {account.name}", subtitle=subtitle, zone=account.time_zone
    )
    return download(table_, wanted=wanted)


@bp.get("/jobs/doubtful")
@requires("jobs.read")
def doubtful() -> ResponseReturnValue:
    """Jobs that calls of several campaigns may have booked: a person has to say which."""
    problems: list[str] = []
    with ground().database.read() as session:
        page = _page(session, problems=problems, doubtful=True, limit=_SCREEN)
        account = visitor().account
        fitting = candidates_of(session, account=account, jobs=page.items)
        ids = {call.id for calls in fitting.values() for call in calls}
        shown = calls_of_ids(session, account_id=account.id, call_ids=ids)
        found = {job_id: [shown[call.id] for call in calls if call.id in shown] for job_id, calls in fitting.items()}
    return render_template(
        "jobs/doubtful.html", page=page, candidates=found, problems=problems,
        later=request.args.get("cursor") is not None,
    ), 400 if problems else 200  # fmt: skip


@bp.get("/jobs/without-campaign")
@requires("jobs.read")
def without_campaign() -> ResponseReturnValue:
    """Jobs that belong to no campaign: name one, or link the call that booked them."""
    problems: list[str] = []
    with ground().database.read() as session:
        page = _page(session, problems=problems, without_campaign=True, limit=_SCREEN)
        offered = list_campaigns(session, account=visitor().account, archived=False)
    return render_template(
        "jobs/without_campaign.html", page=page, offered=offered, problems=problems,
        later=request.args.get("cursor") is not None,
    ), 400 if problems else 200  # fmt: skip


@bp.get("/jobs/<path:external_id>")
@requires("jobs.read", leaves="saw")
def show(external_id: str) -> ResponseReturnValue:
    """Everything about one job, and what can be done with it."""
    account = visitor().account
    with ground().database.read() as session:
        job = job_at(session, external_id=external_id)
        campaigns = list_campaigns(session, account=account)
        links = links_of(session, job=job)
        changes = changes_of(session, account_id=account.id, noun="job", noun_id=job.id)
        typed = request.args.get("call", "").replace("\x00", "").strip()[:LONGEST_SID]
        return render_template(
            "jobs/show.html",
            job=job,
            campaigns={campaign.id: campaign.name for campaign in campaigns},
            offered=[one for one in campaigns if one.archived_at is None or one.id == job.campaign_id],
            calls=calls_from(session, account=account, phone=job.customer.phone, limit=_SCREEN),
            fitting={call.id for call in candidates_of(session, account=account, jobs=[job]).get(job.id, [])},
            history=tell_job(job=job, links=links, changes=changes, zone=account.time_zone),
            said=bool(links) and links[-1][0].matched_by is None,
            typed=typed,
            named=calls_named(session, job=job, typed=typed),
            back=request.args.get("back", ""),
        )


def _page(session: Session, *, problems: list[str], **which: Any) -> Page[Job]:
    account = visitor().account
    try:
        return list_jobs(session, account=account, cursor=request.args.get("cursor"), **which)
    except BadCursor:
        problems.append("That page of the list is not known; here is the first.")
        return list_jobs(session, account=account, **which)


def _campaign_names(session: Session) -> dict[int, str]:
    return {campaign.id: campaign.name for campaign in list_campaigns(session, account=visitor().account)}


def _read_filters() -> JobFilters:
    """Filters from the address bar; one that cannot be used is left out and named."""
    asked = {name: request.args.get(name, "").replace("\x00", "").strip() for name in ("q", "status", "linked")}
    asked = {name: value for name, value in asked.items() if value}
    used, problems = dict(asked), list[str]()
    for name, known in (("status", STATUSES), ("linked", tuple(LINKED))):
        if name in used and used[name] not in known:
            del used[name]
            problems.append(f"There is no such {name}.")
    if len(used.get("q", "")) > LONGEST_NAME:
        del used["q"]
        problems.append(f"Search for at most {LONGEST_NAME} characters.")
    linked = LINKED.get(used.get("linked", ""))
    return JobFilters(asked, {"q": used.get("q"), "status": used.get("status"), "linked": linked}, problems)
