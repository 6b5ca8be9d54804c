"""The steps of a call flow: the form of each. What is saved goes into the draft."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy.orm import Session

from calltrack.ground import ground
from calltrack.telephony.flow_list import BadFlow, save_draft
from calltrack.telephony.plan import MOST_CHOICES, MOST_PHONES, Menu, Plan, name_step
from calltrack.telephony.sounds import list_sounds
from calltrack.web.flow_edits import KINDS, BadEdit, free_name, leading_to, put_step, remove_step, title
from calltrack.web.flow_fields import CHOICE_ROWS, DAY_NAMES, blank_fields, fill_fields, read_step
from calltrack.web.flow_hours import plain_words
from calltrack.web.flow_page import KIND_NAMES, KIND_USES, ONE, for_readers, own_flow, plan_to_change, working_plan
from calltrack.web.flow_ways import NEW, OFFERED
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("flow_steps", __name__)
STEP = f"{ONE}/steps/<step>"
STRATEGIES = {
    "all": ("All at once", "The first to answer has the call. More than ten ring in groups of ten."),
    "order": ("One after the other", "Always beginning with the first in the list."),
    "turns": ("In turn", "Each call begins with the next phone, so that everybody gets as many."),
    "weighted": ("By weight", "Who is rung first is drawn by weight: weight 3 is first three times as often as 1."),
}


@bp.get(f"{ONE}/steps")
@requires("campaigns.write")
def blank(flow_id: int) -> ResponseReturnValue:
    """The empty form of a new step; `kind` says which."""
    return _page(flow_id, _kind(request.args.get("kind", "")), None, Typed())


@bp.post(f"{ONE}/steps")
@requires("flows.write")
def add(flow_id: int) -> ResponseReturnValue:
    """Add a step to the draft."""
    return _save(flow_id, _kind(text_field("kind")), None)


@bp.get(STEP)
@requires("campaigns.write")
def form(flow_id: int, step: str) -> ResponseReturnValue:
    """The form of a step."""
    return _page(flow_id, None, step, Typed())


@bp.post(STEP)
@requires("flows.write")
def save(flow_id: int, step: str) -> ResponseReturnValue:
    """Change a step in the draft."""
    return _save(flow_id, None, step)


@bp.post(f"{STEP}/remove")
@requires("flows.write")
def remove(flow_id: int, step: str) -> ResponseReturnValue:
    """Take a step out of the draft; who led there leads to its own way on."""
    try:
        with ground().database.write.begin() as session:
            flow = own_flow(session, flow_id=flow_id)
            plan = plan_to_change(session, flow=flow)
            if step not in plan.steps:
                abort(404)
            changed, onward = remove_step(plan, name=step)
            save_draft(session, flow=flow, plan=changed, by=visitor().name)
    except (BadEdit, BadFlow) as wrong:
        flash(f"{title(step)} was not removed: {wrong}.", "problem")
    else:
        flash(f"{title(step)} is removed{f': callers go on to {title(onward)}' if onward else ''}.", "done")
    return redirect(url_for("web.flows.show", flow_id=flow_id), 303)


def _save(flow_id: int, kind: str | None, was: str | None) -> ResponseReturnValue:
    try:
        with ground().database.write.begin() as session:
            flow = own_flow(session, flow_id=flow_id)
            name, plan = _edited(session, plan=plan_to_change(session, flow=flow), kind=kind, was=was)
            save_draft(session, flow=flow, plan=plan, by=visitor().name)
    except (BadField, BadFlow, BadEdit, ValidationError) as wrong:
        return _page(flow_id, kind, was, refused("step", _for_readers(wrong), not_done="The step was not saved")), 400
    flash(f"{title(name)} is saved in the draft.", "done")
    return redirect(url_for("web.flows.show", flow_id=flow_id, _anchor=f"step-{name}"), 303)


def _for_readers(wrong: ValueError) -> ValueError:
    if isinstance(wrong, ValidationError):
        return BadEdit(plain_words(wrong))
    return for_readers(wrong) if isinstance(wrong, BadFlow) else wrong


def _edited(session: Session, *, plan: Plan, kind: str | None, was: str | None) -> tuple[str, Plan]:
    """The step's name and the plan that has it, as the current request says."""
    if was is not None and was not in plan.steps:
        abort(404)
    kind = kind or plan.steps[was or ""].kind
    name = name_step(text_field("title"))
    if not name:
        raise BadField("Enter a name for the step, in letters or digits.")
    says = {one.sha256: one.says for one in list_sounds(session, account=visitor().account)}
    read = read_step(kind=kind, plan=plan, name=name, says=says)
    before = text_field("before") or None
    if before is not None and (was is not None or before not in plan.steps):
        raise BadField("Choose where the step comes.")
    return name, put_step(plan, name=name, step=read.step, was=was, more=read.more, before=before)


def _kind(asked: str) -> str:
    return asked if asked in KINDS else abort(404)


def _page(flow_id: int, kind: str | None, name: str | None, typed: Typed) -> str:
    with ground().database.read() as session:
        flow = own_flow(session, flow_id=flow_id)
        try:
            plan = working_plan(session, flow=flow)
        except BadFlow as wrong:
            abort(400, f"This flow cannot be changed now: {wrong}.")
        if name is not None and name not in plan.steps:
            abort(404)
        step = plan.steps[name] if name else None
        kind = step.kind if step else kind or ""
        filled = fill_fields(step) if step else blank_fields(kind, plan=plan)
        choices = len(step.choices) if isinstance(step, Menu) else 0
        sounds = list_sounds(session, account=visitor().account)
    return render_template(
        "flows/step.html",
        flow=flow,
        plan=plan,
        name=name,
        kind=kind,
        filled=filled,
        suggested=title(name) if name else title(free_name(KIND_NAMES[kind], taken=plan.steps)),
        targets=[one for one in plan.steps if one != name],
        new_targets={f"{NEW}{one}": words for one, words in OFFERED.items()},
        before=leading_to(plan, name=name) if name else [],
        sounds=sounds,
        rows=range(1, min(max(CHOICE_ROWS, choices + 1), MOST_CHOICES) + 1),
        typed=typed,
        title=title,
        days=DAY_NAMES,
        strategies=STRATEGIES,
        kind_names=KIND_NAMES,
        kind_uses=KIND_USES,
        most_phones=MOST_PHONES,
    )
