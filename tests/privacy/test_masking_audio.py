"""How much of the numbers that are heard is silent in the recording, when a small speech model wrote them down."""

from pathlib import Path

import pytest

from calltrack.classify.transcribe import hear
from calltrack.demo.speech import SpeechMissingError
from calltrack.masking.masking import mask_turns
from tests.privacy.measure import Share
from tests.privacy.spoken_audio import render, spoken_phrases

ENOUGH = 0.9
"""The share of a number's seconds that has to be silent."""


def _overlap(*, begin: float, end: float, stretches: list[tuple[float, float]]) -> float:
    """How many of these seconds lie in the stretches, which may overlap each other."""
    silent, reached = 0.0, begin
    for first, last in sorted(stretches):
        silent += max(0.0, min(last, end) - max(first, reached))
        reached = max(reached, min(last, end))
    return silent


def _stretches(*, sound: bytes, folder: Path, model: Path) -> tuple[list[tuple[float, float]], float]:
    """What would be silent in a recording of the sound, and until when it goes on."""
    audio = folder / "said.wav"
    audio.write_bytes(sound)
    heard = hear(audio=audio, model_folder=model, channels=1)
    turns = [
        {
            "speaker": one.turn.speaker,
            "start": one.turn.start,
            "text": one.turn.text,
            "words": [word._asdict() for word in one.words],
        }
        for one in heard
    ]
    return mask_turns(turns).stretches, len(sound) / 32_000


@pytest.mark.slow
def test_numbers_are_silent_where_they_are_heard(tmp_path: Path, whisper_folder: Path) -> None:
    numbers, vain, seconds, missed = Share(), 0.0, 0.0, []
    for phrase in spoken_phrases():
        try:
            sound, said = render(phrase)
        except SpeechMissingError as missing:
            pytest.skip(f"NOT RUN: {missing}")
        stretches, lasts = _stretches(sound=sound, folder=tmp_path, model=whisper_folder)
        for number, (begin, end) in zip(phrase["numbers"], said, strict=True):
            share = _overlap(begin=begin, end=end, stretches=stretches) / (end - begin)
            numbers.count(hit=share >= ENOUGH)
            if share < ENOUGH:
                missed.append(f"{phrase['id']} {share:.0%} of <{number['text']}>")
        if not phrase["numbers"]:
            vain += _overlap(begin=0.0, end=lasts, stretches=stretches)
            seconds += lasts
    print(f"\nnumbers silent: {numbers}\nsilent in vain: {vain:.1f} of {seconds:.1f} s", *missed, sep="\n")
    assert numbers.hits >= 0.65 * numbers.of, "\n".join(missed)
    assert vain <= 0.05 * seconds
