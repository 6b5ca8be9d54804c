"""Call flows: which there are, one of them as a page to read, and what is done to it as a whole."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.campaigns.numbers import find_number, list_numbers
from calltrack.ground import ground
from calltrack.models import CallFlow
from calltrack.phone import display
from calltrack.telephony.flow_list import (
    LONGEST_NAME,
    BadFlow,
    create_flow,
    discard_draft,
    find_version,
    give_flow,
    list_flows,
    list_retired,
    own_name,
    put_in_force,
    rename_flow,
    restore,
    retire_flow,
    save_draft,
)
from calltrack.telephony.plan import TurnAway
from calltrack.web.flow_edits import BadEdit, begin_with
from calltrack.web.flow_models import MODELS
from calltrack.web.flow_page import LARGEST_ID, ONE, flow_context, for_readers, own_flow, plan_to_change
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("flows", __name__)


@bp.get("/settings/flows")
@requires("campaigns.write")
def table() -> ResponseReturnValue:
    """All call flows, with the numbers that have each."""
    return _list_page(Typed())


@bp.post("/settings/flows")
@requires("flows.write")
def add() -> ResponseReturnValue:
    """A new flow, as a draft that begins with one of the ready plans."""
    who = visitor()
    try:
        name = required_field("name", called="a name", longest=LONGEST_NAME)
        model = MODELS.get(text_field("model"))
        if model is None:
            raise BadField("Choose what the flow begins with.")
        with ground().database.write.begin() as session:
            made = create_flow(session, account=who.account, name=name, plan=model.plan, by=who.name)
    except (BadField, BadFlow) as wrong:
        return _list_page(refused("new", wrong, not_done="The flow was not made")), 400
    flash(f"{made.name} is a draft: change its steps, try it, and put it in force.", "done")
    return _back(made.id)


@bp.get(ONE)
@requires("campaigns.write")
def show(flow_id: int) -> ResponseReturnValue:
    """One flow, step by step; `version`: as it once was."""
    wanted = request.args.get("version", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else None
    return _page(flow_id, Typed(), version=number)


@bp.post(ONE)
@requires("flows.write")
def rename(flow_id: int) -> ResponseReturnValue:
    """Call it something else."""
    return _do(
        flow_id,
        lambda session, flow: rename_flow(session, flow=flow, name=text_field("name"), by=visitor().name),
        form="rename",
        done="Saved.",
    )


@bp.post(f"{ONE}/whole")
@requires("flows.write")
def change_whole(flow_id: int) -> ResponseReturnValue:
    """Say in the draft which step calls begin with, and which callers are turned away."""

    def work(session: Session, flow: CallFlow) -> None:
        plan = begin_with(plan_to_change(session, flow=flow), name=text_field("start"))
        away = TurnAway(failed_attestation=bool(text_field("failed_attestation")), spam=bool(text_field("spam")))
        save_draft(session, flow=flow, plan=plan.model_copy(update={"turn_away": away}), by=visitor().name)

    return _do(flow_id, work, form="whole", done="Saved in the draft.")


@bp.post(f"{ONE}/force")
@requires("flows.write")
def force(flow_id: int) -> ResponseReturnValue:
    """Put the draft in force."""
    said = ""

    def work(session: Session, flow: CallFlow) -> None:
        nonlocal said
        version = put_in_force(session, flow=flow, by=visitor().name)
        numbers = [one.number for one in list_numbers(session, account=visitor().account)]
        heard = any(one.flow_id == flow.id and one.released_at is None for one in numbers)
        said = "In force: the next caller hears it." if heard else f"Version {version.number} is in force."

    return _do(flow_id, work, form="draft", done=lambda: said)


@bp.post(f"{ONE}/discard")
@requires("flows.write")
def discard(flow_id: int) -> ResponseReturnValue:
    """Forget the draft."""
    return _do(
        flow_id,
        lambda session, flow: discard_draft(session, flow=flow),
        form="draft",
        done="The draft is discarded; below is what callers hear.",
    )


@bp.post(f"{ONE}/versions/<int(max={LARGEST_ID}):version>/restore")
@requires("flows.write")
def put_back(flow_id: int, version: int) -> ResponseReturnValue:
    """Put an earlier version in force again, as a new one."""

    def work(session: Session, flow: CallFlow) -> None:
        found = find_version(session, flow=flow, number=version) or abort(404)
        restore(session, flow=flow, version=found, by=visitor().name)

    return _do(flow_id, work, form="versions", done=f"Version {version} is in force again; the next caller hears it.")


@bp.post(f"{ONE}/numbers")
@requires("numbers.write")
def give(flow_id: int) -> ResponseReturnValue:
    """Give the flow to a number, or with `plain` take it back."""
    chosen = text_field("number_id")
    number_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0
    plain = bool(text_field("plain"))
    said = ""

    def work(session: Session, flow: CallFlow) -> None:
        nonlocal said
        found = find_number(session, account=visitor().account, number_id=number_id)
        if found is None:
            raise BadField("Choose one of your numbers.")
        give_flow(session, number=found.number, flow=None if plain else flow, by=visitor().name)
        now = "rings its own phones, then takes a message" if plain else "has this flow"
        said = f"{display(found.number.phone_number)} {now} from the next call on."

    return _do(flow_id, work, form="numbers", done=lambda: said)


@bp.post(f"{ONE}/retire")
@requires("flows.write")
def retire(flow_id: int) -> ResponseReturnValue:
    """Take it out of use."""
    name = ""

    def work(session: Session, flow: CallFlow) -> None:
        nonlocal name
        name = flow.name
        retire_flow(session, flow=flow, by=visitor().name)

    return _do(flow_id, work, form="retire", done=lambda: f"{name} is out of use.", then="web.flows.table")


def _do(
    flow_id: int,
    work: Callable[[Session, CallFlow], object],
    *,
    form: str,
    done: str | Callable[[], str],
    then: str | None = None,
) -> ResponseReturnValue:
    try:
        with ground().database.write.begin() as session:
            work(session, own_flow(session, flow_id=flow_id))
    except BadFlow as wrong:
        return _page(flow_id, refused(form, for_readers(wrong), not_done="Nothing was changed")), 400
    except (BadField, BadEdit) as wrong:
        return _page(flow_id, refused(form, wrong, not_done="Nothing was changed")), 400
    flash(done if isinstance(done, str) else done(), "done")
    return redirect(url_for(then), 303) if then else _back(flow_id)


def _back(flow_id: int) -> ResponseReturnValue:
    return redirect(url_for("web.flows.show", flow_id=flow_id), 303)


def _page(flow_id: int, typed: Typed, *, version: int | None = None) -> str:
    with ground().database.read() as session:
        flow = own_flow(session, flow_id=flow_id, retired=True)
        return render_template("flows/show.html", typed=typed, **flow_context(session, flow=flow, version=version))


def _list_page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        numbers = [one.number for one in list_numbers(session, account=account) if one.number.released_at is None]
        return render_template(
            "flows/table.html",
            flows=list_flows(session, account=account),
            retired=list_retired(session, account=account),
            own_name=own_name,
            numbers=numbers,
            models=MODELS,
            typed=typed,
            longest_name=LONGEST_NAME,
            account=account,
        )
