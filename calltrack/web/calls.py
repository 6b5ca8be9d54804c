"""Calls: the list with its filters, and its news. The page of one call is added by panel.py."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from calltrack.accounts.agents import agent_names
from calltrack.accounts.reasons import list_reasons
from calltrack.calls.labels import reasons_of
from calltrack.calls.listing import ListedCall, first_day_back, list_calls
from calltrack.calls.news import Row, as_rows, look
from calltrack.calls.snippets import find_snippets
from calltrack.calls.tags import colours_of, known_tags
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.ground import ground
from calltrack.models import Campaign
from calltrack.paging import BadCursor, Page
from calltrack.paper.write import Format
from calltrack.period import local_date, today
from calltrack.reports.tables import rows_table
from calltrack.web.bulk import bar_from_address
from calltrack.web.call_page import call_context
from calltrack.web.chips import Choices, chips_of
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.filters import OUTCOMES, Filters, read_filters
from calltrack.web.forms import asks_by_htmx
from calltrack.web.ranges import presets_on
from calltrack.web.views import tabs_of
from calltrack.web.visitors import requires, visitor

bp = Blueprint("calls", __name__)
MOST_SHOWN = 200
"""Rows of which one request may ask whether they look otherwise by now."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for: the filters, and with which arguments they are asked of calls.listing."""

    campaigns: list[Campaign]
    filters: Filters
    where: dict[str, Any]


@bp.get("/calls")
@requires("calls.read")
def table() -> ResponseReturnValue:
    """The calls that fit the filters, newest first; `open` names one that is opened beside them.

    By htmx just the rows, which are put below those that are there.
    """
    account, cursor = visitor().account, request.args.get("cursor")
    with ground().database.read() as session:
        asked = _asked(session)
        problems = list(asked.filters.problems)
        try:
            page = list_calls(session, **asked.where, cursor=cursor)
        except BadCursor:
            page, cursor = list_calls(session, **asked.where), None
            problems.append("That page of the list is not known; here is the first.")
        shown = _shown(session, asked, as_rows(session, account_id=account.id, calls=page.items), page=page)
        if asks_by_htmx():
            return render_template("calls/rows.html", **shown)
        presets = presets_on(today(zone=account.time_zone))
        choices, agents = _choices(asked.campaigns), agent_names(session, account_id=account.id)
        shown |= _opened(session, problems)
        return render_template(
            "calls/table.html",
            **shown,
            problems=problems,
            choices=choices,
            chips=chips_of(asked.filters.asked, choices=choices, presets=presets, agents=agents),
            tabs=tabs_of(session, asked=asked.filters.asked, presets=presets),
            presets=presets,
            agents=agents,
            reasons=reasons_of(session, account_id=account.id),
            given_reasons=_given_reasons(session),
            tags=known_tags(session, account_id=account.id),
            head=look(session, account_id=account.id, call_ids=()).head,
            bar=bar_from_address(),
            later=cursor is not None,
        ), 400 if problems else 200


@bp.get("/calls/news")
@requires("calls.read")
def news() -> ResponseReturnValue:
    """The rows that look otherwise than the asking page shows them, and new ones for the filters; 204 for none.

    `shown` names the rows that are there, each with its version; `head` is the word for the newest calls that came
    with them (without it new rows are not asked for). A filter that makes no sense is left out, as in the list.
    """
    account, has = visitor().account, dict(_read_shown(request.args.get("shown", "")))
    with ground().database.read() as session:
        now = look(session, account_id=account.id, call_ids=has)
        there = [now.rows[call_id] for call_id in has if call_id in now.rows]
        rows = [row for row in there if row.version != has[row.call.id]]
        gone = [call_id for call_id in has if call_id not in now.rows]
        head = request.args.get("head", "")
        if not rows and not gone and head in ("", now.head):
            return "", 204
        asked = _asked(session)
        if head and head != now.head and now.since:
            rows += as_rows(session, account_id=account.id, calls=_came(session, asked, now.since, has))
        shown = _shown(session, asked, rows)
    return render_template("calls/news.html", **shown, head=now.head, gone=gone)


@bp.get(f"/calls.<{SUFFIX}:wanted>")
@requires("calls.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The calls that fit the filters as a file."""
    account = visitor().account
    with ground().database.read() as session:
        asked = _asked(session)
        found = every(lambda cursor: list_calls(session, **asked.where, cursor=cursor, limit=200), wanted=wanted)
    subtitle = ", ".join(f"{name} {value}" for name, value in asked.filters.asked.items())
    table_ = rows_table(found, title=f"Calls of {account.name}", subtitle=subtitle, zone=account.time_zone)
    return download(table_, wanted=wanted)


def _given_reasons(session: Session) -> dict[str, list[str]]:
    """Reasons that a label may have, retired ones too, by label."""
    known = list_reasons(session, account=visitor().account)
    return {label: [one.name for one in known if one.label == label] for label in ("lead", "excused")}


def _asked(session: Session) -> Asked:
    account = visitor().account
    campaigns = list_campaigns(session, account=account)  # archived ones too: their calls can still be found
    filters = read_filters(campaign_ids={one.id for one in campaigns}, day_back=first_day_back(account=account))
    where = {"account_id": account.id, "zone": account.time_zone, **filters.as_arguments()}
    return Asked(campaigns, filters, where)


def _shown(
    session: Session, asked: Asked, rows: Sequence[Row], *, page: Page[ListedCall] | None = None
) -> dict[str, Any]:
    """What `calls/rows.html` needs."""
    return {
        "rows": rows,
        "page": page,
        "asked": asked.filters.asked,
        "colours": colours_of(session, account_id=visitor().account.id),
        "snippets": find_snippets(session, call_ids=[row.call.id for row in rows], q=asked.filters.q or ""),
    }


def _came(session: Session, asked: Asked, since: datetime, has: Container[int]) -> list[ListedCall]:
    """The newest calls that fit the filters and are not shown yet, of the days of the account's newest calls."""
    first = local_date(since, zone=visitor().account.time_zone)
    where = asked.where | {"first": max(first, asked.filters.first or first)}
    return [call for call in list_calls(session, **where).items if call.id not in has]


def _opened(session: Session, problems: list[str]) -> dict[str, Any]:
    """The call that the address opens, for its panel."""
    call_sid = request.args.get("open", "")
    if call_sid:
        try:
            return call_context(session, call_sid=call_sid)
        except NotFound:
            problems.append("The call that this address opens is not there.")
    return {"opened": None}


def _choices(campaigns: list[Campaign]) -> Choices:
    return {
        "campaign": {str(campaign.id): campaign.name for campaign in campaigns},
        "outcome": {one: one.capitalize() for one in OUTCOMES},
        "booked": {"likely": "Sounds booked, no job"},
        "label": {"lead": "Labelled lead", "excused": "Labelled excused", "none": "No label"},
        "reviewed": {"yes": "Reviewed by a person", "no": "Not reviewed yet"},
        "first_time": {"yes": "First-time callers"},
    }


def _read_shown(written: str) -> Iterator[tuple[int, str]]:
    """`17-3f2a.18-9bc1`: calls with the versions of their rows; what cannot be read is none."""
    for one in written.split(".")[:MOST_SHOWN]:
        call_id, _, version = one.partition("-")
        if call_id.isascii() and call_id.isdigit() and len(call_id) < 19:
            yield int(call_id), version
