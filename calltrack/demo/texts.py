"""Text messages that the account sends through its REST API: checked as the carrier would, and kept in its ledger."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, make_response, request

from calltrack.demo.asked import Check, Refusal, check_form
from calltrack.demo.ledger import Ledger
from calltrack.demo.parameters import API_VERSION, timestamp
from calltrack.phone import is_e164

LONGEST_BODY = 1600
_TEXT: Mapping[str, Check] = dict.fromkeys(("From", "To", "Body"), lambda _: True)


def add_text_routes(account: Blueprint, *, ledger: Ledger, account_sid: str) -> None:
    """Add Messages to the account's routes. A phone that `opt_out` was called for gets none."""

    @account.post("/Messages.json")
    def send_text() -> Response:
        check_form(_TEXT)
        sender, recipient, text = (request.form.get(name, "") for name in ("From", "To", "Body"))
        _check(ledger, sender=sender, recipient=recipient, text=text)
        now, sid = datetime.now(UTC), f"SM{uuid.uuid4().hex}"
        body = {
            "sid": sid,
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "from": sender,
            "to": recipient,
            "body": text,
            "status": "queued",
            "direction": "outbound-api",
            "num_segments": str(len(text) // 160 + 1),
            "num_media": "0",
            "date_created": timestamp(now),
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "uri": f"/{API_VERSION}/Accounts/{account_sid}/Messages/{sid}.json",
        }
        ledger.write(kind="text", sid=sid, moment=now, body=body)
        return make_response(jsonify(body), 201)


def opt_out(ledger: Ledger, *, sender: str, recipient: str) -> None:
    """A phone told the carrier that it wants no texts from that number."""
    ledger.write(kind="opt-out", sid=f"{sender} {recipient}", moment=datetime.now(UTC), body={})


def _check(ledger: Ledger, *, sender: str, recipient: str, text: str) -> None:
    if not any(number["phone_number"] == sender for number in ledger.list(kind="number")):
        raise Refusal(f"The 'From' phone number provided ({sender}) is not one of your own", code=21606)
    if not is_e164(recipient):
        raise Refusal(f"Invalid 'To' Phone Number: {recipient}", code=21211)
    if not text:
        raise Refusal("Message body is required", code=21602)
    if len(text) > LONGEST_BODY:
        raise Refusal(f"The concatenated message body exceeds the {LONGEST_BODY} character limit", code=21617)
    if ledger.read(kind="opt-out", sid=f"{sender} {recipient}") is not None:
        raise Refusal("Attempt to send to unsubscribed recipient", code=21610)
