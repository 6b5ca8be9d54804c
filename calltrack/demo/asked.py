"""What may be asked of the carrier's REST API: parameter by parameter, as Twilio publishes it (API 2010-04-01).

This carrier is stricter than Twilio, which lets unknown parameters pass: what nobody understands is a mistake here.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import MultiDict

Check = Callable[[str], object]


class Refusal(Exception):
    """A request that cannot be carried out: the HTTP status, and Twilio's own number for the reason."""

    def __init__(self, message: str, *, status: int = 400, code: int = 20001) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _text(value: str) -> bool:
    return len(value) <= 2000


def _phone(value: str) -> object:
    return re.fullmatch(r"\+[1-9]\d{6,14}", value)


def _some_digits(value: str) -> object:
    return re.fullmatch(r"[+\d*a-zA-Z]{2,16}", value)


def _digits(value: str) -> object:
    return re.fullmatch(r"\d{1,6}", value)


def _area_code(value: str) -> object:
    return re.fullmatch(r"[2-9]\d\d", value)


def _truth(value: str) -> bool:
    return value in ("true", "false")


def _moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _method(value: str) -> bool:
    return value in ("GET", "POST")


def _address(value: str) -> bool:
    return not value or (urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname))


def _sid(value: str) -> object:
    return re.fullmatch(r"([A-Z]{2}[0-9a-f]{32})?", value)


def _recording_status(value: str) -> bool:
    return value in ("in-progress", "paused")  # Twilio also knows "stopped"; this carrier's recordings go on


def _pause_behavior(value: str) -> bool:
    return value == "silence"  # the other is "skip", which shifts everything that follows


PAGING: Mapping[str, Check] = {"Page": _digits, "PageSize": _digits, "PageToken": _text}
SEARCH: Mapping[str, Check] = {
    "AreaCode": _area_code,
    "Contains": _some_digits,
    **dict.fromkeys(("SmsEnabled", "MmsEnabled", "VoiceEnabled", "FaxEnabled", "Beta"), _truth),
    **dict.fromkeys((f"Exclude{kind}AddressRequired" for kind in ("All", "Local", "Foreign")), _truth),
    "NearNumber": _phone,
    "NearLatLong": _text,
    "Distance": _digits,
    **dict.fromkeys(("InPostalCode", "InRegion", "InRateCenter", "InLata", "InLocality"), _text),
    **PAGING,
}
NUMBERS: Mapping[str, Check] = {
    "PhoneNumber": _some_digits,
    "FriendlyName": _text,
    "Beta": _truth,
    "Origin": _text,
    **PAGING,
}
SETTINGS: Mapping[str, Check] = {
    "FriendlyName": _text,
    **dict.fromkeys(("VoiceUrl", "VoiceFallbackUrl", "StatusCallback", "SmsUrl", "SmsFallbackUrl"), _address),
    **dict.fromkeys(("VoiceMethod", "VoiceFallbackMethod", "StatusCallbackMethod"), _method),
    **dict.fromkeys(("SmsMethod", "SmsFallbackMethod"), _method),
    **dict.fromkeys(("VoiceApplicationSid", "SmsApplicationSid", "TrunkSid"), _sid),
    **dict.fromkeys(("IdentitySid", "AddressSid", "BundleSid", "EmergencyAddressSid"), _sid),
    "EmergencyStatus": _text,
    "VoiceCallerIdLookup": _truth,
    "VoiceReceiveMode": _text,
    "ApiVersion": _text,
}
PURCHASE: Mapping[str, Check] = {"PhoneNumber": _text, "AreaCode": _area_code, **SETTINGS}
CALLS: Mapping[str, Check] = {
    **dict.fromkeys(("To", "From", "ParentCallSid", "Status"), _text),
    **dict.fromkeys((f"{name}{sign}" for name in ("StartTime", "EndTime") for sign in ("", "<", ">")), _moment),
    **PAGING,
}
RECORDINGS: Mapping[str, Check] = {
    **dict.fromkeys(("CallSid", "ConferenceSid"), _text),
    "IncludeSoftDeleted": _truth,
    **dict.fromkeys((f"DateCreated{sign}" for sign in ("", "<", ">")), _moment),
    **PAGING,
}
RECORDINGS_OF_CALL: Mapping[str, Check] = {
    **dict.fromkeys((f"DateCreated{sign}" for sign in ("", "<", ">")), _moment),
    **PAGING,
}


RECORDING_OF_CALL: Mapping[str, Check] = {"Status": _recording_status, "PauseBehavior": _pause_behavior}


def check_query(allowed: Mapping[str, Check]) -> None:
    """Refuse a request whose query names anything else, or a value of another kind."""
    _check(request.args, allowed)


def check_form(allowed: Mapping[str, Check]) -> None:
    """Refuse a request whose form names anything else, or a value of another kind."""
    _check(request.form, allowed)


def _check(given: MultiDict[str, str], allowed: Mapping[str, Check]) -> None:
    for name, value in given.items(multi=True):
        if name not in allowed:
            raise Refusal(f"{name} is no parameter of this resource")
        if not allowed[name](value):
            raise Refusal(f"The value {value[:100]!r} provided for {name} is invalid")
