"""Taking back what was said of a number: a move that is to come, or that it is ours at all."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.campaigns import BadCampaign
from calltrack.campaigns.moves import cancel_move, drop_moves
from calltrack.campaigns.removal import remove_number
from calltrack.ground import ground
from calltrack.models import Number
from calltrack.phone import display
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.numbers import find_number_there, is_reachable, reach
from calltrack.web.forms import BadField
from calltrack.web.settings_fields import refused
from calltrack.web.setup_numbers import LARGEST_ID, ONE, AtCarrier, number_page, own_number
from calltrack.web.visitors import requires, visitor

bp = Blueprint("number_moves", __name__)


@bp.post(f"{ONE}/moves/<int(max={LARGEST_ID}):assignment_id>/cancel")
@requires("numbers.write")
def cancel(number_id: int, assignment_id: int) -> ResponseReturnValue:
    """Let the number stay where it is at that moment."""
    try:
        with ground().database.write.begin() as session:
            found = own_number(session, number_id)
            move = next((one for one in found.assignments if one.id == assignment_id), None) or abort(404)
            cancel_move(session, found=found, move=move, by=visitor().name)
    except BadCampaign as wrong:
        return number_page(number_id, refused("move", wrong, not_done="The move stays")), 400
    flash("The move is cancelled: at that moment the number stays where it is.", "done")
    return redirect(url_for("web.setup_numbers.show", number_id=number_id), 303)


@bp.post(f"{ONE}/remove")
@requires("numbers.write")
def remove(number_id: int) -> ResponseReturnValue:
    """Take a number away that was attached by mistake."""
    with ground().database.read() as session:
        number = own_number(session, number_id).number
    try:
        if _is_there(number):
            raise BadField("It is yours at the carrier: park it, then give it back.")
        with ground().database.write.begin() as session:
            found = own_number(session, number_id)
            forgotten = remove_number(session, number=found.number, by=visitor().name)
            if not forgotten:
                drop_moves(session, found=found, by=visitor().name)
    except BadField as wrong:
        return number_page(number_id, refused("remove", wrong, not_done="The number was not removed")), 400
    except CarrierError as error:
        told = BadField(f"The carrier cannot be asked whether it is yours there: {error}.")
        typed = refused("remove", told, not_done="The number was not removed")
        return number_page(number_id, typed, AtCarrier(absent=True)), 400
    stays = "" if forgotten else " Its calls and its history stay."
    flash(f"{display(number.phone_number)} is removed.{stays}", "done")
    return redirect(url_for("web.setup_numbers.table"), 303)


def _is_there(number: Number) -> bool:
    """Whether the carrier's account owns it; one that cannot be reached at all, by these settings, has nothing to say.

    Raises CarrierError.
    """
    if not is_reachable(ground().settings, carrier=number.carrier):
        return False
    with reach(ground().settings, carrier=number.carrier) as rest:
        return find_number_there(rest, phone_number=number.phone_number) is not None
