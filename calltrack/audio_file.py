"""MP3 and WAV files as they come: whether they are audio at all, and how long, without decoding them."""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from calltrack.frames import is_table, read_header, skip_tags

ALLOWED_SAMPLE_RATES = range(4_000, 192_001)  # what LAME takes; telephone audio has 8,000

PCM, A_LAW, MU_LAW, EXTENSIBLE = 0x0001, 0x0006, 0x0007, 0xFFFE  # WAVE format tags (RFC 2361)


class NotAudio(Exception):
    """What was sent is no recording that we can keep; the message names what it is: "an HTML page"."""


@dataclass(frozen=True)
class Recording:
    """`duration` in seconds, `sample_rate` in samples a second per channel, one or two `channels`."""

    duration: float
    channels: int
    sample_rate: int


@dataclass(frozen=True)
class Wav:
    """How a WAV's sound is stored: `start` in bytes, `frames` of one sample for each channel."""

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
        wav = parse_wav(body)
        if wav is None:
            return _measure_mp3(body)
        return Recording(wav.frames / wav.sample_rate, wav.channels, wav.sample_rate)


def parse_wav(body: BinaryIO) -> Wav | None:
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
    return Wav(encoding, bits, channels, sample_rate, start, frames)


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
