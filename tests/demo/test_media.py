"""The carrier's REST and media server answers as Twilio's does."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.rest import Client
from werkzeug.serving import BaseWSGIServer

from calltrack.demo import render
from calltrack.demo.calls import Misbehaviour
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.ledger import Ledger
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.speech import SAMPLE_RATE
from calltrack.demo.wire import post_to_wsgi
from tests.demo.office import ACCOUNT, BASE, DIAL_TWO, GREETING, TOKEN, TRACKING, VOICEMAIL, WHISPER, Office

AUTH = (ACCOUNT, TOKEN)
ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
SHORT = "too-short-changed-mind"


@pytest.fixture
def carrier() -> DemoCarrier:
    return Office({"voice": GREETING + DIAL_TWO, "whisper": WHISPER, "dial": VOICEMAIL}).carrier()


@pytest.fixture
def rest(carrier: DemoCarrier) -> FlaskClient:
    return create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN).test_client()


def place(carrier: DemoCarrier, conversation: str = SHORT, **more: object) -> PlacedCall:
    return carrier.place_call(to=TRACKING, conversation=conversation, **more)  # type: ignore[arg-type]


def media_path(placed: PlacedCall, extension: str = ".wav") -> str:
    return f"{ROOT}/Recordings/{placed.recordings[0].sid}{extension}"


def channels_of(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (SAMPLE_RATE, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        return samples.reshape(-1, file.getnchannels())


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize(
    "path", ["/Recordings/RE1.wav", "/Recordings.json", "/Calls.json", "/IncomingPhoneNumbers.json"]
)
@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC" + "0" * 32, TOKEN)])
def test_nothing_is_told_without_the_accounts_credentials(rest: FlaskClient, path: str, auth: tuple[str, str] | None):
    answer = rest.get(ROOT + path, auth=auth)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == 20003


def test_a_dual_recording_has_the_caller_on_channel_0_and_the_agent_on_channel_1(
    carrier: DemoCarrier, rest: FlaskClient
):
    placed = place(carrier)
    answer = rest.get(media_path(placed), query_string={"RequestedChannels": "2"}, auth=AUTH)
    assert answer.mimetype == "audio/x-wav"
    voices = channels_of(answer.data)
    assert voices.shape[1] == 2
    parts = carrier.ledger.list(kind="recording")[0]["demo"]["parts"]
    assert [part["channel"] for part in parts] == [1, 0, 1]
    for part in parts:
        heard = voices[round(part["start"] * SAMPLE_RATE) : round((part["start"] + part["seconds"]) * SAMPLE_RATE)]
        assert loudness(heard[:, part["channel"]]) > 800
        assert loudness(heard[:, 1 - part["channel"]]) < 40


def test_the_audio_is_as_long_as_was_announced(carrier: DemoCarrier, rest: FlaskClient):
    for conversation in (SHORT, "voicemail-gutters"):
        placed = place(carrier, conversation)
        wav = rest.get(media_path(placed), auth=AUTH).data
        assert len(channels_of(wav)) / SAMPLE_RATE == pytest.approx(placed.recordings[0].duration, abs=1)


def test_the_same_call_has_the_same_words_at_the_same_moments(carrier: DemoCarrier, rest: FlaskClient):
    def envelope() -> npt.NDArray[np.float64]:
        render._render.cache_clear()
        samples = channels_of(rest.get(media_path(placed), auth=AUTH).data)[:, 0]
        louder: npt.NDArray[np.float64] = np.abs(samples[: samples.size // 400 * 400]).reshape(-1, 400).mean(axis=1)
        return louder

    placed = place(carrier, call_sid="CA" + "3" * 32)
    first, second = envelope(), envelope()
    assert np.corrcoef(first, second)[0, 1] > 0.97


def test_one_channel_is_played_unless_two_are_asked_for(carrier: DemoCarrier, rest: FlaskClient):
    placed = place(carrier)
    assert channels_of(rest.get(media_path(placed, ""), auth=AUTH).data).shape[1] == 1


def test_two_channels_of_a_message_are_a_bad_request(carrier: DemoCarrier, rest: FlaskClient):
    placed = place(carrier, "voicemail-gutters")
    answer = rest.get(media_path(placed), query_string={"RequestedChannels": "2"}, auth=AUTH)
    assert answer.status_code == 400


def test_mp3_is_served_too(carrier: DemoCarrier, rest: FlaskClient):
    answer = rest.get(media_path(place(carrier), ".mp3"), auth=AUTH)
    assert answer.mimetype == "audio/mpeg"
    assert answer.data[0] == 0xFF


def test_a_range_is_honoured(carrier: DemoCarrier, rest: FlaskClient):
    path = media_path(place(carrier))
    whole = rest.get(path, auth=AUTH).data
    part = rest.get(path, auth=AUTH, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.data == whole[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"


def test_an_unknown_recording_is_not_found(rest: FlaskClient):
    answer = rest.get(f"{ROOT}/Recordings/RE{'0' * 32}.wav", auth=AUTH)
    assert (answer.status_code, answer.get_json()["code"]) == (404, 20404)


def test_a_recording_that_lags_is_not_found_at_first(carrier: DemoCarrier, rest: FlaskClient):
    path = media_path(place(carrier, misbehaviour=Misbehaviour(recording_missing=2)))
    assert [rest.get(path, auth=AUTH).status_code for _ in range(4)] == [404, 404, 200, 200]


def test_a_recording_can_turn_out_to_be_a_page(carrier: DemoCarrier, rest: FlaskClient):
    answer = rest.get(media_path(place(carrier, misbehaviour=Misbehaviour(recording_html=True))), auth=AUTH)
    assert answer.status_code == 200
    assert answer.data.startswith(b"<!DOCTYPE html>")


def test_a_deleted_recording_is_gone(carrier: DemoCarrier, rest: FlaskClient):
    placed = place(carrier)
    assert rest.delete(media_path(placed, ".json"), auth=AUTH).status_code == 204
    assert rest.get(media_path(placed), auth=AUTH).status_code == 404
    assert rest.delete(media_path(placed), auth=AUTH).status_code == 404


def test_recordings_outlive_the_process(tmp_path: Path):
    app = Office({"voice": DIAL_TWO, "whisper": WHISPER, "dial": ""}).app()
    carrier = DemoCarrier(
        public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(app), data_folder=tmp_path
    )
    placed = place(carrier)
    carrier.ledger.close()
    later = Ledger(tmp_path / "carrier.sqlite3")
    client = create_carrier_app(ledger=later, account_sid=ACCOUNT, auth_token=TOKEN).test_client()
    assert client.get(media_path(placed), auth=AUTH).status_code == 200
    later.close()


@pytest.fixture
def served(carrier: DemoCarrier) -> Iterator[BaseWSGIServer]:
    app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=0)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(served: BaseWSGIServer) -> Client:
    """The carrier's own library, led to this server."""
    account = Client(*AUTH)
    account.api.base_url = f"http://127.0.0.1:{served.server_port}"
    return account


@pytest.mark.enable_socket
def test_the_carriers_own_library_lists_calls_and_recordings(carrier: DemoCarrier, client: Client):
    placed = [place(carrier, started_at=None) for _ in range(3)]
    calls = client.calls.list(to=TRACKING, page_size=2)
    assert {call.sid for call in calls} == {call.call_sid for call in placed}
    assert {call.status for call in calls} == {"completed"}
    legs = client.calls.list(parent_call_sid=placed[0].call_sid)
    assert sorted(leg.status for leg in legs) == ["canceled", "completed"]
    recordings = client.recordings.list(call_sid=placed[1].call_sid)
    assert [recording.duration for recording in recordings] == [str(placed[1].recordings[0].duration)]


@pytest.mark.enable_socket
def test_calls_are_listed_from_a_moment_on(carrier: DemoCarrier, client: Client):
    from datetime import UTC, datetime

    old = place(carrier, started_at=datetime(2026, 1, 5, 15, 0, tzinfo=UTC))
    new = place(carrier)
    since = client.calls.list(start_time_after=datetime(2026, 2, 1, tzinfo=UTC), to=TRACKING)
    until = client.calls.list(start_time_before=datetime(2026, 2, 1, tzinfo=UTC), to=TRACKING)
    assert ([call.sid for call in since], [call.sid for call in until]) == ([new.call_sid], [old.call_sid])


@pytest.mark.enable_socket
def test_a_number_is_found_bought_configured_and_released(carrier: DemoCarrier, client: Client):
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=TRACKING)
    offered = client.available_phone_numbers("US").local.list(area_code=312, limit=5)
    assert TRACKING not in {offer.phone_number for offer in offered}
    bought = client.incoming_phone_numbers.create(phone_number=offered[0].phone_number)
    moved = bought.update(voice_url="https://other.example.com/voice", status_callback=f"{BASE}/there")
    assert moved.voice_url == "https://other.example.com/voice"
    assert {number.phone_number for number in client.incoming_phone_numbers.list()} == {TRACKING, bought.phone_number}
    assert bought.delete()
    assert [number.phone_number for number in client.incoming_phone_numbers.list()] == [TRACKING]


def test_a_configured_number_rings_where_it_was_told_to(carrier: DemoCarrier, rest: FlaskClient):
    body = own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=TRACKING)
    path = f"{ROOT}/IncomingPhoneNumbers/{body['sid']}.json"
    rest.post(path, data={"VoiceUrl": f"{BASE}/webhooks/twilio/dial"}, auth=AUTH)
    assert place(carrier).exchanges[0].path == "/webhooks/twilio/dial"


@pytest.mark.enable_socket
def test_a_taken_port_is_named(served: BaseWSGIServer):
    with pytest.raises(OSError, match=f"127.0.0.1:{served.server_port}: the port is taken"):
        start_server(app=Flask("another"), host="127.0.0.1", port=served.server_port)
