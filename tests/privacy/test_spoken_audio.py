"""The spoken phrases say when their numbers are said."""

import io
import wave

import numpy as np
import pytest

from calltrack.demo.speech import SpeechMissingError
from tests.privacy.spoken_audio import SAMPLE_RATE, render, spoken_phrases


def test_fifty_phrases_are_spoken_and_fifteen_hold_no_number_to_be_found() -> None:
    phrases = spoken_phrases()
    assert [bool(phrase["numbers"]) for phrase in phrases] == [True] * 35 + [False] * 15


def test_a_number_is_heard_between_its_seconds_and_nothing_just_before() -> None:
    phrase = next(one for one in spoken_phrases() if len(one["numbers"]) == 3)
    try:
        sound, stretches = render(phrase)
    except SpeechMissingError as missing:
        pytest.skip(f"NOT RUN: {missing}")
    with wave.open(io.BytesIO(sound)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert len(stretches) == 3
    for begins, ends in stretches:
        assert 0 < begins < ends < len(samples) / SAMPLE_RATE
        assert np.abs(samples[round(begins * SAMPLE_RATE) : round(ends * SAMPLE_RATE)]).max() > 1000
        assert not samples[round((begins - 0.2) * SAMPLE_RATE) : round(begins * SAMPLE_RATE)].any()
