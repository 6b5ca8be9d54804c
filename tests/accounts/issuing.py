"""An identity provider on loopback for tests: signs in whomever a test says, and lies as a test tells it to."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.web.listening import Quiet

CLIENT, SECRET = "calltrack at the provider", "s3cret"


@cache
def rsa_key(name: str) -> RSAKey:
    """A key pair; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Issuer:
    """A provider. `claims`: of whoever signs in next, over the true ones; `forge`: makes the token instead of signing
    it; `answers`: what a path answers instead; `asked`: the paths that were asked for."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    forge: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, Response] = field(default_factory=dict)
    says_who_it_is: str | None = None
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def approve(self, address: str) -> str:
        """What the person's browser brings back after they signed in there: the query of the redirect address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = f"code {len(self._codes)}"
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        return urlencode(back | ({"iss": self.says_who_it_is} if self.says_who_it_is else {}))

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        if request.path in self.answers:
            return self.answers[request.path]
        if request.path == "/.well-known/openid-configuration":
            paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return _json({"issuer": self.url, **{name: self.url + path for name, path in paths.items()}})
        if request.path == "/keys":
            return _json({"keys": [rsa_key("current").as_dict(private=False)]})
        if request.path == "/token":
            return self._exchange(request)
        return Response(status=404)

    def _exchange(self, request: Request) -> Response:
        asked = self._codes.pop(request.form["code"], None)  # a code works once
        known = request.authorization
        proof = base64.urlsafe_b64encode(sha256(request.form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if (
            asked is None
            or known is None
            or (known.username, known.password) != (CLIENT, SECRET)
            or asked["code_challenge"] != proof
            or asked["redirect_uri"] != request.form["redirect_uri"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "subject 1", "exp": now + 300, "iat": now,
            "nonce": asked["nonce"], "email": "ana@example.com", "email_verified": True, "name": "Ana",
            **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.forge(claims) if self.forge else sign(claims)
        return _json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


def sign(claims: dict[str, Any], *, key: str = "current") -> str:
    """An identity token, signed with RS256."""
    return jwt.encode({"alg": "RS256", "kid": "current"}, claims, rsa_key(key))


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says of itself that it needs no signature."""
    parts = ({"alg": "none", "kid": "current"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."


def _json(said: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(said), status, content_type="application/json")


@contextmanager
def issuer() -> Iterator[Issuer]:
    """A provider that runs."""
    made = Issuer()

    @Request.application
    def app(request: Request) -> Response:
        return made.answer(request)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
