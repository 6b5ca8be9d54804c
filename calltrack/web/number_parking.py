"""A number at the carrier: do its calls come here; and out of use: parked, taken back, given back to the carrier."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.campaigns import BadCampaign
from calltrack.campaigns.parking import park_number, unpark_number
from calltrack.campaigns.shopping import release_number
from calltrack.ground import ground
from calltrack.phone import display, normalise
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.numbers import find_number_there, reach, what_is_wrong
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.setup_numbers import ONE, AtCarrier, number_page, own_number
from calltrack.web.visitors import requires, visitor

bp = Blueprint("number_parking", __name__)


@bp.get(f"{ONE}/check")
@requires("numbers.write")
def check(number_id: int) -> ResponseReturnValue:
    """Ask the carrier whether the number's calls come here, and what overrides that."""
    settings = ground().settings
    with ground().database.read() as session:
        number = own_number(session, number_id).number
    try:
        with reach(settings, carrier=number.carrier) as rest:
            there = find_number_there(rest, phone_number=number.phone_number)
    except CarrierError as error:
        return number_page(number_id, Typed(), AtCarrier(problem=f"The carrier cannot be asked: {error}."))
    if there is None:
        return number_page(number_id, Typed(), AtCarrier(absent=True))
    wrong = what_is_wrong(there, base_url=settings.base_url, carrier=number.carrier)
    return number_page(number_id, Typed(), AtCarrier(wrong=wrong, asked=True))


@bp.post(f"{ONE}/park")
@requires("numbers.write")
def park(number_id: int) -> ResponseReturnValue:
    """Take it out of use: callers hear so."""
    try:
        with ground().database.write.begin() as session:
            park_number(session, number=own_number(session, number_id).number, by=visitor().name)
    except BadCampaign as wrong:
        return number_page(number_id, refused("park", wrong, not_done="The number was not parked")), 400
    flash("It is parked: whoever calls it hears that it is out of use. It still costs.", "done")
    return _back(number_id)


@bp.post(f"{ONE}/unpark")
@requires("numbers.write")
def unpark(number_id: int) -> ResponseReturnValue:
    """Take it into use again."""
    try:
        with ground().database.write.begin() as session:
            unpark_number(session, number=own_number(session, number_id).number, by=visitor().name)
    except BadCampaign as wrong:
        return number_page(number_id, refused("park", wrong, not_done="It is still out of use")), 400
    flash("It is in use again: the next call rings its phones.", "done")
    return _back(number_id)


@bp.post(f"{ONE}/release")
@requires("numbers.write")
def release(number_id: int) -> ResponseReturnValue:
    """Give it back to the carrier; the number is typed again, because that cannot be undone."""
    with ground().database.read() as session:
        number = own_number(session, number_id).number
    try:
        if normalise(text_field("typed")) != number.phone_number:
            raise BadField(f"Type {display(number.phone_number)} to confirm that it is this number.")
        release_number(
            ground().database, ground().settings, account=visitor().account, number_id=number.id, by=visitor().name
        )
    except (BadField, BadCampaign) as wrong:
        return number_page(number_id, refused("release", wrong, not_done="The number was not given back")), 400
    except CarrierError as error:
        told = BadField(f"The carrier did not take it: {error}. It is still parked here; try again.")
        return number_page(number_id, refused("release", told, not_done="The number was not given back")), 400
    flash(f"{display(number.phone_number)} is given back to the carrier. Its calls and its history stay.", "done")
    return redirect(url_for("web.setup_numbers.table"), 303)


def _back(number_id: int) -> ResponseReturnValue:
    return redirect(url_for("web.setup_numbers.show", number_id=number_id), 303)
