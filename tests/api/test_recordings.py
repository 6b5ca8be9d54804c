"""A call's recording over the API: whole, in part, unchanged, or not there and why."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.recordings import main_recording
from calltrack.ground import Ground
from calltrack.models import Call
from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company, answered_call, missed_call, store_recording
from tests.twilio_wire import BASE

Write = Callable[[], AbstractContextManager[Session]]
AUDIO = bytes(range(256)) * 40


@pytest.fixture
def played(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> str:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
        store_recording(session, call=call, storage=ground.storage, audio=AUDIO, folder=tmp_path)
    return f"/calls/{call.call_sid}/recording.mp3"


def test_the_whole_recording_is_played(cho: Program, played: str) -> None:
    answer = cho.ask("GET", played)
    assert (answer.status_code, answer.content_type, answer.data) == (200, "audio/mpeg", AUDIO)
    assert answer.content_length == len(AUDIO)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    head = cho.ask("HEAD", played)
    assert (head.status_code, head.content_length, head.data) == (200, len(AUDIO), b"")


def test_the_call_names_the_address_of_its_recording(cho: Program, played: str) -> None:
    recording = cho.get(played.removesuffix("/recording.mp3"))["recording"]
    url = f"{BASE}/api/v1{played}"
    assert recording == {"status": "stored", "duration": 63, "channels": 2, "url": url, "erased": None}


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 10240),
        ("bytes=-5", 10235, 10240),
        ("bytes=10000-999999", 10000, 10240),
    ],
)
def test_a_range_is_played(cho: Program, played: str, asked: str, start: int, end: int) -> None:
    answer = cho.ask("GET", played, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, AUDIO[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert answer.content_length == end - start


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000"])
def test_a_range_beyond_the_end_is_refused(cho: Program, played: str, asked: str) -> None:
    answer = cho.ask("GET", played, headers={"Range": asked})
    assert (answer.status_code, answer.content_type) == (416, "application/problem+json")
    assert answer.headers["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize(
    "asked", ["bytes=abc", "lines=1-2", "bytes", "bytes=5-2", "bytes=0-1,5-6", f"bytes={'9' * 5000}-"]
)
def test_a_range_that_means_nothing_gets_the_whole(cho: Program, played: str, asked: str) -> None:
    answer = cho.ask("GET", played, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, AUDIO)


def test_a_listener_who_has_it_already_gets_nothing_again(cho: Program, played: str) -> None:
    etag = cho.ask("GET", played).headers["ETag"]
    again = cho.ask("GET", played, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    part = cho.ask("GET", played, headers={"Range": "bytes=0-9", "If-Range": etag})
    assert (part.status_code, part.data) == (206, AUDIO[:10])
    changed = cho.ask("GET", played, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (changed.status_code, changed.data) == (200, AUDIO)


def test_who_only_reads_may_not_listen(rae: Program, played: str) -> None:
    assert "recordings.play" in rae.refused(403, "GET", played)


@pytest.mark.parametrize(
    ("status", "why"), [("expected", "on its way"), ("failed", "could not be fetched"), ("absent", "no recording")]
)
def test_what_cannot_be_played_says_why(cho: Program, write: Write, anas: Company, status: str, why: str) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
        recording = main_recording(session, call_id=call.id)
        assert recording is not None
        recording.status = status
    path = f"/calls/{call.call_sid}"
    assert why in cho.refused(404, "GET", f"{path}/recording.mp3")
    assert (cho.get(path)["recording"]["status"], cho.get(path)["recording"]["url"]) == (status, None)


def test_a_missed_call_has_nothing_to_play(cho: Program, write: Write, anas: Company) -> None:
    with write() as session:
        call: Call = missed_call(session, number=BILLBOARD)
    assert "nothing was recorded" in cho.refused(404, "GET", f"/calls/{call.call_sid}/recording.mp3")


def test_a_recording_that_the_storage_lost_is_no_mistake_of_the_listeners(
    cho: Program, played: str, tmp_path: Path
) -> None:
    [kept] = (tmp_path / "recordings").rglob("*.mp3")
    kept.unlink()
    assert "storage" in cho.refused(404, "GET", played)
