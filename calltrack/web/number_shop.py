"""Numbers for sale at the carrier, and those that are ours there already but attached to no campaign."""

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.campaigns import LONGEST_WHISPER, MOST_TARGETS, BadCampaign, list_campaigns
from calltrack.campaigns.shopping import buy_number, list_unattached
from calltrack.ground import ground
from calltrack.phone import display, is_e164
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.numbers import MOST_FOR_SALE, is_reachable, reach, search_numbers
from calltrack.telephony.searching import BadSearch, read_wanted
from calltrack.telephony.twilio_rest import ForSale, Wanted
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, all_fields, phones_field, refused, whisper_field
from calltrack.web.setup_numbers import chosen_campaign
from calltrack.web.visitors import requires, visitor

bp = Blueprint("number_shop", __name__)
SEARCHED = ("sort", "area_code", "contains", "locality", "region", "postal_code", "near", "miles")


@bp.get("/settings/numbers/buy")
@requires("numbers.write")
def search() -> ResponseReturnValue:
    """Look for a number to buy."""
    return _page(Typed(), request.args)


@bp.post("/settings/numbers/buy")
@requires("numbers.write")
def buy() -> ResponseReturnValue:
    """Buy it, and attach it to a campaign."""
    who = visitor()
    try:
        with all_fields() as field, ground().database.read() as session:
            with field("phone_number"):
                phone_number = text_field("phone_number")
                if not is_e164(phone_number):
                    raise BadField("Choose a number.")
            with field("campaign_id"):
                campaign = chosen_campaign(session)
            with field("forward_to"):
                forward_to = phones_field("forward_to", most=MOST_TARGETS)
            with field("whisper"):
                whisper = whisper_field()
        number = buy_number(
            ground().database,
            ground().settings,
            account=who.account,
            campaign=campaign,
            phone_number=phone_number,
            forward_to=forward_to,
            whisper=whisper,
            by=who.name,
        )
    except (BadField, BadCampaign) as wrong:
        return _page(refused("buy", wrong, not_done="The number was not bought"), request.form), 400
    except CarrierError as error:
        return _page(refused("buy", _said(error), not_done="The number was not bought"), request.form), 400
    flash(f"{display(number.phone_number)} is yours and belongs to {campaign.name}. Its calls come here.", "done")
    return redirect(url_for("web.setup_numbers.show", number_id=number.id), 303)


@bp.get("/settings/numbers/unattached")
@requires("numbers.write")
def unattached() -> ResponseReturnValue:
    """What the account has at the carrier and nobody uses."""
    there, problem = [], ""
    try:
        there = list_unattached(ground().database, ground().settings, account=visitor().account)
    except CarrierError as error:
        problem = f"The carrier's list cannot be shown: {error}."
    return render_template("settings/unattached.html", there=there, problem=problem)


def _said(error: CarrierError) -> BadField:
    """Where the carrier gave no answer it may have sold the number all the same."""
    look = "" if error.permanent else " It may be sold all the same: look under “At the carrier” before you try again."
    return BadField(f"{str(error)[:1].upper()}{str(error)[1:]}.{look}")


def _page(typed: Typed, asked: Mapping[str, str]) -> str:
    account, settings = visitor().account, ground().settings
    found: list[ForSale] | None = None
    problem, wanted = "", Wanted()
    can_buy = is_reachable(settings, carrier=account.carrier)
    if can_buy and any(asked.get(name) for name in SEARCHED):
        try:
            wanted = read_wanted({name: asked.get(name, "") for name in SEARCHED})
            with reach(settings, carrier=account.carrier) as rest:
                found = search_numbers(rest, wanted=wanted)
        except (BadSearch, CarrierError) as error:
            problem = f"Nothing was searched for: {error}."
    with ground().database.read() as session:
        campaigns = list_campaigns(session, account=account, archived=False)
    return render_template(
        "settings/buy_number.html",
        typed=typed,
        asked={name: asked.get(name, "") for name in SEARCHED},
        wanted=asdict(wanted),
        found=found,
        problem=problem,
        campaigns=campaigns,
        can_buy=can_buy,
        most_for_sale=MOST_FOR_SALE,
        longest_whisper=LONGEST_WHISPER,
        most_targets=MOST_TARGETS,
    )
