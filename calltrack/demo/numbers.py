"""Tracking numbers of the carrier account: listed, bought, configured and released."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request

from calltrack.demo import asked
from calltrack.demo.asked import Refusal, check_form, check_query
from calltrack.demo.calls import derive_sid
from calltrack.demo.for_sale import is_for_sale, search
from calltrack.demo.ledger import Ledger
from calltrack.demo.parameters import timestamp
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
        bought = datetime.now(UTC)
        body = number_resource(account_sid=account_sid, phone_number=phone_number, bought=bought)
        ledger.write(kind="number", sid=sid, moment=bought, body=body)
    return body


def add_number_routes(account: Blueprint, *, ledger: Ledger, account_sid: str) -> None:
    """Add AvailablePhoneNumbers and IncomingPhoneNumbers to the account's routes."""
    _add_lists(account, ledger=ledger)

    @account.post("/IncomingPhoneNumbers.json")
    def buy_number() -> Response:
        check_form(asked.PURCHASE)
        number = request.form.get("PhoneNumber") or next(
            (one["phone_number"] for one in search(toll_free=False, wanted=request.form, owned=_owned(ledger))), ""
        )
        if number in _owned(ledger) or not is_for_sale(number):
            raise Refusal(f"{number or 'PhoneNumber'} is not available", code=21422)
        _refuse_other_methods()
        body = own_number(ledger=ledger, account_sid=account_sid, phone_number=number)
        return make_response(jsonify(_configure(ledger, body)), 201)

    @account.get("/IncomingPhoneNumbers/<sid>.json")
    def show_number(sid: str) -> Response:
        return jsonify(ledger.read(kind="number", sid=sid) or abort(404))

    @account.post("/IncomingPhoneNumbers/<sid>.json")
    def configure_number(sid: str) -> Response:
        body = ledger.read(kind="number", sid=sid) or abort(404)
        check_form(asked.SETTINGS)
        _refuse_other_methods()
        return jsonify(_configure(ledger, body))

    @account.delete("/IncomingPhoneNumbers/<sid>.json")
    def release_number(sid: str) -> tuple[str, int]:
        if not ledger.erase(kind="number", sid=sid):
            abort(404)
        return "", 204


def _add_lists(account: Blueprint, *, ledger: Ledger) -> None:
    @account.get("/AvailablePhoneNumbers/<country>/<kind>.json")
    def search_numbers(country: str, kind: str) -> Response:
        if country != "US" or kind not in {"Local", "TollFree"}:
            abort(404)
        check_query(asked.SEARCH)
        found = search(toll_free=kind == "TollFree", wanted=request.args, owned=_owned(ledger))
        return jsonify(available_phone_numbers=found, uri=request.path)

    @account.get("/IncomingPhoneNumbers.json")
    def list_numbers() -> Response:
        check_query(asked.NUMBERS)
        wanted = request.args.get("PhoneNumber", "").replace("*", "")
        own = [body for body in ledger.list(kind="number") if wanted in body["phone_number"]]
        size = min(max(request.args.get("PageSize", 50, type=int), 1), 1000)
        page = request.args.get("Page", 0, type=int)
        following = f"{request.path}?PageSize={size}&Page={page + 1}" if (page + 1) * size < len(own) else None
        return jsonify(
            incoming_phone_numbers=own[page * size : (page + 1) * size],
            page=page,
            page_size=size,
            start=page * size,
            end=max(min((page + 1) * size, len(own)) - 1, 0),
            uri=request.full_path,
            first_page_uri=request.path,
            previous_page_uri=None,
            next_page_uri=following,
        )


def _owned(ledger: Ledger) -> set[str]:
    return {body["phone_number"] for body in ledger.list(kind="number")}


def _refuse_other_methods() -> None:
    if any(request.form.get(parameter, "POST") != "POST" for parameter in _METHODS):
        raise Refusal("This carrier sends POST only")


def _configure(ledger: Ledger, body: dict[str, Any]) -> dict[str, Any]:
    for parameter, name in (_SETTINGS | _METHODS).items():
        if parameter in request.form:
            body[name] = request.form[parameter]
    # Of two masters a number has one: an application is forgotten where a trunk is set.
    if request.form.get("TrunkSid"):
        body["voice_application_sid"] = ""
    elif request.form.get("VoiceApplicationSid"):
        body["trunk_sid"] = None
    body["date_updated"] = timestamp(datetime.now(UTC))
    ledger.write(kind="number", sid=body["sid"], moment=datetime.now(UTC), body=body)
    return body
