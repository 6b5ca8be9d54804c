"""Whose phone it is that rings: the agents' names, and which of the company's people each of them is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.agents import (
    LONGEST_NAME,
    MOST_PHONES,
    BadAgent,
    forget_agent,
    list_agents,
    name_agent,
    record_agent,
    ringing_phones,
)
from calltrack.accounts.people import list_people
from calltrack.ground import ground
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("agent_names", __name__)
DAYS = 90


@dataclass(frozen=True)
class Line:
    """One phone of the form as it is filled in (`user`: a person's id, or empty; `silent`: it is not to be recorded);
    `wrong`: why it cannot be kept."""

    phone: str
    name: str
    user: str
    silent: bool = False
    wrong: str = ""


@bp.get("/settings/agents")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """Every phone that rings or rang of late, and whatever has a name, each with its agent."""
    with ground().database.read() as session:
        return _page(session, lines=_known(session), fresh=Line("", "", ""))


@bp.post("/settings/agents")
@requires("settings.write")
def save() -> ResponseReturnValue:
    """Save all lines at once, or none; a phone without a name is nobody's any more."""
    typed = zip(*(request.form.getlist(name)[:MOST_PHONES] for name in ("phone", "name", "user")), strict=False)
    silent = set(request.form.getlist("silent")[:MOST_PHONES])
    fresh = Line(text_field("new_phone"), text_field("new_name"), text_field("new_user"), "new" in silent)
    with ground().database.write() as session:
        lines = [_keep(session, Line(phone, name, user, phone in silent)) for phone, name, user in typed]
        if fresh.phone or fresh.name:
            fresh = _keep(session, fresh)
        if fresh.wrong or any(line.wrong for line in lines):
            session.rollback()
            return _page(session, lines=lines, fresh=fresh), 400
        session.commit()
    named = sum(bool(line.name.strip()) for line in (*lines, fresh))
    flash(f"Saved: {named} {'phone has' if named == 1 else 'phones have'} a name.", "done")
    return redirect(url_for("web.agent_names.table"), 303)


def _known(session: Session) -> list[Line]:
    account_id = visitor().account.id
    named = {one.phone: one for one in list_agents(session, account_id=account_id)}
    rang = ringing_phones(session, account_id=account_id, since=datetime.now(UTC) - timedelta(days=DAYS))
    return [
        Line(phone, named[phone].name, str(named[phone].user_id or ""), not named[phone].record)
        if phone in named
        else Line(phone, "", "")
        for phone in sorted({*rang, *named})
    ]


def _keep(session: Session, line: Line) -> Line:
    account_id, phone, by = visitor().account.id, line.phone.replace("\x00", ""), visitor().name
    try:
        if line.name.strip():
            name_agent(session, account_id=account_id, phone=phone, name=line.name, user_id=_read_id(line.user))
            session.flush()
        record_agent(session, account_id=account_id, phone=phone, record=not line.silent, by=by)
        if not line.name.strip():
            if line.silent:
                raise BadAgent("a phone that is not to be recorded needs a name")
            forget_agent(session, account_id=account_id, phone=phone)
    except BadAgent as wrong:
        return replace(line, wrong=str(wrong))
    return line


def _read_id(written: str) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise BadAgent("choose one of the account's own people")
    return int(written)


def _page(session: Session, *, lines: list[Line], fresh: Line) -> str:
    return render_template(
        "settings/agents.html",
        lines=lines,
        fresh=fresh,
        people=list_people(session, account_id=visitor().account.id),
        longest_name=LONGEST_NAME,
        days=DAYS,
    )
