"""A table as PDF: landscape pages, the heading repeated on each, and which page of how many it is."""

from collections.abc import Sequence
from typing import Literal

from fpdf import FPDF

from calltrack.paper.layout import LEADING, PADDING, Band, Page, Texts, lay_out
from calltrack.paper.letters import BOLD, REGULAR, font, open_fonts, shown
from calltrack.paper.table import Row, Table, as_text
from calltrack.paper.words import written

Paper = Literal["letter", "a4"]
# In points.
_MARGIN, _TITLE, _SMALL = 36.0, 14.0, 9.0
_HEAD, _FOOT = 42.0, 20.0
_INK, _MUTED, _RULE, _STRIPE = (23, 32, 42), (87, 98, 111), (170, 178, 188), (245, 246, 248)


def write_pdf(table: Table, *, paper: Paper = "letter") -> bytes:
    """The table, as large as its columns allow. Letters of European languages are shown; see letters.py for others."""
    sheet = FPDF(orientation="landscape", unit="pt", format=paper)
    sheet.set_auto_page_break(auto=False)
    sheet.str_alias_nb_pages = ""  # the pages are counted here; a customer may well be called {nb}
    sheet.add_font("body", "", REGULAR)
    sheet.add_font("body", "B", BOLD)
    sheet.set_title(shown(as_text(table.title)))
    with open_fonts(sheet):
        _fill(sheet, table)
        return bytes(sheet.output())


def _fill(sheet: FPDF, table: Table) -> None:
    texts = Texts(
        headings=[shown(as_text(column.name)).replace(" %", "\N{NO-BREAK SPACE}%") for column in table.columns],
        left=[column.kind == "text" for column in table.columns],
        rows=[_texts(table, row) for row in table.rows],
        totals=_texts(table, table.totals) if table.totals else (),
    )
    layout = lay_out(texts, width=sheet.w - 2 * _MARGIN, height=sheet.h - 2 * _MARGIN - _HEAD - _FOOT)
    for number, page in enumerate(layout.pages, start=1):
        sheet.add_page()
        _frame(sheet, table, f"Page {number} of {len(layout.pages)}", _columns(page, len(table.columns)))
        _body(sheet, page, texts.left, layout.size)


def _texts(table: Table, row: Row) -> list[str]:
    return [shown(written(column.kind, cell)) for column, cell in zip(table.columns, row, strict=True)]


def _columns(page: Page, most: int) -> str:
    places = page.part.places
    return "" if len(places) == most else f"Columns {places[1] + 1} to {places[-1] + 1} of {most}"


def _frame(sheet: FPDF, table: Table, page: str, columns: str) -> None:
    room = sheet.w - 2 * _MARGIN
    title = font(bold=True).cut(shown(as_text(table.title)), room=room, size=_TITLE)
    subtitle = font().cut(shown(as_text(table.subtitle)), room=room, size=_SMALL)
    bottom = sheet.h - _MARGIN - _SMALL
    _text(sheet, title, _MARGIN, _MARGIN, _TITLE, _INK, bold=True)
    _text(sheet, subtitle, _MARGIN, _MARGIN + _TITLE * LEADING, _SMALL, _MUTED)
    _text(sheet, columns, _MARGIN, bottom, _SMALL, _MUTED)
    _text(sheet, page, _MARGIN + room - font().width(page, _SMALL), bottom, _SMALL, _MUTED)


def _body(sheet: FPDF, page: Page, left: Sequence[bool], size: float) -> None:
    part, wide = page.part, sum(page.part.widths)
    y = _MARGIN + _HEAD
    _band(sheet, page, part.heading, y, left, size, bold=True, color=_MUTED)
    y += part.heading.height
    _rule(sheet, y, wide, _RULE)
    for place, band in enumerate(page.bands, start=page.first):
        if place % 2:
            sheet.set_fill_color(*_STRIPE)
            sheet.rect(_MARGIN, y, wide, band.height, style="F")
        _band(sheet, page, band, y, left, size)
        y += band.height
    if not page.bands:
        _text(sheet, "There is nothing to show.", _MARGIN + PADDING, y + PADDING / 2, size, _MUTED)
        y += size * LEADING + PADDING
    if page.last and part.totals:
        _rule(sheet, y, wide, _INK)
        _band(sheet, page, part.totals, y, left, size, bold=True)


def _band(
    sheet: FPDF, page: Page, band: Band, y: float, left: Sequence[bool], size: float, *, bold: bool = False,
    color: tuple[int, int, int] = _INK,
) -> None:  # fmt: skip
    """A row's cells: words from the left, numbers to the right; a heading's lines end at the bottom."""
    x = _MARGIN
    for place, width, lines in zip(page.part.places, page.part.widths, band.cells, strict=True):
        top = y + PADDING / 2
        if band is page.part.heading:
            top += band.height - PADDING - len(lines) * size * LEADING
        for line in lines:
            indent = PADDING if left[place] else width - PADDING - font(bold=bold).width(line, size)
            _text(sheet, line, x + indent, top, size, color, bold=bold)
            top += size * LEADING
        x += width


def _text(
    sheet: FPDF, text: str, x: float, top: float, size: float, color: tuple[int, int, int], *, bold: bool = False
) -> None:
    if text:
        sheet.set_font("body", "B" if bold else "", size)
        sheet.set_text_color(*color)
        sheet.text(x, top + size, text)


def _rule(sheet: FPDF, y: float, wide: float, color: tuple[int, int, int]) -> None:
    sheet.set_draw_color(*color)
    sheet.set_line_width(0.6)
    sheet.line(_MARGIN, y, _MARGIN + wide, y)
