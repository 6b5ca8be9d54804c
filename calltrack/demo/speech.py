"""Spoken English for the demo's calls, synthesised on this machine by espeak-ng."""

import ctypes
import functools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 8000
"""Samples a second: the telephone's rate."""

SPEECH_LEVEL = 2600.0
"""Root mean square of a spoken turn in 16-bit units, about -22 dB below full scale, as calls are."""

Samples = npt.NDArray[np.int16]

_PARAMETER_RATE = 1
_CHARS_UTF8 = 1
_OUTPUT_RETRIEVAL = 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

# espeak keeps its voice, its rate and its callback in globals of the process.
_ONE_AT_A_TIME = threading.Lock()


class SpeechMissingError(RuntimeError):
    """The optional extra that carries espeak-ng is not installed, or espeak-ng does not start."""


@functools.cache
def _open_espeak() -> tuple[Any, Any, list[bytes], int, Path]:
    try:
        import espeakng_loader
    except ImportError as missing:
        raise SpeechMissingError(
            "The demo speaks with espeak-ng, which is not installed. Install it with: pip install 'calltrack[demo]'"
        ) from missing
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    data = Path(espeakng_loader.get_data_path())
    rate = library.espeak_Initialize(_OUTPUT_RETRIEVAL, 0, str(data).encode(), 0)
    if rate <= 0:
        raise SpeechMissingError(f"espeak-ng did not start (it answered {rate}); reinstall 'calltrack[demo]'.")
    heard: list[bytes] = []

    def hear(wave: Any, count: int, _events: Any) -> int:
        if count > 0:
            heard.append(ctypes.string_at(wave, count * 2))
        return 0

    callback = _CALLBACK(hear)
    library.espeak_SetSynthCallback(callback)
    # The callback is returned to stay referenced as long as the library may call it.
    return library, callback, heard, int(rate), data / "voices" / "!v"


def check_speech() -> None:
    """Raise SpeechMissingError unless say() can work here."""
    with _ONE_AT_A_TIME:
        _open_espeak()


def say(*, text: str, voice: str, rate: int = 165) -> Samples:
    """Speak `text` at `rate` words a minute as a telephone carries it: mono, 8 kHz, signed 16 bit.

    The same words take the same time again, give or take a few samples; their waveform's phase is espeak's own.
    Raises SpeechMissingError without the extra, ValueError for a voice that espeak-ng does not have.
    """
    with _ONE_AT_A_TIME:
        library, _callback, heard, source_rate, variants = _open_espeak()
        variant = voice.partition("+")[2]
        # espeak itself passes over a variant that it does not have.
        if library.espeak_SetVoiceByName(voice.encode()) != 0 or not (variants / variant).exists():
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        library.espeak_SetParameter(_PARAMETER_RATE, max(80, min(rate, 450)), 0)
        heard.clear()
        spoken = text.encode()
        library.espeak_Synth(
            ctypes.c_char_p(spoken), ctypes.c_size_t(len(spoken) + 1), 0, 0, 0, _CHARS_UTF8, None, None
        )
        library.espeak_Synchronize()
        wave = np.frombuffer(b"".join(heard), dtype=np.int16).astype(np.float64)
        heard.clear()
    return _through_the_telephone(wave=wave, source_rate=source_rate)


def _through_the_telephone(*, wave: npt.NDArray[np.float64], source_rate: int) -> Samples:
    """Band-limit to 250-3800 Hz, resample to 8 kHz and bring to the telephone's level, all in one Fourier transform."""
    if not wave.size:
        return np.zeros(0, dtype=np.int16)
    length = max(2, round(wave.size * SAMPLE_RATE / source_rate))
    spectrum = np.fft.rfft(wave)[: length // 2 + 1]
    hertz = np.arange(spectrum.size) * source_rate / wave.size
    spectrum *= np.clip((hertz - 150) / 100, 0, 1) * np.clip((3800 - hertz) / 200, 0, 1)
    narrow = np.fft.irfft(spectrum, length)
    loudness = float(np.sqrt(np.mean(narrow**2)))
    if loudness > 0:
        narrow *= SPEECH_LEVEL / loudness
    return np.clip(narrow, -32000, 32000).astype(np.int16)
