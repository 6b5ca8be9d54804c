"""The carrier's own records of calls, recordings and numbers, shaped as Twilio's REST API shows them."""

from datetime import datetime
from typing import Any

from calltrack.demo.calls import Call, Leg, Recording, derive_sid, whole_seconds
from calltrack.demo.parameters import API_VERSION, timestamp


def file_call(call: Call) -> None:
    """Write a call and its legs, as they stand now, into the carrier's ledger."""
    ledger = call.desk.ledger
    ledger.write(kind="call", sid=call.sid, moment=call.began, body=_call_resource(call))
    for leg in call.legs:
        ledger.write(kind="call", sid=leg.sid, moment=leg.began, body=_leg_resource(call, leg))


def file_recording(
    call: Call, *, recording: Recording, length: float, parts: list[dict[str, Any]], status: str = "completed"
) -> None:
    """Write a recording that is finished, or runs: what the API shows, and under `demo` what its audio is made from.

    `length` is in seconds; each part has channel, start (seconds), seconds, voice and text.
    """
    account = call.desk.account_sid
    uri = f"/{API_VERSION}/Accounts/{account}/Recordings/{recording.sid}.json"
    body = {
        "sid": recording.sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "call_sid": call.sid,
        "conference_sid": None,
        "date_created": timestamp(recording.began),
        "date_updated": timestamp(call.now),
        "start_time": timestamp(recording.began),
        "duration": str(recording.duration),
        "channels": recording.channels,
        "source": recording.source,
        "status": status,
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "media_url": f"{call.desk.api_url}{uri.removesuffix('.json')}",
        "subresource_uris": {
            name: uri.replace(".json", f"/{path}.json")
            for name, path in (("add_on_results", "AddOnResults"), ("transcriptions", "Transcriptions"))
        },
        "uri": uri,
        "demo": {
            "length": length,
            "parts": parts,
            "missing": call.desk.misbehaviour.recording_missing,
            "html": call.desk.misbehaviour.recording_html,
        },
    }
    call.desk.ledger.write(kind="recording", sid=recording.sid, moment=recording.began, body=body)


def number_resource(*, account_sid: str, phone_number: str, bought: datetime) -> dict[str, Any]:
    """Describe an owned number; its identifier follows from the number."""
    sid = derive_sid("PN", phone_number)
    return {
        "sid": sid,
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "phone_number": phone_number,
        "friendly_name": phone_number,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "beta": False,
        "date_created": timestamp(bought),
        "date_updated": timestamp(bought),
        "address_requirements": "none",
        "address_sid": None,
        "bundle_sid": None,
        "identity_sid": None,
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "voice_url": "",
        "voice_method": "POST",
        "voice_fallback_url": "",
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "voice_application_sid": "",
        "status_callback": "",
        "status_callback_method": "POST",
        "sms_url": "",
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "trunk_sid": None,
        "uri": f"/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json",
    }


def _resource(
    *, call: Call, sid: str, began: datetime, answered: datetime | None, ended: datetime | None, status: str
) -> dict[str, Any]:
    account = call.desk.account_sid
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{sid}.json"
    return {
        "sid": sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "answered_by": None,
        "caller_name": None,
        "date_created": timestamp(began),
        "date_updated": timestamp(ended or call.now),
        "start_time": timestamp(answered or began),
        "end_time": timestamp(ended) if ended else None,
        "duration": str(whole_seconds(answered, ended) if answered and ended else 0) if ended else None,
        "status": status,
        "group_sid": None,
        "phone_number_sid": derive_sid("PN", call.called.number),
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "stir_verstat": None,
        "trunk_sid": None,
        "uri": uri,
        "subresource_uris": {"recordings": uri.replace(".json", "/Recordings.json")},
    }


def _call_resource(call: Call) -> dict[str, Any]:
    shared = _resource(
        call=call, sid=call.sid, began=call.began, answered=call.answered, ended=call.ended, status=call.status
    )
    ends = {"from": call.caller.number, "to": call.called.number}
    formatted = {f"{name}_formatted": number for name, number in ends.items()}
    return shared | ends | formatted | {"direction": "inbound", "parent_call_sid": None, "forwarded_from": None}


def _leg_resource(call: Call, leg: Leg) -> dict[str, Any]:
    shared = _resource(
        call=call, sid=leg.sid, began=leg.began, answered=leg.answered, ended=leg.ended, status=leg.status
    )
    ends = {"from": leg.caller_id, "to": leg.number}
    formatted = {f"{name}_formatted": number for name, number in ends.items()}
    parent = {"direction": "outbound-dial", "parent_call_sid": call.sid, "forwarded_from": call.called.number}
    return shared | ends | formatted | parent
