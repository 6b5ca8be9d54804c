"""Tables as XLSX: numbers that a spreadsheet can compute with, and words that it never takes for a formula."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from calltrack.paper.table import Cell, Column, Table
from calltrack.paper.xlsx import write_xlsx
from tests.paper.examples import NOTHING, RADIO, TOTAL, table, texts


def parts(of: Table) -> dict[str, str]:
    with ZipFile(BytesIO(write_xlsx(of))) as book:
        assert book.testzip() is None
        return {name: book.read(name).decode() for name in book.namelist()}


def cells(of: Table) -> dict[str, str]:
    """What each cell holds, as the file spells it."""
    sheet = parts(of)["xl/worksheets/sheet1.xml"]
    found = re.findall(r'<c r="([A-Z]+\d+)"[^>]*?(?:/>|>(.*?)</c>)', sheet, re.DOTALL)
    return {place: re.sub(r"</?(v|is|t)( [^>]*)?>", "", held) for place, held in found}


def test_every_kind_is_a_number_that_means_what_it_says() -> None:
    found = cells(table(RADIO, NOTHING, totals=TOTAL))
    assert [found[f"{column}5"] for column in "ABCDEFGH"] == [
        "Radio", "1250", "0.425", "1250.00", "3.40", "46145.39583333334", "46053", "3723",
    ]  # fmt: skip
    assert [found[f"{column}6"] for column in "ABCDEFGH"] == ["Łódź", *[""] * 7]
    assert (found["A7"], found["D7"]) == ("Total", "-0.05")


@pytest.mark.parametrize(("cents", "written"), [(10, "0.10"), (99_999_999_999_999, "999999999999.99"), (-1, "-0.01")])
def test_money_is_the_nearest_number_to_the_exact_amount(cents: int, written: str) -> None:
    assert cells(Table("t", "s", [Column("Cost", "money")], [[cents]]))["A5"] == written


def test_formats_say_what_the_numbers_are() -> None:
    styles = parts(table(RADIO))["xl/styles.xml"]
    for written in (
        "0.0%",
        "#,##0",
        "yyyy\\-mm\\-dd hh:mm",
        "&quot;$&quot;#,##0.00",
        "0.00&quot;\N{MULTIPLICATION SIGN}&quot;",
    ):
        assert written.replace("\\", "") in styles


def test_the_heading_stays_in_sight_and_is_repeated_on_paper() -> None:
    found = parts(table(RADIO))
    assert '<pane xSplit="1" ySplit="4" topLeftCell="B5"' in found["xl/worksheets/sheet1.xml"]
    assert "Print_Titles" in found["xl/workbook.xml"]
    assert cells(table(RADIO))["H4"] == "Talked (s)"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "{=1}", "http://example.com/x"])
def test_words_are_never_a_formula_or_a_link(text: str) -> None:
    sheet = parts(texts(text))["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert cells(texts(text))["A5"].strip() == text.strip()


def test_odd_letters_and_endless_words_make_no_broken_file() -> None:
    found = cells(texts("a\x00b\ud800<&>", "x" * 40_000, "\U0001f9ef"))
    assert found["A5"] == "a\ufffdb\ufffd&lt;&amp;&gt;"
    assert len(found["A6"]) == 32_767
    assert found["A7"] == "\U0001f9ef"


def test_more_rows_than_are_looked_at_are_all_there() -> None:
    rows: list[list[Cell]] = [[number] for number in range(450)]
    found = cells(Table("t", "s", [Column("N", "whole")], iter(rows), totals=[7]))
    assert [found[f"A{place}"] for place in (5, 454, 455)] == ["0", "449", "7"]


def test_a_table_without_rows_has_its_heading() -> None:
    assert cells(table())["A4"] == "Campaign"
