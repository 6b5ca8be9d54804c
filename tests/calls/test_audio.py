"""What the carrier serves, checked and turned into what we keep."""

import json
import math
import os
import struct
import sys
import warnings
import wave
from array import array
from pathlib import Path

import lameenc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calltrack.audio_file import NotAudio, read_recording
from calltrack.calls.audio import MOST_POINTS, convert

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

RATE = 8000


def tone(*, seconds: float, level: float = 0.5, hertz: float = 440, rate: int = RATE) -> bytes:
    """A sine of `level` (1 is full scale) as 16-bit samples."""
    step = 2 * math.pi * hertz / rate
    return array("h", (round(32_767 * level * math.sin(step * n)) for n in range(round(seconds * rate)))).tobytes()


def sweep(*, seconds: float, start: float = 300, stop: float = 3400) -> bytes:
    """A tone that climbs through the telephone's band."""
    climb = (stop - start) / seconds / 2
    times = (n / RATE for n in range(round(seconds * RATE)))
    return array("h", (round(20_000 * math.sin(2 * math.pi * (start + climb * t) * t)) for t in times)).tobytes()


def stereo(left: bytes, right: bytes) -> bytes:
    both = array("h", bytes(2 * len(left)))
    both[0::2], both[1::2] = array("h", left), array("h", right)
    return both.tobytes()


def riff(
    data: bytes, *, tag: int = 1, bits: int = 16, channels: int = 1, rate: int = RATE, size: int | None = None
) -> bytes:
    """A WAV as a carrier writes it, `size` being what its header says of the data."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    form += struct.pack("<H", 0) if tag in {6, 7} else b""
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0"  # a chunk of odd length is followed by a byte of padding
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) if size is None else size) + b"WAVE" + chunks


def mp3(pcm: bytes, *, channels: int = 1, rate: int = RATE) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(32)
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)
    encoder.set_channels(channels)
    return bytes(encoder.encode(pcm) + encoder.flush())


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Where the carrier's answer lies."""
    return tmp_path / "served"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.mp3"


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_mono_wav_becomes_an_mp3_of_its_length(served: Path, kept: Path, no_ffmpeg: None) -> None:
    with wave.open(str(served), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sweep(seconds=12.3))
    converted = convert(source=served, target=kept)
    assert (converted.duration, converted.channels, converted.sample_rate) == (12.3, 1, RATE)
    # An encoder begins with about 0.14 s of its own at 8 kHz and fills its last frame.
    assert 12.3 < read_recording(path=kept).duration < 12.5
    assert read_recording(path=kept).channels == 1


def test_what_is_kept_is_telephone_mp3_of_32_kbit_a_second(served: Path, kept: Path) -> None:
    served.write_bytes(riff(tone(seconds=60)))
    convert(source=served, target=kept)
    header = int.from_bytes(kept.read_bytes()[:4], "big")
    assert header >> 21 == 0x7FF
    assert header >> 19 & 3 == 0  # MPEG-2.5
    assert header >> 17 & 3 == 1  # layer III
    assert header >> 10 & 3 == 2  # 8 kHz
    assert kept.stat().st_size == pytest.approx(60 * 32_000 / 8, rel=0.01)


@pytest.mark.parametrize("silent", [0, 1])
def test_a_channels_sound_stays_in_its_channel(served: Path, kept: Path, silent: int) -> None:
    sound, silence = tone(seconds=5, level=0.8), bytes(2 * 5 * RATE)
    served.write_bytes(riff(stereo(sound, silence) if silent else stereo(silence, sound), channels=2))
    converted = convert(source=served, target=kept)
    assert converted.channels == read_recording(path=kept).channels == 2
    assert set(converted.peaks[silent]) == {0}
    assert set(converted.peaks[1 - silent]) == {80}


def test_peaks_follow_the_sound(served: Path, kept: Path) -> None:
    served.write_bytes(riff(bytes(2 * 4 * RATE) + tone(seconds=4, level=1) + tone(seconds=2, level=0.25)))
    (points,) = convert(source=served, target=kept).peaks
    assert len(points) == MOST_POINTS
    assert points == [0] * 320 + [100] * 320 + [25] * 160


def test_the_lowest_sample_is_full_scale_too(served: Path, kept: Path) -> None:
    served.write_bytes(riff(struct.pack("<h", -32_768) * 10))
    assert convert(source=served, target=kept).peaks == [[100] * 10]


@settings(max_examples=25, deadline=None)
@given(frames=st.integers(1, 5000) | st.integers(479_900, 480_100), channels=st.sampled_from([1, 2]))
def test_peaks_divide_the_duration_into_at_most_800_points(
    tmp_path_factory: pytest.TempPathFactory, frames: int, channels: int
) -> None:
    folder = tmp_path_factory.mktemp("peaks")
    (folder / "served").write_bytes(
        riff(bytes(2 * channels * (frames - 1)) + b"\xff\x7f" * channels, channels=channels)
    )
    converted = convert(source=folder / "served", target=folder / "kept")
    assert converted.duration == frames / RATE
    stretch = math.ceil(frames / MOST_POINTS)
    assert converted.peaks == [[0] * (math.ceil(frames / stretch) - 1) + [100]] * channels


@pytest.mark.parametrize(
    ("tag", "bits", "encoded"),
    [
        (1, 8, lambda pcm: audioop.bias(audioop.lin2lin(pcm, 2, 1), 1, 128)),
        (1, 16, lambda pcm: pcm),
        (1, 24, lambda pcm: audioop.lin2lin(pcm, 2, 3)),
        (1, 32, lambda pcm: audioop.lin2lin(pcm, 2, 4)),
        (7, 8, lambda pcm: audioop.lin2ulaw(pcm, 2)),
        (6, 8, lambda pcm: audioop.lin2alaw(pcm, 2)),
    ],
    ids=["8-bit", "16-bit", "24-bit", "32-bit", "mu-law", "A-law"],
)
def test_every_encoding_of_a_telephone_is_decoded(served: Path, kept: Path, tag: int, bits: int, encoded) -> None:
    pcm = stereo(tone(seconds=3, level=0.5), bytes(2 * 3 * RATE))
    served.write_bytes(riff(encoded(pcm), tag=tag, bits=bits, channels=2))
    converted = convert(source=served, target=kept)
    assert converted.duration == 3
    assert min(converted.peaks[0]) >= 48
    assert max(converted.peaks[0]) <= 52
    assert max(converted.peaks[1]) == 0


def test_an_extensible_header_is_read_for_what_it_stands_for(served: Path) -> None:
    data = audioop.lin2ulaw(tone(seconds=2), 2)
    plain = riff(data, tag=7, bits=8)
    form = struct.pack("<HHIIHH", 0xFFFE, 1, RATE, RATE, 1, 8) + struct.pack("<HHI", 22, 8, 0)
    form += struct.pack("<H", 7) + bytes.fromhex("000000001000800000aa00389b71")
    served.write_bytes(plain[:12] + b"fmt " + struct.pack("<I", len(form)) + form + plain[plain.index(b"LIST") :])
    assert read_recording(path=served).duration == 2


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_streamed_header_does_not_hide_the_sound(served: Path, kept: Path, size: int) -> None:
    served.write_bytes(riff(tone(seconds=5), size=size))
    assert read_recording(path=served).duration == 5
    assert convert(source=served, target=kept).peaks[0][-1] == 50


def test_what_follows_the_sound_is_no_sound(served: Path) -> None:
    served.write_bytes(riff(tone(seconds=5)) + b"LIST" + struct.pack("<I", 8000) + bytes(8000))
    assert read_recording(path=served).duration == 5


def test_of_a_wav_cut_short_in_its_sound_the_rest_is_kept(served: Path, kept: Path) -> None:
    served.write_bytes(riff(stereo(tone(seconds=5), tone(seconds=5)), channels=2)[: -RATE * 4 - 3])
    assert convert(source=served, target=kept).duration == pytest.approx(4, abs=0.001)


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100])
def test_an_mp3_is_as_long_as_its_frames(served: Path, rate: int) -> None:
    served.write_bytes(mp3(tone(seconds=20, rate=rate), rate=rate))
    recording = read_recording(path=served)
    assert (recording.channels, recording.sample_rate) == (1, rate)
    assert 20 <= recording.duration < 20 + 3 * 1152 / rate


def test_an_mp3_is_kept_as_it_came(served: Path, kept: Path, no_ffmpeg: None) -> None:
    body = mp3(stereo(tone(seconds=3), tone(seconds=3)), channels=2)
    served.write_bytes(body)
    converted = convert(source=served, target=kept)
    assert kept.read_bytes() == body
    assert converted.channels == 2
    assert converted.peaks == []


def test_an_mp3s_tags_and_contents_are_no_sound(served: Path) -> None:
    body = mp3(tone(seconds=3))
    served.write_bytes(body)
    bare = read_recording(path=served)
    length = len(body) // round(bare.duration * RATE / 576)
    contents = body[:4] + bytes(9) + b"Info" + bytes(length - 17)
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 0x7F]) + b"\xff\xe3\x48\xc4" + bytes(251)
    served.write_bytes(tag + contents + body + b"TAG" + bytes(125))
    assert read_recording(path=served) == bare


def test_damage_inside_an_mp3_costs_no_more_than_the_frames_it_hit(served: Path) -> None:
    body = bytearray(mp3(tone(seconds=20)))
    served.write_bytes(body)
    whole = read_recording(path=served).duration
    body[10_000:10_200] = bytes(200)
    served.write_bytes(body)
    assert whole - 2 * 576 / RATE <= read_recording(path=served).duration <= whole


def test_where_ffmpeg_is_installed_an_mp3_has_peaks_too(
    served: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = tmp_path / "decoded.wav"
    decoded.write_bytes(riff(stereo(tone(seconds=3, level=0.8), bytes(2 * 3 * RATE)), channels=2, size=0xFFFFFFFF))
    program = tmp_path / "bin" / "ffmpeg"  # stands in for the one that is not on every machine
    program.parent.mkdir()
    answer = f"import shutil, sys; shutil.copyfile({str(decoded)!r}, sys.argv[-1].removeprefix('file:'))"
    program.write_text(f"#!{sys.executable}\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    served.write_bytes(mp3(stereo(tone(seconds=3, level=0.8), bytes(2 * 3 * RATE)), channels=2))
    sounding, silent = convert(source=served, target=kept).peaks
    assert (len(sounding), set(sounding)) == (MOST_POINTS, {79, 80})
    assert (len(silent), set(silent)) == (MOST_POINTS, {0})
    program.write_text("#!/bin/sh\nexit 1\n")
    assert convert(source=served, target=kept).peaks == []


WAV = riff(b"\0\0" * 100)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty body"),
        (b"<!DOCTYPE html>\n<title>404</title>", "an HTML page"),
        (b"\xef\xbb\xbf \n<html><body>Please sign in</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?><TwilioResponse><RestException/></TwilioResponse>', "an XML document"),
        (b'{"code": 20404, "status": 404}', "a JSON document"),
        (b"Not found\r\n", "plain text"),
        (WAV[:4], "a WAV that breaks off in its header"),
        (WAV[:20], "a WAV that breaks off in its header"),
        (WAV[: WAV.index(b"data") + 6], "a WAV that breaks off in its header"),
        (WAV[: WAV.index(b"data") + 8], "a WAV without any sound in it"),
        (WAV[:12] + WAV[WAV.index(b"LIST") :], "a WAV that does not say how its sound is stored"),
        (riff(bytes(100), tag=0x55, bits=0), "a WAV of a kind that is not decoded here (format tag 0x0055"),
        (riff(bytes(100), bits=12), "12 bit"),
        (riff(bytes(100), channels=6), "6 channels"),
        (riff(bytes(100), channels=0), "0 channels"),
        (riff(bytes(100), rate=0), "0 Hz"),
        (b"RIFF\x24\0\0\0AVI LIST", "neither WAV nor MP3"),
        (b"OggS\0\2" + bytes(50), "neither WAV nor MP3 (it begins with the bytes 4f 67 67 53 00 02 00 00)"),
        (b"ID3\4\0\0\0\0\x7f\x7f", "an MP3 that breaks off in its header"),
        (b"\xff\xe3\x48\xc4", "neither WAV nor MP3"),
        (b"\xff\xfe" + "<html>".encode("utf-16-le"), "neither WAV nor MP3"),
    ],
)
def test_what_is_no_audio_is_named(served: Path, kept: Path, body: bytes, what: str) -> None:
    served.write_bytes(body)
    with pytest.raises(NotAudio) as caught:
        read_recording(path=served)
    assert what in str(caught.value)
    with pytest.raises(NotAudio):
        convert(source=served, target=kept)


@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=300)
    | st.builds(lambda head, rest: head + rest, st.sampled_from([b"RIFF", b"ID3\4", b"\xff\xe3\x48\xc4"]), st.binary())
    | st.builds(lambda at, put: WAV[:at] + put + WAV[at + len(put) :], st.integers(0, len(WAV)), st.binary(max_size=8))
)
def test_any_body_is_either_a_recording_or_no_audio(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-body"
    path.write_bytes(body)
    try:
        recording = read_recording(path=path)
    except NotAudio:
        return
    assert recording.duration > 0
    assert recording.channels in {1, 2}


@pytest.mark.shared_data
def test_real_telephone_recordings_keep_their_length_and_channels(kept: Path) -> None:
    folder = Path(os.environ.get("CALLTRACK_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "audio"
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        pytest.skip(f"no recordings in {folder}")
    for known in map(json.loads, manifest.read_text().splitlines()):
        converted = convert(source=folder / known["path"], target=kept)
        assert converted.duration == pytest.approx(known["duration_s"], abs=0.1), known["path"]
        assert (converted.channels, converted.sample_rate) == (known["channels"], known["sample_rate"])
        assert 0 <= read_recording(path=kept).duration - converted.duration < 3 * 576 / RATE  # the encoder's padding
        assert all(max(points) > 5 for points in converted.peaks)
