"""The carrier's raw log of a call without what was said in it, or without who called: it folds into the same call."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Call, CallEvent
from calltrack.telephony.carriers import CARRIERS, without_caller, without_words

_BLOCKED = "blocked"


def scrub_log(session: Session, *, call: Call, caller: bool, delivery: str | None = None) -> None:
    """Take what was said out of the call's deliveries, and with `caller` what tells who called.

    `delivery`: only out of the one of that name (CallEvent.delivery), which came after the others were scrubbed. The
    names stay, so that a delivery that is repeated is known to be one.
    """
    if call.carrier not in CARRIERS:  # a call that came in as a file has no deliveries
        return
    logged = select(CallEvent).where(
        CallEvent.carrier == call.carrier,
        CallEvent.carrier_account == call.carrier_account,
        CallEvent.call_sid == call.call_sid,
    )
    without = without_caller if caller else without_words
    for event in session.scalars(logged.where(CallEvent.delivery == delivery) if delivery else logged):
        kept = without(carrier=event.carrier, params=event.params)
        if kept != event.params:
            event.params = kept
        if caller and event.turned_away:
            event.turned_away = impersonal(event.turned_away)


def impersonal(turned_away: str) -> str:
    """Why a caller was turned away, without the number that was blocked."""
    return _BLOCKED if turned_away.startswith(f"{_BLOCKED}:") else turned_away
