"""Pausing the recording of a running call at the carrier, and taking it up again; meanwhile it holds silence.

Source: Twilio's REST API 2010-04-01 (a call's recording, whose name `Twilio.CURRENT` is the running one) and
SignalWire's "Update a recording", which asks for the recording's own id.
"""

from typing import Literal
from urllib.parse import quote

from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Refused, Rest

_RUNNING = {"twilio": "Twilio.CURRENT"}


class NotRecording(CarrierError):
    """Nothing is being recorded of the call."""


def set_paused(
    access: Access, *, carrier: str, call_sid: str, recording_sid: str | None, paused: bool
) -> Literal["paused", "in-progress"]:
    """Pause the call's recording, or take it up again; both may be repeated. `recording_sid`: the running recording's
    id, as far as it is known; a carrier that has no other name for it needs that. Raises CarrierError, and of its kind
    NotRecording."""
    name = _RUNNING.get(carrier) or recording_sid
    if name is None:
        raise NotRecording("the carrier has not said yet that it records this call: try again in a moment")
    status: Literal["paused", "in-progress"] = "paused" if paused else "in-progress"
    asked = {"Status": status} | ({"PauseBehavior": "silence"} if paused else {})
    # Somebody is on the line, about to read out a card number: no long patience.
    with Rest(access, patience=3.0) as rest:
        try:
            rest.post(f"/Calls/{quote(call_sid, safe='')}/Recordings/{quote(name, safe='')}", asked)
        except Refused as refusal:
            if refusal.status == 404:
                raise NotRecording("the carrier is recording nothing of this call", permanent=True) from refusal
            raise
    return status
