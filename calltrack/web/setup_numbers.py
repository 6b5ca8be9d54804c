"""Setting up tracking numbers: whose campaign each is from when on, which phones it rings, what is whispered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.calls.messages import BadPhone, set_text_to
from calltrack.calls.reconciliations import newest_runs
from calltrack.campaigns.campaigns import (
    LONGEST_WHISPER,
    MOST_TARGETS,
    BadCampaign,
    assign_number,
    change_ringing,
    find_campaign,
    list_campaigns,
)
from calltrack.campaigns.moves import moves_to_come
from calltrack.campaigns.numbers import NumberHistory, find_number, list_numbers
from calltrack.campaigns.parking import recent_calls
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.models import Campaign, Number
from calltrack.phone import display, normalise
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import access_of
from calltrack.telephony.flow_list import BadFlow, find_flow, give_flow
from calltrack.telephony.numbers import configure_with, is_reachable
from calltrack.web.carrier import CARRIERS
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.number_flows import flows_in_force
from calltrack.web.settings_fields import (
    Typed,
    all_fields,
    moment_field,
    phone_words,
    phones_field,
    refused,
    whisper_field,
)
from calltrack.web.visitors import requires, visitor, visitor_may
from calltrack.web.words import moment

bp = Blueprint("setup_numbers", __name__)
LARGEST_ID = 2**31 - 1
ONE = f"/settings/numbers/<int(max={LARGEST_ID}):number_id>"
LONGEST_NUMBER = 30


@dataclass(frozen=True)
class AtCarrier:
    """What the carrier said of a number when it was `asked`; `problem`: why it was not, or could not tell; `absent`:
    the carrier's account does not own it."""

    asked: bool = False
    wrong: Sequence[str] = ()
    problem: str = ""
    absent: bool = False


@bp.get("/settings/numbers")
@requires("campaigns.write")
def table() -> ResponseReturnValue:
    """All tracking numbers."""
    return _list_page(Typed())


@bp.post("/settings/numbers")
@requires("numbers.write")
def attach() -> ResponseReturnValue:
    """Attach a number that the account owns at the carrier to a campaign."""
    who = visitor()
    try:
        with ground().database.write.begin() as session:
            with all_fields() as field:
                with field("phone_number"):
                    phone_number = normalise(
                        required_field("phone_number", called="the number", longest=LONGEST_NUMBER)
                    )
                    if any(
                        one.number.phone_number == phone_number and one.number.released_at is None
                        for one in list_numbers(session, account=who.account)
                    ):
                        raise BadField(f"{display(phone_number)} is yours already: choose it in the list to move it.")
                with field("campaign_id"):
                    campaign = chosen_campaign(session)
                with field("forward_to"):
                    forward_to = phones_field("forward_to", most=MOST_TARGETS)
                with field("whisper"):
                    whisper = whisper_field()
                with field("starts_at"):
                    starts_at = _moment("starts_at")
            number = assign_number(
                session,
                account=who.account,
                phone_number=phone_number,
                campaign=campaign,
                forward_to=forward_to,
                whisper=whisper,
                starts_at=starts_at,
                assigned_by=who.name,
            )
    except (BadField, BadCampaign) as wrong:
        return _list_page(refused("new", wrong, not_done="The number was not attached")), 400
    flash(f"{display(number.phone_number)} is attached{_from(starts_at)}.", "done")
    if text_field("configure"):
        _configure(number)
    return _back(number.id)


@bp.get(ONE)
@requires("campaigns.write")
def show(number_id: int) -> ResponseReturnValue:
    """One number: its campaigns over time, and what its callers reach."""
    return number_page(number_id, Typed())


@bp.post(ONE)
@requires("numbers.write")
def ring(number_id: int) -> ResponseReturnValue:
    """Say which phones it rings, and what whoever answers hears first; from the next call on."""
    try:
        with all_fields() as field:
            with field("forward_to"):
                forward_to = phones_field("forward_to", most=MOST_TARGETS)
            with field("whisper"):
                whisper = whisper_field()
        with ground().database.write.begin() as session:
            number = own_number(session, number_id).number
            change_ringing(session, number=number, forward_to=forward_to, whisper=whisper, by=visitor().name)
            flow = flows_in_force(session, account=visitor().account).get(number.flow_id or 0)
    except (BadField, BadCampaign) as wrong:
        return number_page(number_id, refused("ring", wrong, not_done="Nothing was saved")), 400
    if flow is not None and not flow.rings_own:
        flash(
            f"Saved. The flow {flow.name} rings phones of its own: these are not rung while the number has it.", "done"
        )
    else:
        flash("Saved: the next call rings these phones.", "done")
    return _back(number_id)


@bp.post(f"{ONE}/move")
@requires("numbers.write")
def move(number_id: int) -> ResponseReturnValue:
    """Give it to another campaign from a moment on; what it rings stays."""
    who = visitor()
    try:
        with ground().database.write.begin() as session:
            number = own_number(session, number_id).number
            with all_fields() as field:
                with field("campaign_id"):
                    campaign = chosen_campaign(session)
                with field("starts_at"):
                    starts_at = _moment("starts_at")
            assign_number(
                session,
                account=who.account,
                phone_number=number.phone_number,
                campaign=campaign,
                forward_to=number.forward_to,
                whisper=number.whisper,
                starts_at=starts_at,
                assigned_by=who.name,
            )
    except (BadField, BadCampaign) as wrong:
        return number_page(number_id, refused("move", wrong, not_done="The number was not moved")), 400
    flash(f"It belongs to {campaign.name}{_from(starts_at) or ' from now on'}.", "done")
    return _back(number_id)


@bp.post(f"{ONE}/flow")
@requires("numbers.write")
def lead(number_id: int) -> ResponseReturnValue:
    """Say which call flow its callers hear, and where text messages to it are sent on to."""
    written, phone = text_field("flow_id"), text_field("text_to")
    try:
        with ground().database.write.begin() as session:
            number = own_number(session, number_id).number
            flow = None
            if written:
                fits = written.isascii() and written.isdecimal() and len(written) < 10
                flow = find_flow(session, account=visitor().account, flow_id=int(written)) if fits else None
                if flow is None or (flow.retired_at is not None and flow.id != number.flow_id):
                    raise BadField("Choose a call flow.")
            if (flow.id if flow else None) != number.flow_id:
                give_flow(session, number=number, flow=flow, by=visitor().name)
            if (normalise(phone) or None) != number.text_to:
                set_text_to(session, number=number, phone=normalise(phone) or None, by=visitor().name)
    except (BadField, BadFlow, BadPhone) as wrong:
        return number_page(number_id, refused("lead", wrong, not_done="Nothing was saved")), 400
    flash("Saved: it holds from the next call and the next text on.", "done")
    return _back(number_id)


@bp.post(f"{ONE}/configure")
@requires("numbers.write")
def configure(number_id: int) -> ResponseReturnValue:
    """Have the carrier send its calls here."""
    with ground().database.read() as session:
        number = own_number(session, number_id).number
    if text_field("configure"):
        _configure(number)
    return _back(number_id)


def _moment(name: str) -> datetime | None:
    return moment_field(name, called="“From”", zone=visitor().account.time_zone)


def _from(starts_at: datetime | None) -> str:
    return f" from {moment(starts_at, visitor().account.time_zone)} on" if starts_at else ""


def chosen_campaign(session: Session) -> Campaign:
    """The campaign that a form names. Raises BadField."""
    written = text_field("campaign_id")
    campaign = None
    if written.isascii() and written.isdecimal() and len(written) < 10:
        campaign = find_campaign(session, account=visitor().account, campaign_id=int(written))
    if campaign is None:
        raise BadField("Choose a campaign.")
    return campaign


def own_number(session: Session, number_id: int) -> NumberHistory:
    """The account's own number of that id; another answers 404."""
    return find_number(session, account=visitor().account, number_id=number_id) or abort(404)


def _configure(number: Number) -> None:
    try:
        configure_with(ground().settings, phone_number=number.phone_number, carrier=number.carrier)
    except CarrierError as error:
        flash(f"The carrier does not send its calls here yet: {error}.", "problem")
    else:
        flash("The carrier sends its calls here.", "done")


def _back(number_id: int) -> ResponseReturnValue:
    return redirect(url_for("web.setup_numbers.show", number_id=number_id), 303)


def _list_page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        numbers = list_numbers(session, account=account)
        compared = newest_runs(session, limit=1, carrier=account.carrier) if visitor_may("calls.unclaimed") else []
        return render_template(
            "settings/numbers.html",
            numbers=[one for one in numbers if one.number.released_at is None],
            released=[one.number for one in numbers if one.number.released_at is not None],
            chosen=_chosen_number(),
            compared=compared[0] if compared else None,
            flows=flows_in_force(session, account=account),
            moves_to_come=moves_to_come,
            **_known(session, carrier=account.carrier),
            typed=typed,
        )


def number_page(number_id: int, typed: Typed, at_carrier: AtCarrier | None = None) -> str:
    """The page of one number; `at_carrier`: what was just found out there."""
    account = visitor().account
    with ground().database.read() as session:
        found = own_number(session, number_id)
        return render_template(
            "settings/number.html",
            found=found,
            number=found.number,
            forward_to="\n".join(map(phone_words, found.number.forward_to)),
            recent=recent_calls(session, number=found.number, now=datetime.now(UTC)),
            flows=flows_in_force(session, account=account),
            to_come=[] if found.number.released_at else moves_to_come(found),
            at_carrier=at_carrier or AtCarrier(),
            changes=changes_of(session, account_id=account.id, noun="number", noun_id=number_id),
            **_known(session, carrier=found.number.carrier),
            typed=typed,
        )


def _chosen_number() -> str:
    """The number that another page leads here to attach, as people write it."""
    chosen = request.args.get("phone_number", "")[:LONGEST_NUMBER].replace("\x00", "")
    return phone_words(normalise(chosen)) if chosen else ""


def _known(session: Session, *, carrier: str) -> dict[str, object]:
    """What both pages show, of that carrier's settings."""
    settings = ground().settings
    campaigns = list_campaigns(session, account=visitor().account)
    return {
        "names": {one.id: one.name for one in campaigns},
        "campaigns": [one for one in campaigns if one.archived_at is None],
        "zone": visitor().account.time_zone,
        "webhooks": f"{settings.base_url}/webhooks/{carrier}",
        "reaches_carrier": is_reachable(settings, carrier=carrier),
        "missing": access_of(settings, carrier=carrier).missing,
        "carrier_title": CARRIERS[carrier],
        "longest_whisper": LONGEST_WHISPER,
        "most_targets": MOST_TARGETS,
    }
