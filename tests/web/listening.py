"""A real browser at a real address, and recordings that can be heard in it."""

import wave
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler

from calltrack.calls.audio import convert
from calltrack.calls.recordings import main_recording, mark_stored, storage_key
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import PASSWORD

SECONDS = 20


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Tests speak for themselves."""


def record(
    session: Session,
    *,
    call: Call,
    ground: Ground,
    folder: Path,
    spoken: Sequence[tuple[int, int, int]] = ((0, SECONDS // 2, 0), (SECONDS // 2, SECONDS, 1)),
) -> None:
    """Both sides of the call as the pipeline keeps them: `spoken` is from and to in seconds, and whose channel."""
    source, target = folder / "call.wav", folder / "call.mp3"
    frames = bytearray(spoken[-1][1] * 8000 * 4)
    for begin, end, channel in spoken:
        for at in range(begin * 8000, end * 8000):
            loud = 9000 if at % 20 < 10 else -9000
            frames[4 * at + 2 * channel : 4 * at + 2 * channel + 2] = loud.to_bytes(2, "little", signed=True)
    with wave.open(str(source), "wb") as wav:
        wav.setparams((2, 2, 8000, 0, "NONE", "not compressed"))
        wav.writeframes(bytes(frames))
    converted = convert(source=source, target=target)
    recording = main_recording(session, call_id=call.id)
    assert recording
    key = storage_key(call=call, recording_sid=recording.recording_sid)
    ground.storage.put(key=key, source=target)
    mark_stored(recording=recording, key=key, seconds=converted.duration, channels=2, peaks=converted.peaks)


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
