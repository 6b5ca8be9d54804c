"""Call flows: what callers of a number hear, and which phones ring."""

from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from calltrack.accounts.agents import agent_names
from calltrack.api.door import FLOWS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import CallFlow, FlowVersion
from calltrack.telephony.flow_list import (
    LONGEST_NAME,
    ListedFlow,
    change_plan,
    create_flow,
    find_flow,
    find_version,
    list_flows,
    list_versions,
    put_in_force,
    rename_flow,
    restore,
    retire_flow,
    save_draft,
)
from calltrack.telephony.plan import MOST_STEPS, Plan, Step, StepName
from calltrack.telephony.preview import describe
from calltrack.telephony.sounds import list_sounds

_EXAMPLE: dict[str, Any] = {
    "start": "office",
    "steps": {
        "office": {
            "kind": "ring", "phones": [{"phone": "+13125550190"}, {"phone": "+13125550191"}],
            "strategy": "turns", "seconds": 20, "otherwise": "message",
        },
        "message": {"kind": "voicemail", "greeting": {"text": "Please leave a message."}},
    },
}  # fmt: skip


def _as_map(schema: dict[str, Any]) -> None:
    """The document's library knows of no rule for the names of fields: one for what they hold will do."""
    schema["additionalProperties"] = next(iter(schema.pop("patternProperties").values()))


class FlowPlan(Plan):
    """A whole flow. Every caller hears the announcement first, then `start` is next; steps lead only onwards.

    docs/flows.md explains each kind of step.
    """

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    steps: dict[StepName, Step] = Field(min_length=1, max_length=MOST_STEPS, json_schema_extra=_as_map)


_DRAFT = Field(default=False, description="true: keep the plan as the draft, of which callers hear nothing yet")


class NewFlow(BaseModel):
    """A flow to be. Its plan is in force at once; a number is given it by POST /numbers."""

    name: str = Field(max_length=LONGEST_NAME, examples=["Evenings"])
    plan: FlowPlan
    draft: bool = _DRAFT


class FlowChanges(BaseModel):
    """What is to be changed; what is left out stays. A plan is in force at once, as a new version."""

    name: str | None = Field(None, max_length=LONGEST_NAME, examples=["Evenings"])
    plan: FlowPlan | None = None
    draft: bool = _DRAFT


class FlowVersionAnswer(BaseModel):
    """A plan as it was put in force: by whom and when."""

    number: int
    plan: FlowPlan
    by: str
    at: Moment


class ListedFlowAnswer(BaseModel):
    """A flow; `version`: the number of the version in force, null before the first; `numbers`: how many have it;
    `drafted_by`: who works on a draft, null where there is none."""

    id: int
    name: str
    version: int | None
    numbers: int
    drafted_by: str | None
    created_at: Moment


class FlowAnswer(ListedFlowAnswer):
    """A flow with its plans; `retired_at`: since when it is out of use, null while it is not."""

    plan: FlowPlan | None
    draft: FlowPlan | None
    retired_at: Moment | None


class LeadAnswer(BaseModel):
    """When a call goes on to which step."""

    when: str
    step: str


class CardAnswer(BaseModel):
    """A step in words, and the steps that follow; `reached`: callers can come here."""

    name: str
    kind: str
    sentence: str
    leads: list[LeadAnswer]
    reached: bool


class FlowPath(BaseModel):
    """Which flow."""

    id: Id


class VersionPath(FlowPath):
    """Which version of which flow."""

    version: Id


class PreviewQuery(BaseModel):
    """Which of the flow's plans."""

    draft: bool = Field(default=False, description="true: the draft; false: the version in force")


@bp.get("/flows", tags=[FLOWS], responses={200: Items[ListedFlowAnswer]})
@requires("company.read")
def list_all_flows() -> Response:
    """All call flows in use, by name."""
    with ground().database.read() as session:
        found = list_flows(session, account=visitor().account)
    return give(Items[ListedFlowAnswer](items=[ListedFlowAnswer.model_validate(_listed(one)) for one in found]))


@bp.post("/flows", tags=[FLOWS], responses={201: FlowAnswer, **refusals(409, 413)})
@requires("flows.write")
def add_flow(body: NewFlow) -> Response:
    """Add a call flow, with a first version in force or a draft."""
    who = visitor()
    with ground().database.write.begin() as session:
        flow = create_flow(session, account=who.account, name=body.name, plan=body.plan, by=who.name)
        if not body.draft:
            put_in_force(session, flow=flow, by=who.name)
        return give(_answer(session, flow), 201)


@bp.get("/flows/<int:id>", tags=[FLOWS], responses={200: FlowAnswer, **refusals(404)})
@requires("company.read")
def read_flow(path: FlowPath) -> Response:
    """One call flow with the plan in force and the draft."""
    with ground().database.read() as session:
        return give(_answer(session, _own(session, path.id)))


@bp.put("/flows/<int:id>", tags=[FLOWS], responses={200: FlowAnswer, **refusals(404, 409, 413)})
@requires("flows.write")
def change_flow(path: FlowPath, body: FlowChanges) -> Response:
    """Rename a call flow, put another plan in force (callers hear it from their next call on), or keep a draft."""
    by = visitor().name
    with ground().database.write.begin() as session:
        flow = _own(session, path.id)
        if body.name is not None:
            rename_flow(session, flow=flow, name=body.name, by=by)
        if body.plan is not None:
            (save_draft if body.draft else change_plan)(session, flow=flow, plan=body.plan, by=by)
        return give(_answer(session, flow))


@bp.delete("/flows/<int:id>", tags=[FLOWS], responses={200: FlowAnswer, **refusals(404)})
@requires("flows.write")
def take_out_of_use(path: FlowPath) -> Response:
    """Take a call flow that no number has out of use; its versions stay."""
    with ground().database.write.begin() as session:
        flow = _own(session, path.id)
        retire_flow(session, flow=flow, by=visitor().name)
        return give(_answer(session, flow))


@bp.get("/flows/<int:id>/versions", tags=[FLOWS], responses={200: Items[FlowVersionAnswer], **refusals(404)})
@requires("company.read")
def list_all_versions(path: FlowPath) -> Response:
    """Every plan that was ever in force, the newest first."""
    with ground().database.read() as session:
        found = list_versions(session, flow=_own(session, path.id))
    return give(Items[FlowVersionAnswer](items=[_version(one) for one in found]))


@bp.post(
    "/flows/<int:id>/versions/<int:version>/restore",
    tags=[FLOWS],
    responses={201: FlowVersionAnswer, **refusals(404, 409, 413)},
)
@requires("flows.write")
def restore_version(path: VersionPath) -> Response:
    """Put an earlier plan in force again, as a new version."""
    with ground().database.write.begin() as session:
        flow = _own(session, path.id)
        version = find_version(session, flow=flow, number=path.version)
        if version is None:
            raise Problem(404, f"there is no version {path.version}; GET /api/v1/flows/{flow.id}/versions lists them")
        return give(_version(restore(session, flow=flow, version=version, by=visitor().name)), 201)


@bp.get("/flows/<int:id>/preview", tags=[FLOWS], responses={200: Items[CardAnswer], **refusals(404)})
@requires("company.read")
def preview_flow(path: FlowPath, query: PreviewQuery) -> Response:
    """The flow in words, step by step, as callers come to them."""
    account = visitor().account
    with ground().database.read() as session:
        found = _answer(session, _own(session, path.id))
        people = agent_names(session, account_id=account.id)
        sounds = {one.sha256: one.name for one in list_sounds(session, account=account)}
    plan = found.draft if query.draft else found.plan
    if plan is None and query.draft:
        raise Problem(404, "the flow has no draft; ask without draft for the version in force")
    if plan is None:
        raise Problem(404, "nothing of the flow is in force yet; ask for its draft with draft=true")
    cards = describe(plan, people=people, sounds=sounds)
    items = [
        CardAnswer.model_validate({**vars(one), "leads": [{"when": when, "step": step} for when, step in one.leads]})
        for one in cards
    ]
    return give(Items[CardAnswer](items=items))


def _own(session: Session, flow_id: int) -> CallFlow:
    flow = find_flow(session, account=visitor().account, flow_id=flow_id)
    if flow is None:
        raise Problem(404, f"there is no flow {flow_id}; GET /api/v1/flows lists yours")
    return flow


def _listed(one: ListedFlow) -> dict[str, Any]:
    kept = {name: getattr(one.flow, name) for name in ("id", "name", "drafted_by", "created_at", "retired_at")}
    return {**kept, "version": one.version.number if one.version else None, "numbers": one.numbers}


def _answer(session: Session, flow: CallFlow) -> FlowAnswer:
    versions = list_versions(session, flow=flow)
    version = next((one for one in versions if one.id == flow.version_id), None)
    in_use = next((one for one in list_flows(session, account=visitor().account) if one.flow.id == flow.id), None)
    return FlowAnswer.model_validate(
        {
            **_listed(in_use or ListedFlow(flow, version, 0)),
            "name": " ".join(flow.name.split()),
            "plan": version.plan if version else None,
            "draft": flow.draft,
        }
    )


def _version(one: FlowVersion) -> FlowVersionAnswer:
    return FlowVersionAnswer(number=one.number, plan=FlowPlan.model_validate(one.plan), by=one.made_by, at=one.made_at)
