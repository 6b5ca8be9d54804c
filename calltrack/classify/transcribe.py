"""Speech to text with a Whisper model from a folder; needs the extra `whisper`."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from calltrack.classify.verdict import Speaker, Turn

SAMPLE_RATE = 16_000
"""What Whisper listens at; telephone audio of 8 kHz is resampled on reading."""

_SPEAKERS: tuple[Speaker, Speaker] = ("caller", "agent")


class TranscriberUnusable(RuntimeError):
    """Speech cannot be turned to text here; the message says what is missing."""


def transcribe(*, audio: Path, model_folder: Path, channels: int) -> list[Turn]:
    """What was said in a WAV or MP3 file, by start.

    With two channels the first is the caller and the second the agent, each heard alone; with one channel nobody
    knows who speaks. TranscriberUnusable when the extra or the model is missing, ValueError when the file is no audio.
    """
    model = _model(folder=model_folder.resolve())
    sides = _decode(audio=audio, split=channels == 2)
    if len(sides) == 1:
        return _listen(model=model, samples=sides[0], speaker="unknown")
    heard = [
        turn
        for speaker, samples in zip(_SPEAKERS, sides, strict=True)
        for turn in _listen(model=model, samples=samples, speaker=speaker)
    ]
    return sorted(heard, key=lambda turn: turn.start)


def _listen(*, model: Any, samples: Any, speaker: Speaker) -> list[Turn]:
    if not len(samples):
        return []
    segments, _ = model.transcribe(
        samples, beam_size=1, vad_filter=True, language="en", condition_on_previous_text=False
    )
    return [
        Turn(speaker=speaker, start=round(float(segment.start), 2), text=text)
        for segment in segments
        if (text := segment.text.strip())
    ]


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
