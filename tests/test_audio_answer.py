"""How a recording is served: the whole, one part of it, or word that nothing has changed."""

from pathlib import Path

import pytest
from flask import Flask, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from calltrack.audio_answer import answer_audio
from calltrack.storage import Storage, open_storage

AUDIO = bytes(range(256)) * 4
KEY = "1/2026/05/RE1.mp3"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    (tmp_path / "RE1.mp3").write_bytes(AUDIO)
    kept = open_storage(str(tmp_path / "recordings"))
    kept.put(key=KEY, source=tmp_path / "RE1.mp3")
    return kept


def ask(storage: Storage, *, key: str = KEY, method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with Flask("test").test_request_context(method=method, headers=named):
        answer = answer_audio(storage=storage, key=key, name="2026-05-04_1200.mp3")
        assert answer is not None
        answer.get_data()
        answer.close()
        return answer


def test_the_whole_recording_may_be_kept_by_the_listener_alone(storage: Storage) -> None:
    answer = ask(storage)
    assert (answer.status_code, answer.mimetype, answer.get_data()) == (200, "audio/mpeg", AUDIO)
    assert (answer.content_length, answer.headers["Accept-Ranges"]) == (len(AUDIO), "bytes")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Disposition"] == "inline; filename=2026-05-04_1200.mp3"
    tag, weak = answer.get_etag()
    assert (bool(tag), weak) == (True, False)


def test_nothing_kept_is_no_answer(storage: Storage) -> None:
    with Flask("test").test_request_context():
        assert answer_audio(storage=storage, key="1/2026/05/RE2.mp3", name="x.mp3") is None


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100), ("bytes=100-", 100, 1024), ("bytes=-5", 1019, 1024), ("bytes=0-0", 0, 1),
        ("bytes=1000-999999", 1000, 1024), ("bytes=1023-1023", 1023, 1024), ("bytes=-9999", 0, 1024),
        ("BYTES = 1-2", 1, 3),
    ],
)  # fmt: skip
def test_one_range_is_answered_with_that_part(storage: Storage, asked: str, start: int, end: int) -> None:
    answer = ask(storage, Range=asked)
    assert (answer.status_code, answer.get_data()) == (206, AUDIO[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    assert answer.content_length == end - start


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=9999-10000", "bytes=-0"])
def test_a_range_that_lies_outside_is_refused(storage: Storage, asked: str) -> None:
    with pytest.raises(RequestedRangeNotSatisfiable) as refused:
        ask(storage, Range=asked)
    assert dict(refused.value.get_headers())["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize(
    "asked", ["", "bytes", "bytes=", "bytes=x", "bytes=5-1", "lines=1-2", "bytes=0-1,5-6", "bytes=5-6,0-1", "bytes=-"]
)
def test_what_is_not_one_range_of_bytes_gets_the_whole(storage: Storage, asked: str) -> None:
    answer = ask(storage, Range=asked)
    assert (answer.status_code, answer.get_data()) == (200, AUDIO)
    assert "Content-Range" not in answer.headers


def test_only_a_get_has_ranges(storage: Storage) -> None:
    answer = ask(storage, method="HEAD", Range="bytes=0-9")
    assert (answer.status_code, answer.content_length, answer.get_data()) == (200, len(AUDIO), b"")


def test_a_part_is_sent_only_of_what_the_listener_has_begun(storage: Storage) -> None:
    etag = ask(storage).headers["ETag"]
    assert ask(storage, Range="bytes=0-9", If_Range=etag).status_code == 206
    for stale in ('"another"', f"W/{etag}", "Mon, 04 May 2026 17:00:00 GMT"):
        assert (ask(storage, Range="bytes=0-9", If_Range=stale).get_data()) == AUDIO
        assert (ask(storage, Range="bytes=9999-", If_Range=stale).status_code) == 200


@pytest.mark.parametrize("more", [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=9999-"}])
def test_a_listener_who_has_it_already_gets_nothing_again(storage: Storage, more: dict[str, str]) -> None:
    etag = ask(storage).headers["ETag"]
    answer = ask(storage, If_None_Match=f'"older", {etag}', **more)
    assert (answer.status_code, answer.get_data(), answer.headers["ETag"]) == (304, b"", etag)


def test_another_recording_has_another_etag(storage: Storage, tmp_path: Path) -> None:
    storage.put(key="2/2026/05/RE1.mp3", source=tmp_path / "RE1.mp3")
    assert ask(storage).headers["ETag"] != ask(storage, key="2/2026/05/RE1.mp3").headers["ETag"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    asked=st.text(st.characters(min_codepoint=32, max_codepoint=255))
    | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True)
)
def test_whatever_is_asked_the_answer_is_the_recording_or_a_part_of_it(storage: Storage, asked: str) -> None:
    try:
        answer = ask(storage, Range=asked)
    except RequestedRangeNotSatisfiable:
        return
    assert answer.get_data() in AUDIO
    assert answer.content_length == len(answer.get_data())
    assert (answer.status_code == 200) == (answer.get_data() == AUDIO and "Content-Range" not in answer.headers)
