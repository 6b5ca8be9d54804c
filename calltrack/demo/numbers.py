"""Tracking numbers of the carrier account: listed, searched for, bought, configured and released.

Every number for sale is one of the fictitious 555-01xx, so that nobody is ever rung by mistake.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request

from calltrack.demo.calls import derive_sid
from calltrack.demo.ledger import Ledger
from calltrack.demo.resources import number_resource

# What may be configured, by the parameter's name on the wire.
_SETTINGS = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceFallbackUrl": "voice_fallback_url",
    "StatusCallback": "status_callback",
    "SmsUrl": "sms_url",
    "SmsFallbackUrl": "sms_fallback_url",
    "VoiceApplicationSid": "voice_application_sid",
    "SmsApplicationSid": "sms_application_sid",
    "TrunkSid": "trunk_sid",
}
_METHODS = {
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
    "SmsMethod": "sms_method",
    "SmsFallbackMethod": "sms_fallback_method",
}


def own_number(*, ledger: Ledger, account_sid: str, phone_number: str) -> dict[str, Any]:
    """Make a number the account's own, keeping how it is configured if it was so already."""
    sid = derive_sid("PN", phone_number)
    body = ledger.read(kind="number", sid=sid)
    if body is None:
        body = number_resource(account_sid=account_sid, phone_number=phone_number)
        ledger.write(kind="number", sid=sid, moment=datetime.now(UTC), body=body)
    return body


def add_number_routes(account: Blueprint, *, ledger: Ledger, account_sid: str) -> None:
    """Add AvailablePhoneNumbers and IncomingPhoneNumbers to the account's routes."""

    @account.get("/AvailablePhoneNumbers/<country>/<kind>.json")
    def search_numbers(country: str, kind: str) -> Response:
        if country != "US" or kind not in {"Local", "TollFree", "Mobile"}:
            abort(404)
        area = request.args.get("AreaCode", "888" if kind == "TollFree" else "331")
        owned = {body["phone_number"] for body in ledger.list(kind="number")}
        wanted = request.args.get("Contains", "").replace("*", "")
        numbers = [f"+1{area}55501{last:02d}" for last in range(100)]
        found = [number for number in numbers if number not in owned and wanted in number]
        size = min(request.args.get("PageSize", 20, type=int), 100)
        return jsonify(
            available_phone_numbers=[
                {
                    "phone_number": number,
                    "friendly_name": f"({number[2:5]}) {number[5:8]}-{number[8:]}",
                    "locality": "Naperville" if kind == "Local" else None,
                    "region": "IL" if kind == "Local" else None,
                    "postal_code": "60540" if kind == "Local" else None,
                    "rate_center": None,
                    "lata": None,
                    "latitude": None,
                    "longitude": None,
                    "iso_country": "US",
                    "address_requirements": "none",
                    "beta": False,
                    "capabilities": {"voice": True, "SMS": True, "MMS": True},
                }
                for number in found[:size]
            ],
            uri=request.path,
        )

    @account.get("/IncomingPhoneNumbers.json")
    def list_numbers() -> Response:
        wanted = request.args.get("PhoneNumber", "").replace("*", "")
        owned = [body for body in ledger.list(kind="number") if wanted in body["phone_number"]]
        return jsonify(
            incoming_phone_numbers=owned,
            page=0,
            page_size=max(len(owned), 50),
            start=0,
            end=max(len(owned) - 1, 0),
            uri=request.full_path,
            first_page_uri=request.path,
            previous_page_uri=None,
            next_page_uri=None,
        )

    @account.post("/IncomingPhoneNumbers.json")
    def buy_number() -> Response:
        number = request.form.get("PhoneNumber") or f"+1{request.form.get('AreaCode', '331')}5550199"
        if not number.startswith("+1") or number[5:10] != "55501" or len(number) != 12:
            abort(400, f"{number} is not for sale")
        body = own_number(ledger=ledger, account_sid=account_sid, phone_number=number)
        return make_response(jsonify(_configure(ledger, body)), 201)

    @account.get("/IncomingPhoneNumbers/<sid>.json")
    def show_number(sid: str) -> Response:
        return jsonify(ledger.read(kind="number", sid=sid) or abort(404))

    @account.post("/IncomingPhoneNumbers/<sid>.json")
    def configure_number(sid: str) -> Response:
        return jsonify(_configure(ledger, ledger.read(kind="number", sid=sid) or abort(404)))

    @account.delete("/IncomingPhoneNumbers/<sid>.json")
    def release_number(sid: str) -> tuple[str, int]:
        if not ledger.erase(kind="number", sid=sid):
            abort(404)
        return "", 204


def _configure(ledger: Ledger, body: dict[str, Any]) -> dict[str, Any]:
    for parameter, name in (_SETTINGS | _METHODS).items():
        if parameter in request.form:
            body[name] = request.form[parameter]
    for name in _METHODS.values():
        if body[name] != "POST":
            abort(400, "This carrier sends POST only")
    ledger.write(kind="number", sid=body["sid"], moment=datetime.now(UTC), body=body)
    return body
