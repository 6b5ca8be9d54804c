"""Requests that a hostile sender might try on the carrier's door, each made by chance around genuine ones."""

import base64
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from twilio.request_validator import RequestValidator

from calltrack.demo.signalwire import sign
from tests.twilio_wire import BASE

FORM = "application/x-www-form-urlencoded"
KINDS = ("voice", "dial", "menu", "whisper", "voicemail", "status", "recording", "transcription", "message")
SIGNATURE_HEADERS = {"twilio": "X-Twilio-Signature", "signalwire": "X-SignalWire-Signature"}
INJECTED = "x\r\nSet-Cookie: stolen=1\r\nX-Injected: yes"
_BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc3\x28",
    b"%00",
    b"%ED%A0%80",
    b"%",
    b"%zz",
    b"&&=&=",
    b";",
    b"\r\n",
)

Chance = random.Random


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire; `environ` is what no well-behaved client could send."""

    carrier: str
    path: str
    params: tuple[tuple[str, str], ...]
    signature: str | None
    method: str = "POST"
    query: str = ""
    body: bytes | None = None
    content_type: str = FORM
    headers: tuple[tuple[str, str], ...] = ()
    environ: dict[str, Any] = field(default_factory=dict)

    def as_arguments(self) -> dict[str, Any]:
        """What the test client's `open` takes."""
        headers = list(self.headers)
        if self.signature is not None:
            headers.append((SIGNATURE_HEADERS[self.carrier], self.signature))
        return {
            "path": self.path,
            "method": self.method,
            "query_string": self.query,
            "data": urlencode(self.params).encode() if self.body is None else self.body,
            "content_type": self.content_type,
            "headers": headers,
            "environ_overrides": self.environ,
        }


@dataclass(frozen=True)
class Keys:
    """The carriers' tokens, for requests that are well signed; an attacker has none of them."""

    twilio: str
    signalwire: str

    def signed(self, *, carrier: str, kind: str, params: dict[str, str], query: str = "") -> Sent:
        """A genuine request."""
        path = f"/webhooks/{carrier}/{kind}"
        url = f"{BASE}{path}" + (f"?{query}" if query else "")
        signature = (
            RequestValidator(self.twilio).compute_signature(url, params)
            if carrier == "twilio"
            else sign(url=url, params=params.items(), key=self.signalwire)
        )
        return Sent(carrier=carrier, path=path, params=tuple(params.items()), signature=signature, query=query)


def forged(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    made = base64.b64encode(chance.randbytes(20)).decode()
    junk = ("", " ", "null", made, made, made.lower(), "A" * 5000, "\xff" * 20, "=" * 28, f"Bearer {made}", "0")
    return replace(one, signature=chance.choice(junk))


def unsigned(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    return replace(one, signature=None, headers=chance.choice(((), (("Authorization", "Basic QUM6eA=="),))))


def truncated_signature(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    signature = one.signature or ""
    changed = (signature[: chance.randrange(len(signature))], signature[1:], signature.rstrip("="), signature + "=")
    return replace(one, signature=chance.choice(changed))


def swapped_signature(one: Sent, chance: Chance, everything: Sequence[Sent]) -> Sent:
    """The good signature of another request, or of this one at the other carrier."""
    other = chance.choice([each for each in everything if each.signature != one.signature])
    return replace(one, signature=other.signature)


def wrong_header(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    name = chance.choice(("X-Signature", "X-Twilio-Signature2", "Authorization", "X-Hub-Signature-256"))
    return replace(one, signature=None, headers=((name, one.signature or ""),))


def moved(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """A genuine request at another kind's address."""
    here = one.path.rsplit("/", 1)[-1]
    kind = chance.choice([kind for kind in KINDS if kind != here])
    return replace(one, path=f"/webhooks/{one.carrier}/{kind}")


def altered(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """A good signature with another body."""
    params = dict(one.params)
    name = chance.choice(list(params))
    junk = ("", "x", "\x00", "\U0001f9ef", "' OR 1=1 --", "../../etc/passwd", "<script>", "9" * 400, "+19005550100")
    change: Callable[[], object] = chance.choice(
        (
            lambda: params.pop(name),
            lambda: params.update({name: params[name] + chance.choice(junk[1:])}),
            lambda: params.update({chance.choice(("Extra", "\x00", "__proto__", "CallSid[]")): chance.choice(junk)}),
            lambda: params.update({name: chance.choice([word for word in junk if word != params[name]])}),
        )
    )
    change()
    return replace(one, params=tuple(params.items()))


def truncated_body(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    body = urlencode(one.params).encode()
    return replace(one, body=body[: chance.randrange(len(body) - 1)])


def broken_body(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """Bytes that no form has, somewhere in the body: NUL, halves of surrogate pairs, broken escapes."""
    body = urlencode(one.params).encode()
    at = chance.randrange(len(body))
    return replace(one, body=body[:at] + chance.choice(_BYTES) * chance.randint(1, 3) + body[at:] + b"&A=%ED%A0%80")


def repeated(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """A field comes again with something else in it, first or last."""
    name = chance.choice([name for name, _ in one.params])
    again = ((name, chance.choice(("", "x", "CA" + "9" * 32, "AC" + "9" * 32))),) * chance.randint(1, 3)
    return replace(one, params=chance.choice((again + one.params, one.params + again)))


def huge(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    more = b"x" * (1024 * 1024 + chance.randrange(2000))
    return replace(one, body=urlencode(one.params).encode() + chance.choice((b"&Body=", b"&", b"%")) + more)


def many_fields(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    more = "&".join(f"F{at}={at}" for at in range(chance.randint(900, 3000)))
    return replace(one, body=f"{urlencode(one.params)}&{more}".encode())


def another_type(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """The same words, but not as the form that was signed."""
    params = dict(one.params)
    boundary = b"--b\r\nContent-Disposition: form-data; name="
    kind, body = chance.choice(
        (
            ("application/json", json.dumps(params).encode()),
            ("application/json; charset=utf-16", json.dumps(params).encode("utf-16")),
            ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
            ("text/plain", urlencode(params).encode()),
            ("", urlencode(params).encode()),
            (f"{FORM}; charset=utf-16", urlencode(params).encode("utf-16")),
            ("multipart/form-data", boundary),
            ("multipart/form-data; boundary=b", boundary + b"AccountSid\r\n\r\n"),
            ("multipart/form-data; boundary=b", boundary + b'"CallSid"; filename="../../x"\r\n\r\nx\r\n--b--'),
            ("multipart/form-data; boundary=" + "b" * 300, boundary * 50),
            ("application/octet-stream", chance.randbytes(200)),
        )
    )
    return replace(one, content_type=kind, body=body)


def deep_json(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    depth = chance.choice((10, 1000, 100_000))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}")))
    body = (opening * depth + "1" + closing * (depth if chance.random() < 0.5 else 0)).encode()
    return replace(one, content_type="application/json", body=body)


def odd_method(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    return replace(one, method=chance.choice("GET HEAD PUT PATCH DELETE OPTIONS TRACE PROPFIND CONNECT X".split()))


def odd_path(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    here = f"/webhooks/{one.carrier}"
    paths = (
        f"{one.path}/", f"{one.path}/../voice", f"{one.path}%00", f"{here}//status", f"{here}/%2e%2e/health", here,
        f"{here}/", "/webhooks", "/webhooks/nobody/voice", f"{here}/recordings", f"{here}/VOICE",
        f"{here}/v\u00f6ice", f"{here}/voice;x=1", "/webhooks/..%2Ftwilio/voice", f"{here}/%ED%A0%80",
        f"{here}/voice%0d%0aX-Injected:%20yes", f"{here}/{'v' * 3000}",
    )  # fmt: skip
    return replace(one, environ={"PATH_INFO": unquote_to_bytes(chance.choice(paths)).decode("latin-1")})


def odd_query(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    queries = (
        "step=a", "n=%2B13125550142", "bodySHA256=" + "0" * 64, "bodySHA256=", "bodySHA256=%C3%A4", "a=%ED%A0%80",
        "%00", "x=" + "y" * 5000, "&".join(f"a={at}" for at in range(2000)), "v=99999999999999999999",
        "\xff\xfe", "?", "=&=",
        "ErrorCode=11200&ErrorUrl=http%3A%2F%2F169.254.169.254%2F", "Signature=1",
    )  # fmt: skip
    return replace(one, query=chance.choice(queries))


def injected_header(one: Sent, chance: Chance, _all: Sequence[Sent]) -> Sent:
    """Headers that lie about the request or would write some of the answer's."""
    lies: tuple[dict[str, Any], ...] = (
        {"HTTP_X_TWILIO_SIGNATURE": INJECTED, "HTTP_X_SIGNALWIRE_SIGNATURE": INJECTED},
        {"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "ftp"},
        {"HTTP_HOST": INJECTED},
        {"HTTP_I_TWILIO_IDEMPOTENCY_TOKEN": INJECTED},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1, " * 500},
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "5"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "many"},
        {"CONTENT_LENGTH": "3"},
        {"HTTP_COOKIE": "session=" + "x" * 5000},
        {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
    )
    return replace(one, signature=base64.b64encode(chance.randbytes(20)).decode(), environ=chance.choice(lies))


ATTACKS: dict[str, tuple[Callable[[Sent, Chance, Sequence[Sent]], Sent], int]] = {
    "forged signature": (forged, 10),
    "no signature": (unsigned, 6),
    "truncated signature": (truncated_signature, 8),
    "another request's signature": (swapped_signature, 10),
    "signature in another header": (wrong_header, 4),
    "genuine request at another address": (moved, 8),
    "good signature, altered body": (altered, 14),
    "truncated body": (truncated_body, 8),
    "broken bytes": (broken_body, 6),
    "repeated fields": (repeated, 6),
    "many fields": (many_fields, 1),
    "another content type": (another_type, 6),
    "odd query": (odd_query, 5),
    "injected header": (injected_header, 6),
}
"""What must be refused with 403 (or another 4xx, where it could not even be read), and how often it comes."""

ODDITIES: dict[str, tuple[Callable[[Sent, Chance, Sequence[Sent]], Sent], int]] = {
    "over a megabyte": (huge, 1),
    "deep JSON": (deep_json, 1),
    "odd method": (odd_method, 4),
    "odd path": (odd_path, 4),
}
"""What may get any 4xx, and may name no webhook at all."""
