"""Fifty of the phrases as sound, spoken by espeak, with the seconds in which numbers are said. Needs the extra `demo`.

Everything is said as the phrase has it, save that the figures of a number are said one by one with a breath between
groups, because espeak would read 4111 as four thousand one hundred and eleven. It is 16 kHz and not the telephone's
8 kHz: a small speech model mishears a synthesised voice twice as often at 8 kHz, and what is measured is masking.
"""

import ctypes
import io
import re
import wave
from typing import Any

import numpy as np

from calltrack.demo import speech
from calltrack.demo.speech import SPEECH_LEVEL, Samples
from tests.privacy.measure import read_phrases
from tests.privacy.spoken_digits import ONES

SAMPLE_RATE = 16_000

VOICE, PACE = "en-us+Michael", 150
"""The voice and the words a minute that a small speech model hears best, of those that were tried."""

PAUSE_S = 0.25
"""Between a number and what is said around it."""

WITH_NUMBERS = (
    "001-1 003-1 006-2 010-2 012-2 016-1 021-2 026-1 031-2 034-1 036-1 040-1 044-1 049-1 051-2 053-1 060-2 065-2 070-1 "
    "084-1 088-2 091-1 096-1 098-2 104-1 111-1 114-2 119-1 126-1 129-1 134-1 141-1 142-1 156-2 157-1"
).split()
WITHOUT = ("162-1 164-1 171-1 182-1 189-1 199-1 212-1 215-1 231-1 233-1 243-1 253-1 275-1 282-1 301-1").split()


def spoken_phrases() -> list[dict[str, Any]]:
    """The fifty phrases that are spoken: 35 with numbers to be found, 15 without."""
    by_id = {phrase["id"]: phrase for phrase in read_phrases()}
    return [by_id[name] for name in (*WITH_NUMBERS, *WITHOUT)]


def render(phrase: dict[str, Any], *, voice: str = VOICE, pace: int = PACE) -> tuple[bytes, list[tuple[float, float]]]:
    """The phrase as a mono WAV of 16-bit samples, and from when to when each number is said, in seconds."""
    pieces: list[Samples] = [_pause(seconds=0.4)]
    stretches = []
    for text, is_number in _segments(phrase):
        said = _number_spoken(text) if is_number else _others_spoken(text)
        begins = sum(map(len, pieces)) / SAMPLE_RATE
        if re.search(r"\w", said):
            pieces.append(_say(text=said, voice=voice, pace=pace))
        if is_number:
            stretches.append((begins, sum(map(len, pieces)) / SAMPLE_RATE))
        pieces.append(_pause(seconds=PAUSE_S))
    pieces.append(_pause(seconds=0.6))
    return _as_wav(np.concatenate(pieces)), stretches


def _segments(phrase: dict[str, Any]) -> list[tuple[str, bool]]:
    text, at, segments = phrase["text"], 0, []
    for number in phrase["numbers"]:
        end = number["start"] + len(number["text"])
        segments += [(text[at : number["start"]], False), (text[number["start"] : end], True)]
        at = end
    return [*segments, (text[at:], False)]


def _number_spoken(number: str) -> str:
    """A number with its figures as words and a comma where a group ends."""
    groups = re.split(r"(?<=\d\d\d)[ ,.-]+(?=\d)", number)
    return ", ".join(re.sub(r"\d", lambda figure: f" {ONES[int(figure.group())]} ", group) for group in groups)


def _others_spoken(text: str) -> str:
    """Long figures and those of telephone numbers one by one; prices, dates and small numbers as espeak reads them."""

    def one_by_one(run: re.Match[str]) -> str:
        return " ".join(ONES[int(figure)] if figure.isdigit() else "," for figure in run.group())

    return re.sub(r"(?<![$\d])(?:\d{5,}|\d{3}(?:[-. ]+\d{3,4})+|\b\d(?:[ -]\d)+\b)", one_by_one, text)


def _pause(*, seconds: float) -> Samples:
    return np.zeros(round(SAMPLE_RATE * seconds), dtype=np.int16)


def _say(*, text: str, voice: str, pace: int) -> Samples:
    """What the demo's `say` says, at 16 kHz, without the quiet that espeak leaves at both ends."""
    with speech._ONE_AT_A_TIME:
        library, _callback, heard, source_rate, _variants = speech._open_espeak()
        assert library.espeak_SetVoiceByName(voice.encode()) == 0, voice
        library.espeak_SetParameter(speech._PARAMETER_RATE, pace, 0)
        heard.clear()
        spoken = text.encode()
        size = ctypes.c_size_t(len(spoken) + 1)
        library.espeak_Synth(ctypes.c_char_p(spoken), size, 0, 0, 0, speech._CHARS_UTF8, None, None)
        library.espeak_Synchronize()
        wave_said = np.frombuffer(b"".join(heard), dtype=np.int16).astype(np.float64)
        heard.clear()
    length = round(wave_said.size * SAMPLE_RATE / source_rate)
    samples = np.fft.irfft(np.fft.rfft(wave_said)[: length // 2 + 1], length)
    samples *= SPEECH_LEVEL / np.sqrt(np.mean(samples**2))
    loud = np.flatnonzero(np.abs(samples) > 60)
    return np.clip(samples[loud[0] : loud[-1] + 1], -32000, 32000).astype(np.int16)


def _as_wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()
