"""Proofs of erasure: what was erased, why, by whom, and what the carrier said."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.ground import ground
from calltrack.models import Erasure
from calltrack.paging import BadCursor, Page
from calltrack.paper.table import Column, Table
from calltrack.paper.write import Format
from calltrack.privacy.requests import list_erasures
from calltrack.telephony.carrier import LONGEST_SID
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.visitors import requires, visitor

bp = Blueprint("erasures", __name__)


@bp.get("/settings/privacy/erasures")
@requires("privacy.read")
def table() -> ResponseReturnValue:
    """The proofs, newest first, or those of one call."""
    cursor, problems = request.args.get("cursor"), []
    with ground().database.read() as session:
        try:
            page = _find(session, cursor=cursor)
        except BadCursor:
            page, cursor = _find(session), None
            problems.append("That page of the list is not known; here is the first.")
    return render_template(
        "settings/erasures.html", page=page, asked=_asked(), problems=problems, later=cursor is not None,
        zone=visitor().account.time_zone,
    ), 400 if problems else 200  # fmt: skip


@bp.get(f"/settings/privacy/erasures.<{SUFFIX}:wanted>")
@requires("privacy.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The same as a file."""
    account = visitor().account
    here = ZoneInfo(account.time_zone)
    with ground().database.read() as session:
        found = every(lambda cursor: _find(session, cursor=cursor, limit=200), wanted=wanted)
    columns = [
        Column("Erased", "moment"), Column("What"), Column("Call"), Column("Recording"), Column("SHA-256"),
        Column("Why"), Column("By"), Column("The carrier said"), Column("The carrier answered", "moment"),
    ]  # fmt: skip
    rows = [
        [
            one.erased_at.astimezone(here), one.what, call_sid, one.recording_sid, one.sha256, one.why, one.erased_by,
            one.carrier_said, one.carrier_at.astimezone(here) if one.carrier_at else None,
        ]
        for one, call_sid in found
    ]  # fmt: skip
    title = f"Proofs of erasure of {account.name}"
    return download(Table(title, _asked().get("call", ""), columns, rows), wanted=wanted)


def _find(session: Session, *, cursor: str | None = None, limit: int = 50) -> Page[tuple[Erasure, str]]:
    return list_erasures(
        session, account=visitor().account, call_sid=_asked().get("call"), cursor=cursor, limit=limit
    )  # fmt: skip


def _asked() -> dict[str, str]:
    call = request.args.get("call", "").replace("\x00", "").strip()[:LONGEST_SID]
    return {"call": call} if call else {}
