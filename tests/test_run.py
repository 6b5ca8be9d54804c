"""`calltrack run --demo`, as a stranger starts it: it serves, calls arrive, Ctrl-C ends it, the data stay."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.shop import free_port

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]
COMMAND = [sys.executable, "-m", "calltrack.cli"]


class Running:
    """A `calltrack run --demo` and what it printed."""

    def __init__(self, process: subprocess.Popen[str], *, url: str, key_file: Path) -> None:
        self.process, self.url, self._key_file = process, url, key_file
        self.printed = ""

    def read_until(self, pattern: str) -> str:
        """Read what it prints until `pattern` is found; the group of it."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed += line
            if found := re.search(pattern, line):
                return found.group(1)
        raise AssertionError(f"it ended without {pattern!r}:\n{self.printed}")

    def pid_of(self, child: str) -> int:
        """The child's process id; 0 while it has none."""
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            # The web process is a copy of its parent, and called like it.
            called = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if called[-2:-1] == [child.encode()] or (child == "serve" and b"run" in called):
                return int(pid)
        return 0

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._key_file.read_text()}"}
        return requests.get(f"{self.url}/api/v1{path}", headers=headers, timeout=10).json()

    def until_a_call_has_gone_all_the_way(self) -> dict[str, Any]:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            for item in self.get("/calls?limit=200")["items"]:
                call: dict[str, Any] = self.get(f"/calls/{item['call_sid']}")
                stored = call["recording"] and call["recording"]["status"] == "stored"
                if call["label"] and stored and call["transcript"]:
                    return call
            time.sleep(0.2)
        raise AssertionError(f"no call went all the way:\n{self.printed}")


@contextmanager
def running(folder: Path, port: int) -> Iterator[Running]:
    environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*COMMAND, "run", "--demo"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield Running(process, url=f"http://localhost:{port}", key_file=folder / "var" / "demo" / "api_key")
    finally:
        os.killpg(process.pid, signal.SIGINT)  # what a terminal's Ctrl-C does: the whole foreground group
        process.communicate(timeout=40)


def test_a_stranger_starts_the_demo_twice(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port) as first:
        assert first.read_until(r"calltrack is at (http://\S+)") == first.url
        password = first.read_until(r"password  (\S+)")
        first.read_until(r"(ana@example.com) +manager")
        assert requests.get(f"{first.url}/sign-in", timeout=10).status_code == 200
        call = first.until_a_call_has_gone_all_the_way()
        audio = requests.get(f"{first.url}/calls/{call['call_sid']}/recording.mp3", timeout=10, allow_redirects=False)
        assert audio.status_code == 302, "a recording is for who has signed in"
        card = next(one for one in first.get("/scorecards")["items"] if one["campaign_id"] == call["campaign_id"])
        assert card["calls"] >= 1
        assert card["leads"] >= int(call["is_lead"])
    assert first.process.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "nobody is left behind"
    with running(tmp_path, port) as second:
        second.read_until(r"calltrack is at (http://\S+)")
        assert second.read_until(r"password  (\S+)") == password
        assert second.get(f"/calls/{call['call_sid']}")["label"] == call["label"]


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "run"], cwd=tmp_path, env={**os.environ, "PORT": str(port)}, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (
        1,
        f"port {port} is taken; set PORT to another one, or stop what listens there",
    )


def test_a_bad_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "run"], cwd=tmp_path, env={**os.environ, "PORT": "eighty"}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "PORT" in done.stderr


def test_a_process_that_is_killed_is_started_again(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port) as demo:
        demo.read_until(r"calltrack is at (http://\S+)")
        demo.until_a_call_has_gone_all_the_way()
        deadline = time.monotonic() + 30
        orphans = _servers_in(tmp_path)
        os.kill(demo.pid_of("queue"), signal.SIGKILL)
        demo.read_until(r"calltrack queue ended with exit code (-9); starting it again")
        while _servers_in(tmp_path) in ([], orphans) or _queue_of(demo) != "ok":
            assert time.monotonic() < deadline + 30, demo.printed
            time.sleep(0.2)
        worker = demo.pid_of("worker")
        for _ in range(2):
            os.kill(worker, signal.SIGKILL)
            demo.read_until(r"calltrack worker ended with exit code (-9); starting it again")
            while (fresh := demo.pid_of("worker")) in (0, worker):
                assert time.monotonic() < deadline + 30, demo.printed
                time.sleep(0.1)
            worker = fresh
            assert requests.get(f"{demo.url}/healthz", timeout=10).ok, "nobody's death ends the web process"
    assert _servers_in(tmp_path) == [], "the server that was left alone was ended by its successor"


def _queue_of(demo: Running) -> str:
    return str(requests.get(f"{demo.url}/readyz", timeout=10).json()["queue"])


def _servers_in(folder: Path) -> list[int]:
    """The queue's servers that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "cwd").resolve().is_relative_to(folder)
            if inside and b"valkey-server" in (process / "cmdline").read_bytes().split(b"\0")[0]:
                found.append(int(process.name))
        except OSError:
            continue
    return found
