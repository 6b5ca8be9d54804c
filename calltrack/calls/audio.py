"""From what the carrier served to what we keep: check that it is audio, then an MP3 and the peaks a page draws."""

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from calltrack.audio_file import A_LAW, MU_LAW, Recording, Wav, parse_wav, read_recording

MOST_POINTS = 800  # more than a page has pixels for, few enough to keep beside the call
CHUNK_SECONDS = 60
MP3_KBIT_PER_SECOND = 32


@dataclass(frozen=True)
class Converted(Recording):
    """A recording and its waveform.

    `peaks` has one list for each channel, in the order of the channels, all of the same length of 1 to 800 points
    that divide the duration evenly; a point is the loudest sample of its stretch, 0 (silence) to 100 (full scale).
    It is empty for an MP3 that could not be decoded for want of ffmpeg.
    """

    peaks: list[list[int]]


def convert(*, source: Path, target: Path) -> Converted:
    """Write `source` as an MP3 at `target`, reading it once and a minute at a time.

    A WAV becomes 32 kbit/s MP3 with as many channels; an MP3 is kept as it came. Raises `NotAudio` as
    `read_recording` does; then, and on any other failure, what stands at `target` is of no use.
    """
    recording = read_recording(path=source)
    with source.open("rb") as body:
        wav = parse_wav(body)
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


def _mp3_encoder(*, wav: Wav) -> Any:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(MP3_KBIT_PER_SECOND)
    encoder.set_in_sample_rate(wav.sample_rate)
    encoder.set_channels(wav.channels)
    encoder.set_quality(5)  # 2 costs half as much time again and is not heard on a telephone
    return encoder


def _scan(*, body: BinaryIO, wav: Wav, each: Callable[[bytes], object]) -> list[list[int]]:
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


def _decoder(*, wav: Wav) -> Callable[[bytes], bytes]:
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
            wav = parse_wav(body)
            return _scan(body=body, wav=wav, each=len) if wav else []
