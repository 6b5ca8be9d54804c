"""The same carrier in SignalWire's clothes: its signature, its ids and paths, and only the parameters it documents.

Source: SignalWire's cXML reference (request parameters of voice, status callbacks, Dial, Record and messages).
"""

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Flask, Response

from calltrack.demo.wire import Post, Reply, encode

API_PATH = "/api/laml"
_KEPT = frozenset(
    (
        "CallSid AccountSid From To CallStatus ApiVersion Direction ParentCallSid ForwardedFrom CallerName "
        "CallDuration CallbackSource Timestamp SequenceNumber DialCallStatus DialCallSid DialCallDuration "
        "RecordingUrl RecordingSid RecordingStatus RecordingDuration RecordingChannels RecordingSource "
        "RecordingStartTime Digits SpeechResult "
        "Confidence TranscriptionSid TranscriptionText TranscriptionStatus TranscriptionUrl "
        "MessageSid SmsSid Body NumMedia NumSegments"
    ).split()
)
_SID = re.compile(r"\b[A-Z]{2}([0-9a-f]{32})\b")
_PREFIXES = {"Calls": "CA", "Recordings": "RE", "IncomingPhoneNumbers": "PN", "Messages": "SM"}
_BELOW = re.compile(rf"/({'|'.join(_PREFIXES)})/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")


def post_as_signalwire(post: Post, *, signing_key: str) -> Post:
    """Return a Post that sends what SignalWire would have sent, signed with the signing key."""

    def send(*, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float) -> Reply:
        said = [
            (name, with_uuids(value))
            for name, value in parse_qsl(body.decode(), keep_blank_values=True)
            if name in _KEPT
        ]
        own = {name: value for name, value in headers.items() if "twilio" not in name.lower()}
        own |= {"User-Agent": "SignalWire", "X-SignalWire-Signature": sign(url=url, params=said, key=signing_key)}
        return post(url=url, body=encode(said), headers=own, connect_timeout=connect_timeout, read_timeout=read_timeout)

    return send


def sign(*, url: str, params: Iterable[tuple[str, str]], key: str) -> str:
    """Base64 of HMAC-SHA1 over the URL and all names and values by name; equal names stay in their order."""
    said = url + "".join(name + value for name, value in sorted(params, key=lambda one: one[0]))
    return base64.b64encode(hmac.new(key.encode(), said.encode(), sha1).digest()).decode()


def answer_as_signalwire(app: Flask) -> Flask:
    """Move the carrier's REST and media server below SignalWire's path, where every id is a UUID."""
    inner = app.wsgi_app

    def below(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{API_PATH}/"):
            return Response("no such page", 404)(environ, start_response)
        environ["PATH_INFO"] = _BELOW.sub(_with_prefix, path.removeprefix(API_PATH))
        return inner(environ, start_response)

    app.wsgi_app = below  # type: ignore[method-assign]

    @app.after_request
    def name_by_uuid(response: Response) -> Response:
        if response.is_json:
            text = with_uuids(response.get_data(as_text=True))
            response.set_data(text.replace('"/2010-04-01/', f'"{API_PATH}/2010-04-01/'))
        return response

    return app


def with_uuids(text: str) -> str:
    """The text, with each id as a UUID."""
    return _SID.sub(lambda found: str(UUID(found[1])), text)


def _with_prefix(found: re.Match[str]) -> str:
    return f"/{found[1]}/{_PREFIXES[found[1]]}{UUID(found[2]).hex}"
