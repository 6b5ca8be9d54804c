"""Silence for stretches of an MP3, frame by frame: nothing is decoded, and what lies outside stays bit for bit.

A frame's sound may begin in the frames before it (the bit reservoir), so the bytes of a silent frame's own sound are
cleared wherever they lie, and those that a frame behind it borrows are left. Layout: ISO 11172-3 and 13818-3.
"""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from calltrack.frames import MPEG_1, Frame, find_frames, read_header

_PIECE = 64 * 1024
_EDGE = 2
"""Frames more on either side: the decoder overlaps neighbours, and an encoder's delay shifts what is heard."""


class _Body(NamedTuple):
    """The main data of one frame: `length` bytes at byte `at` of the file, from byte `begin` of all main data put end
    to end."""

    begin: int
    at: int
    length: int


def silence(*, source: Path, target: Path, stretches: Sequence[tuple[float, float]]) -> None:
    """Write the MP3 at `source` to `target`, every channel silent within the stretches [from, to] of seconds.

    Raises ValueError where nothing in it can be read as MP3.
    """
    whole = source.read_bytes()
    frames = list(find_frames(whole[at : at + _PIECE] for at in range(0, len(whole), _PIECE)))
    if not frames:
        raise ValueError(f"{source.name} holds no MP3 frames")
    data = bytearray(whole)
    quiet = _within(frames, stretches)
    bodies, sounds = _read_sounds(data, frames)
    for place in quiet:
        frame, (begin, end) = frames[place], sounds[place]
        _clear(data, bodies, begin=begin, end=end)
        begins, ends = _side(data, frame)
        data[begins:ends] = bytes(ends - begins)
        if not data[frame.at + 1] & 1:  # protected: the two bytes behind the header check it and the side information
            data[frame.at + 4 : frame.at + 6] = _check(data[frame.at + 2 : frame.at + 4] + data[begins:ends])
    target.write_bytes(data)


def hush(
    peaks: Sequence[Sequence[int]] | None, *, duration: float, stretches: Sequence[tuple[float, float]]
) -> list[list[int]] | None:
    """The loudness that a page draws, 0 within the stretches; `duration` of the whole recording in seconds."""
    if not peaks or duration <= 0:
        return None if peaks is None else [list(channel) for channel in peaks]
    return [
        [
            0 if _touches(place * duration / len(channel), (place + 1) * duration / len(channel), stretches) else value
            for place, value in enumerate(channel)
        ]
        for channel in peaks
    ]


def join_stretches(stretches: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The stretches in order, those that touch made one."""
    joined: list[tuple[float, float]] = []
    for begin, end in sorted((float(one[0]), float(one[1])) for one in stretches):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > begin:
            joined.append((begin, end))
    return joined


def _touches(begin: float, end: float, stretches: Sequence[tuple[float, float]]) -> bool:
    return any(begin < until and since < end for since, until in stretches)


def _within(frames: Sequence[Frame], stretches: Sequence[tuple[float, float]]) -> set[int]:
    quiet: set[int] = set()
    passed = 0.0
    for place, frame in enumerate(frames):
        if _touches(passed, passed + frame.seconds, stretches):
            quiet.update(range(max(place - _EDGE, 0), min(place + _EDGE + 1, len(frames))))
        passed += frame.seconds
    return quiet


def _side(data: bytearray, frame: Frame) -> tuple[int, int]:
    """The bytes of a frame's side information."""
    header = read_header(bytes(data[frame.at : frame.at + 4]))
    if header is None:
        raise ValueError(f"no MP3 frame begins at byte {frame.at}")
    begins = frame.at + (4 if data[frame.at + 1] & 1 else 6)
    first = header.version == MPEG_1
    return begins, begins + ((17 if first else 9) if header.channels == 1 else (32 if first else 17))


def _read_sounds(data: bytearray, frames: Sequence[Frame]) -> tuple[list[_Body], list[tuple[int, int]]]:
    """Where main data lies, and from which byte of it to before which each frame's own sound is."""
    bodies: list[_Body] = []
    sounds: list[tuple[int, int]] = []
    passed = 0
    for frame in frames:
        begins, ends = _side(data, frame)
        begin = passed - frame.borrowed
        sounds.append((begin, begin + -(-_bits(data, frame, begins, ends) // 8)))
        length = max(0, min(frame.at + frame.length, len(data)) - ends)
        bodies.append(_Body(passed, ends, length))
        passed += length
    return bodies, sounds


def _clear(data: bytearray, bodies: Sequence[_Body], *, begin: int, end: int) -> None:
    """Clear bytes of main data, in whichever frames they lie."""
    place = max(0, bisect_right(bodies, begin, key=lambda body: body.begin) - 1)
    for body in bodies[place:]:
        if body.begin >= end:
            break
        first, after = max(begin - body.begin, 0), min(end - body.begin, body.length)
        if first < after:
            data[body.at + first : body.at + after] = bytes(after - first)


def _bits(data: bytearray, frame: Frame, begins: int, ends: int) -> int:
    """How many bits of sound a frame has: `part2_3_length`, 12 bits for each channel of each granule."""
    header = read_header(bytes(data[frame.at : frame.at + 4]))
    channels = header.channels if header else 1
    if header and header.version == MPEG_1:
        at, granules, size = 9 + (5 if channels == 1 else 3) + 4 * channels, 2 * channels, 59
    else:
        at, granules, size = 8 + (1 if channels == 1 else 2), channels, 63
    whole = int.from_bytes(data[begins:ends].ljust(ends - begins, b"\x00"), "big")
    length = 8 * (ends - begins)
    return sum(whole >> (length - (at + size * one) - 12) & 0xFFF for one in range(granules))


def _check(covered: bytes | bytearray) -> bytes:
    """CRC-16 with the polynomial 0x8005, from all ones."""
    check = 0xFFFF
    for byte in covered:
        for bit in range(8):
            over = (check >> 15 & 1) ^ (byte >> (7 - bit) & 1)
            check = (check << 1 & 0xFFFF) ^ (0x8005 if over else 0)
    return check.to_bytes(2, "big")
