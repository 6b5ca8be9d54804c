"""SignalWire's requests: Twilio's form names, signed with a key of their own, every id a UUID.

Sources: SignalWire's published request validator (form scheme and JSON scheme) and its cXML reference, which knows
no live transcription.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha1
from urllib.parse import urlsplit, urlunsplit

from werkzeug.datastructures import MultiDict

from calltrack.telephony import twilio
from calltrack.telephony.carrier import Event, Kind

CARRIER = "signalwire"
SIGNATURE_HEADER = "X-SignalWire-Signature"
API_PATH = "/api/laml"  # Twilio's paths lie below it
_AUDIO = re.compile(r"\.(wav|mp3)$", re.IGNORECASE)
_PORTS = {"https": 443, "http": 80}


def verify(*, url: str, form: MultiDict[str, str], body: bytes, signature: str | None, tokens: Sequence[str]) -> bool:
    """True when one of the signing keys `tokens` signed this request for `url` (query as it came).

    A form is signed by its names in order, a name that comes twice in the order of the request; any other body whole.
    """
    if not signature:
        return False
    if body and not form:
        return any(_same(hmac.new(key.encode(), url.encode() + body, sha1).hexdigest(), signature) for key in tokens)
    said = "".join(name + value for name, value in sorted(form.items(multi=True), key=lambda one: one[0]))
    return any(_same(_digest(key, at + said), signature) for key in tokens for at in _spellings(url))


def parse(*, kind: Kind, params: Mapping[str, str]) -> Event:
    """What a request says: as Twilio's, but that a recording's address may end in the kind of its file."""
    url = params.get("RecordingUrl")
    return twilio.parse(kind=kind, params={**params, "RecordingUrl": _AUDIO.sub("", url)} if url else params)


def _digest(key: str, said: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), said.encode(), sha1).digest()).decode()


def _same(expected: str, signature: str) -> bool:
    return hmac.compare_digest(expected.encode(), signature.encode())


def _spellings(url: str) -> Iterator[str]:
    """The address as it is, and with or without the port that goes without saying: proxies add and drop it."""
    yield url
    parts = urlsplit(url)
    port = _PORTS.get(parts.scheme)
    if parts.port is None and port:
        yield urlunsplit(parts._replace(netloc=f"{parts.netloc}:{port}"))
    elif parts.port == port:
        yield urlunsplit(parts._replace(netloc=parts.netloc.removesuffix(f":{port}")))
