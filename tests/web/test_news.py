"""The news of a list that is open: what came, and which rows look otherwise."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from calltrack.calls.labels import label_call
from calltrack.calls.tags import tag_call
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import NOON, Company, answered_call, missed_call, store_recording
from tests.web.conftest import BILLBOARD, Browser, Write
from tests.web.listed import RADIO, four_calls, listed


@pytest.fixture
def calls(write: Write, anas: Company) -> dict[str, Call]:
    with write() as session:
        return four_calls(session, company=anas)


def asked_of(page: str) -> tuple[str, str]:
    """What the page would ask for news with: the rows it shows, and its newest calls."""
    shown = ".".join(
        f"{call_id}-{version}" for call_id, version in re.findall(r'data-id="(\d+)" data-version="(\w+)"', page)
    )
    head = re.search(r'data-head="(\w*)"', page)
    assert head
    return shown, head[1]


def news(browser: Browser, page: str, asked: str = "") -> str:
    """The news since the page, empty where there is none."""
    shown, head = asked_of(page)
    answer = browser.http.get(f"/calls/news?shown={shown}&head={head}&{asked}")
    assert answer.status_code in (200, 204)
    assert (answer.status_code == 204) == (answer.text == "")
    return answer.text


def test_no_news_is_no_answer(calls: dict[str, Call], ana: Browser) -> None:
    assert news(ana, ana.see("/calls")) == ""
    assert news(ana, ana.see("/calls?outcome=missed"), "outcome=missed") == ""


def test_a_call_that_comes_is_news_where_it_fits_the_filters(
    calls: dict[str, Call], ana: Browser, write: Write
) -> None:
    pages = {asked: ana.see(f"/calls?{asked}") for asked in ("", "outcome=missed", "outcome=booked")}
    with write() as session:
        calls["new"] = missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=4))
    for asked, expected in (("", ["new"]), ("outcome=missed", ["new"]), ("outcome=booked", [])):
        assert listed(news(ana, pages[asked], asked), calls) == expected


@pytest.mark.parametrize("what", ["label", "tag", "end", "recording"])
def test_a_row_that_looks_otherwise_is_news(
    calls: dict[str, Call], ana: Browser, write: Write, ground: Ground, tmp_path: Path, what: str
) -> None:
    with write() as session:
        calls["heard"] = answered_call(session, number=BILLBOARD, started_at=NOON, recorded=True)
    page = ana.see("/calls")
    with write() as session:
        if what == "label":
            call = session.get_one(Call, calls["long"].id)
            label_call(session, call=call, value="excused", reason="vendor", note=None, said_by="ben")
        elif what == "tag":
            tag_call(session, call=session.get_one(Call, calls["long"].id), tag="vip", tagged_by="ben")
        elif what == "end":
            missed_call(session, number=RADIO, started_at=NOON + timedelta(days=3), sid=calls["running"].call_sid)
        else:
            call = session.get_one(Call, calls["heard"].id)
            store_recording(session, call=call, storage=ground.storage, audio=b"x", folder=tmp_path)
    expected = {"label": "long", "tag": "long", "end": "running", "recording": "heard"}[what]
    assert listed(news(ana, page), calls) == [expected]


def test_on_later_pages_only_the_rows_that_are_there_are_news(
    calls: dict[str, Call], ana: Browser, write: Write
) -> None:
    shown, _ = asked_of(ana.see("/calls"))
    with write() as session:
        missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=4))
    assert ana.http.get(f"/calls/news?shown={shown}").status_code == 204


def test_another_company_gets_no_news_of_ours(calls: dict[str, Call], ana: Browser, dee: Browser) -> None:
    shown, head = asked_of(ana.see("/calls"))
    answer = dee.http.get(f"/calls/news?shown={shown}&head={head}")
    assert listed(answer.text, calls) == []
    gone = re.search(r'data-gone="([^"]*)"', answer.text)
    assert gone
    assert len(gone[1].split(".")) == 4


@pytest.mark.parametrize(
    "junk",
    ["shown=x", "shown=..-.", f"shown={'9' * 30}-1", "shown=%00", "shown=\u0663-1", "head=%00",
     "head=x&from=2026-99-99", f"shown={'1-a.' * 900}", "head=x&q=%00%ff", "head=x&cursor=y&campaign=zz"],
)  # fmt: skip
def test_junk_is_no_error_of_the_news(calls: dict[str, Call], ana: Browser, junk: str) -> None:
    assert ana.http.get(f"/calls/news?{junk}").status_code in (200, 204)


def test_a_call_that_was_found_by_its_words_shows_them_where_they_were_said(
    calls: dict[str, Call], ana: Browser
) -> None:
    page = ana.see("/calls?q=furnace")
    assert "my <mark>furnace</mark> is out" in page
    assert f'href="/calls?q=furnace&open={calls["long"].call_sid}' in page.replace("&amp;", "&")
    shown, head = asked_of(page)
    answer = ana.http.get(f"/calls/news?q=furnace&shown={shown.partition('-')[0]}-old&head={head}")
    assert "<mark>furnace</mark>" in answer.text
