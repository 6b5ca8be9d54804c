"""Tables as CSV: exact, and harmless in a spreadsheet."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.paper.csv import write_csv
from calltrack.paper.table import Column, Table
from tests.paper.examples import NOTHING, RADIO, TOTAL, table, texts


def lines(of: Table) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(write_csv(of)).decode(), newline="")))


def test_every_kind_is_written_exactly_and_nothing_as_an_empty_cell() -> None:
    assert lines(table(RADIO, NOTHING, totals=TOTAL)) == [
        ["Campaign", "Calls", "Booked %", "Revenue", "ROI", "Last call", "Since", "Talked (s)"],
        ["Radio", "1250", "42.5", "1250.00", "3.40", "2026-05-03T09:30:00-05:00", "2026-01-31", "3723"],
        ["Łódź", "", "", "", "", "", "", ""],
        ["Total", "1250", "42.5", "-0.05", "", "", "", "63"],
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "+1 312 555 0142", "=", "+"]
)
def test_a_text_that_looks_like_a_formula_is_made_harmless(text: str) -> None:
    assert lines(texts(text))[1] == [f"'{text}"]
    assert lines(Table("t", "s", [Column(text)], []))[0] == [f"'{text}"]


@pytest.mark.parametrize("text", ["+13125550142", "Ana's = best", "a@b.example", "1-800", "", " x"])
def test_a_phone_number_and_what_is_no_formula_stay_as_they_are(text: str) -> None:
    assert lines(texts("first", text, "last"))[2] == ([text] if text else [""])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]))))
def test_whatever_the_words_are_they_come_back(words: list[str]) -> None:
    read = [line[0] for line in lines(texts(*words))[1:]]
    assert [word.removeprefix("'") for word in read] == [word.removeprefix("'") for word in words] or any(
        letter in word for word in words for letter in "\ufffe\uffff\x7f"
    )


def test_what_no_file_can_keep_is_replaced() -> None:
    assert lines(texts("a\x00b\ud800c"))[1] == ["a\ufffdb\ufffdc"]


def test_rows_are_written_as_they_come() -> None:
    seen = []

    def rows() -> object:
        for number in range(3):
            seen.append(number)
            yield [number]

    written = write_csv(Table("t", "s", [Column("N", "whole")], rows()))  # type: ignore[arg-type]
    assert next(written) == b"N\r\n"
    assert seen == []
    assert next(written) == b"0\r\n"
    assert seen == [0]


def test_a_row_with_a_cell_too_few_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        lines(table(["Radio"]))


def test_money_that_is_no_whole_cents_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        lines(Table("t", "s", [Column("Cost", "money")], [[1.5]]))  # type: ignore[list-item]
