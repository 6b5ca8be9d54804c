"""Taking away a number that was attached by mistake: one that the carrier's account never had."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.campaigns.parking import mark_released
from calltrack.changes import record
from calltrack.models import Account, Call, Number, NumberAssignment


def remove_number(session: Session, *, number: Number, by: str) -> bool:
    """Forget a number without any call, with its assignments; one with calls is out of use here from now on, as if it
    had been given back, and its calls and history stay. The carrier is not asked.

    Returns whether it is forgotten. Whoever calls has made sure that the carrier's account does not own it.
    """
    wait_for_turn(session, account=session.get_one(Account, number.account_id))
    if session.scalar(select(Call.call_sid).where(Call.number_id == number.id).limit(1)) is not None:
        mark_released(session, number=number, by=by)
        return False
    fields = {"number": (number.phone_number, None)}
    record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=fields, by=by)
    # Race: a call comes in between; its key then stands against this, and the form is answered with a conflict.
    session.execute(delete(NumberAssignment).where(NumberAssignment.number_id == number.id))
    session.delete(number)
    session.flush()
    return True
