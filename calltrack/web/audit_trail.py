"""The audit trail: who saw, played, downloaded, changed or exported what."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.audit_trail import DEEDS, audit_table, find_entries
from calltrack.accounts.people import list_people
from calltrack.ground import ground
from calltrack.models import AuditEntry
from calltrack.paging import BadCursor, Page
from calltrack.paper.write import Format
from calltrack.period import Period
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.ranges import read_day
from calltrack.web.visitors import requires, visitor

bp = Blueprint("audit_trail", __name__)
LONGEST = 120


@bp.get("/settings/audit")
@requires("audit.read")
def table() -> ResponseReturnValue:
    """The deeds that fit, newest first."""
    asked, where, problems = _asked()
    cursor = request.args.get("cursor")
    with ground().database.read() as session:
        try:
            page = _find(session, where, cursor=cursor)
        except BadCursor:
            page, cursor = _find(session, where), None
            problems.append("That page of the list is not known; here is the first.")
        people = list_people(session, account_id=visitor().account.id)
    return render_template(
        "settings/audit.html", page=page, asked=asked, problems=problems, deeds=DEEDS, people=people,
        later=cursor is not None,
    ), 400 if problems else 200  # fmt: skip


@bp.get(f"/settings/audit.<{SUFFIX}:wanted>")
@requires("audit.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The same as a file."""
    account = visitor().account
    asked, where, _ = _asked()
    with ground().database.read() as session:
        found = every(lambda cursor: _find(session, where, cursor=cursor, limit=200), wanted=wanted)
    subtitle = ", ".join(f"{name} {value}" for name, value in asked.items())
    title = f"Audit trail of {account.name}"
    return download(audit_table(found, title=title, subtitle=subtitle, zone=account.time_zone), wanted=wanted)


def _find(session: Session, where: dict[str, Any], *, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
    return find_entries(session, account_id=visitor().account.id, **where, cursor=cursor, limit=limit)


def _asked() -> tuple[dict[str, str], dict[str, Any], list[str]]:
    """The filters as they were written, as `find_entries` names them, and what is wrong with them."""
    asked = {
        name: value
        for name in ("who", "deed", "noun", "noun_id", "from", "to")
        if (value := request.args.get(name, "").replace("\x00", "").strip()[:LONGEST])
    }
    where: dict[str, Any] = {name: asked[name] for name in ("who", "noun", "noun_id") if name in asked}
    # People's addresses and the names of things are kept in lower case.
    where |= {name: where[name].lower() for name in ("who", "noun") if name in where and "(" not in where[name]}
    problems = []
    if deed := asked.get("deed"):
        if deed in DEEDS:
            where["deed"] = deed
        else:
            problems.append(f"{deed!r} is no deed; choose one of: {', '.join(DEEDS)}.")
    zone = visitor().account.time_zone
    for name in ("from", "to"):
        if name in asked:
            if (day := read_day(asked[name])) is None:
                problems.append(f"Enter the day “{name.capitalize()}” as 2026-05-31.")
            else:
                period = Period(day, day, zone)
                where |= {"since": period.start} if name == "from" else {"until": period.end}
    if "since" in where and where["since"] >= where.get("until", where["since"] + timedelta(1)):
        problems.append("“From” is after “To”.")
    return asked, where, problems
