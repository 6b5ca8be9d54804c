"""Speech is really spoken, at a telephone's rate and level."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from calltrack.demo import speech
from calltrack.demo.speech import SAMPLE_RATE, SpeechMissingError, say
from calltrack.demo.voices import AGENT_VOICES, CALLER_VOICES


@pytest.mark.parametrize("voice", [*CALLER_VOICES, *AGENT_VOICES])
def test_every_voice_speaks_at_the_telephones_level(voice: str):
    spoken = say(text="My furnace is out.", voice=voice)
    assert spoken.dtype == np.int16
    assert 0.6 < spoken.size / SAMPLE_RATE < 2.5
    assert 1500 < np.sqrt(np.mean(spoken.astype(float) ** 2)) < 3500


def test_no_voice_is_cast_twice():
    assert len({*CALLER_VOICES, *AGENT_VOICES}) == len(CALLER_VOICES) + len(AGENT_VOICES)


def test_a_faster_rate_takes_less_time():
    slow, fast = (say(text="The water is all over the floor.", voice="en-us+f2", rate=rate) for rate in (140, 220))
    assert fast.size < slow.size


def test_the_telephones_band_is_kept():
    spectrum = np.abs(np.fft.rfft(say(text="The pipes are shaking.", voice="en-us+m3").astype(float))) ** 2
    hertz = np.fft.rfftfreq((len(spectrum) - 1) * 2, 1 / SAMPLE_RATE)
    assert spectrum[hertz < 120].sum() < spectrum.sum() / 1000


def test_threads_do_not_hear_each_other():
    texts = ["One for the money.", "Two for the show, and a little more.", "Three."] * 3
    alone = [say(text=text, voice="en-us+f3").size for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: say(text=text, voice="en-us+f3").size, texts))
    assert together == pytest.approx(alone, abs=40)


@pytest.mark.parametrize("voice", ["en-us+nobody", "xx-yy+f2"])
def test_an_unknown_voice_is_named(voice: str):
    with pytest.raises(ValueError, match=re.escape(voice)):
        say(text="Hello.", voice=voice)


def test_without_the_extra_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    opened = speech._open_espeak.__wrapped__
    with pytest.raises(SpeechMissingError, match=r"pip install 'calltrack\[demo\]'"):
        opened()
