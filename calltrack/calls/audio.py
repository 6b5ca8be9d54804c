"""From what the carrier served to what we keep: check that it is audio, then an MP3 and the peaks a page draws."""

import mmap
import shutil
import struct
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from calltrack.calls.frames import is_table, read_header, skip_tags

MOST_POINTS = 800  # more than a page has pixels for, few enough to keep beside the call
CHUNK_SECONDS = 60
MP3_KBIT_PER_SECOND = 32
ALLOWED_SAMPLE_RATES = range(4_000, 192_001)  # what LAME takes; telephone audio has 8,000

PCM, A_LAW, MU_LAW, EXTENSIBLE = 0x0001, 0x0006, 0x0007, 0xFFFE  # WAVE format tags (RFC 2361)


class NotAudio(Exception):
    """What the carrier served is no recording we can keep; the message names what it was: "an HTML page"."""


@dataclass(frozen=True)
class Recording:
    """`duration` in seconds, `sample_rate` in samples a second per channel, one or two `channels`."""

    duration: float
    channels: int
    sample_rate: int


@dataclass(frozen=True)
class Converted(Recording):
    """A recording and its waveform.

    `peaks` has one list for each channel, in the order of the channels, all of the same length of 1 to 800 points
    that divide the duration evenly; a point is the loudest sample of its stretch, 0 (silence) to 100 (full scale).
    It is empty for an MP3 that could not be decoded for want of ffmpeg.
    """

    peaks: list[list[int]]


@dataclass(frozen=True)
class _Wav:
    encoding: int
    bits: int
    channels: int
    sample_rate: int
    start: int
    frames: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


def read_recording(*, path: Path) -> Recording:
    """Check that a file is audio and measure it without decoding it.

    Taken are WAV (PCM, mu-law, A-law; mono or stereo; also with the unknown sizes of a streamed header) and MP3.
    The duration is that of the sound that is there: a body cut short shows in its Content-Length, not here. An MP3
    lasts as long as a player plays it, up to three frames (0.2 s at 8 kHz) more than was spoken, for encoders pad.
    Raises `NotAudio` for all else.
    """
    with path.open("rb") as body:
        wav = _parse_wav(body)
        if wav is None:
            return _measure_mp3(body)
        return Recording(wav.frames / wav.sample_rate, wav.channels, wav.sample_rate)


def convert(*, source: Path, target: Path) -> Converted:
    """Write `source` as an MP3 at `target`, reading it once and a minute at a time.

    A WAV becomes 32 kbit/s MP3 with as many channels; an MP3 is kept as it came. Raises `NotAudio` as
    `read_recording` does; then, and on any other failure, what stands at `target` is of no use.
    """
    recording = read_recording(path=source)
    with source.open("rb") as body:
        wav = _parse_wav(body)
        if wav is None:
            shutil.copyfile(source, target)
            return Converted(**vars(recording), peaks=_peaks_of_mp3(path=target))
        encoder = _mp3_encoder(wav=wav)
        with target.open("wb") as mp3:
            peaks = _scan(body=body, wav=wav, each=lambda pcm: mp3.write(encoder.encode(pcm)))
            mp3.write(encoder.flush())
        return Converted(**vars(recording), peaks=peaks)


@cache
def _sound_libraries() -> tuple[Any, Any]:
    """pydub's AudioSegment and audioop, whose import warns of things that do not concern us."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)  # needed for no WAV
        warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)  # audioop-lts follows it
        warnings.filterwarnings("ignore", r"(\"\\. is an )?invalid escape sequence")  # pydub, until it is compiled once
        import audioop

        from pydub import AudioSegment
    return AudioSegment, audioop


def _mp3_encoder(*, wav: _Wav) -> Any:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(MP3_KBIT_PER_SECOND)
    encoder.set_in_sample_rate(wav.sample_rate)
    encoder.set_channels(wav.channels)
    encoder.set_quality(5)  # 2 costs half as much time again and is not heard on a telephone
    return encoder


def _scan(*, body: BinaryIO, wav: _Wav, each: Callable[[bytes], object]) -> list[list[int]]:
    """Decode chunk by chunk to 16-bit samples, hand each chunk to `each`, and return the peaks."""
    segment_type, _ = _sound_libraries()
    decode = _decoder(wav=wav)
    stretch = -(-wav.frames // MOST_POINTS)
    stretches = max(1, CHUNK_SECONDS * wav.sample_rate // stretch)
    peaks: list[list[int]] = [[] for _ in range(wav.channels)]
    body.seek(wav.start)
    left = wav.frames
    while left:
        taken = min(left, stretch * stretches)
        pcm = decode(body.read(taken * wav.frame_bytes))
        left -= taken
        each(pcm)
        segment = segment_type(pcm, sample_width=2, frame_rate=wav.sample_rate, channels=wav.channels)
        for points, channel in zip(peaks, segment.split_to_mono(), strict=True):
            for first in range(0, taken, stretch):
                loudest = channel.get_sample_slice(first, min(first + stretch, taken)).max
                points.append(round(min(loudest, 32_767) * 100 / 32_767))
    return peaks


def _decoder(*, wav: _Wav) -> Callable[[bytes], bytes]:
    _, audioop = _sound_libraries()
    if wav.encoding == MU_LAW:
        return lambda data: audioop.ulaw2lin(data, 2)
    if wav.encoding == A_LAW:
        return lambda data: audioop.alaw2lin(data, 2)
    if wav.bits == 8:  # the one width that WAV stores unsigned
        return lambda data: audioop.lin2lin(audioop.bias(data, 1, -128), 1, 2)
    return lambda data: audioop.lin2lin(data, wav.bits // 8, 2)


def _peaks_of_mp3(*, path: Path) -> list[list[int]]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return []
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".wav") as decoded:
        # The forced input format keeps a crafted body from being taken for a playlist that names other files.
        command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-f", "mp3", "-i", f"file:{path}"]
        command += ["-ar", "8000", "-c:a", "pcm_s16le", "-f", "wav", f"file:{decoded.name}"]
        done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - no shell, and our own words
        if done.returncode != 0:
            return []
        with Path(decoded.name).open("rb") as body:
            wav = _parse_wav(body)
            return _scan(body=body, wav=wav, each=len) if wav else []


def _parse_wav(body: BinaryIO) -> _Wav | None:
    """The format and extent of a WAV's sound; None if the body is no WAV at all."""
    head = body.read(12)
    if head[:4] not in {b"RIFF", b"RF64"} or not b"WAVE".startswith(head[8:]):
        return None
    form = b""
    while True:
        header = body.read(8)
        if len(header) < 8:
            raise NotAudio("a WAV that breaks off in its header")
        name, size = struct.unpack("<4sI", header)
        if name == b"data":
            break
        content = body.read(min(size + size % 2, 1 << 20)) if name == b"fmt " else b""
        form = content or form
        body.seek(size + size % 2 - len(content), 1)
    start = body.tell()
    there = body.seek(0, 2) - start
    # Whoever streams cannot know the size yet and writes 0 or something huge: what follows is all sound.
    sound_bytes = min(size or there, there)
    if len(form) < 16:
        raise NotAudio("a WAV that does not say how its sound is stored")
    encoding, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if encoding == EXTENSIBLE and len(form) >= 26:
        encoding = struct.unpack_from("<H", form, 24)[0]  # the format's GUID begins with its old tag
    known = bits in {8, 16, 24, 32} if encoding == PCM else (encoding in {A_LAW, MU_LAW} and bits == 8)
    if not known or channels not in {1, 2} or sample_rate not in ALLOWED_SAMPLE_RATES:
        raise NotAudio(
            f"a WAV of a kind that is not decoded here (format tag {encoding:#06x}, {bits} bit, {channels} channels, "
            f"{sample_rate} Hz)"
        )
    frames = sound_bytes // (channels * bits // 8)
    if not frames:
        raise NotAudio("a WAV without any sound in it")
    return _Wav(encoding, bits, channels, sample_rate, start, frames)


def _measure_mp3(body: BinaryIO) -> Recording:
    """Add up an MP3's frames: its header alone tells nothing of its length."""
    body.seek(0)
    head = body.read(512)
    if not head:
        raise NotAudio("an empty body")
    with mmap.mmap(body.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = skip_tags(lambda place, count: data[place : place + count])
        first = read_header(data[at : at + 4])
        after = at + (first.length if first else 0)
        # Two bytes alone make a frame of anything: another has to follow, or the end.
        if first is None or (after != len(data) and read_header(data[after : after + 4]) is None):
            raise NotAudio(_describe(head))
        if is_table(data[at:after]):
            at = after
        samples = 0
        while 0 <= at < len(data):
            frame = read_header(data[at : at + 4])
            if frame and (frame.version, frame.sample_rate) == (first.version, first.sample_rate):
                samples += frame.samples
                at += frame.length
            else:  # tags at the end, or damage: go on at the next frame
                at = data.find(b"\xff", at + 1)
    if not samples:
        raise NotAudio("an MP3 without any sound in it")
    return Recording(samples / first.sample_rate, first.channels, first.sample_rate)


def _describe(head: bytes) -> str:
    """Name a body that is no audio by how it begins."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<!doctype html") or b"<html" in text:
        return "an HTML page"
    if text.startswith(b"<"):
        return "an XML document"
    if text.startswith((b"{", b"[")):
        return "a JSON document"
    if head.startswith(b"ID3"):
        return "an MP3 that breaks off in its header"
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return "plain text"
    return f"neither WAV nor MP3 (it begins with the bytes {head[:8].hex(' ')})"
