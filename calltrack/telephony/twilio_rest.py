"""The words of Twilio's REST API, which carriers that speak its language share: what to ask, and what an answer says.

Source: Twilio's REST API 2010-04-01 (AvailablePhoneNumbers, IncomingPhoneNumbers, Calls, Recordings). A call or a
recording of a list is written down as the webhook that would have told of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import quote

from calltrack.phone import is_e164
from calltrack.telephony.carrier import LONGEST_SECONDS, LONGEST_SID, TERMINAL, CarrierError
from calltrack.telephony.twilio import read_moment

CALLS, RECORDINGS, NUMBERS = "/Calls", "/Recordings", "/IncomingPhoneNumbers"
TRANSCRIPTIONS = "/Transcriptions"
PAGE = "500"
NOT_FOR_SALE = 21422
"""The carrier's own number for: this one cannot be bought, or not any more."""

# What happens on a connection that fails or is cut: asked again twice, soon enough that the caller still waits.
_VOICE_AGAIN, _STATUS_AGAIN = "#ct=2500&rt=6000&rc=2&rp=all", "#rc=3&rp=all"
# Where one of these is set, the carrier ignores the number's own addresses.
_OVERRIDES = {
    "voice_application_sid": "VoiceApplicationSid",
    "sms_application_sid": "SmsApplicationSid",
    "trunk_sid": "TrunkSid",
}
_ADDRESSES = {
    "voice_url": "VoiceUrl",
    "voice_fallback_url": "VoiceFallbackUrl",
    "status_callback": "StatusCallback",
    "sms_url": "SmsUrl",
}
_SID = re.compile(r"[A-Za-z0-9-]{1,64}")
_FINISHED = frozenset({"completed", "absent", "failed", "deleted"})

Sort = Literal["local", "toll-free"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a number for sale is to be like; what is left empty does not matter.

    `contains`: digits, `*` for any one. `near`: a phone number (E.164); `miles`: how far from it at most.
    """

    sort: Sort = "local"
    country: str = "US"
    area_code: str = ""
    contains: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    near: str = ""
    miles: int = 25


@dataclass(frozen=True)
class ForSale:
    """A number that can be bought. `texts`: whether it takes text messages; `address`: whether the law asks for one."""

    phone_number: str
    locality: str
    region: str
    postal_code: str
    texts: bool
    address: bool


@dataclass(frozen=True)
class NumberThere:
    """A number as the carrier has it: its addresses, and what overrides them, in the carrier's own words."""

    sid: str
    phone_number: str
    name: str
    addresses: Mapping[str, str]
    overrides: Mapping[str, str]


@dataclass(frozen=True)
class CallThere:
    """A call, or an agent's leg of one, as the carrier's list has it; `params`: its last status callback."""

    sid: str
    parent_sid: str | None
    direction: str
    status: str
    ended_at: datetime | None
    params: dict[str, str]

    @property
    def is_over(self) -> bool:
        """Whether the carrier has done with it."""
        return self.status in TERMINAL and self.ended_at is not None


@dataclass(frozen=True)
class RecordingThere:
    """A recording as the carrier's list has it; `params`: its callback. One that is deleted counts as absent."""

    sid: str
    call_sid: str
    status: str
    recorded_at: datetime
    params: dict[str, str]

    @property
    def is_gone(self) -> bool:
        """Whether nobody can fetch it any more."""
        return self.status in ("absent", "deleted")


def search_path(wanted: Wanted) -> str:
    """Where numbers of that sort are for sale."""
    sort = {"local": "Local", "toll-free": "TollFree"}[wanted.sort]
    return f"/AvailablePhoneNumbers/{quote(wanted.country, safe='')}/{sort}"


def search_query(wanted: Wanted, *, limit: int) -> dict[str, str]:
    """What to ask there; a toll-free number lies at no place."""
    asked = {"AreaCode": wanted.area_code, "Contains": wanted.contains}
    if wanted.sort == "local":
        asked |= {
            "InLocality": wanted.locality,
            "InRegion": wanted.region,
            "InPostalCode": wanted.postal_code,
            "NearNumber": wanted.near,
            "Distance": str(wanted.miles) if wanted.near else "",
        }
    return {"VoiceEnabled": "true", **{name: said for name, said in asked.items() if said}, "PageSize": str(limit)}


def for_sale(answer: Mapping[str, Any]) -> list[ForSale]:
    """The numbers of an answered search."""
    return [
        ForSale(
            phone_number=one["phone_number"],
            locality=_text(one, "locality"),
            region=_text(one, "region"),
            postal_code=_text(one, "postal_code"),
            texts=_can(one.get("capabilities"), "SMS"),
            address=_text(one, "address_requirements") not in ("", "none"),
        )
        for one in rows(answer, "available_phone_numbers")
        if is_e164(_text(one, "phone_number"))
    ]


def number_path(sid: str) -> str:
    """Where one of the account's own numbers lies."""
    return f"{NUMBERS}/{quote(sid, safe='')}"


def number_query(phone_number: str) -> dict[str, str]:
    """What to ask the list of numbers for one of them."""
    return {"PhoneNumber": phone_number}


def numbers_there(answer: Mapping[str, Any]) -> list[NumberThere]:
    """The account's own numbers of one page."""
    return [one for row in rows(answer, "incoming_phone_numbers") if (one := number_there(row))]


def number_there(row: Mapping[str, Any]) -> NumberThere | None:
    """One of them; None where it is no telephone number or has no usable id."""
    sid, phone_number = _text(row, "sid"), _text(row, "phone_number")
    if not _SID.fullmatch(sid) or not is_e164(phone_number):
        return None
    return NumberThere(
        sid=sid,
        phone_number=phone_number,
        name=_text(row, "friendly_name"),
        addresses={parameter: _text(row, name) for name, parameter in _ADDRESSES.items()},
        overrides={parameter: _text(row, name) for name, parameter in _OVERRIDES.items() if _text(row, name)},
    )


def number_settings(*, base_url: str, carrier: str) -> dict[str, str]:
    """How a number must be set for its calls and messages to come here, and what overrides that cleared."""
    voice, status, message = (f"{base_url}/webhooks/{carrier}/{name}" for name in ("voice", "status", "message"))
    addresses = {
        "VoiceUrl": f"{voice}{_VOICE_AGAIN}",
        "VoiceFallbackUrl": f"{voice}{_VOICE_AGAIN}",
        "StatusCallback": f"{status}{_STATUS_AGAIN}",
        "SmsUrl": message,
    }
    methods = dict.fromkeys(("VoiceMethod", "VoiceFallbackMethod", "StatusCallbackMethod", "SmsMethod"), "POST")
    return {**addresses, **methods, **dict.fromkeys(_OVERRIDES.values(), "")}


def calls_query(since: datetime) -> dict[str, str]:
    """What to ask the list of calls: those that began since then."""
    return {"StartTime>": _asked(since), "PageSize": PAGE}


def recordings_query(since: datetime) -> dict[str, str]:
    """What to ask the list of recordings: those made since then, those deleted meanwhile too."""
    return {"DateCreated>": _asked(since), "IncludeSoftDeleted": "true", "PageSize": PAGE}


def calls_there(answer: Mapping[str, Any]) -> list[CallThere]:
    """The calls and legs of one page."""
    return [
        CallThere(
            sid=sid,
            parent_sid=_text(row, "parent_call_sid") or None,
            direction=_text(row, "direction"),
            status=_text(row, "status"),
            ended_at=read_moment(_text(row, "end_time")),
            params=status_of(row),
        )
        for row in rows(answer, "calls")
        if 0 < len(sid := _text(row, "sid")) <= LONGEST_SID
    ]


def status_of(row: Mapping[str, Any]) -> dict[str, str]:
    """A call or leg as the status callback that came, or should have come, at its end."""
    ended_at = read_moment(_text(row, "end_time"))
    said = {
        "AccountSid": _text(row, "account_sid"),
        "CallSid": _text(row, "sid"),
        "ParentCallSid": _text(row, "parent_call_sid"),
        "Direction": _text(row, "direction"),
        "From": _text(row, "from"),
        "To": _text(row, "to"),
        "ForwardedFrom": _text(row, "forwarded_from"),
        "CallerName": _text(row, "caller_name"),
        "CallStatus": _text(row, "status"),
        "CallDuration": _text(row, "duration"),
        "Timestamp": format_datetime(ended_at) if ended_at else "",
    }
    return {name: value for name, value in said.items() if value}


def recordings_there(answer: Mapping[str, Any]) -> list[RecordingThere]:
    """The recordings of one page that are finished, one way or another."""
    found = []
    for row in rows(answer, "recordings"):
        sid, call_sid, status = _text(row, "sid"), _text(row, "call_sid"), _text(row, "status")
        began = read_moment(_text(row, "start_time")) or read_moment(_text(row, "date_created"))
        if began is None or status not in _FINISHED or not _SID.fullmatch(sid) or not call_sid:
            continue
        said = _text(row, "duration")
        seconds = int(said) if re.fullmatch(r"\d{1,6}", said, re.ASCII) else 0
        over = began + timedelta(seconds=seconds if seconds <= LONGEST_SECONDS else 0)
        found.append(RecordingThere(sid, call_sid, status, over, recording_of(row)))
    return found


def recording_of(row: Mapping[str, Any]) -> dict[str, str]:
    """A recording as the callback that came, or should have come, when it was finished."""
    began = read_moment(_text(row, "start_time")) or read_moment(_text(row, "date_created"))
    status = _text(row, "status")
    said = {
        "AccountSid": _text(row, "account_sid"),
        "CallSid": _text(row, "call_sid"),
        "RecordingSid": _text(row, "sid"),
        "RecordingStatus": "absent" if status == "deleted" else status,
        "RecordingDuration": _text(row, "duration"),
        "RecordingChannels": _text(row, "channels"),
        "RecordingSource": _text(row, "source"),
        "RecordingStartTime": format_datetime(began) if began else "",
    }
    return {name: value for name, value in said.items() if value}


def rows(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of one page of a list. CarrierError where the answer is none."""
    found = answer.get(name)
    if not isinstance(found, list):
        raise CarrierError("the carrier answered with something that is not the list asked for", permanent=True)
    return [one for one in found if isinstance(one, dict)]


def _text(row: Mapping[str, Any], name: str) -> str:
    """A field as the webhooks spell it: some carriers give numbers where others give digits."""
    value = row.get(name)
    return str(value).replace("\x00", "") if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _can(capabilities: object, name: str) -> bool:
    """Twilio writes `SMS` where a number is for sale and `sms` where it is bought; others do it the other way round."""
    known = capabilities if isinstance(capabilities, dict) else {}
    return any(known.get(spelled) is True for spelled in (name.upper(), name.lower()))


def _asked(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
