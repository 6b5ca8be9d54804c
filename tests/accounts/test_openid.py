"""What is taken from an identity provider, and what is not."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey
from requests.adapters import HTTPAdapter
from werkzeug.wrappers import Response

from calltrack.accounts.issuer import ProviderError, ask_issuer, check_url
from calltrack.accounts.openid import Client, Errand, Proven, authorization_address, discover, is_over, prove, set_out
from calltrack.config import Settings
from tests.accounts.issuing import CLIENT, SECRET, Issuer, issuer, sign, unsigned

BACK = "http://localhost/sign-in/callback"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, public_url="http://localhost", var=tmp_path)


@pytest.fixture
def provider() -> Iterator[Issuer]:
    with issuer() as made:
        yield made


def come_back(settings: Settings, provider: Issuer, *, errand: Errand | None = None, **more: Any) -> Proven:
    """Go to the provider, sign in there, and come back with what it sent."""
    client, begun = Client(provider.url, CLIENT, SECRET), set_out()
    endpoints = discover(settings, issuer=provider.url)
    address = authorization_address(endpoints, client=client, errand=begun, redirect_uri=BACK, email=None)
    code = dict(one.split("=") for one in provider.approve(address).split("&"))["code"].replace("+", " ")
    return prove(
        settings, client=client, errand=errand or begun, code=code, redirect_uri=BACK,
        answered_by=more.get("answered_by"),
    )  # fmt: skip


@pytest.mark.enable_socket
def test_a_sign_in_proves_the_subject_and_the_verified_address(settings: Settings, provider: Issuer) -> None:
    provider.claims = {"email": "Ana@Example.com"}
    assert come_back(settings, provider) == Proven(provider.url, "subject 1", "ana@example.com", "Ana")


def signed_with_the_client_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.ljust(32, "x")))


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("claims", "forge"),
    [
        ({"aud": "another client"}, None),
        ({"aud": [CLIENT, "another client"]}, None),  # and nobody says that it was made for us
        ({"azp": "another client"}, None),
        ({"iss": "https://accounts.example.org"}, None),
        ({"exp": int(time.time()) - 600}, None),
        ({"exp": None}, None),
        ({"iat": int(time.time()) + 3600}, None),
        ({"nonce": "of another sign-in"}, None),
        ({"nonce": None}, None),
        ({"sub": None}, None),
        ({"sub": "x" * 256}, None),
        ({"email": None}, None),
        ({"email_verified": False}, None),
        ({"email_verified": "true"}, None),
        ({"email_verified": None}, None),
        ({"at_hash": "of another token"}, None),
        ({}, unsigned),
        ({}, signed_with_the_client_secret),
        ({}, lambda claims: sign(claims, key="of somebody else")),
        ({}, lambda claims: sign(claims)[:-8] + "AAAAAAAA"),
        ({}, lambda claims: "no token at all"),
        ({}, lambda claims: ""),
    ],
)
def test_a_token_that_is_not_the_providers_word_for_this_sign_in_is_refused(
    settings: Settings, provider: Issuer, claims: dict[str, Any], forge: Any
) -> None:
    provider.claims, provider.forge = claims, forge
    with pytest.raises(ProviderError) as refused:
        come_back(settings, provider)
    assert SECRET not in str(refused.value)


@pytest.mark.enable_socket
def test_a_code_without_the_verifier_that_it_was_asked_with_is_worth_nothing(
    settings: Settings, provider: Issuer
) -> None:
    with pytest.raises(ProviderError, match="invalid_grant"):
        come_back(settings, provider, errand=replace(set_out()))


@pytest.mark.enable_socket
def test_who_answers_has_to_be_who_was_asked(settings: Settings, provider: Issuer) -> None:
    with pytest.raises(ProviderError, match="another provider"):
        come_back(settings, provider, answered_by="https://accounts.example.org")
    assert come_back(settings, provider, answered_by=provider.url).subject == "subject 1"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/.well-known/openid-configuration", Response('{"issuer": "https://other.example.org"}'), "another issuer"),
        ("/.well-known/openid-configuration", Response("[]"), "JSON object"),
        ("/.well-known/openid-configuration", Response("{" * 10_000), "JSON object"),
        ("/.well-known/openid-configuration", Response(status=302, headers={"Location": "/elsewhere"}), "did not"),
        ("/token", Response(status=307, headers={"Location": "http://127.0.0.1:1/"}), "did not"),
        ("/token", Response('{"id_token": 7}'), "no identity token"),
        ("/keys", Response(" " * 300_000), "too large"),
        ("/keys", Response('{"keys": [{"kty": "RSA"}]}'), "not to be trusted"),
        ("/keys", Response('{"keys": 7}'), "not to be trusted"),
    ],
)
def test_a_provider_that_answers_otherwise_than_it_should_lets_nobody_in(
    settings: Settings, provider: Issuer, path: str, answer: Response, why: str
) -> None:
    provider.answers[path] = answer
    with pytest.raises(ProviderError, match=why):
        come_back(settings, provider)
    assert "/elsewhere" not in provider.asked


@pytest.mark.enable_socket
def test_no_endpoint_may_lead_to_plain_http(settings: Settings, provider: Issuer) -> None:
    said = '{"issuer": "%s", "authorization_endpoint": "https://a.example", "token_endpoint": "http://a.example", '
    provider.answers["/.well-known/openid-configuration"] = Response(
        said % provider.url + '"jwks_uri": "https://a.example"}'
    )
    with pytest.raises(ProviderError, match="https"):
        discover(settings, issuer=provider.url)


@pytest.mark.parametrize(
    "url",
    ["", "login.example.com", "http://login.example.com", "ftp://login.example.com", "https://", "https://[",
     "https://user:secret@login.example.com", "https://login.example.com:99999", "https://a b", "https://a\nb",
     "http://169.254.169.254", "file:///etc/passwd"],
)  # fmt: skip
def test_only_https_is_asked(settings: Settings, url: str) -> None:
    with pytest.raises(ProviderError, match="https"):
        check_url(settings, url)


def test_loopback_is_asked_by_plain_http_only_where_calltrack_is_on_loopback_itself(tmp_path: Path) -> None:
    public = Settings(_env_file=None, public_url="https://calls.example.com", var=tmp_path)
    with pytest.raises(ProviderError, match="https"):
        ask_issuer(public, "http://127.0.0.1:6379/")


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.0", "::1", "fd00::1", "fe80::1",
     "::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::1"],
)  # fmt: skip
def test_only_hosts_of_the_public_internet_are_asked_and_none_that_is_also_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    public = Settings(_env_file=None, public_url="https://calls.example.com", var=tmp_path)
    with pytest.raises(ProviderError, match="public internet"):
        check_url(public, f"https://[{address}]/" if ":" in address else f"https://{address}/")
    found = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", (address, 443))]
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(ProviderError, match="public internet"):
            ask_issuer(public, "https://login.example.com/")


def test_the_address_that_was_looked_up_is_the_one_that_is_asked_as_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is looked up a second time may lead elsewhere by then (DNS rebinding)."""
    asked: list[tuple[str | None, object, object]] = []

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: object) -> requests.Response:
        asked.append((request.url, request.headers["Host"], adapter.poolmanager.connection_pool_kw["server_hostname"]))
        raise requests.ConnectionError

    public = Settings(_env_file=None, public_url="https://calls.example.com", var=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.215.14", 443))])
        with pytest.raises(ProviderError, match=r"login\.example\.com did not answer"):
            ask_issuer(public, "https://login.example.com:8443/keys?a=b")
    assert asked == [("https://93.184.215.14:8443/keys?a=b", "login.example.com:8443", "login.example.com")]


def test_a_sign_in_that_takes_too_long_is_begun_again() -> None:
    begun = set_out()
    assert not is_over(begun)
    assert is_over(replace(begun, begun_at=begun.begun_at - 601))
    assert is_over(replace(begun, begun_at=begun.begun_at + 60))
