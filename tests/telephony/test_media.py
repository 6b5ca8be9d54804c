"""Fetching a recording: from one host, with bounded time and size, and credentials for nobody else."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from calltrack.telephony import media
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.media import fetch_recording

pytestmark = pytest.mark.enable_socket
SOUND = b"RIFF" + bytes(range(256)) * 1000


class Carrier:
    """A server on this machine that answers as it is told and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer: Callable[[Request], Response] = lambda request: Response(SOUND, mimetype="audio/x-wav")
        self._server = make_server("127.0.0.1", 0, self._wsgi, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _wsgi(self, environ, start_response):
        request = Request(environ)
        self.asked.append(request)
        return self.answer(request)(environ, start_response)

    @property
    def paths(self) -> list[str]:
        return [request.full_path.rstrip("?") for request in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    opened = Carrier()
    yield opened
    opened.close()


@pytest.fixture
def elsewhere() -> Iterator[Carrier]:
    opened = Carrier()
    yield opened
    opened.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "RE1.wav"


def fetch(carrier: Carrier, target: Path, *, channels: int = 1) -> None:
    fetch_recording(
        Access(account="AC9", api_token="a-token", signing_keys=(), api_url=carrier.url), carrier_account="AC1",
        recording_sid="RE1", channels=channels, target=target,
    )  # fmt: skip


def refused(carrier: Carrier, target: Path, response: Response, *, channels: int = 1) -> CarrierError:
    carrier.answer = lambda request: response
    with pytest.raises(CarrierError) as caught:
        fetch(carrier, target, channels=channels)
    return caught.value


def test_a_recording_is_fetched_from_its_own_place_with_the_first_tokens_credentials(
    carrier: Carrier, target: Path
) -> None:
    fetch(carrier, target)
    assert target.read_bytes() == SOUND
    assert carrier.paths == ["/2010-04-01/Accounts/AC1/Recordings/RE1.wav"]
    login = carrier.asked[0].authorization
    assert login is not None
    assert (login.type, login.username, login.password) == ("basic", "AC1", "a-token")


def test_two_channels_are_asked_for_where_there_are_two(carrier: Carrier, target: Path) -> None:
    fetch(carrier, target, channels=2)
    assert carrier.paths == ["/2010-04-01/Accounts/AC1/Recordings/RE1.wav?RequestedChannels=2"]


def test_a_carrier_that_has_one_channel_only_is_asked_for_one(carrier: Carrier, target: Path) -> None:
    carrier.answer = lambda request: Response("no", 400) if request.args else Response(SOUND)
    fetch(carrier, target, channels=2)
    assert target.read_bytes() == SOUND
    assert [bool(request.args) for request in carrier.asked] == [True, False]


def test_a_bad_request_for_one_channel_is_final(carrier: Carrier, target: Path) -> None:
    assert refused(carrier, target, Response("no", 400), channels=2).permanent
    assert len(carrier.asked) == 2


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nobody_else_sees_the_credentials(
    carrier: Carrier, elsewhere: Carrier, target: Path, code: int
) -> None:
    error = refused(carrier, target, Response(status=code, headers={"Location": f"{elsewhere.url}/RE1.wav"}))
    assert error.permanent
    assert "TWILIO_API_URL" in str(error)
    assert elsewhere.asked == []
    assert not target.exists()


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        (401, False), (403, False), (404, False), (408, False), (410, True), (418, True), (425, False), (429, False),
        (500, False), (502, False), (503, False), (204, False),
    ],
)  # fmt: skip
def test_whether_asking_again_can_help(carrier: Carrier, target: Path, code: int, permanent: bool) -> None:
    error = refused(carrier, target, Response("no", code))
    assert error.permanent is permanent
    assert str(code) in str(error)
    assert not target.exists()


def test_refused_credentials_name_the_setting_and_not_the_token(carrier: Carrier, target: Path) -> None:
    message = str(refused(carrier, target, Response("no", 401)))
    assert "TWILIO_AUTH_TOKEN" in message
    assert "a-token" not in message


@pytest.mark.parametrize("code", [404, 429, 503])
@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0),
        ("²", 0),
        ("9" * 5000, 0),
    ],
)
def test_a_carrier_that_asks_for_patience_is_heard(
    carrier: Carrier, target: Path, code: int, wish: str, seconds: int
) -> None:
    assert refused(carrier, target, Response("no", code, headers={"Retry-After": wish})).retry_after == seconds


def test_what_is_larger_than_any_call_is_refused(
    carrier: Carrier, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "_LARGEST_BYTES", 100_000)
    assert refused(carrier, target, Response(SOUND)).permanent
    fetch_small = Response(SOUND[:100_000])
    carrier.answer = lambda request: fetch_small
    fetch(carrier, target)
    assert target.stat().st_size == 100_000


def test_a_server_that_never_answers_is_given_up(
    carrier: Carrier, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "_READ_SECONDS", 0.1)
    released = threading.Event()

    def silent(_: Request) -> Response:
        released.wait(30)
        return Response(SOUND)

    carrier.answer = silent
    with pytest.raises(CarrierError, match="could not be reached") as caught:
        fetch(carrier, target)
    released.set()
    assert not caught.value.permanent


def test_a_server_that_sends_drop_by_drop_is_given_up(
    carrier: Carrier, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "_TOTAL_SECONDS", 0.1)
    drop, sent_all = threading.Event(), threading.Event()

    def dripping() -> Iterator[bytes]:
        for _ in range(60):
            drop.wait(0.05)
            yield b"."
        sent_all.set()

    carrier.answer = lambda request: Response(dripping(), headers={"Content-Length": "60"})
    with pytest.raises(CarrierError, match="did not arrive"):
        fetch(carrier, target)
    assert not sent_all.is_set()


def test_a_body_that_breaks_off_is_no_recording(carrier: Carrier, target: Path) -> None:
    error = refused(carrier, target, Response(iter([SOUND[:1000]]), headers={"Content-Length": str(len(SOUND))}))
    assert not error.permanent


def test_a_carrier_that_is_not_there_is_tried_again_and_its_address_is_kept_quiet(target: Path) -> None:
    gone = Carrier()
    gone.close()
    with pytest.raises(CarrierError, match="could not be reached") as caught:
        fetch(gone, target)
    assert not caught.value.permanent
    assert "a-token" not in str(caught.value)


def test_this_machines_own_proxy_and_netrc_change_nothing(
    carrier: Carrier, elsewhere: Carrier, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.setenv("http_proxy", elsewhere.url)
    fetch(carrier, target)
    assert elsewhere.asked == []
    login = carrier.asked[0].authorization
    assert login is not None
    assert login.username == "AC1"
