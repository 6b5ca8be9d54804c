"""The player's audio: whole, in part, or not there and why."""

import shutil
from pathlib import Path

import pytest

from calltrack.ground import Ground
from tests.factories import Company, answered_call, store_recording
from tests.web.conftest import BILLBOARD, Browser, Write

AUDIO = bytes(range(256)) * 40


@pytest.fixture
def played(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> str:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
        store_recording(session, call=call, storage=ground.storage, audio=AUDIO, folder=tmp_path)
    return f"/calls/{call.call_sid}/recording.mp3"


def test_the_page_has_a_player_for_whoever_may_listen(cho: Browser, rae: Browser, played: str) -> None:
    page = played.removesuffix("/recording.mp3")
    assert f'<audio controls preload="none" src="{played}">' in cho.see(page)
    assert "<audio" not in rae.see(page)
    assert "your role (read-only) may not play it" in rae.read(page)


def test_the_whole_recording_is_sent(cho: Browser, played: str) -> None:
    answer = cho.http.get(played)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/mpeg", AUDIO)
    assert (answer.content_length, answer.headers["Accept-Ranges"]) == (len(AUDIO), "bytes")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = cho.http.get(played, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100), ("bytes=100-", 100, 10240), ("bytes=-5", 10235, 10240),
        ("bytes=10000-999999", 10000, 10240), ("bytes=10239-10239", 10239, 10240),
    ],
)  # fmt: skip
def test_a_jump_is_answered_with_that_part(cho: Browser, played: str, asked: str, start: int, end: int) -> None:
    answer = cho.http.get(played, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, AUDIO[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(AUDIO)}"


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000"])
def test_a_jump_beyond_the_end_is_refused(cho: Browser, played: str, asked: str) -> None:
    answer = cho.http.get(played, headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(AUDIO)}")
    assert "has 10240 bytes" in answer.text


@pytest.mark.parametrize("asked", ["bytes=5-1", "lines=1-2", "bytes=x", "", "bytes=0-1,5-6"])
def test_a_range_that_means_nothing_gets_the_whole(cho: Browser, played: str, asked: str) -> None:
    answer = cho.http.get(played, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, AUDIO)


def test_a_recording_that_is_not_here_has_a_page_that_says_so(write: Write, anas: Company, cho: Browser) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True)
    assert "no recording of this call to play" in cho.read(f"/calls/{call.call_sid}/recording.mp3", 404)


def test_a_recording_that_was_erased_from_the_disk_is_not_found(cho: Browser, played: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "recordings")
    assert "is gone" in cho.read(played, 404)


def test_a_storage_that_is_away_says_try_again(cho: Browser, played: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "recordings")
    (tmp_path / "recordings").write_text("no folder")
    assert "Try again in a minute" in cho.read(played, 503)
