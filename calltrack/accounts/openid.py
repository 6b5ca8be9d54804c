"""OpenID Connect: the authorization code flow with PKCE, state and nonce, and the checks of the identity token.

OpenID Connect Core 1.0 (3.1), Discovery 1.0 (4), RFC 7636 (PKCE, S256) and RFC 9207 (who answers is who was asked).
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from calltrack.accounts.issuer import ProviderError, ask_issuer, check_url
from calltrack.config import Settings

LASTS_SECONDS = 600
"""That a person may take at the provider's pages."""
_CLOCKS_DIFFER_SECONDS = 60
# Signatures that only the provider can make: with `none` or a shared secret, others could.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


@dataclass(frozen=True)
class Client:
    """Who we are to a provider."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked. `by_form`: it takes the client's secret in the form alone."""

    authorization: str
    token: str
    keys: str
    by_form: bool
    names_itself: bool


@dataclass(frozen=True)
class Errand:
    """Somebody who was sent to a provider, as their browser's session remembers it."""

    state: str
    nonce: str
    verifier: str
    begun_at: float


@dataclass(frozen=True)
class Proven:
    """What a provider vouches for. `subject` names the person to it, for ever; the address is verified."""

    issuer: str
    subject: str
    email: str
    name: str


def discover(settings: Settings, *, issuer: str) -> Endpoints:
    """The provider's addresses, as it publishes them. Raises ProviderError."""
    said = ask_issuer(settings, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer") != issuer:
        raise ProviderError(f"what is published at {urlsplit(issuer).hostname} is of another issuer; copy it exactly")
    found = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    if missing := sorted(name for name, url in found.items() if not isinstance(url, str)):
        raise ProviderError(f"{urlsplit(issuer).hostname} publishes no {missing[0]}")
    addresses = {name: check_url(settings, str(url)) for name, url in found.items()}
    ways = said.get("token_endpoint_auth_methods_supported")
    return Endpoints(
        authorization=addresses["authorization_endpoint"],
        token=addresses["token_endpoint"],
        keys=addresses["jwks_uri"],
        by_form=isinstance(ways, list) and "client_secret_basic" not in ways,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def set_out() -> Errand:
    """A fresh errand."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Errand(state=state, nonce=nonce, verifier=verifier, begun_at=time.time())


def is_over(errand: Errand) -> bool:
    """Whether the person took too long."""
    return not 0 <= time.time() - errand.begun_at <= LASTS_SECONDS


def authorization_address(
    endpoints: Endpoints, *, client: Client, errand: Errand, redirect_uri: str, email: str | None
) -> str:
    """Where the person's browser is to go; `email` saves them from typing it again."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": errand.state,
        "nonce": errand.nonce,
        "code_challenge": create_s256_code_challenge(errand.verifier),
        "code_challenge_method": "S256",
    }
    if email:
        asked["login_hint"] = email
    return f"{endpoints.authorization}{'&' if '?' in endpoints.authorization else '?'}{urlencode(asked)}"


def prove(
    settings: Settings, *, client: Client, errand: Errand, code: str, redirect_uri: str, answered_by: str | None
) -> Proven:
    """Exchange the code that the browser brought for who the person is. `answered_by`: the address's `iss`, if it had
    one. Raises ProviderError for whatever does not fit."""
    endpoints = discover(settings, issuer=client.issuer)
    if answered_by != client.issuer and (answered_by is not None or endpoints.names_itself):
        raise ProviderError("another provider answered than was asked")
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
        "code_verifier": errand.verifier,
    }  # fmt: skip
    if endpoints.by_form:
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    auth = None if endpoints.by_form else (client.client_id, client.client_secret)
    answer = ask_issuer(settings, endpoints.token, form=form, auth=auth)
    keys = ask_issuer(settings, endpoints.keys)
    return _proven(_claims(answer, keys=keys, client=client, errand=errand), issuer=client.issuer)


def _claims(answer: dict[str, Any], *, keys: dict[str, Any], client: Client, errand: Errand) -> dict[str, Any]:
    """The identity token's claims, after every check that makes them true."""
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise ProviderError("the provider sent no identity token")
    try:
        read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        claims = CodeIDToken(
            read.claims,
            read.header,
            options={
                "iss": {"essential": True, "value": client.issuer},
                "aud": {"essential": True, "value": client.client_id},
            },
            params={
                "nonce": errand.nonce, "client_id": client.client_id, "access_token": answer.get("access_token"),
            },
        )  # fmt: skip
        claims.validate(leeway=_CLOCKS_DIFFER_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderError(f"the identity token is not to be trusted ({type(error).__name__})") from None
    return dict(claims)


def _proven(claims: dict[str, Any], *, issuer: str) -> Proven:
    subject, email, name = claims.get("sub"), claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise ProviderError("the provider did not say who it is")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise ProviderError("the provider does not say that the e-mail address was verified")
    return Proven(
        issuer=issuer, subject=subject, email=email.strip().lower(), name=name if isinstance(name, str) else ""
    )
