"""Frames of MPEG audio layer III (ISO 11172-3 and 13818-3, and MPEG-2.5): where they lie in an MP3, undecoded."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MPEG_1, MPEG_2_5 = 3, 0  # the two version bits; 2 is MPEG-2, 1 is reserved
_SAMPLE_RATES = (44_100, 48_000, 32_000)
_KBITS_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SIDE = 12  # bytes: the header, a checksum, and what begins the side information
_SEARCHED = 4096
_TABLES = (b"Xing", b"Info", b"VBRI")


@dataclass(frozen=True)
class Header:
    """What the four bytes say that begin a frame; `length` in bytes, header included."""

    version: int
    sample_rate: int
    channels: int
    samples: int
    length: int


@dataclass(frozen=True)
class Frame:
    """One frame with sound: from byte `at`, `length` bytes, `seconds` long. It cannot be decoded without the
    `borrowed` bytes of sound that frames before it hold for it."""

    at: int
    length: int
    seconds: float
    borrowed: int


def read_header(data: bytes) -> Header | None:
    """Read the four bytes that begin a frame; None if they do not."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    first = version == MPEG_1
    sample_rate = _SAMPLE_RATES[rate] // (1 if first else 4 if version == MPEG_2_5 else 2)
    samples = 1152 if first else 576
    bits_a_second = (_KBITS_MPEG_1 if first else _KBITS_MPEG_2)[bitrate] * 1000
    length = samples // 8 * bits_a_second // sample_rate + (data[2] >> 1 & 1)
    return Header(version, sample_rate, 1 if data[3] >> 6 == 3 else 2, samples, length)


def is_table(opening: bytes) -> bool:
    """Whether a frame that begins so is a table of contents in the clothes of a frame: it has no sound."""
    return any(name in opening[:48] for name in _TABLES)


def skip_tags(look: Callable[[int, int], bytes]) -> int:
    """Where the frames begin, after any ID3v2. `look(at, count)` gives that many bytes from there, less at the end."""
    at = 0
    while (head := look(at, 10))[:3] == b"ID3" and len(head) == 10:
        a, b, c, d = head[6:10]  # seven bits in each byte, so that no size looks like a frame
        at += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[5] & 0x10 else 0)
    return at


def find_frames(pieces: Iterable[bytes]) -> Iterator[Frame]:
    """The frames of an MP3 that comes in pieces, of which one at a time is held; tags and damage are stepped over."""
    look = _window(pieces)
    at = skip_tags(look)
    first = read_header(look(at, 4))
    if first is not None and is_table(look(at, 48)):
        at += first.length
    while len(opening := look(at, _SIDE)) >= 4:
        header = read_header(opening)
        first = first or header
        if header and first and (header.version, header.sample_rate) == (first.version, first.sample_rate):
            yield Frame(at, header.length, header.samples / header.sample_rate, _borrowed(opening, header))
            at += header.length
        else:
            ahead = look(at + 1, _SEARCHED)
            found = ahead.find(b"\xff")
            at += 1 + (found if found >= 0 else len(ahead))


def _borrowed(opening: bytes, header: Header) -> int:
    """`main_data_begin`: 9 bits in MPEG-1, 8 in the others, behind the header and its checksum if there is one."""
    side = opening[4 if opening[1] & 1 else 6 :][:2].ljust(2, b"\x00")
    return side[0] << 1 | side[1] >> 7 if header.version == MPEG_1 else side[0]


def _window(pieces: Iterable[bytes]) -> Callable[[int, int], bytes]:
    """Bytes by their place in a stream that is only ever read forward."""
    source, held, begin = iter(pieces), b"", 0

    def look(at: int, count: int) -> bytes:
        nonlocal held, begin
        while begin + len(held) < at + count:
            piece = next(source, None)
            if piece is None:
                break
            passed = min(max(at - begin, 0), len(held))
            held, begin = held[passed:] + piece, begin + passed
        return held[max(at - begin, 0) :][:count]

    return look
