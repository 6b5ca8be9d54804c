"""Every carrier that calltrack can read, by the name that deliveries carry."""

from collections.abc import Mapping

from calltrack.telephony import twilio
from calltrack.telephony.carrier import Delivery, Event, Kind, TextMessage

_PARSE = {twilio.CARRIER: twilio.parse}
_PARSE_MESSAGE = {twilio.CARRIER: twilio.parse_message}
_ATTESTATION = {twilio.CARRIER: twilio.attestation}
WITHHELD = frozenset(twilio.WITHHELD)
"""What stands in a number's place where a caller keeps it to themselves, in the words of any carrier."""


def parse(*, carrier: str, kind: Kind, params: Mapping[str, str]) -> Event:
    """What a carrier's request says of a call; KeyError for a carrier that is not known."""
    return _PARSE[carrier](kind=kind, params=params)


def parse_message(delivery: Delivery) -> TextMessage | None:
    """The text message that a delivery brings; None when it has no id."""
    return _PARSE_MESSAGE[delivery.carrier](delivery.params)


def attestation(*, carrier: str, params: Mapping[str, str]) -> str | None:
    """How the network vouched for the caller's number: A, B or C, or `failed`; None where nothing was said of it."""
    read = _ATTESTATION.get(carrier)
    return read(params) if read else None


def is_withheld(*, caller: str) -> bool:
    """True where a caller kept their number to themselves, in the words of any carrier: calls are imported, too."""
    return caller.lower() in WITHHELD
