"""Tables as PDF: all there, legible, each page with its number."""

import re
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calltrack.paper.layout import Layout, Texts, lay_out
from calltrack.paper.letters import font, shown
from calltrack.paper.pdf import write_pdf
from calltrack.paper.table import Cell, Column, Table
from calltrack.paper.words import DASH, MINUS, TIMES, written
from tests.paper.examples import NOTHING, RADIO, TOTAL, table, texts

WIDTH, HEIGHT = 720.0, 478.0  # of a letter page, in points


def pages(content: bytes) -> int:
    assert content.startswith(b"%PDF-")
    return len(re.findall(rb"/Type /Page\b", content))


def laid_out(columns: int, rows: int, *, word: str = "1,250") -> Layout:
    """A table whose first column is words."""
    headings = ["Campaign", *[f"Heading {place}" for place in range(1, columns)]]
    body = [["Radio", *[word] * (columns - 1)] for _ in range(rows)]
    left = [place == 0 for place in range(columns)]
    return lay_out(Texts(headings, left, body, ["Total", *[word] * (columns - 1)]), width=WIDTH, height=HEIGHT)


def places(layout: Layout) -> list[Sequence[int]]:
    return list(dict.fromkeys(tuple(page.part.places) for page in layout.pages))


def test_a_scorecard_of_a_hundred_campaigns_stands_side_by_side_and_is_legible() -> None:
    layout = laid_out(16, 100, word="12,345.67")
    assert places(layout) == [tuple(range(16))]
    assert layout.size >= 6.5
    assert len(layout.pages) <= 4


def test_few_columns_are_written_large() -> None:
    assert laid_out(5, 10).size == 9.0


def test_columns_that_do_not_fit_are_laid_over_several_pages_behind_the_first() -> None:
    layout = laid_out(40, 60)
    assert layout.size == 8.0
    parts = places(layout)
    assert len(parts) > 1
    assert all(part[0] == 0 for part in parts)
    assert [place for part in parts for place in part[1:]] == list(range(1, 40))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda columns: st.lists(st.lists(st.text(max_size=60), min_size=columns, max_size=columns), max_size=80)
    )
)
def test_every_row_stands_on_one_page_of_every_part_and_within_it(rows: list[list[str]]) -> None:
    body = [[shown(cell) for cell in row] for row in rows]
    columns = len(body[0]) if body else 1
    layout = lay_out(Texts(["Heading"] * columns, [True] * columns, body, []), width=WIDTH, height=HEIGHT)
    for part in places(layout):
        own = [page for page in layout.pages if tuple(page.part.places) == part]
        assert [page.first for page in own] == [sum(len(one.bands) for one in own[:at]) for at in range(len(own))]
        assert sum(len(page.bands) for page in own) == len(body)
        assert [page.last for page in own] == [False] * (len(own) - 1) + [True]
        for page in own:
            assert sum(page.part.widths) <= WIDTH + 0.01
            assert page.part.heading.height + sum(band.height for band in page.bands) <= HEIGHT


def test_the_totals_stay_with_the_last_row() -> None:
    for rows in range(25, 45):
        last = laid_out(5, rows).pages[-1]
        assert last.bands
        total = last.part.totals
        assert total
        used = last.part.heading.height + sum(band.height for band in last.bands) + total.height
        assert used <= HEIGHT


def test_a_long_text_is_wrapped_and_a_very_long_one_cut() -> None:
    words = " ".join(["furnace"] * 200)
    layout = lay_out(Texts(["Why"], [True], [[words], ["x" * 500], ["ok"]], []), width=WIDTH, height=HEIGHT)
    long, wide, short = (band.cells[0] for band in layout.pages[0].bands)
    assert len(long) == 6
    assert long[-1].endswith("…")
    assert wide[0].endswith("…")
    assert short == ["ok"]


def test_the_file_has_as_many_pages_as_the_layout() -> None:
    rows: list[list[Cell]] = [[f"Campaign {number}", *RADIO[1:]] for number in range(100)]
    assert pages(write_pdf(table(*rows, totals=TOTAL))) == 4
    assert pages(write_pdf(table(*rows[:3]), paper="a4")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Łódź Čeština ß Ñ €",
        "Ελληνικά",
        "Кампания",
        "日本語",
        "سلام",
        "\U0001f9ef",
        "{nb}",
        "a\x00\ud800",
        "\n\n",
        "(\\)",
    ],
)
def test_no_letter_breaks_it(text: str) -> None:
    assert pages(write_pdf(texts(text))) == 1
    assert pages(write_pdf(Table(text, text, [Column(text)], [], totals=[text]))) == 1


@given(st.text(max_size=40))
def test_whatever_the_letters_they_have_a_width(text: str) -> None:
    assert font().width(shown(text), 9.0) >= 0
    assert font(bold=True).width(shown(text), 9.0) >= 0


def test_european_letters_are_shown_and_others_without_their_marks_or_as_a_question_mark() -> None:
    for text in ("Łódź, Çeşme, Kraków, Øresund, Győr", "Ελλάδα", "Ґрунт", "“quoted” 5 €"):
        assert shown(text) == text
    assert shown("Hà Nội") == "Hà Noi"
    assert shown("\uff21\u3000日本") == "A ??"


def test_a_table_without_rows_says_so() -> None:
    assert pages(write_pdf(table())) == 1


@pytest.mark.parametrize(
    ("cell", "place", "expected"),
    [
        (1250, 1, "1,250"), (-3, 1, f"{MINUS}3"), (Decimal("42.5"), 2, "42.5%"), (Decimal(100), 2, "100.0%"),
        (125_000, 3, "$1,250.00"), (-5, 3, f"{MINUS}$0.05"), (Decimal("3.4"), 4, f"3.40{TIMES}"), (3723, 7, "1:02:03"),
        (63, 7, "1:03"), (None, 3, DASH), (None, 0, ""), (RADIO[5], 5, "2026-05-03 09:30"), (RADIO[6], 6, "2026-01-31"),
    ],
)  # fmt: skip
def test_values_are_written_as_people_read_them(cell: Cell, place: int, expected: str) -> None:
    assert written(table(NOTHING).columns[place].kind, cell) == expected
