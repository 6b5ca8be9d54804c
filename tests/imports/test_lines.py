"""A file as lines: what is passed over, what is refused, and which line it was."""

from io import BytesIO

import pytest

from calltrack.imports.fields import BadLine
from calltrack.imports.lines import BadFile, Table


def table(content: bytes) -> Table:
    return Table(BytesIO(content), columns=("id", "name", "note"), required=frozenset({"id"}))


def read(content: bytes) -> list[tuple[int, list[str] | str]]:
    return [
        (number, str(cells) if isinstance(cells, BadLine) else cells) for number, cells in table(content).lines()
    ]  # fmt: skip


def test_columns_may_stand_in_any_order_and_those_left_out_are_empty() -> None:
    assert read(b"name,id\nMia,1\n") == [(2, ["1", "Mia", ""])]


def test_blanks_around_a_cell_mean_nothing_and_empty_lines_are_passed_over() -> None:
    assert read(b" id , name\r\n\r\n 1 ,  Mia \r\n") == [(3, ["1", "Mia", ""])]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read(b"\xef\xbb\xbfid\n1\n") == [(2, ["1", "", ""])]


def test_columns_that_are_not_known_are_named_and_passed_over() -> None:
    found = table(b"id,agent,name,\n1,Cho,Mia,\n")
    assert found.unknown == ["agent", "(a column without a name)"]
    assert list(found.lines()) == [(2, ["1", "Mia", ""])]


def test_a_line_goes_by_the_number_it_begins_at() -> None:
    assert read(b'id,note\n1,"two\nlines"\n2,x\n') == [(2, ["1", "", "two\nlines"]), (4, ["2", "", "x"])]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"1", "it has 1 cells and the header 2"),
        (b"1,2,3", "it has 3 cells and the header 2"),
        (b"1,M\xfcller", "it is not UTF-8"),
        (b"1,\x00", "NUL"),
        (b'1,"a"b', "it is not CSV"),
    ],
)
def test_a_line_that_cannot_be_read_is_bad_and_the_next_is_not(line: bytes, complaint: str) -> None:
    (number, problem), good = read(b"id,name\n" + line + b"\n2,Tom\n")
    assert number == 2
    assert complaint in problem
    assert good == (3, ["2", "Tom", ""])


def test_a_quotation_that_is_never_closed_is_named_where_it_begins() -> None:
    [(_, good), (number, problem)] = read(b'id,name\n1,Mia\n2,"Tom\n3,Ann\n')
    assert good == ["1", "Mia", ""]
    assert number == 3
    assert "not closed" in problem


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"name,note\n", "it lacks id"),
        (b"id;name\n1;Mia\n", "separate columns by commas"),
        (b"id,name,name\n", "names name twice"),
        (b"\xff\xfei\x00d\x00", "save the file as UTF-8"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(BadFile, match=complaint):
        table(content)


def test_a_file_is_read_anew_as_often_as_it_is_asked() -> None:
    found = table(b"id\n1\n2\n")
    assert list(found.lines()) == list(found.lines())
    assert found.bytes_read == 7
