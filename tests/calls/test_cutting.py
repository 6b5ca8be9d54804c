"""Parts of real MP3s, of the encoder that we store with and of others."""

import math
import random
import shutil
import subprocess
import wave
from functools import cache
from itertools import pairwise
from pathlib import Path

import lameenc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calltrack.audio_file import read_recording
from calltrack.calls.audio import convert
from calltrack.calls.cutting import cut, span_of
from calltrack.frames import Frame, find_frames
from calltrack.storage import open_storage

SECONDS = 12


def pcm(rate: int, channels: int) -> bytes:
    """Noise that gets louder each second, so that a second is known by its loudness."""
    chance = random.Random(7)
    return b"".join(
        chance.randint(-300 - 500 * (at // rate), 300 + 500 * (at // rate)).to_bytes(2, "little", signed=True)
        for at in range(rate * SECONDS)
        for _ in range(channels)
    )


@cache
def encoded(rate: int, channels: int, variable: bool = False) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.set_quality(7)
    if variable:
        encoder.set_vbr(4)
        encoder.set_vbr_quality(6)
    else:
        encoder.set_bit_rate(64 if rate > 16000 else 32)
    return bytes(encoder.encode(pcm(rate, channels)) + encoder.flush())


ENCODINGS = [
    (8000, 1, False),
    (8000, 2, False),
    (22050, 2, False),
    (44100, 2, False),
    (44100, 1, True),
    (16000, 2, True),
]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None)  # the first of each encoding is encoded
@given(
    encoding=st.sampled_from(ENCODINGS),
    start=st.floats(0, SECONDS - 0.2),
    length=st.floats(0.1, SECONDS),
    size=st.integers(100, 70_000),
    tag=st.sampled_from([0, 10, 5000]),
)
def test_a_part_has_every_frame_that_sounds_then_and_at_most_two_more(
    encoding: tuple[int, int, bool], start: float, length: float, size: int, tag: int
) -> None:
    data = (b"ID3\x04\x00\x00" + bytes([0, 0, tag >> 7, tag & 127]) + b"\xff" * tag if tag else b"") + encoded(
        *encoding
    )
    frames = list(find_frames([data]))
    span = cut(pieces(data, size), start=start, end=start + length)
    assert span is not None
    inside = [frame for frame in frames if span[0] <= frame.at < span[1]]
    assert (inside[0].at, inside[-1].at + inside[-1].length) == span
    each = frames[0].seconds
    first, last = frames.index(inside[0]), frames.index(inside[-1])
    assert int(start / each) - 2 <= first <= start / each
    end = (start + length) / each  # in frames; one that ends at a frame's very border may have that frame or not
    assert last == min(len(frames), math.ceil(end)) - 1 or (abs(end - round(end)) < 1e-3 and abs(end - last) < 1.001)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_frames_follow_one_another_and_last_as_long_as_the_sound(encoding: tuple[int, int, bool]) -> None:
    data = encoded(*encoding)
    frames = list(find_frames(pieces(data, 1000)))
    assert all(one.at + one.length == after.at for one, after in pairwise(frames))
    assert frames[-1].at + frames[-1].length == len(data)
    assert abs(sum(frame.seconds for frame in frames) - SECONDS) < 4 * frames[0].seconds
    assert frames[0].borrowed == 0  # there is nothing before it
    assert any(frame.borrowed for frame in frames)


def test_a_table_of_contents_in_the_clothes_of_a_frame_has_no_sound() -> None:
    data = encoded(44100, 1, variable=True)
    [first] = list(find_frames([data]))[:1]
    assert b"Xing" in data[: first.at] or b"Info" in data[: first.at] or first.at == 0
    table = bytearray(data[first.at : first.at + first.length])
    table[36:40] = b"Info"
    assert next(find_frames([bytes(table) + data[first.at :]])).at == first.length


def test_damage_is_stepped_over() -> None:
    data = encoded(8000, 2)
    frames = list(find_frames([data]))
    broken = data[: frames[10].at] + b"\xff\x00 torn " * 900 + data[frames[11].at :] + b"TAG" + bytes(125)
    assert len(list(find_frames(pieces(broken, 777)))) == len(frames) - 1


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff" * 9000, b"ID3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", bytes(5000)]
)
def test_what_is_no_mp3_has_no_part(data: bytes) -> None:
    assert list(find_frames([data])) == []
    assert cut([data], start=0, end=1) is None


def test_beyond_the_end_there_is_nothing() -> None:
    assert cut([encoded(8000, 2)], start=SECONDS + 5, end=SECONDS + 9) is None


def test_a_part_is_read_no_further_than_needed() -> None:
    read = []

    def source() -> object:
        for piece in pieces(encoded(8000, 2), 1000):
            read.append(piece)
            yield piece

    assert cut(source(), start=1, end=2)  # type: ignore[arg-type]
    assert len(read) < 12


def test_a_stored_part_decodes_and_lasts_as_long_as_asked(tmp_path: Path) -> None:
    """As the pipeline stores it: a telephone's WAV, converted."""
    source, target, part = tmp_path / "call.wav", tmp_path / "call.mp3", tmp_path / "part.mp3"
    with wave.open(str(source), "wb") as wav:
        wav.setparams((2, 2, 8000, 0, "NONE", "not compressed"))
        wav.writeframes(pcm(8000, 2))
    convert(source=source, target=target)
    storage = open_storage(str(tmp_path / "kept"))
    storage.put(key="1/a.mp3", source=target)
    for start, end in ((0.0, 3.0), (4.2, 6.9), (9.5, 12.0)):
        span = span_of(storage, key="1/a.mp3", start=start, end=end)
        assert span is not None
        part.write_bytes(b"".join(storage.read(key="1/a.mp3", start=span[0], end=span[1])))
        frame = 576 / 8000
        assert end - start - 1e-6 <= read_recording(path=part).duration <= end - start + 3 * frame
        if ffmpeg := shutil.which("ffmpeg"):
            done = subprocess.run(
                [ffmpeg, "-v", "fatal", "-i", str(part), "-f", "s16le", "-"], check=True, capture_output=True
            )
            assert abs(len(done.stdout) / 4 / 8000 - (end - start)) <= 3 * frame
    assert span_of(storage, key="1/a.mp3", start=0.0, end=3.0) == span_of(storage, key="1/a.mp3", start=0.0, end=3.0)


def test_a_frame_brings_those_along_that_it_borrows_from() -> None:
    data = encoded(8000, 2)
    frames: list[Frame] = list(find_frames([data]))
    wanting = next(place for place, frame in enumerate(frames) if place > 5 and frame.borrowed)
    begin, _ = cut([data], start=wanting * frames[0].seconds, end=wanting * frames[0].seconds + 1) or (0, 0)
    assert begin < frames[wanting].at
    assert begin in {frames[wanting - 1].at, frames[wanting - 2].at}
