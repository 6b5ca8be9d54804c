"""Requests of new calls as the carrier sends them, whole HTTP messages ready for the wire."""

import secrets
from collections.abc import Sequence

from calltrack.demo.wire import Parameters, encode, sign

_PLACES = {
    "ToCity": "CHICAGO", "ToState": "IL", "ToZip": "60601", "ToCountry": "US",
    "CalledCity": "CHICAGO", "CalledState": "IL", "CalledZip": "60601", "CalledCountry": "US",
    "FromCity": "NAPERVILLE", "FromState": "IL", "FromZip": "60540", "FromCountry": "US",
    "CallerCity": "NAPERVILLE", "CallerState": "IL", "CallerZip": "60540", "CallerCountry": "US",
}  # fmt: skip
# As long as those on the wire; it is percent-encoded before the form is.
_CALL_TOKEN = "%7B%22parentCallInfoToken%22%3A%22" + "eyJhbGciOiJFUzI1NiJ9" * 15 + "%22%7D"


def make_requests(count: int, *, base: str, account: str, token: str, number: str) -> Sequence[bytes]:
    """So many first requests of different calls to `number`, from a few hundred callers, signed for `base`."""
    return [_request(base=base, account=account, token=token, number=number) for _ in range(count)]


def _request(*, base: str, account: str, token: str, number: str) -> bytes:
    caller = f"+1630555{secrets.randbelow(200):04d}"
    params: Parameters = [
        ("AccountSid", account), ("ApiVersion", "2010-04-01"), ("CallSid", f"CA{secrets.token_hex(16)}"),
        ("CallStatus", "ringing"), ("Direction", "inbound"), ("From", caller), ("Caller", caller),
        ("To", number), ("Called", number), *_PLACES.items(),
        ("StirVerstat", "TN-Validation-Passed-A"), ("CallToken", _CALL_TOKEN),
    ]  # fmt: skip
    path = "/webhooks/twilio/voice"
    body = encode(params)
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {base.removeprefix('http://')}",
        "User-Agent: TwilioProxy/1.1",
        "Accept: */*",
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
        f"Content-Length: {len(body)}",
        f"X-Twilio-Signature: {sign(url=base + path, params=params, auth_token=token)}",
        f"I-Twilio-Idempotency-Token: {secrets.token_hex(16)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
