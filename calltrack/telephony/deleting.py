"""Deleting at the carrier: a recording, and what the carrier itself wrote down of one.

Source: Twilio's REST API 2010-04-01 (DELETE of a Recording and of a Transcription: 204; what is gone already: 404).
"""

from urllib.parse import quote

from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Refused, Rest
from calltrack.telephony.twilio_rest import RECORDINGS, TRANSCRIPTIONS


def delete_recording(access: Access, *, recording_sid: str) -> str:
    """Delete the carrier's copy; "deleted", or "gone" where it has none any more. Raises CarrierError."""
    return _delete(access, f"{RECORDINGS}/{quote(recording_sid, safe='')}")


def delete_transcription(access: Access, *, transcription_sid: str) -> str:
    """Delete what the carrier wrote down of a message; answers as `delete_recording`. Raises CarrierError."""
    return _delete(access, f"{TRANSCRIPTIONS}/{quote(transcription_sid, safe='')}")


def _delete(access: Access, path: str) -> str:
    """Missing or refused credentials are no permanent error: somebody will set them right, and nothing was deleted."""
    if not (access.account and access.api_token and access.api_url):
        raise CarrierError(f"there is no access to the carrier: {', '.join(access.missing)} is not set")
    try:
        with Rest(access) as rest:
            rest.delete(path)
    except Refused as refused:
        if refused.status == 404:
            return "gone"
        if refused.status in (401, 403):
            raise CarrierError(str(refused)) from refused
        raise
    return "deleted"
