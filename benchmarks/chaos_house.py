"""The house that chaos visits: PostgreSQL, Redis and `calltrack run`, each of which can be killed and comes back."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests import servers

ACCOUNT_SID, TOKEN, ACCOUNT = "AC" + "c" * 32, "the-carriers-token", "Chaos Heating"
ZONE = "America/Chicago"


@dataclass
class Server:
    """A server of the machine's own, started again by us after each death."""

    command: list[str]
    folder: Path
    user: int | None
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it and wait until it answers; PostgreSQL refuses while orphans of its last life are still there."""
        while True:
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    self.command, cwd=self.folder, user=self.user, group=self.user, stdout=log, stderr=log
                )
            while self.process.poll() is None:
                if self.answers():
                    return
                time.sleep(0.02)
            time.sleep(0.1)

    def kill(self) -> None:
        """End it and its children in the middle of whatever they do."""
        _kill([self.process.pid, *_children(self.process.pid)])
        self.process.wait()


class House:
    """Everything of one run, in a folder and on ports of its own."""

    def __init__(self, folder: Path) -> None:
        """Start all of it and make the account; `carrier_port` is where the carrier has to listen."""
        self.folder, self.carrier_port, self.web_port = folder, free_port(), free_port()
        self.postgres, self.database_url = _make_postgres(folder / "postgres")
        self.redis, redis_url = _make_redis(folder / "redis")
        for server in (self.postgres, self.redis):
            server.start()
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url,
            "CALLTRACK_VAR": str(folder / "var"),
            "RECORDINGS_URL": str(folder / "recordings"),
            "PORT": str(self.web_port),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": f"http://127.0.0.1:{self.carrier_port}",
            "SECRET_KEY": uuid.uuid4().hex,
        }
        self.url = f"http://localhost:{self.web_port}"
        self.calltrack("init")
        self.calltrack("account", "create", ACCOUNT, "--timezone", ZONE)
        self.key = self.calltrack("key", "create", "--account", ACCOUNT, "--role", "admin").strip()
        self._log = (folder / "calltrack.log").open("ab")
        self.run = subprocess.Popen(
            [sys.executable, "-m", "calltrack.cli", "run"], env=self._environment, stdout=self._log, stderr=self._log
        )
        self.wait_until_healthy()

    def calltrack(self, *arguments: str) -> str:
        """What a command of ours prints; raises CalledProcessError."""
        command = [sys.executable, "-m", "calltrack.cli", *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True)
        return done.stdout

    def wait_until_healthy(self) -> None:
        """Until the web process answers."""
        while True:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).json()["database"] == "ok":
                    return
            except (requests.RequestException, ValueError):
                pass
            time.sleep(0.1)

    def processes(self, name: str) -> list[int]:
        """The pids of `calltrack serve` or `calltrack worker`, the parent of each before its children."""
        for pid in _children(self.run.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            # The web process is a copy of its parent, and called like it.
            if words[-2:-1] in ([name.encode()], [b"run"] if name == "serve" else []):
                return [pid, *_children(pid)]
        return []

    def web_megabytes(self) -> int:
        """The resident memory of the largest web process."""
        sizes = [
            re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in self.processes("serve")
        ]
        return max(int(size[1]) for size in sizes if size) // 1024

    def close(self) -> None:
        """End everything."""
        self.run.terminate()
        self.run.wait()
        self._log.close()
        for server in (self.postgres, self.redis):
            server.kill()


@dataclass
class Chaos:
    """Kills at random moments until it is told to stop; `kills` counts by what was killed."""

    house: House
    pause: tuple[float, float]
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def rage(self) -> None:
        """Kill one thing after the other. A server stays away for up to three seconds; ours come back by themselves."""
        chance = random.Random(self.seed)
        deeds = {
            "the whole web": lambda: _kill(self.house.processes("serve")),
            "the web's master": lambda: _kill(self.house.processes("serve")[:1]),
            "a web process": lambda: _kill(_one_of(self.house.processes("serve")[1:], chance)),
            "the worker": lambda: _kill(self.house.processes("worker")),
            "Redis": lambda: self._restart(self.house.redis, chance),
            "PostgreSQL": lambda: self._restart(self.house.postgres, chance),
        }
        while not self.stop.wait(chance.uniform(*self.pause)):
            name = chance.choice(list(deeds))
            print(f"  {time.strftime('%X')} {name}", file=sys.stderr, flush=True)
            deeds[name]()
            self.kills[name] = self.kills.get(name, 0) + 1

    def _restart(self, server: Server, chance: random.Random) -> None:
        server.kill()
        self.stop.wait(chance.uniform(0, 3))
        server.start()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_postgres(folder: Path) -> tuple[Server, str]:
    """A durable cluster; its user may do everything."""
    programs = servers.find_postgres()
    if not programs:
        raise SystemExit("PostgreSQL is not on this machine")
    owner, port, data = servers.unprivileged_user(), free_port(), folder / "data"
    folder.mkdir(parents=True)
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    make = [programs / "initdb", "-D", data, "--username=calltrack", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    servers.run_as([str(word) for word in make], folder=folder, owner=owner)
    settings = {"port": str(port), "unix_socket_directories": str(folder), "listen_addresses": "127.0.0.1"}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    command = [str(programs / "postgres"), "-D", str(data), *options]
    asks = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    server = Server(
        command=command,
        folder=folder,
        user=owner.pw_uid if owner else None,
        answers=lambda: subprocess.run(asks, check=False).returncode == 0,
    )
    return server, f"postgresql://calltrack@127.0.0.1:{port}/postgres"


def _make_redis(folder: Path) -> tuple[Server, str]:
    """A Redis that forgets everything when it dies."""
    program, port = servers.find_redis(), free_port()
    if not program:
        raise SystemExit("Redis is not on this machine")
    folder.mkdir(parents=True)
    command = [str(program), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return Server(command=command, folder=folder, user=None, answers=answers), f"redis://127.0.0.1:{port}/0"


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _one_of(pids: list[int], chance: random.Random) -> list[int]:
    return [chance.choice(pids)] if pids else []


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
