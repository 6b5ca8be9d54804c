"""Sharing a part of a call: the form in the panel, and what opens for whoever has the link, signed in or not."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select
from werkzeug.test import TestResponse

from calltrack.audio_file import read_recording
from calltrack.calls.transcripts import write_transcript
from calltrack.ground import Ground
from calltrack.models import Call, Clip, Recording
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write, words_of
from tests.web.listening import record

SHARE = {"start": "0:04", "end": "0:09.5", "lasts": "7"}
NOW = datetime(2026, 5, 5, 15, 30, tzinfo=UTC)


@pytest.fixture
def call(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> Call:
    """A call of Ruth's with a recording of twenty seconds and words in it."""
    with write() as session:
        made = answered_call(session, number=BILLBOARD, recorded=True)
        made.caller_name = "Ruth Decker"
        record(session, call=made, ground=ground, folder=tmp_path)
        turns = [
            {"speaker": "agent", "start": 0.0, "text": "before all that"},
            {"speaker": "caller", "start": 5.0, "text": "my <furnace> is out"},
            {"speaker": "agent", "start": 15.0, "text": "after all that"},
        ]
        write_transcript(session, call_id=made.id, source="whisper", turns=turns)
    return made


@pytest.fixture
def at(call: Call) -> str:
    return f"/calls/{call.call_sid}"


def link_in(page: str) -> str:
    """The path of the link that the panel shows."""
    [link] = re.findall(r'readonly value="http://localhost(/clips/[\w-]{43})"', page)
    return str(link)


def hear(browser: Browser, link: str, **headers: str) -> TestResponse:
    """The sound behind a link."""
    return browser.http.get(f"{link}/clip.mp3", headers=headers, buffered=True)


def share(browser: Browser, at: str, **fields: str) -> str:
    answer = browser.post(f"{at}/clips", **(SHARE | fields))
    assert answer.status_code == 303, answer.text
    return link_in(browser.see(answer.location))


def test_the_link_is_shown_once(ana: Browser, at: str) -> None:
    share(ana, at)
    page = ana.see(at)
    assert "/clips/" not in page.replace(f"{at}/clips", "")
    assert "0:04 to 0:09" in page
    assert "ana@example.com; opens until" in words_of(page)


def test_by_htmx_the_panel_shows_it(ana: Browser, at: str) -> None:
    form = {"csrf_token": ana.token(), **SHARE}
    answer = ana.http.post(f"{at}/clips", data=form, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<article")
    assert link_in(answer.text)
    assert "HX-Trigger" in answer.headers
    assert "The link is made." in answer.text.partition("data-told")[2]


def test_whoever_has_the_link_hears_that_part_without_signing_in(
    ana: Browser, stranger: Browser, at: str, tmp_path: Path
) -> None:
    with time_machine.travel(NOW):
        link = share(ana, at, with_words="1")
        page = stranger.see(link)
        sound = hear(stranger, link)
    words = words_of(page)
    assert "Ana's Heating" in words
    assert "Mon 4 May 2026, 12:00 PM CDT" in words
    assert "This part 0:05" in words
    assert "opens until Tue 12 May 2026, 10:30 AM CDT" in words
    assert "my <furnace> is out" in words
    (tmp_path / "part.mp3").write_bytes(sound.data)
    assert 5.5 <= read_recording(path=tmp_path / "part.mp3").duration <= 5.5 + 3 * 0.072
    assert (sound.status_code, sound.mimetype) == (200, "audio/mpeg")
    assert sound.headers["Accept-Ranges"] == "bytes"


def test_nothing_else_of_the_call_is_told(ana: Browser, stranger: Browser, call: Call, at: str) -> None:
    ana.send(f"{at}/notes", note="a secret remark")
    ana.send(f"{at}/tags", tag="a secret tag")
    told = stranger.see(share(ana, at, with_words="1"))
    assert call.caller
    for secret in (
        "Ruth", "Decker", call.caller[-4:], call.call_sid, "555-", "0190", "secret", "Billboard", "ana@example.com",
        "before all that", "after all that", "recording.mp3", "Sign out", "csrf_token",
    ):  # fmt: skip
        assert secret not in told, secret
    assert f"...{call.caller[-2:]}" in told


def test_words_are_shared_only_when_asked_for(ana: Browser, stranger: Browser, at: str) -> None:
    assert "furnace" not in stranger.see(share(ana, at))


def test_the_page_and_the_sound_are_for_the_holder_of_the_link_alone(ana: Browser, stranger: Browser, at: str) -> None:
    link = share(ana, at)
    for headers in (stranger.http.get(link).headers, hear(stranger, link).headers):
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in headers
    assert '<meta name="robots" content="noindex, nofollow">' in stranger.see(link)


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-99", 0, 100), ("bytes=-50", -50, None), ("bytes=7-", 7, None)]
)
def test_a_player_may_jump_within_the_part_and_not_out_of_it(
    ana: Browser, stranger: Browser, at: str, asked: str, start: int, end: int | None
) -> None:
    link = share(ana, at)
    whole = hear(stranger, link)
    assert whole.data in ana.http.get(f"{at}/recording.mp3").data
    some = hear(stranger, link, Range=asked)
    assert (some.status_code, some.data) == (206, whole.data[start:end])
    assert some.headers["Content-Range"].endswith(f"/{len(whole.data)}")
    assert hear(stranger, link, Range=f"bytes={len(whole.data)}-").status_code == 416
    same = stranger.http.get(f"{link}/clip.mp3", headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304


def test_two_parts_of_a_recording_are_not_taken_for_each_other(ana: Browser, stranger: Browser, at: str) -> None:
    first, second = share(ana, at), share(ana, at, start="0:05", end="0:10.5")
    one, other = hear(stranger, first), hear(stranger, second)
    assert one.headers["ETag"] != other.headers["ETag"]
    assert one.data != other.data


def test_after_its_time_neither_page_nor_sound_is_there(ana: Browser, stranger: Browser, at: str) -> None:
    with time_machine.travel(NOW):
        link = share(ana, at, lasts="1")
    with time_machine.travel(NOW + timedelta(hours=23, minutes=59)):
        stranger.see(link)
        assert hear(stranger, link).status_code == 200
    with time_machine.travel(NOW + timedelta(days=1, seconds=1)):
        assert "This clip is over" in stranger.read(link, 410)
        sound = hear(stranger, link, Range="bytes=0-")
        assert (sound.status_code, sound.mimetype) == (410, "text/html")


def test_end_now_ends_it_now(write: Write, ana: Browser, stranger: Browser, at: str) -> None:
    link = share(ana, at)
    [action] = re.findall(r'action="([^"]+/clips/\d+/end)"', ana.see(at))
    assert "The link was ended" in ana.send(action)
    stranger.see(link, 410)
    stranger.see(f"{link}/clip.mp3", 410)
    page = ana.read(at)
    assert "ended by ana@example.com" in page
    assert "End now" not in page
    assert "The link was ended" in ana.send(action)  # twice is no harm


def test_a_recording_that_was_erased_is_not_there_for_the_link_either(
    write: Write, ground: Ground, ana: Browser, stranger: Browser, at: str
) -> None:
    link = share(ana, at)
    with write() as session:
        ground.storage.delete(key=session.scalars(select(Recording.storage_key)).one() or "")
    assert hear(stranger, link).status_code == 404


@pytest.mark.parametrize(
    "token", ["x", "x" * 43, "-" * 43, "%00", "%ff", "..", "%F0%9F%93%9E", "x" * 3000, "' OR 1=1 --"]
)
def test_a_link_that_never_was_is_not_found(stranger: Browser, ana: Browser, at: str, token: str) -> None:
    share(ana, at)
    for path in (f"/clips/{token}", f"/clips/{token}/clip.mp3"):
        assert stranger.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"start": ""}, {"start": "soon"}, {"end": "0:04"}, {"end": "-1"}, {"start": "2:00", "end": "3:00"},
        {"lasts": "365"}, {"lasts": ""}, {"start": "\x00", "end": "\U0001f9ef"}, {"start": "nan", "end": "inf"},
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_shared_says_why_and_keeps_what_was_typed(
    write: Write, ana: Browser, at: str, fields: dict[str, str]
) -> None:
    answer = ana.post(f"{at}/clips", **(SHARE | fields))
    assert answer.status_code == 400
    assert "The clip was not shared:" in answer.text
    assert '<details id="share" open>' in answer.text
    with write() as session:
        assert session.scalars(select(Clip)).all() == []


@pytest.mark.parametrize(("name", "may"), [("Ada", True), ("Ana", True), ("Ben", True), ("Cho", False), ("Rae", False)])
def test_who_may_share(browser_of: Callable[[str], Browser], at: str, name: str, may: bool) -> None:
    browser = browser_of(name)
    assert ('id="clips"' in browser.see(at)) is may
    assert browser.post(f"{at}/clips", **SHARE).status_code == (303 if may else 403)


def test_another_company_shares_and_ends_nothing(write: Write, ana: Browser, dee: Browser, call: Call, at: str) -> None:
    share(ana, at)
    assert dee.post(f"{at}/clips", **SHARE).status_code == 404
    with write() as session:
        clip_id = session.scalars(select(Clip.id)).one()
        theirs = answered_call(session, number="+13125550177")
    assert dee.post(f"{at}/clips/{clip_id}/end").status_code == 404
    assert dee.post(f"/calls/{theirs.call_sid}/clips/{clip_id}/end").status_code == 404
    with write() as session:
        assert session.get_one(Clip, clip_id).ended_at is None


def test_the_recording_can_be_kept_as_a_file(ana: Browser, at: str) -> None:
    kept, played = (ana.http.get(f"{at}/recording.mp3{more}", buffered=True) for more in ("?download=1", ""))
    assert kept.headers["Content-Disposition"] == "attachment; filename=2026-05-04_1700.mp3"
    assert played.headers["Content-Disposition"].startswith("inline")
    assert f'href="{at}/recording.mp3?download=1"' in ana.see(at)
