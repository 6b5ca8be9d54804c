"""Sound files for tests: a tone as a WAV, in mu-law, and as an MP3."""

import io
import math
import struct
import wave
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from calltrack.calls.audio import convert

RATE = 8_000


@cache
def wav(*, seconds: float = 1, channels: int = 1, pitch: int = 440) -> bytes:
    """A tone in 16-bit PCM."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        wave_form = (int(9_000 * math.sin(at * pitch * math.tau / RATE)) for at in range(round(seconds * RATE)))
        file.writeframes(b"".join(struct.pack("<h", one) * channels for one in wave_form))
    return body.getvalue()


def companded(*, law: int, seconds: int = 1) -> bytes:
    """A WAV of 8-bit samples in mu-law (7) or A-law (6)."""
    sound = b"\x7f" * (RATE * seconds)
    form = struct.pack("<HHIIHH", law, 1, RATE, RATE, 1, 8)
    rest = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


@cache
def mp3(*, seconds: float = 1) -> bytes:
    """The tone as an MP3."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "tone.wav"), Path(folder, "tone.mp3")
        source.write_bytes(wav(seconds=seconds))
        convert(source=source, target=target)
        return target.read_bytes()
