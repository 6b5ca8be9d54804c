"""The carrier's REST API: paced, patient within a bound, and credentials to nobody else."""

from collections.abc import Iterator

import pytest
import requests
import responses

from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Pace, Refused, Rest

API = "https://api.example.com"
HOME = f"{API}/2010-04-01/Accounts/AC1"
ACCESS = Access("AC1", "a token", ("a token",), API)


class Clock:
    """A clock that stands still but for those who wait for it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def rest(clock: Clock) -> Iterator[Rest]:
    with Rest(ACCESS, patience=10, pace=clock.pace()) as opened:
        yield opened


def test_a_request_goes_below_the_account_with_its_credentials(rest: Rest, wire: responses.RequestsMock) -> None:
    wire.get(f"{HOME}/Calls.json", json={"calls": []})
    assert rest.get("/Calls", {"StartTime>": "2026-11-20T00:00:00Z"}) == {"calls": []}
    [asked] = wire.calls
    assert asked.request.headers["Authorization"] == requests.auth._basic_auth_str("AC1", "a token")
    assert asked.request.url == f"{HOME}/Calls.json?StartTime%3E=2026-11-20T00%3A00%3A00Z"


def test_at_most_five_requests_a_second_go_out(clock: Clock, rest: Rest, wire: responses.RequestsMock) -> None:
    wire.delete(f"{HOME}/Recordings/RE1.json", status=204)
    for _ in range(6):
        rest.delete("/Recordings/RE1")
    assert clock.now == pytest.approx(101.0)


def test_too_many_requests_are_waited_for_as_long_as_the_carrier_says(
    clock: Clock, rest: Rest, wire: responses.RequestsMock
) -> None:
    wire.post(f"{HOME}/Messages.json", status=429, headers={"Retry-After": "7"})
    wire.post(f"{HOME}/Messages.json", status=201, json={"sid": "SM1"})
    assert rest.post("/Messages", {"Body": "hello"}) == {"sid": "SM1"}
    assert clock.slept[0] == 7


def test_no_one_waits_longer_than_the_bound(clock: Clock, rest: Rest, wire: responses.RequestsMock) -> None:
    wire.get(f"{HOME}/Calls.json", status=429)
    with pytest.raises(CarrierError) as caught:
        rest.get("/Calls")
    assert (caught.value.permanent, caught.value.retry_after) == (False, 8)
    assert clock.slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (302, True), (500, False), (503, False)]
)
def test_an_error_says_whether_asking_again_can_help(
    rest: Rest, wire: responses.RequestsMock, status: int, permanent: bool
) -> None:
    wire.get(f"{HOME}/Calls.json", status=status, json={"code": 20404, "message": "gone"})
    with pytest.raises(CarrierError) as caught:
        rest.get("/Calls")
    assert caught.value.permanent == permanent
    if isinstance(caught.value, Refused):
        assert (caught.value.status, caught.value.code) == (status, 20404)
        assert "gone" in str(caught.value)


def test_a_cut_connection_is_no_refusal_and_tells_no_secret(rest: Rest, wire: responses.RequestsMock) -> None:
    wire.get(f"{HOME}/Calls.json", body=requests.ConnectionError(f"{HOME} a token"))
    with pytest.raises(CarrierError, match="could not be reached: ConnectionError") as caught:
        rest.get("/Calls")
    assert not caught.value.permanent
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>", "[]", '"text"'])
def test_an_answer_that_is_no_api_s_is_refused(rest: Rest, wire: responses.RequestsMock, body: str) -> None:
    wire.get(f"{HOME}/Calls.json", body=body)
    with pytest.raises(CarrierError, match="not its API's"):
        rest.get("/Calls")


def test_a_list_is_followed_to_its_last_page(rest: Rest, wire: responses.RequestsMock) -> None:
    wire.get(
        f"{HOME}/Calls.json", json={"page": 0, "next_page_uri": "/2010-04-01/Accounts/AC1/Calls.json?Page=1&A%3E=2"}
    )
    wire.get(f"{HOME}/Calls.json?Page=1&A%3E=2", json={"page": 1, "next_page_uri": None})
    assert [page["page"] for page in rest.pages("/Calls")] == [0, 1]


def test_an_api_below_a_path_may_name_its_pages_either_way(clock: Clock, wire: responses.RequestsMock) -> None:
    access = Access("AC1", "a token", (), "https://space.example.com/api/laml")
    home = "https://space.example.com/api/laml/2010-04-01/Accounts/AC1"
    uris = ["/api/laml/2010-04-01/Accounts/AC1/Calls?Page=1", "/2010-04-01/Accounts/AC1/Calls.json?Page=2"]
    wire.get(f"{home}/Calls.json", json={"next_page_uri": uris[0]})
    wire.get(f"{home}/Calls?Page=1", json={"next_page_uri": uris[1]})
    wire.get(f"{home}/Calls.json?Page=2", json={"last": True})
    with Rest(access, pace=clock.pace()) as rest:
        assert list(rest.pages("/Calls"))[-1] == {"last": True}


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example.com/2010-04-01/Accounts/AC1/Calls.json", "//evil.example.com/x", "@evil.example.com/x",
     "/2010-04-01/Accounts/AC2/Calls.json", "/2010-04-01/Accounts/AC1/../AC2/Calls.json",
     "/2010-04-01/Accounts/AC1/%2e%2e/AC2/Calls.json", "/2010-04-01/Accounts/AC1/Calls%2f..", "/elsewhere"],
)  # fmt: skip
def test_a_page_elsewhere_is_not_followed(rest: Rest, wire: responses.RequestsMock, uri: str) -> None:
    wire.get(f"{HOME}/Calls.json", json={"next_page_uri": uri})
    with pytest.raises(CarrierError, match="leads to another place"):
        list(rest.pages("/Calls"))
    assert len(wire.calls) == 1


def test_a_list_that_bites_its_tail_ends(rest: Rest, wire: responses.RequestsMock) -> None:
    wire.get(f"{HOME}/Calls.json", json={"next_page_uri": "/2010-04-01/Accounts/AC1/Calls.json?Page=0"})
    with pytest.raises(CarrierError, match="does not end"):
        list(rest.pages("/Calls"))


def test_without_account_and_token_nobody_is_asked() -> None:
    with pytest.raises(CarrierError, match="TWILIO_AUTH_TOKEN is not set"):
        Rest(Access("AC1", "", (), API))
