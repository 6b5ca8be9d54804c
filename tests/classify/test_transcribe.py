"""Speech to text, with real speech and a real model."""

import sys
import wave
from pathlib import Path

import lameenc
import numpy as np
import pytest

from calltrack.classify.transcribe import TranscriberUnusable, transcribe
from calltrack.demo.speech import SAMPLE_RATE, Samples, SpeechMissingError, say
from calltrack.demo.voices import AGENT_VOICES, CALLER_VOICES


def spoken(text: str, *, voice: str = CALLER_VOICES[0]) -> Samples:
    try:
        return say(text=text, voice=voice)
    except SpeechMissingError as missing:
        pytest.skip(f"NOT RUN: {missing}")


def silence(*, seconds: float) -> Samples:
    return np.zeros(int(SAMPLE_RATE * seconds), dtype=np.int16)


def write_wav(path: Path, *channels: Samples) -> Path:
    longest = max(len(channel) for channel in channels)
    frames = np.stack([np.pad(channel, (0, longest - len(channel))) for channel in channels], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(frames.astype("<i2").tobytes())
    return path


@pytest.mark.slow
def test_two_channels_are_caller_and_agent_in_order_of_time(tmp_path, whisper_folder):
    greeting = spoken("Good morning, how can I help you today?", voice=AGENT_VOICES[0])
    wish = spoken("Hello. My kitchen sink is leaking, and I need somebody to come out today.")
    pause = silence(seconds=len(greeting) / SAMPLE_RATE + 0.5)
    audio = write_wav(tmp_path / "call.wav", np.concatenate([pause, wish]), greeting)

    turns = transcribe(audio=audio, model_folder=whisper_folder, channels=2)

    assert turns[0].speaker == "agent"
    assert turns[-1].speaker == "caller"
    assert "good morning" in " ".join(turn.text for turn in turns if turn.speaker == "agent").lower()
    assert "leaking" in " ".join(turn.text for turn in turns if turn.speaker == "caller").lower()
    assert [turn.start for turn in turns] == sorted(turn.start for turn in turns)
    assert turns[-1].start >= len(pause) / SAMPLE_RATE - 1


@pytest.mark.slow
def test_on_one_channel_nobody_knows_who_speaks(tmp_path, whisper_folder):
    audio = write_wav(tmp_path / "call.wav", spoken("My water heater is leaking, please send someone today."))

    turns = transcribe(audio=audio, model_folder=whisper_folder, channels=1)

    assert {turn.speaker for turn in turns} == {"unknown"}
    assert "leaking" in turns[0].text


@pytest.mark.slow
def test_a_mono_file_announced_as_two_channels_is_heard_once(tmp_path, whisper_folder):
    speech = spoken("My kitchen sink is leaking, please send someone today.")
    mono = write_wav(tmp_path / "mono.wav", speech)

    turns = transcribe(audio=mono, model_folder=whisper_folder, channels=2)

    assert " ".join(turn.text for turn in turns).count("leaking") == 1
    assert {turn.speaker for turn in turns} == {"unknown"}


@pytest.mark.slow
def test_an_mp3_is_heard_like_a_wav(tmp_path, whisper_folder):
    encoder = lameenc.Encoder()
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_channels(1)
    encoder.set_bit_rate(32)
    encoder.silence()
    speech = spoken("My water heater is leaking, please send someone today.")
    audio = tmp_path / "call.mp3"
    audio.write_bytes(bytes(encoder.encode(speech.tobytes())) + bytes(encoder.flush()))

    (turn, *_) = transcribe(audio=audio, model_folder=whisper_folder, channels=1)

    assert "leaking" in turn.text


@pytest.mark.slow
def test_silence_has_no_turns(tmp_path, whisper_folder):
    audio = write_wav(tmp_path / "call.wav", silence(seconds=3), silence(seconds=3))

    assert transcribe(audio=audio, model_folder=whisper_folder, channels=2) == []


@pytest.mark.slow
def test_a_file_that_is_no_audio_is_refused_by_name(tmp_path, whisper_folder):
    audio = tmp_path / "call.wav"
    audio.write_bytes(b"<html>not found</html>")

    with pytest.raises(ValueError, match=r"call\.wav is not audio"):
        transcribe(audio=audio, model_folder=whisper_folder, channels=1)


def test_a_folder_without_a_model_says_what_belongs_there(tmp_path):
    with pytest.raises(TranscriberUnusable, match="WHISPER_MODEL must name a folder"):
        transcribe(audio=tmp_path / "call.wav", model_folder=tmp_path, channels=1)


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "model.bin").touch()
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(TranscriberUnusable, match=r"pip install calltrack\[whisper\]"):
        transcribe(audio=tmp_path / "call.wav", model_folder=tmp_path, channels=1)


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_named(tmp_path, whisper_folder):
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(TranscriberUnusable, match="cannot be loaded"):
        transcribe(audio=tmp_path / "call.wav", model_folder=tmp_path, channels=1)
