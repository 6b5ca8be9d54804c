"""The loudness of a recording as one SVG path a channel."""

from collections.abc import Sequence

# Wide enough to see pauses and interruptions, few enough for a phone's screen.
COLUMNS = 240
HEIGHT = 50


def draw_waveform(peaks: Sequence[Sequence[int]] | None) -> list[str]:
    """Paths for a drawing of COLUMNS x 100: the caller's above the middle, the agent's below.

    `peaks`: one list a channel of loudness values of 0 to 100. A recording with a single channel is mirrored.
    """
    if not peaks or not peaks[0]:
        return []
    if len(peaks) == 1:
        return [_path(peaks[0], up=True) + _path(peaks[0], up=False)]
    return [_path(peaks[0], up=True), _path(peaks[1], up=False)]


def _path(values: Sequence[int], *, up: bool) -> str:
    parts = []
    for column in range(COLUMNS):
        start, end = column * len(values) // COLUMNS, (column + 1) * len(values) // COLUMNS
        loudest = max(values[start : max(end, start + 1)])
        height = max(1, round(min(loudest, 100) * (HEIGHT - 2) / 100))
        parts.append(f"M{column} {HEIGHT}v{-height if up else height}h.7V{HEIGHT}z")
    return "".join(parts)
