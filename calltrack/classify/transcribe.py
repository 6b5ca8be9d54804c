"""Speech to text with a Whisper model from a folder; needs the extra `whisper`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from calltrack.classify.verdict import Speaker, Turn

SAMPLE_RATE = 16_000
"""What Whisper listens at; telephone audio of 8 kHz is resampled on reading."""

_SPEAKERS: tuple[Speaker, Speaker] = ("caller", "agent")


class TranscriberUnusable(RuntimeError):
    """Speech cannot be turned to text here; the message says what is missing."""


class Word(NamedTuple):
    """A word of a turn: its place `at` in the turn's text, and from when to when it was heard, in seconds."""

    at: int
    start: float
    end: float


@dataclass(frozen=True)
class Heard:
    """A turn, and when each of its words was heard."""

    turn: Turn
    words: tuple[Word, ...]


def transcribe(*, audio: Path, model_folder: Path, channels: int) -> list[Turn]:
    """What was said in a WAV or MP3 file, by start.

    With two channels the first is the caller and the second the agent, each heard alone; with one channel nobody
    knows who speaks. TranscriberUnusable when the extra or the model is missing, ValueError when the file is no audio.
    """
    return [one.turn for one in hear(audio=audio, model_folder=model_folder, channels=channels)]


def hear(*, audio: Path, model_folder: Path, channels: int) -> list[Heard]:
    """`transcribe`, with the times of the words."""
    model = _model(folder=model_folder.resolve())
    sides = _decode(audio=audio, split=channels == 2)
    if len(sides) == 1:
        return _listen(model=model, samples=sides[0], speaker="unknown")
    heard = [
        one
        for speaker, samples in zip(_SPEAKERS, sides, strict=True)
        for one in _listen(model=model, samples=samples, speaker=speaker)
    ]
    return sorted(heard, key=lambda one: one.turn.start)


def _listen(*, model: Any, samples: Any, speaker: Speaker) -> list[Heard]:
    if not len(samples):
        return []
    segments, _ = model.transcribe(
        samples,
        beam_size=1,
        vad_filter=True,
        language="en",
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    return [
        Heard(Turn(speaker=speaker, start=round(float(segment.start), 2), text=text), _words(text, segment.words or ()))
        for segment in segments
        if (text := segment.text.strip())
    ]


def _words(text: str, words: Iterable[Any]) -> tuple[Word, ...]:
    placed: list[Word] = []
    begin = 0
    for word in words:
        at = text.find(word.word.strip(), begin)
        if at >= 0:
            placed.append(Word(at, round(float(word.start), 2), round(float(word.end), 2)))
            begin = at + len(word.word.strip())
    return tuple(placed)


def _decode(*, audio: Path, split: bool) -> list[Any]:
    """Samples a channel; one channel, too, where both sides carry the same (a mono file that was announced as two)."""
    from av.error import FFmpegError
    from faster_whisper.audio import decode_audio

    try:
        decoded = decode_audio(str(audio), sampling_rate=SAMPLE_RATE, split_stereo=split)
    except (FFmpegError, IndexError) as error:
        raise ValueError(f"{audio.name} is not audio that can be decoded ({error})") from error
    if not split:
        return [decoded]
    caller, agent = decoded
    return [caller] if (caller == agent).all() else [caller, agent]


@lru_cache(maxsize=1)
def _model(*, folder: Path) -> Any:
    """The model in a folder, loaded once a process: it takes a second and some 500 MB."""
    if not (folder / "model.bin").is_file():
        raise TranscriberUnusable(
            f"{folder} holds no speech model: WHISPER_MODEL must name a folder with a CTranslate2 Whisper model"
        )
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise TranscriberUnusable(
            "speech to text is not installed: install the extra with `pip install calltrack[whisper]`"
        ) from error
    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    except (RuntimeError, ValueError) as error:
        raise TranscriberUnusable(f"{folder}: the speech model cannot be loaded ({error})") from error
