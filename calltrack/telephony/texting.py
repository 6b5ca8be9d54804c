"""Sending a text message through the carrier."""

from calltrack.telephony import twilio
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Refused, Rest

LONGEST_TEXT = 1600  # characters; carriers split it into parts


class OptedOut(CarrierError):
    """The phone told the carrier that it wants no texts from this number."""


def send_text(access: Access, *, sender: str, recipient: str, text: str) -> str:
    """Send a text from one of our numbers; the carrier's id of it. Raises CarrierError, and of its kind OptedOut.

    Missing or refused credentials are no permanent error: somebody will set them right, and nothing was sent.
    """
    if not (access.account and access.api_token):
        raise CarrierError("the settings name no account and token at the carrier")
    try:
        with Rest(access) as rest:
            sent = rest.post("/Messages", twilio.text_fields(sender=sender, recipient=recipient, text=text))
    except Refused as refused:
        if refused.code == twilio.OPTED_OUT:
            raise OptedOut(str(refused), permanent=True) from refused
        if refused.status in (401, 403):
            raise CarrierError(str(refused)) from refused
        raise
    return str(sent.get("sid", ""))[:64]
