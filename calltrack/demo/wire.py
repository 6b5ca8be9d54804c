"""One webhook on the wire: signed, percent-encoded, timed out and retried as Twilio does it.

Sources: Twilio's "Webhooks security" (signature) and "Webhooks: connection overrides" (the URL fragment).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import ProtocolError

Parameters = Sequence[tuple[str, str]]

USER_AGENT = "TwilioProxy/1.1"


class ConnectFailureError(Exception):
    """The server could not be reached, so the request was certainly not seen."""


class NoAnswerError(Exception):
    """The server took the connection and gave no whole answer in time, so the request may have been seen."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back for one request. `status` 0 stands for no answer at all; `error` then says why."""

    status: int
    content_type: str = ""
    body: bytes = b""
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether the server took the request."""
        return 200 <= self.status < 300


class Post(Protocol):
    """Send one POST and return its reply; time-outs in seconds. Raises ConnectFailureError or NoAnswerError."""

    def __call__(
        self, *, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float
    ) -> Reply:
        """Send it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What a webhook URL's fragment asks for: time-outs in seconds, how many retries and for which failures."""

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Whether the policy covers a failure: '4xx', '5xx', 'ct' (connect) or 'rt' (read time-out)."""
        return bool(failure) and (failure in self.retry_on or "all" in self.retry_on)


def read_overrides(url: str) -> tuple[str, Overrides]:
    """Split a webhook URL into what is sent and signed, and what its fragment asks of the connection."""
    bare, _, fragment = url.partition("#")
    values: dict[str, list[str]] = {}
    key = ""
    for part in re.split(r"[&,]", fragment):
        name, equals, value = part.partition("=")
        if equals:
            key = name
        # "rp=4xx,5xx" is one list: a part without "=" belongs to the key before it.
        values.setdefault(key, []).append(value if equals else part)

    def number(name: str, default: int, low: int, high: int) -> int:
        text = values.get(name, [""])[0]
        return min(max(int(text), low), high) if text.isdigit() else default

    return bare, Overrides(
        connect_timeout=number("ct", 5000, 100, 10000) / 1000,
        read_timeout=min(number("rt", 15000, 100, 15000), number("tt", 15000, 100, 15000)) / 1000,
        retries=number("rc", 1, 0, 5),
        retry_on=frozenset(values.get("rp", ["ct"])),
    )


def sign(*, url: str, params: Parameters, auth_token: str) -> str:
    """Compute X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and the distinct, sorted names and values."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def encode(params: Parameters) -> bytes:
    """Percent-encode a form as the carrier does: UTF-8, a space is %20 and never a plus."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params).encode()


def deliver(*, url: str, params: Parameters, auth_token: str, idempotency_token: str, post: Post) -> list[Reply]:
    """Send one webhook, again where its fragment asks for it; return every attempt's reply, the last one counts."""
    bare, overrides = read_overrides(url)
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Home-Region": "us1",
        "X-Twilio-Signature": sign(url=bare, params=params, auth_token=auth_token),
        "I-Twilio-Idempotency-Token": idempotency_token,
    }
    replies: list[Reply] = []
    for _ in range(overrides.retries + 1):
        try:
            reply = post(
                url=bare,
                body=encode(params),
                headers=headers,
                connect_timeout=overrides.connect_timeout,
                read_timeout=overrides.read_timeout,
            )
            failure = {4: "4xx", 5: "5xx"}.get(reply.status // 100, "")
        except ConnectFailureError as away:
            reply, failure = Reply(status=0, error=f"no connection: {away}"), "ct"
        except NoAnswerError as late:
            reply, failure = Reply(status=0, error=f"no answer in time: {late}"), "rt"
        replies.append(reply)
        if not overrides.retries_after(failure):
            break
    return replies


def post_over_http(
    *, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float
) -> Reply:
    """Post over the network. Redirects are not followed: a webhook that redirects is set up wrongly."""
    try:
        answer = requests.post(
            url, data=body, headers=headers, timeout=(connect_timeout, read_timeout), allow_redirects=False
        )
    except requests.ReadTimeout as late:
        raise NoAnswerError(str(late)) from late
    except requests.RequestException as failure:
        if isinstance(failure.args[0] if failure.args else None, ProtocolError):
            raise NoAnswerError(str(failure)) from failure
        raise ConnectFailureError(str(failure)) from failure
    return Reply(status=answer.status_code, content_type=answer.headers.get("Content-Type", ""), body=answer.content)


def post_to_wsgi(app: Any) -> Post:
    """Return a Post that calls a WSGI application in this process, no socket opened."""
    from werkzeug.test import Client

    client = Client(app, use_cookies=False)

    def post(*, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float) -> Reply:
        del connect_timeout, read_timeout  # a call in this process has neither
        parts = urlsplit(url)
        answer = client.open(
            path=parts.path,
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method="POST",
            data=body,
            headers=headers,
        )
        try:
            return Reply(status=answer.status_code, content_type=answer.content_type or "", body=answer.get_data())
        finally:
            answer.close()

    return post
