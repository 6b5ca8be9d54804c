"""The page that brings in a file."""

import re
from io import BytesIO

import pytest
from sqlalchemy import func, select

from calltrack.models import Call
from calltrack.web.imports import LARGEST_FILE
from tests.web.conftest import BILLBOARD, Browser, Write

HEADER = "call_sid,number,caller,started_at,duration\n"
GOOD = f"CA1,{BILLBOARD},+17735550101,2026-05-04T12:00:00Z,75\n"
BAD = f"CA2,{BILLBOARD},+17735550101,<b>noon</b>,75\n"


def send(browser: Browser, content: str | bytes, *, noun: str = "calls", status: int = 200) -> str:
    body = content.encode() if isinstance(content, str) else content
    fields = {"csrf_token": browser.token(), "noun": noun, "file": (BytesIO(body), "may.csv")}
    answer = browser.http.post("/imports/check", data=fields)
    assert answer.status_code == status, answer.text
    return answer.text


def fields_of(page: str) -> dict[str, str]:
    """What the button under a checked file sends."""
    return dict(re.findall(r'name="(noun|token|skip_bad)" value="([^"]*)"', page.partition("/imports/apply")[2]))


@pytest.fixture
def calls(write: Write) -> "Calls":
    return Calls(write)


class Calls:
    """How many calls are known."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def __eq__(self, other: object) -> bool:
        with self._write() as session:
            return session.scalar(select(func.count(Call.id))) == other

    __hash__ = None  # type: ignore[assignment]


def test_the_page_says_what_each_file_holds(ana: Browser) -> None:
    page = ana.see("/imports")
    assert '<code class="required">call_sid</code>' in page
    assert "<code>talk_seconds</code>" in page
    assert 'enctype="multipart/form-data"' in page


def test_a_file_is_checked_first_and_applied_with_the_next_button(ana: Browser, calls: Calls) -> None:
    page = send(ana, HEADER + GOOD)
    assert "Everything in it is good" in page
    assert calls == 0
    assert "Imported calls: 1 new, 0 changed, 0 known already." in ana.send("/imports/apply", **fields_of(page))
    assert calls == 1
    assert "There is nothing new in it" in send(ana, HEADER + GOOD)


def test_every_bad_line_is_named_and_may_be_left_out(ana: Browser, calls: Calls) -> None:
    page = send(ana, HEADER + GOOD + BAD)
    assert '<th scope="row" class="number">3</th><td>started_at is &#39;&lt;b&gt;noon&lt;/b&gt;&#39;' in page
    fields = fields_of(page)
    answer = ana.post("/imports/apply", noun=fields["noun"], token=fields["token"])
    assert (answer.status_code, "Nothing was imported" in answer.text) == (400, True)
    assert calls == 0
    assert "1 bad line left out" in ana.send("/imports/apply", **fields)
    assert calls == 1


def test_where_all_else_is_known_the_file_is_to_be_corrected(ana: Browser) -> None:
    assert "1 line is bad</h2>" in send(ana, HEADER + BAD)
    ana.send("/imports/apply", **fields_of(send(ana, HEADER + GOOD)))
    page = send(ana, HEADER + GOOD + BAD + BAD.replace("CA2", "CA3"))
    assert "2 lines are bad, the other one is known already</h2>" in page
    assert "Correct the file and choose it again." in page
    assert "nothing new" not in page


@pytest.mark.parametrize(
    ("content", "noun", "words"),
    [
        ("", "calls", "the file is empty"),
        ("name\nMia\n", "calls", "it lacks call_sid"),
        (b"\xff\xfe\x00", "jobs", "save the file as UTF-8"),
        (HEADER, "passwords", "Choose what the file holds"),
        (HEADER, "\x00", "Choose what the file holds"),
    ],
)
def test_what_cannot_be_read_says_why(ana: Browser, content: str | bytes, noun: str, words: str) -> None:
    assert words in send(ana, content, noun=noun, status=400)


def test_without_a_file_the_form_asks_for_one(ana: Browser) -> None:
    answer = ana.post("/imports/check", noun="calls")
    assert (answer.status_code, "Choose a file." in answer.text) == (400, True)


def test_a_file_that_is_not_kept_any_more_is_asked_for_again(ana: Browser, dee: Browser, calls: Calls) -> None:
    fields = fields_of(send(ana, HEADER + GOOD))
    for browser, sent in (
        (dee, fields),  # another company's
        (ana, {**fields, "token": "0" * 32}),
        (ana, {**fields, "token": "../../calltrack"}),
        (ana, {**fields, "noun": "passwords"}),
    ):
        answer = browser.post("/imports/apply", **sent)
        assert (answer.status_code, "Choose it again" in answer.text) == (400, True)
    assert calls == 0


def test_a_file_may_be_larger_than_a_form_but_not_endless(ana: Browser) -> None:
    lines = (f"CA{place},{BILLBOARD},+17735550101,2026-05-04T12:00:00Z,75\n" for place in range(3000))
    assert "3,000" in send(ana, HEADER + "".join(lines))
    said = {"CONTENT_LENGTH": str(LARGEST_FILE + 1), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    answer = ana.http.post("/imports/check", environ_overrides=said)
    assert (answer.status_code, "calltrack import" in answer.text) == (413, True)


def test_a_large_body_is_read_only_from_who_may_import(rae: Browser, stranger: Browser) -> None:
    large = HEADER.encode() + b"x" * 200_000
    for browser in (rae, stranger):
        fields = {"csrf_token": browser.token(), "noun": "calls", "file": (BytesIO(large), "may.csv")}
        assert browser.http.post("/imports/check", data=fields).status_code == 413
    rae.see("/imports", 403)
