"""The wire: signatures, encoding, time-outs and retries."""

import socket
import threading
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from calltrack.demo.wire import (
    ConnectFailureError,
    NoAnswerError,
    Reply,
    deliver,
    encode,
    post_over_http,
    post_to_wsgi,
    read_overrides,
    sign,
)

URL = "https://calls.example.com/webhooks/twilio/voice"
NAMES = st.text(alphabet="ABCDEFabcdef", min_size=1, max_size=8)
VALUES = st.text(max_size=20)


class Line:
    """A network that answers from a list: a status, or an exception to raise."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers: Iterator[int | Exception] = iter(answers)
        self.sent: list[dict[str, object]] = []

    def __call__(self, **request: object) -> Reply:
        self.sent.append(request)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return Reply(status=answer)


def statuses(url: str, *answers: int | Exception) -> list[int]:
    line = Line(*answers)
    replies = deliver(url=url, params=[("A", "1")], auth_token="t", idempotency_token="i", post=line)
    tokens = {request["headers"]["I-Twilio-Idempotency-Token"] for request in line.sent}  # type: ignore[index]
    assert tokens == {"i"}
    return [reply.status for reply in replies]


def test_the_published_example_is_signed_as_published():
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    params = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]
    assert sign(url=url, params=params, auth_token="12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@given(st.dictionaries(NAMES, VALUES, max_size=8), st.text(min_size=1, max_size=20))
def test_a_signature_is_what_the_carriers_own_library_expects(params: dict[str, str], token: str):
    signature = sign(url=URL, params=list(params.items()), auth_token=token)
    assert RequestValidator(token).validate(URL, params, signature)


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_a_form_survives_its_encoding(params: list[tuple[str, str]]):
    assert parse_qsl(encode(params).decode(), keep_blank_values=True) == params


def test_a_space_is_percent_20_and_an_empty_value_is_sent():
    assert encode([("City", "São Paulo"), ("Zip", ""), ("To", "+1")]) == b"City=S%C3%A3o%20Paulo&Zip=&To=%2B1"


def test_the_fragment_is_neither_sent_nor_signed():
    line = Line(200)
    deliver(url=f"{URL}#rc=3&rp=all", params=[("A", "1")], auth_token="t", idempotency_token="i", post=line)
    sent = line.sent[0]
    assert sent["url"] == URL
    assert sent["headers"]["X-Twilio-Signature"] == sign(url=URL, params=[("A", "1")], auth_token="t")  # type: ignore[index]


def test_only_a_failed_connection_is_retried_by_default_and_only_once():
    away = ConnectFailureError("refused")
    assert statuses(URL, away, 200) == [0, 200]
    assert statuses(URL, away, away, 200) == [0, 0]
    assert statuses(URL, 503) == [503]
    assert statuses(URL, NoAnswerError("late")) == [0]


def test_a_policy_of_all_retries_as_often_as_it_says():
    assert statuses(f"{URL}#rc=3&rp=all", 503, NoAnswerError("late"), 404, 204) == [503, 0, 404, 204]
    assert statuses(f"{URL}#rc=2&rp=all", 503, 503, 503) == [503, 503, 503]


def test_a_policy_of_5xx_leaves_a_4xx_alone():
    assert statuses(f"{URL}#rc=3&rp=5xx,rt", 503, 404) == [503, 404]


def test_no_retries_means_none():
    assert statuses(f"{URL}#rc=0", ConnectFailureError("refused")) == [0]


@pytest.mark.parametrize(
    ("fragment", "connect", "read"),
    [
        ("", 5.0, 15.0),
        ("#ct=200&rt=3000", 0.2, 3.0),
        ("#tt=4000", 5.0, 4.0),
        ("#ct=1,rt=99999", 0.1, 15.0),
        ("#x", 5.0, 15.0),
    ],
)
def test_time_outs_stay_within_the_carriers_limits(fragment: str, connect: float, read: float):
    bare, overrides = read_overrides(URL + fragment)
    assert (bare, overrides.connect_timeout, overrides.read_timeout) == (URL, connect, read)


def test_a_wsgi_application_stands_in_for_the_network():
    app = Flask("stand-in")
    app.add_url_rule("/hook", view_func=lambda: ("", 204), methods=["POST"])
    replies = deliver(
        url="https://x.example.com/hook", params=[], auth_token="t", idempotency_token="i", post=post_to_wsgi(app)
    )
    assert replies == [Reply(status=204, content_type="text/html; charset=utf-8")]


@pytest.mark.enable_socket
def test_a_server_that_hangs_up_may_have_seen_the_request():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)

        server = threading.Thread(target=hang_up)
        server.start()
        with pytest.raises(NoAnswerError):
            post_over_http(
                url=f"http://127.0.0.1:{listening.getsockname()[1]}/",
                body=b"A=1",
                headers={},
                connect_timeout=5,
                read_timeout=5,
            )
        server.join()


@pytest.mark.enable_socket
def test_a_closed_port_is_a_failed_connection():
    with pytest.raises(ConnectFailureError):
        post_over_http(url="http://127.0.0.1:9/", body=b"", headers={}, connect_timeout=1, read_timeout=1)
