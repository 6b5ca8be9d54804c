"""Recordings in a folder and in a bucket: the same promises for both."""

import os
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest
from flask import Flask, Response, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import ContentRange

from calltrack.config import BadSetting
from calltrack.storage import CHUNK_BYTES, Storage, StorageUnavailable, open_storage

KEY = "7/2026/11/RE0123.mp3"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that knows no cloud but the one the test names."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "calltrack")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return monkeypatch


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A client of the owner of an S3 server on this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    owner = boto3.session.Session("owner", "secret", region_name="us-east-1")
    yield owner.client("s3", endpoint_url=f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def bucket(aws: pytest.MonkeyPatch, s3: Any) -> str:
    """A new bucket on the server that the environment names."""
    aws.setenv("AWS_ENDPOINT_URL", s3.meta.endpoint_url)
    name = f"calls-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.enable_socket)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Every rule that asks for it holds for a folder and for a bucket."""
    if request.param == "folder":
        return open_storage(str(tmp_path / "recordings"))
    return open_storage(f"s3://{request.getfixturevalue('bucket')}/kept/here/")


class Answering(BaseHTTPRequestHandler):
    """An S3 that gives every request one answer."""

    answer: tuple[int, dict[str, str], bytes]

    def do_GET(self) -> None:
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def answering(aws: pytest.MonkeyPatch) -> Iterator[type[Answering]]:
    """Set `answer` on it to what the S3 named in the environment shall say."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Answering
        server.shutdown()
        thread.join()


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "source.mp3"
    path.write_bytes(content)
    return path


def open_files() -> list[str]:
    return sorted(path.name for path in Path("/dev/fd").iterdir())


def test_what_was_put_is_read_back_whole_and_in_pieces(storage: Storage, tmp_path: Path) -> None:
    content = os.urandom(3 * CHUNK_BYTES + 7)
    storage.put(key=KEY, source=file_of(tmp_path, content))
    chunks = list(storage.read(key=KEY))
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert storage.size(key=KEY) == len(content)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=st.integers(0, 25), end=st.none() | st.integers(0, 25))
def test_a_range_is_what_a_slice_is(storage: Storage, tmp_path: Path, start: int, end: int | None) -> None:
    content = bytes(range(20))
    if storage.size(key=KEY) is None:
        storage.put(key=KEY, source=file_of(tmp_path, content))
    body = storage.read(key=KEY, start=start, end=end)
    assert body.length == len(content[start:end])
    assert b"".join(body) == content[start:end]


def test_putting_again_replaces_what_was_there(storage: Storage, tmp_path: Path) -> None:
    storage.put(key=KEY, source=file_of(tmp_path, b"the longer first"))
    storage.put(key=KEY, source=file_of(tmp_path, b"second"))
    assert b"".join(storage.read(key=KEY)) == b"second"


def test_an_empty_recording_can_be_kept(storage: Storage, tmp_path: Path) -> None:
    storage.put(key=KEY, source=file_of(tmp_path, b""))
    assert storage.size(key=KEY) == 0
    assert list(storage.read(key=KEY)) == []


def test_what_was_never_put_has_no_size_and_cannot_be_read(storage: Storage) -> None:
    assert storage.size(key=KEY) is None
    with pytest.raises(FileNotFoundError):
        storage.read(key=KEY)


def test_erasing_twice_is_the_same_as_once(storage: Storage, tmp_path: Path) -> None:
    storage.put(key=KEY, source=file_of(tmp_path, b"sound"))
    storage.delete(key=KEY)
    storage.delete(key=KEY)
    assert storage.size(key=KEY) is None


def test_a_key_that_could_leave_the_storage_is_refused(storage: Storage, tmp_path: Path) -> None:
    source = file_of(tmp_path, b"sound")
    for key in ("", "/etc/passwd", "..", "../x", "a/../b", "a//b", "a/", ".", "a/.", ".a", "a\\b", "a\0b", "a\nb"):
        with pytest.raises(ValueError, match="no name of a recording"):
            storage.put(key=key, source=source)
        for verb in (storage.size, storage.read, storage.delete):
            with pytest.raises(ValueError, match="no name of a recording"):
                verb(key=key)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=st.text(alphabet=st.sampled_from("ab./\\~: \0\u202e"), max_size=8) | st.text(max_size=20))
def test_no_key_that_is_taken_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    root = tmp_path / "recordings"
    root.mkdir(exist_ok=True)
    try:
        open_storage(str(root)).put(key=key, source=file_of(tmp_path, b"sound"))
    except (ValueError, StorageUnavailable):  # one taken for a folder by an earlier key cannot be a file
        return
    assert {path.name for path in tmp_path.iterdir()} <= {"recordings", "source.mp3"}
    assert (root / key).resolve().is_relative_to(root.resolve())


def test_a_page_can_answer_range_requests_from_it(storage: Storage, tmp_path: Path) -> None:
    storage.put(key=KEY, source=file_of(tmp_path, b"0123456789"))
    app = Flask(__name__)

    @app.get("/recording.mp3")
    def recording() -> Response:
        size = storage.size(key=KEY)
        assert size is not None
        span = request.range.range_for_length(size) if request.range else None
        start, end = span or (0, size)
        response = Response(storage.read(key=KEY, start=start, end=end), 206 if span else 200, mimetype="audio/mpeg")
        response.content_length, response.accept_ranges = end - start, "bytes"
        if span:
            response.content_range = ContentRange("bytes", start, end, size)
        return response

    for asked, status, told, body in (
        (None, 200, None, b"0123456789"),
        ("bytes=0-1", 206, "bytes 0-1/10", b"01"),
        ("bytes=7-", 206, "bytes 7-9/10", b"789"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=4-99", 206, "bytes 4-9/10", b"456789"),
    ):
        answer = app.test_client().get("/recording.mp3", headers={"Range": asked} if asked else {})
        assert (answer.status_code, answer.headers.get("Content-Range"), answer.data) == (status, told, body)


def test_a_body_that_nobody_wants_to_the_end_lets_its_file_go(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    storage.put(key=KEY, source=file_of(tmp_path, bytes(2 * CHUNK_BYTES)))
    before = open_files()
    with closing(storage.read(key=KEY)) as body:
        next(body)
        assert len(open_files()) == len(before) + 1
    assert open_files() == before


def test_a_full_disk_is_a_reason_to_try_again_and_leaves_what_was_there(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    storage.put(key=KEY, source=file_of(tmp_path, b"first"))
    source = file_of(tmp_path, bytes(100_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))  # no file may grow beyond this
    try:
        with pytest.raises(StorageUnavailable, match="File too large"):
            storage.put(key=KEY, source=source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert b"".join(storage.read(key=KEY)) == b"first"
    assert [path.name for path in (tmp_path / "recordings").rglob("*") if path.is_file()] == ["RE0123.mp3"]


def test_a_file_that_shrinks_while_it_is_read_is_not_passed_off_as_whole(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    storage.put(key=KEY, source=file_of(tmp_path, bytes(4 * CHUNK_BYTES)))
    body = storage.read(key=KEY)
    os.truncate(tmp_path / "recordings" / KEY, CHUNK_BYTES)
    with pytest.raises(StorageUnavailable, match="ended"):
        list(body)


def test_a_folder_that_is_none_says_which_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file")
    storage = open_storage(str(tmp_path / "recordings"))
    source = file_of(tmp_path, b"sound")
    with pytest.raises(StorageUnavailable, match="RECORDINGS_URL"):
        storage.put(key=KEY, source=source)
    for verb in (storage.size, storage.read, storage.delete):
        with pytest.raises(StorageUnavailable, match="RECORDINGS_URL"):
            verb(key=KEY)


def test_only_the_service_itself_may_read_a_recordings_file(tmp_path: Path) -> None:
    open_storage(str(tmp_path / "recordings")).put(key=KEY, source=file_of(tmp_path, b"sound"))
    assert (tmp_path / "recordings" / KEY).stat().st_mode & 0o077 == 0


def test_erasing_takes_along_what_a_killed_process_left_unfinished(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    for key in (KEY, "7/2026/11/RE9.mp3"):
        storage.put(key=key, source=file_of(tmp_path, b"sound"))
    folder = (tmp_path / "recordings" / KEY).parent
    for name in (".RE0123.mp3.x1.part", ".RE9.mp3.x2.part"):
        (folder / name).write_bytes(b"sou")
    storage.delete(key=KEY)
    assert {path.name for path in folder.iterdir()} == {"RE9.mp3", ".RE9.mp3.x2.part"}


def test_a_relative_folder_is_the_one_of_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage = open_storage("recordings/")
    monkeypatch.chdir("/")
    storage.put(key=KEY, source=file_of(tmp_path, b"sound"))
    assert (tmp_path / "recordings" / KEY).read_bytes() == b"sound"


def test_starting_asks_neither_folder_nor_bucket(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    open_storage(str(tmp_path / "recordings"))
    assert list(tmp_path.iterdir()) == []
    open_storage("s3://calls/kept")  # sockets are closed in this test


@pytest.mark.parametrize(
    "url", ["", " ", "gs://calls/kept", "s3://", "s3:///kept", "s3://calls/../x", "file:///var/recordings"]
)
def test_an_address_of_no_storage_stops_the_start(url: str) -> None:
    with pytest.raises(BadSetting, match="RECORDINGS_URL"):
        open_storage(url)


def test_a_bucket_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(BadSetting, match=r"calltrack\[s3\]"):
        open_storage("s3://calls/kept")


def test_a_bad_endpoint_stops_the_start(aws: pytest.MonkeyPatch) -> None:
    aws.setenv("AWS_ENDPOINT_URL", "not an address")
    with pytest.raises(BadSetting, match="not an address"):
        open_storage("s3://calls")


@pytest.mark.enable_socket
def test_recordings_lie_under_the_buckets_prefix(bucket: str, s3: Any, tmp_path: Path) -> None:
    source = file_of(tmp_path, b"sound")
    open_storage(f"s3://{bucket}/kept/here").put(key=KEY, source=source)
    open_storage(f"s3://{bucket}").put(key=KEY, source=source)
    kept = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in kept] == [KEY, f"kept/here/{KEY}"]


@pytest.mark.enable_socket
def test_a_bucket_that_is_not_there_is_named(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match=r"s3://other-bucket/kept.*NoSuchBucket"):
        open_storage("s3://other-bucket/kept").put(key=KEY, source=file_of(tmp_path, b"sound"))


@pytest.mark.enable_socket
def test_an_s3_that_is_away_is_a_reason_to_try_again(aws: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(StorageUnavailable, match="Could not connect"):
        open_storage("s3://calls").size(key=KEY)


@pytest.mark.enable_socket
@pytest.mark.parametrize(("status", "said"), [(503, "503"), (403, "s3:GetObject")])
def test_an_s3_that_refuses_is_a_reason_to_try_again(answering: type[Answering], status: int, said: str) -> None:
    answering.answer = (status, {"Content-Length": "0"}, b"")
    with pytest.raises(StorageUnavailable, match=said):
        open_storage("s3://calls").size(key=KEY)


@pytest.mark.enable_socket
def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(answering: type[Answering]) -> None:
    answering.answer = (206, {"Content-Length": "1000", "Content-Range": "bytes 0-999/1000"}, b"too short")
    body = open_storage("s3://calls").read(key=KEY)
    assert body.length == 1000
    with pytest.raises(StorageUnavailable):
        list(body)


def test_credentials_that_are_missing_are_named(aws: pytest.MonkeyPatch) -> None:
    aws.delenv("AWS_ACCESS_KEY_ID")
    aws.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageUnavailable, match="credentials"):
        open_storage("s3://calls").size(key=KEY)
