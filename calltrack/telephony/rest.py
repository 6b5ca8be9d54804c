"""The carrier's REST API: one account, bounded time, at most five requests a second, credentials to nobody else."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access

_TIMEOUT = (5, 15)  # seconds to connect, and to wait for an answer
_VERSION = "2010-04-01"
_SECONDS_BETWEEN = 0.2


class Refused(CarrierError):
    """The carrier understood and said no: its HTTP `status`, and its own number for the reason (0: it gave none)."""

    def __init__(self, message: str, *, status: int, code: int = 0) -> None:
        super().__init__(message, permanent=True)
        self.status, self.code = status, code


class Pace:
    """When the next request may go out: requests of all threads of a process are spread evenly."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        seconds_between: float = _SECONDS_BETWEEN,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self._between, self._next, self._lock = seconds_between, clock(), threading.Lock()

    def wait(self) -> None:
        """Take the next place in the row, and wait for it."""
        with self._lock:
            now = self.clock()
            place = max(now, self._next)
            self._next = place + self._between
        if place > now:
            self.sleep(place - now)


_PACE = Pace()


class Rest(AbstractContextManager["Rest"]):
    """The API of one carrier account, open until the block ends.

    Paths are below the account and without their `.json`. `patience`: how many seconds a request may wait in all
    where the carrier has too much to do (429: it did nothing, so that asking again is safe). Raises CarrierError, and
    of its kind Refused where the carrier said why not.
    """

    def __init__(self, access: Access, *, patience: float = 10.0, pace: Pace = _PACE) -> None:
        if not (access.account and access.api_token):
            raise CarrierError(f"there is no access to the carrier: {access.opened_by} is not set", permanent=True)
        self.account = access.account
        self._access, self._api = access, access.api_url
        self._home = f"{access.api_url}/{_VERSION}/Accounts/{quote(access.account, safe='')}"
        self._patience, self._pace = patience, pace
        self._http = requests.Session()
        self._http.trust_env = False  # a .netrc or proxy of this machine must not change where the credentials go
        self._http.auth = (access.account, access.api_token)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What lies at `path`."""
        return self._ask("GET", self._url(path), params=params)

    def post(self, path: str, data: Mapping[str, str]) -> dict[str, Any]:
        """Make something at `path`, or change it; the thing as it is then."""
        return self._ask("POST", self._url(path), data=data)

    def delete(self, path: str) -> None:
        """Remove what lies at `path`."""
        self._ask("DELETE", self._url(path))

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The pages of a list, one at a time: `next_page_uri` is followed within the account, and to no other host."""
        seen: set[str] = set()
        page = self.get(path, params)
        while True:
            yield page
            following = page.get("next_page_uri")
            if not following:
                return
            if not isinstance(following, str) or following in seen:
                raise CarrierError("the carrier's list does not end: a page leads back to an earlier one")
            seen.add(following)
            page = self._ask("GET", self._within(following))

    def _url(self, path: str) -> str:
        return f"{self._home}{path}.json"

    def _within(self, uri: str) -> str:
        url = urljoin(f"{self._api}/", uri)
        # An API below a path of its own may name its pages from there, or from the host's root.
        if urlsplit(uri).path.startswith(f"/{_VERSION}/"):
            url = urljoin(f"{self._api}/", f"{urlsplit(self._api).path}{uri}")
        # What is escaped in a path (%2e%2e) may be read as a way out of it further on; the query may say what it likes.
        escaped = "%" in url.partition("?")[0].removeprefix(self._home)
        if escaped or not url.startswith((f"{self._home}/", f"{self._home}.json")):
            raise CarrierError("the carrier's list leads to another place; it was not followed", permanent=True)
        return url

    def _ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        deadline = self._pace.clock() + self._patience
        again = 1.0
        while True:
            self._pace.wait()
            try:
                answer = self._http.request(
                    method, url, params=params, data=data, timeout=_TIMEOUT, allow_redirects=False
                )
            except requests.RequestException as error:
                raise CarrierError(f"the carrier could not be reached: {type(error).__name__}") from error
            if answer.status_code != 429:
                return _read(answer, opened_by=self._access.opened_by)
            wait = retry_after(answer.headers) or again
            if self._pace.clock() + wait > deadline:
                raise CarrierError("the carrier has too much to do just now (429)", retry_after=round(wait + 0.5))
            self._pace.sleep(wait)
            again *= 2


def retry_after(headers: Mapping[str, str]) -> int:
    """The seconds that the carrier asks us to wait; 0 where it does not say, or says it in another way."""
    said = headers.get("Retry-After", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0


def _read(answer: requests.Response, *, opened_by: str) -> dict[str, Any]:
    code = answer.status_code
    if code in (401, 403):
        reason, number = _reason(answer)
        told = f"the carrier refused our credentials ({code}, {reason}): check {opened_by}"
        raise Refused(told, status=code, code=number)
    if code >= 500 or code in (408, 425):
        raise CarrierError(f"the carrier answered {code}", retry_after=retry_after(answer.headers))
    if not 200 <= code < 300:
        reason, number = _reason(answer)
        raise Refused(f"the carrier answered {code}: {reason}", status=code, code=number)
    if code == 204 or not answer.content:
        return {}
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise CarrierError("the carrier answered with something that is not its API's", permanent=True)
    return said


def _reason(answer: requests.Response) -> tuple[str, int]:
    """What the carrier says is wrong, short enough for a page, and its own number for it."""
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        return answer.reason or "no reason given", 0
    code = said.get("code")
    return str(said.get("message") or answer.reason)[:300], code if isinstance(code, int) else 0
