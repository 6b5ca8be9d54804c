"""A running calltrack for tests that go all the way: its real processes, a carrier, and an owner's API key."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app, start_server
from tests.twilio_wire import ACCOUNT, TOKEN

T = TypeVar("T")
PATIENCE = 60.0


class Shop:
    """A contractor's calltrack: ask its API, let its phone ring."""

    def __init__(self, *, url: str, key: str, carrier: DemoCarrier, log: Path) -> None:
        self.url, self.carrier, self._log = url, carrier, log
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self._ask("PUT", path, body)

    def download(self, path: str, **headers: str) -> requests.Response:
        return self._http.get(f"{self.url}/api/v1{path}", headers=headers, timeout=10)

    def until(self, read: Callable[[], T], true: Callable[[T], bool]) -> T:
        """What `read` gives once it is `true`: the worker is another process, so all we can do is ask again."""
        deadline = time.monotonic() + PATIENCE
        while not true(found := read()):
            assert time.monotonic() < deadline, f"still {found}\n{self._log.read_text()[-3000:]}"
            time.sleep(0.1)
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"{self.url}/api/v1{path}", json=body, timeout=10)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@contextmanager
def open_shop(*, folder: Path, account: str = "Ana's Heating", **settings: str) -> Iterator[Shop]:
    """Start `calltrack run` in `folder` with `settings`, a carrier beside it, and stop both at the end."""
    port, carrier_port = free_port(), free_port()
    url, api_url = f"http://localhost:{port}", f"http://127.0.0.1:{carrier_port}"
    environment = {
        **os.environ,
        "PORT": str(port),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": api_url,
        **settings,
    }
    command = [sys.executable, "-m", "calltrack.cli"]

    def tell(*words: str) -> str:
        done = subprocess.run(
            [*command, *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    tell("account", "create", account, "--timezone", "America/Chicago")
    key = tell("key", "create", "--account", account, "--role", "admin")
    carrier = DemoCarrier(public_url=url, account_sid=ACCOUNT, auth_token=TOKEN, api_url=api_url)
    app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    media = start_server(app=app, host="127.0.0.1", port=carrier_port)
    log = folder / "calltrack.log"
    with log.open("w") as out:
        process = subprocess.Popen([*command, "run"], cwd=folder, env=environment, stdout=out, stderr=out)
        try:
            shop = Shop(url=url, key=key, carrier=carrier, log=log)
            shop.until(lambda: _answers(url) or process.poll() is not None, bool)
            assert process.poll() is None, log.read_text()
            yield shop
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            media.shutdown()
            media.server_close()
            carrier.ledger.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False
