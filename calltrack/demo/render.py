"""A recording's audio, made from its script when somebody asks for it: the same words at the same moments each time."""

import functools
import io
import json
import wave
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from calltrack.demo.speech import SAMPLE_RATE, Samples, say

EASY_PACE = 165
"""Words a minute."""

LINE_NOISE = 12.0
"""Standard deviation of a quiet line's hiss in 16-bit units, about -69 dB below full scale."""


def render_wav(*, sid: str, demo: dict[str, Any], channels: int) -> bytes:
    """Return a recording as a WAV file: 8 kHz, 16 bit; two channels are the caller's (0) and the agent's (1).

    `demo` is what resources.file_recording kept: the length in seconds and the parts.
    """
    voices = _render(sid, json.dumps(demo["parts"], sort_keys=True), float(demo["length"]))
    samples = voices if channels == 2 else np.clip(voices.sum(axis=1, dtype=np.int32), -32768, 32767)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def render_mp3(*, sid: str, demo: dict[str, Any], channels: int) -> bytes:
    """Return a recording as an MP3 file of 32 kbit/s."""
    import lameenc

    with wave.open(io.BytesIO(render_wav(sid=sid, demo=demo, channels=channels))) as wav:
        samples = wav.readframes(wav.getnframes())
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(32)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_channels(channels)
    encoder.set_quality(5)
    return bytes(encoder.encode(samples)) + bytes(encoder.flush())


# A player asks for a file in several ranges: the last few recordings stay at hand (about 1 MB a minute each).
@functools.lru_cache(maxsize=8)
def _render(sid: str, parts: str, length: float) -> Samples:
    frames = round(length * SAMPLE_RATE)
    hiss = np.random.default_rng(zlib.crc32(sid.encode()))
    mix: npt.NDArray[np.float32] = hiss.normal(0.0, LINE_NOISE, size=(frames, 2)).astype(np.float32)
    for part in json.loads(parts):
        spoken = _say_within(text=part["text"], voice=part["voice"], seconds=part["seconds"])
        start = round(part["start"] * SAMPLE_RATE)
        spoken = spoken[: max(0, frames - start)]
        mix[start : start + spoken.size, part["channel"]] += spoken
    return np.clip(mix, -32768, 32767).astype(np.int16)


def _say_within(*, text: str, voice: str, seconds: float) -> Samples:
    """Speak at an easy pace, or just fast enough to end in time for the other's turn."""
    spoken = say(text=text, voice=voice, rate=EASY_PACE)
    room = seconds * SAMPLE_RATE
    if spoken.size > room * 1.03:
        spoken = say(text=text, voice=voice, rate=round(EASY_PACE * spoken.size / room * 1.03))
    return spoken
