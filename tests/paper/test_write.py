"""One table, the format that was asked for."""

import pytest

from calltrack.paper.write import FORMATS, Format, write
from tests.paper.examples import NOTHING, RADIO, TOTAL, table


@pytest.mark.parametrize(
    ("wanted", "begins", "kind"),
    [
        ("csv", b"Campaign,", "text/csv; charset=utf-8"),
        ("xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pdf", b"%PDF-", "application/pdf"),
    ],
)
def test_each_format_says_what_it_is(wanted: Format, begins: bytes, kind: str) -> None:
    content, media_type, extension = write(table(RADIO, NOTHING, totals=TOTAL), wanted)
    assert content.startswith(begins)
    assert (media_type, extension) == (kind, wanted)
    assert wanted in FORMATS
