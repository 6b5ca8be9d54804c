"""Asking an identity provider: the one place from which a request to its addresses goes out.

The addresses come from an administrator and from the provider itself, so neither is trusted: https alone, and only
hosts on the public internet, so that nobody looks round our own network by us; no redirect is followed, and an answer
is short and soon there. Whoever asks does not learn why a host gave no answer; the log does.
"""

import json
import logging
import socket
import time
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from calltrack.config import Settings

LONGEST_URL = 300
_TIMEOUT = (5, 5)  # seconds to connect, and to wait for the next bytes
_SECONDS_IN_ALL = 10.0
_LARGEST_ANSWER = 256 * 1024
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_log = logging.getLogger(__name__)


class ProviderError(Exception):
    """The identity provider did not answer, or not as it should; the message says what, without any secret."""


def check_url(settings: Settings, url: str) -> str:
    """The address, if it may be asked: https, or a loopback address where calltrack itself is on one. Raises
    ProviderError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    plain = parts.scheme == "http" and host in _LOOPBACK and _is_on_loopback(settings)
    good = url.isascii() and url.isprintable() and " " not in url and not (parts.username or parts.password)
    if not (host and good and (parts.scheme == "https" or plain)):
        raise ProviderError(f"{url[:80]!r} is no address that begins with https://")
    try:
        literal = ip_address(host)
    except ValueError:
        return url  # a name is looked up when it is asked
    if not _may_be_asked(settings, literal):
        raise _not_public(host)
    return url


def ask_issuer(
    settings: Settings, url: str, *, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object at `url`, or what it answers to `form`. Raises ProviderError."""
    parts = urlsplit(check_url(settings, url))
    host, ends = parts.hostname or "", time.monotonic() + _SECONDS_IN_ALL
    address = _public_address(settings, host, port=parts.port)
    there = f"[{address}]" if address.version == 6 else str(address)
    port = f":{parts.port}" if parts.port else ""
    try:
        with requests.Session() as http:
            http.trust_env = False  # a .netrc or proxy of this machine must not change where the secret goes
            http.mount("https://", _AsHost(host))
            with http.request(
                "POST" if form is not None else "GET",
                parts._replace(netloc=f"{there}{port}").geturl(),
                data=form,
                auth=auth,
                headers={"Accept": "application/json", "Host": parts.netloc},
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = _read(answer, ends=ends)
    except requests.RequestException as error:
        raise _no_answer(host, type(error).__name__) from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if answer.status_code != 200:
        why = found.get("error") if isinstance(found, dict) else None
        if isinstance(why, str) and why.isprintable():  # as providers say what is wrong with a client or a code
            raise ProviderError(f"{host} refused: {why[:60]}")
        raise _no_answer(host, str(answer.status_code))
    if not isinstance(found, dict):
        raise ProviderError(f"{host} answered something else than a JSON object")
    return found


class _AsHost(HTTPAdapter):
    """Talks to an address as the host whose it is: the certificate has to be that host's."""

    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, server_hostname=self._host, assert_hostname=self._host)


def _public_address(settings: Settings, host: str, *, port: int | None) -> IPv4Address | IPv6Address:
    """Where the host is, looked up once: a name that is looked up again may lead elsewhere. Raises ProviderError unless
    all of its addresses are public; loopback will do where calltrack itself is on it."""
    try:
        found = [ip_address(str(one[4][0])) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found or not all(_may_be_asked(settings, one) for one in found):
        raise _not_public(host)
    return min(found, key=lambda one: one.version)  # not every machine has a way to IPv6


def _may_be_asked(settings: Settings, address: IPv4Address | IPv6Address) -> bool:
    return _is_public(address) or (address.is_loopback and _is_on_loopback(settings))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _is_on_loopback(settings: Settings) -> bool:
    return urlsplit(settings.base_url).hostname in _LOOPBACK


def _not_public(host: str) -> ProviderError:
    return ProviderError(f"{host} is not on the public internet")


def _no_answer(host: str, why: str) -> ProviderError:
    _log.warning("identity provider %s: %s", host, why)
    return ProviderError(f"{host} did not answer as an identity provider does")


def _read(answer: requests.Response, *, ends: float) -> bytes:
    body = b""
    for part in answer.iter_content(16 * 1024):
        body += part
        if len(body) > _LARGEST_ANSWER:
            raise ProviderError("the answer is too large")
        if time.monotonic() > ends:
            raise ProviderError("the answer takes too long")
    return body
