"""Telling the carrier where a number's calls go: only when somebody asks for it."""

from typing import Any

import requests

from calltrack.config import Settings
from calltrack.telephony import twilio
from calltrack.telephony.carrier import CarrierError

_TIMEOUT = (5, 15)  # seconds to connect, and to wait for an answer


def configure_number(*, api_url: str, carrier_account: str, token: str, phone_number: str, base_url: str) -> None:
    """Have the carrier send a number's calls, their status and its messages to `base_url`. Raises CarrierError."""
    path = api_url + twilio.numbers_path(carrier_account=carrier_account)
    with requests.Session() as http:
        http.trust_env = False  # a .netrc or proxy of this machine must not change where the credentials go
        http.auth = (carrier_account, token)
        listed = _ask(http, "GET", f"{path}.json", params=twilio.number_query(phone_number=phone_number))
        sid = twilio.number_sid(listed, phone_number=phone_number)
        if sid is None:
            raise CarrierError(f"the carrier's account does not own {phone_number}", permanent=True)
        _ask(http, "POST", f"{path}/{sid}.json", data=twilio.number_settings(base_url=base_url))


def configure_with(settings: Settings, *, phone_number: str) -> None:
    """The same for the carrier's account and the public address of the settings. Raises CarrierError.

    Ask once the number is kept, so that no call comes before; asking again after a failure is harmless.
    """
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        raise CarrierError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set", permanent=True)
    configure_number(
        api_url=settings.twilio_api_url,
        carrier_account=settings.twilio_account_sid,
        token=settings.twilio_auth_token[0],
        phone_number=phone_number,
        base_url=settings.base_url,
    )


def _ask(http: requests.Session, method: str, url: str, **what: Any) -> Any:
    try:
        answer = http.request(method, url, timeout=_TIMEOUT, allow_redirects=False, **what)
        if answer.status_code in (401, 403):
            raise CarrierError("the carrier refused our credentials: check TWILIO_AUTH_TOKEN", permanent=True)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise CarrierError(f"the carrier answered {answer.status_code}")
        if not answer.ok or answer.is_redirect:
            raise CarrierError(f"the carrier answered {answer.status_code}: {_reason(answer)}", permanent=True)
        return answer.json()
    except requests.RequestException as error:
        raise CarrierError(f"the carrier could not be reached: {type(error).__name__}") from error


def _reason(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return answer.reason
    return str(said.get("message", answer.reason)) if isinstance(said, dict) else answer.reason
