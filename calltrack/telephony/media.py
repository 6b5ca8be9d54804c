"""Fetching a recording from the carrier: one host, bounded time and size, credentials to nobody else."""

from pathlib import Path
from time import monotonic

import requests
from urllib3.exceptions import HTTPError

from calltrack.telephony import twilio
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import retry_after

_CONNECT_SECONDS, _READ_SECONDS, _TOTAL_SECONDS = 5, 20, 150
# Four hours (the longest call) of two channels at 8 kHz and 16 bit are 461 MB.
_LARGEST_BYTES = 512 * 1024 * 1024


def fetch_recording(access: Access, *, carrier_account: str, recording_sid: str, channels: int, target: Path) -> None:
    """Write the recording, as the carrier serves it (WAV), to `target`; raises CarrierError.

    Two channels are asked for where the recording has them; a carrier that has only one answers 400, then one will do.
    """
    url = access.api_url + twilio.media_path(carrier_account=carrier_account, recording_sid=recording_sid) + ".wav"
    with requests.Session() as http:
        http.trust_env = False  # a .netrc or proxy of this machine must not change where the credentials go
        http.auth = (carrier_account, access.api_token)
        if channels == 2 and _download(
            http, f"{url}?RequestedChannels=2", access=access, target=target, refused_as_mono=True
        ):
            return
        _download(http, url, access=access, target=target)


def _download(http: requests.Session, url: str, *, access: Access, target: Path, refused_as_mono: bool = False) -> bool:
    """True when the file is there; False when the carrier says that it has no second channel."""
    deadline = monotonic() + _TOTAL_SECONDS
    try:
        with http.get(url, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False) as response:
            if response.status_code == 400 and refused_as_mono:
                return False
            _refuse(response, access=access)
            size = 0
            with target.open("wb") as file:
                # As much as has arrived, so that a server that drips cannot keep us past the deadline.
                while chunk := response.raw.read1(64 * 1024, decode_content=True):
                    size += len(chunk)
                    if size > _LARGEST_BYTES:
                        raise CarrierError("the recording is larger than any call can be", permanent=True)
                    if monotonic() > deadline:
                        raise CarrierError(f"the recording did not arrive within {_TOTAL_SECONDS} s")
                    file.write(chunk)
    except (requests.RequestException, HTTPError) as error:
        raise CarrierError(f"the carrier could not be reached: {_cause(error)}") from error
    return True


def _refuse(response: requests.Response, *, access: Access) -> None:
    code = response.status_code
    if code == 200:
        return
    wait = retry_after(response.headers)
    if code == 404:
        raise CarrierError("the carrier does not have the recording (yet): 404", retry_after=wait)
    if code in (401, 403):
        raise CarrierError(f"the carrier refused our credentials ({code}): check {access.opened_by}")
    if 300 <= code < 400:
        raise CarrierError(
            f"the carrier sent us elsewhere ({code}); recordings are only fetched from {access.found_by}",
            permanent=True,
        )
    permanent = 400 <= code < 500 and code not in (408, 425, 429)
    raise CarrierError(f"the carrier answered {code}", permanent=permanent, retry_after=wait)


def _cause(error: BaseException) -> str:
    """The innermost reason, without addresses or credentials."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return type(error).__name__
