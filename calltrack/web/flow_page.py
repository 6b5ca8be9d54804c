"""All that the page of one call flow shows, and the plan that is being worked on."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort
from pydantic import ValidationError
from sqlalchemy.orm import Session

from calltrack.accounts.agents import agent_names
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.numbers import list_numbers
from calltrack.changes import changes_of
from calltrack.models import CallFlow, FlowVersion
from calltrack.telephony.flow_list import BadFlow, find_flow, list_versions, own_name, read_plan
from calltrack.telephony.plan import Plan
from calltrack.telephony.preview import FIRST_WORDS, describe
from calltrack.telephony.sounds import list_sounds
from calltrack.web.flow_edits import say_changes, title
from calltrack.web.flow_hours import plain_words
from calltrack.web.visitors import visitor

LARGEST_ID = 2**31 - 1
ONE = f"/settings/flows/<int(max={LARGEST_ID}):flow_id>"
KIND_NAMES = {
    "ring": "Phones ring",
    "hours": "Opening hours",
    "menu": "Menu",
    "say": "Announcement",
    "voicemail": "Voicemail",
    "hangup": "Goodbye",
}
KIND_USES = {
    "ring": "phones ring, all at once, in order, in turn or by weight",
    "hours": "one way while you are open, another while you are closed",
    "menu": "the caller chooses by key or by voice",
    "say": "the caller is told something and goes on",
    "voicemail": "the caller leaves a message",
    "hangup": "the call ends, with a word of goodbye",
}


@dataclass(frozen=True)
class VersionShown:
    """A version with what it changed; `in_force`: callers hear it now."""

    number: int
    made_at: datetime
    made_by: str
    changed: str
    in_force: bool


def own_flow(session: Session, *, flow_id: int, retired: bool = False) -> CallFlow:
    """The visitor's own flow of that id, if it is in use, or with `retired` also where it was; else the page is not
    found."""
    flow = find_flow(session, account=visitor().account, flow_id=flow_id)
    if flow is None or (flow.retired_at is not None and not retired):
        abort(404)
    return flow


def plan_to_change(session: Session, *, flow: CallFlow) -> Plan:
    """The working plan, once whoever changes it at this moment has done so. Raises BadFlow."""
    session.refresh(flow, with_for_update=True)
    return working_plan(session, flow=flow)


def working_plan(session: Session, *, flow: CallFlow) -> Plan:
    """The plan that is worked on: the draft, else that in force. Raises BadFlow."""
    try:
        if flow.draft is not None:
            return Plan.model_validate(flow.draft)
        return read_plan(_in_force(list_versions(session, flow=flow), flow=flow) or abort(404))
    except ValidationError as wrong:
        raise BadFlow(f"this draft can no longer be read ({plain_words(wrong)}); discard it") from None


def flow_context(session: Session, *, flow: CallFlow, version: int | None = None) -> dict[str, Any]:
    """What `flows/show.html` needs. `version`: the number of an earlier version to look at."""
    account = visitor().account
    versions = list_versions(session, flow=flow)
    in_force = _in_force(versions, flow=flow)
    looked_at = next((one for one in versions if one.number == version), None)
    if version is not None and looked_at is None:
        abort(404)
    plan, problems = _shown_plan(flow, looked_at or in_force, draft=looked_at is None)
    numbers = [one for one in list_numbers(session, account=account) if one.number.released_at is None]
    people = agent_names(session, account_id=account.id)
    sounds = {one.sha256: one.name for one in list_sounds(session, account=account)}
    return {
        "flow": flow,
        "name": own_name(flow),
        "first_words": FIRST_WORDS.get(account.recording, FIRST_WORDS["announced"]),
        "first_sound": sounds.get(account.announcement_audio or ""),
        "account": account,
        "plan": plan,
        "problems": problems,
        "cards": describe(plan, people=people, sounds=sounds) if plan else [],
        "editable": looked_at is None and plan is not None and flow.retired_at is None,
        "looked_at": looked_at,
        "in_force": in_force,
        "draft_says": _draft_says(plan, in_force) if flow.draft is not None and looked_at is None else None,
        "versions": _shown_versions(versions, flow=flow),
        "mine": [one for one in numbers if one.number.flow_id == flow.id],
        "others": [one for one in numbers if one.number.flow_id != flow.id],
        "campaigns": {one.id: one.name for one in list_campaigns(session, account=account)},
        "changes": changes_of(session, account_id=account.id, noun="flow", noun_id=flow.id),
        "title": title,
        "kind_names": KIND_NAMES,
        "kind_uses": KIND_USES,
    }


def for_readers(wrong: BadFlow) -> BadFlow:
    """What is wrong with a flow, naming its step as the page does: `steps.office.phones: ...` is for programs."""
    return BadFlow(re.sub(r"^steps\.([a-z0-9-]+)\.[\w.]+: ", lambda found: f"{title(found[1])}: ", str(wrong)))


def _in_force(versions: list[FlowVersion], *, flow: CallFlow) -> FlowVersion | None:
    return next((one for one in versions if one.id == flow.version_id), None)


def _shown_plan(flow: CallFlow, version: FlowVersion | None, *, draft: bool) -> tuple[Plan | None, list[str]]:
    """The plan to show; none with what is wrong with it, where it was kept under other rules than today's."""
    kept = flow.draft if draft and flow.draft is not None else version.plan if version else None
    try:
        return Plan.model_validate(kept), []
    except ValidationError as wrong:
        return None, [_sentence(one["loc"], one["msg"]) for one in wrong.errors()[:10]]


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ")
    match place:
        case ("steps", step, _, *fields):
            return f"{title(str(step))}, {' '.join(str(one) for one in fields).replace('_', ' ')}: {said}."
        case _:
            return f"{said[:1].upper()}{said[1:]}."


def _draft_says(plan: Plan | None, in_force: FlowVersion | None) -> str:
    return "" if plan is None else say_changes(read_plan(in_force) if in_force else None, plan)


def _shown_versions(versions: list[FlowVersion], *, flow: CallFlow) -> list[VersionShown]:
    plans = [*map(_readable, versions), None]
    return [
        VersionShown(
            number=one.number,
            made_at=one.made_at,
            made_by=one.made_by,
            changed=say_changes(before, plan) if plan else "cannot be read any more",
            in_force=one.id == flow.version_id,
        )
        for one, plan, before in zip(versions, plans[:-1], plans[1:], strict=True)
    ]


def _readable(version: FlowVersion) -> Plan | None:
    try:
        return read_plan(version)
    except ValidationError:
        return None
