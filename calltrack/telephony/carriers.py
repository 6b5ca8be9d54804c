"""Every carrier that calltrack can read, by the name that deliveries carry."""

from collections.abc import Mapping

from calltrack.telephony import twilio
from calltrack.telephony.carrier import Delivery, Event, Kind, TextMessage

_PARSE = {twilio.CARRIER: twilio.parse}
_PARSE_MESSAGE = {twilio.CARRIER: twilio.parse_message}


def parse(*, carrier: str, kind: Kind, params: Mapping[str, str]) -> Event:
    """What a carrier's request says of a call; KeyError for a carrier that is not known."""
    return _PARSE[carrier](kind=kind, params=params)


def parse_message(delivery: Delivery) -> TextMessage | None:
    """The text message that a delivery brings; None when it has no id."""
    return _PARSE_MESSAGE[delivery.carrier](delivery.params)
