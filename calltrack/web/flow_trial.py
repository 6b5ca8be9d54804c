"""Trying a call flow without calling: what a caller would hear, and which phones would ring."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.agents import agent_names
from calltrack.campaigns.numbers import list_numbers
from calltrack.ground import ground
from calltrack.models import Account, CallFlow
from calltrack.phone import is_e164, normalise
from calltrack.telephony.blocking import NUMBERLESS, list_blocked
from calltrack.telephony.flow_list import BadFlow, list_versions, read_plan
from calltrack.telephony.plan import PLAIN, Plan, Prompt
from calltrack.telephony.recording_law import Policy
from calltrack.telephony.route import Route
from calltrack.telephony.routing import find_route
from calltrack.web.flow_edits import title
from calltrack.web.flow_page import ONE, own_flow, working_plan
from calltrack.web.forms import BadField
from calltrack.web.ranges import FIRST_YEAR, LAST_YEAR
from calltrack.web.visitors import requires, visitor

bp = Blueprint("flow_trial", __name__)
HAPPENS = {
    "answered": "Somebody answers",
    "no-answer": "Nobody answers",
    "busy": "Every phone is busy",
    "agent-voicemail": "A cell phone's own voicemail picks up",
    "refused": "Somebody answers, and does not take the call",
    "abandons-ringing": "The caller hangs up while it rings",
    "hangs-up-in-menu": "The caller hangs up when a menu asks",
    "hangs-up-in-greeting": "The caller hangs up during the announcement",
}
EXAMPLE_CALLER = "(312) 555-0123"
_EXAMPLE_NUMBER, _EXAMPLE_PHONE = "+13125550100", "+13125550101"
_MOST_IN_VAIN = 50
_LONGEST = {"at": 20, "caller": 30, "happens": 30, "keys": 40, "said": 200, "which": 10, "number": 20, "in_vain": 2}


@bp.get(f"{ONE}/try")
@requires("campaigns.write")
def show(flow_id: int) -> ResponseReturnValue:
    """The form, and once it is sent the call as a story."""
    account = visitor().account
    asked = {name: _argument(name) for name in _LONGEST}
    told, problem = None, ""
    with ground().database.read() as session:
        flow = own_flow(session, flow_id=flow_id)
        numbers = [one.number for one in list_numbers(session, account=account) if one.number.released_at is None]
        numbers.sort(key=lambda one: one.flow_id != flow.id)  # those that have the flow first
        if "happens" in request.args:
            try:
                told = _rehearse(session, flow=flow, asked=asked, owned=[one.phone_number for one in numbers])
            except (BadField, BadFlow) as wrong:
                problem = f"{wrong}"
        page = render_template(
            "flows/try.html",
            flow=flow,
            numbers=numbers,
            asked=asked,
            told=told,
            problem=problem,
            happens=HAPPENS,
            now=datetime.now(ZoneInfo(account.time_zone)),
            example_caller=EXAMPLE_CALLER,
            title=title,
        )
    return page, 400 if problem else 200


def _rehearse(session: Session, *, flow: CallFlow, asked: dict[str, str], owned: list[str]) -> Any:
    account = session.get_one(Account, visitor().account.id)
    at = _moment(asked["at"], zone=account.time_zone)
    caller = normalise(asked["caller"] or EXAMPLE_CALLER)
    if asked["caller"].lower() == NUMBERLESS:
        caller = "anonymous"
    elif not is_e164(caller):
        raise BadField("Enter the caller's number like (312) 555-0123, or “withheld”.")
    if asked["happens"] not in HAPPENS:
        raise BadField("Choose what happens.")
    keys = asked["keys"].replace(" ", "").replace(",", "")
    if not set(keys) <= set("0123456789*#"):
        raise BadField("Enter the keys as the caller presses them: digits, * and #.")
    in_vain = int(asked["in_vain"] or 0) if re.fullmatch(r"\d*", asked["in_vain"], re.ASCII) else _MOST_IN_VAIN + 1
    if in_vain > _MOST_IN_VAIN:
        raise BadField(f"Enter how many phones ring in vain as a whole number from 0 to {_MOST_IN_VAIN}.")
    dialled = asked["number"] if asked["number"] in owned else next(iter(owned), None)
    route = _route(session, account=account, dialled=dialled, at=at)
    plan, version_id = _plan(session, flow=flow, draft=asked["which"] != "force")
    return current_app.extensions["rehearse"](
        route=replace(route, plan=plan, flow_id=flow.id, version_id=version_id, parked=False),
        at=at,
        caller=caller,
        line=asked["happens"],
        keys=keys,
        said=asked["said"],
        in_vain=in_vain,
        people=agent_names(session, account_id=account.id),
    )


def _route(session: Session, *, account: Account, dialled: str | None, at: datetime) -> Route:
    """What is known of the number; of an account that has none yet, an example's."""
    found = find_route(session, phone_number=dialled, now=at, transcribe=False)
    return found or Route(
        number=_EXAMPLE_NUMBER,
        forward_to=(_EXAMPLE_PHONE,),
        whisper=None,
        announcement=Prompt(text=account.announcement, audio=account.announcement_audio),
        campaign=None,
        zone=account.time_zone,
        plan=PLAIN,
        flow_id=None,
        version_id=None,
        blocked=tuple(one.pattern for one in list_blocked(session, account=account)),
        transcribe=False,
        parked=False,
        policy=Policy(mode=account.recording, state=account.state),
    )


def _plan(session: Session, *, flow: CallFlow, draft: bool) -> tuple[Plan, int | None]:
    in_force = next((one for one in list_versions(session, flow=flow) if one.id == flow.version_id), None)
    if (draft and flow.draft is not None) or in_force is None:
        return working_plan(session, flow=flow), None
    return read_plan(in_force), in_force.id


def _moment(written: str, *, zone: str) -> datetime:
    if not written:
        return datetime.now(UTC)
    try:
        local = datetime.fromisoformat(written)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise BadField(f"Enter the moment like 2026-05-03T09:30, in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _argument(name: str) -> str:
    value = request.args.get(name, "").replace("\x00", "").strip()
    return value if len(value) <= _LONGEST[name] else abort(400, "What you sent is more than this form takes.")
