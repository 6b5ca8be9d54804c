"""Silence within a stored MP3."""

from pathlib import Path

import av
import lameenc
import numpy as np
import pytest

from calltrack.privacy.silence import hush, join_stretches, silence

SECONDS = 12
EDGE = 0.5  # frames on either side, of 72 ms at most


def tone(path: Path, *, rate: int, channels: int, kbit: int = 32) -> Path:
    count = rate * SECONDS
    noise = np.random.default_rng(7).normal(0, 2500, count)
    wave = (9000 * np.sin(2 * np.pi * 330 * np.arange(count) / rate) + noise).astype(np.int16)
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(kbit)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    path.write_bytes(bytes(encoder.encode(np.repeat(wave, channels).tobytes()) + encoder.flush()))
    return path


def decode(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize(("rate", "channels", "kbit"), [(8000, 2, 32), (8000, 1, 32), (22050, 1, 32), (44100, 2, 64)])
def test_the_stretch_is_silent_in_all_channels_and_the_rest_is_what_it_was(
    tmp_path: Path, rate: int, channels: int, kbit: int
) -> None:
    source = tone(tmp_path / "before.mp3", rate=rate, channels=channels, kbit=kbit)
    target = tmp_path / "after.mp3"
    silence(source=source, target=target, stretches=[(3.0, 5.0), (8.0, 8.4)])
    before, after = decode(source), decode(target)
    assert after.shape == before.shape
    second = after.shape[1] / SECONDS

    def part(sound: np.ndarray, begin: float, end: float) -> np.ndarray:
        return sound[:, int(begin * second) : int(end * second)]

    for begin, end in ((3.0, 5.0), (8.0, 8.4)):
        assert np.abs(part(before, begin, end)).max() > 0.1
        assert not part(after, begin, end).any()
    for begin, end in ((0, 3 - EDGE), (5 + EDGE, 8 - EDGE), (8.4 + EDGE, SECONDS)):
        assert np.array_equal(part(before, begin, end), part(after, begin, end))


def test_nothing_of_what_was_said_is_left_in_the_bytes(tmp_path: Path) -> None:
    """Whoever puts the zeroed headers right again must find no sound: all of it is silenced, so all of it is zero."""
    source = tone(tmp_path / "before.mp3", rate=8000, channels=1)
    target = tmp_path / "after.mp3"
    silence(source=source, target=target, stretches=[(0, SECONDS + 1)])
    assert target.stat().st_size == source.stat().st_size
    frames = target.read_bytes()
    assert sum(byte != 0 for byte in frames) < len(frames) * 0.2


def test_what_is_no_mp3_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.mp3").write_bytes(b"no audio at all")
    with pytest.raises(ValueError, match="no MP3 frames"):
        silence(source=tmp_path / "no.mp3", target=tmp_path / "out.mp3", stretches=[(0, 1)])


def test_the_waveform_is_flat_where_it_is_silent() -> None:
    assert hush([[5, 6, 7, 8], [9, 9, 9, 9]], duration=8.0, stretches=[(2.5, 4.0)]) == [[5, 0, 7, 8], [9, 0, 9, 9]]
    assert hush(None, duration=8.0, stretches=[(0, 1)]) is None


def test_stretches_that_touch_are_one() -> None:
    assert join_stretches([(4, 6), (1, 2), (5, 7), (2, 3), (9, 9)]) == [(1, 3), (4, 7)]
