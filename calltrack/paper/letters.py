"""The letters that a PDF can show, and how wide each is: those of the font that lies beside this file."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import TTFFont

FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD = FOLDER / "DejaVuSansCondensed.ttf", FOLDER / "DejaVuSansCondensed-Bold.ttf"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class Font:
    """Each letter's width as a part of the font's size."""

    widths: dict[str, float]

    def width(self, text: str, size: float) -> float:
        """The width of a text of `shown` letters, in the unit of `size`."""
        return size * sum(map(self.widths.__getitem__, text))

    def cut(self, text: str, *, room: float, size: float) -> str:
        """The text, or its beginning and an ellipsis where it is wider than `room`."""
        if self.width(text, size) <= room:
            return text
        while text and self.width(text + _ELLIPSIS, size) > room:
            text = text[:-1]
        return text + _ELLIPSIS

    def wrap(self, text: str, *, room: float, size: float, most: int) -> list[str]:
        """The text in at most `most` lines, broken between words; a word wider than `room` is cut."""
        if self.width(text, size) <= room:
            return [text]
        lines: list[str] = []
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, size) <= room:
                lines[-1] = longer
            else:
                lines.append(self.cut(word, room=room, size=size))
        if len(lines) > most:
            lines[most - 1 :] = [self.cut(f"{lines[most - 1]} {_ELLIPSIS}", room=room, size=size)]
        return lines


def font(*, bold: bool = False) -> Font:
    """The regular or the bold font."""
    return _read(BOLD if bold else REGULAR)


@cache
def _read(path: Path) -> Font:
    sheet = FPDF()
    sheet.add_font("body", "", path)
    with open_fonts(sheet) as [face]:
        return Font({chr(code): face.cw[code] / 1000 for code in face.cmap})


@contextmanager
def open_fonts(sheet: FPDF) -> Iterator[list[TTFFont]]:
    """A document's font files, which it reads as long as it is written; they are closed at the end."""
    faces = [face for face in sheet.fonts.values() if isinstance(face, TTFFont)]
    try:
        yield faces
    finally:
        for face in faces:
            face.close()


def shown(text: str) -> str:
    """The text in letters that the font has: a letter of another script loses its marks, or becomes a question mark."""
    known = font().widths
    return "".join(letter if letter in known else _nearest(letter, known) for letter in " ".join(text.split()))


def _nearest(letter: str, known: dict[str, float]) -> str:
    bare = [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]
    return "".join(part if part in known else "?" for part in bare)
