"""What a caller's first request costs, against the least that could answer it, on both databases.

    python -m benchmarks.voice [--rounds 7] [--requests 400]

Three servers with the same options (two web processes) answer the same signed requests of new calls: a bare Flask
answer; the form parsed, the signature checked and one row committed; and calltrack, which finds the number's flow,
keeps the delivery and the call, and writes TwiML. The load comes from this process, over kept connections: one at a
time, then eight. Rounds take turns between the servers, so that a noisy machine is noisy to all; figures are medians
over the rounds, p99 is over all requests.
"""

import argparse
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.voice_requests import make_requests
from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from tests import servers

ACCOUNT, TOKEN, NUMBER, PHONES = "AC" + "5" * 32, "benchmark-token", "+13125550142", ["+13125550190", "+13125550191"]
KINDS = ("hello", "insert", "calltrack")
CONNECTIONS = (1, 8)


class Round(NamedTuple):
    """One round's requests a second, and the seconds that each request took."""

    rate: float
    taken: list[float]


def main() -> None:
    """Both databases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=400, help="of each round")
    asked = parser.parse_args()
    programs = servers.find_postgres()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{name}/calls.db"}
        if programs:
            urls["PostgreSQL"] = stack.enter_context(servers.postgres_server(programs=programs, durable=True))
        print("| database | connections | server | requests/s | median ms | p99 ms | time, times (b) |")
        print("|---|---|---|---|---|---|---|", flush=True)
        for database, url in urls.items():
            prepare(url)
            measure(database, url, folder=Path(name) / database, rounds=asked.rounds, requests=asked.requests)


def prepare(url: str) -> None:
    """One company with one campaign and its number."""
    database = Database(url)
    upgrade(database)
    with database.write.begin() as session:
        account = create_account(session, name="Benchmark Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring billboard")
        assign_number(
            session, account=account, phone_number=NUMBER, campaign=campaign, forward_to=PHONES, assigned_by="benchmark"
        )
    database.dispose()


def measure(database: str, url: str, *, folder: Path, rounds: int, requests: int) -> None:
    """Ask the three servers in turn and print their lines."""
    with ExitStack() as stack:
        ports = {kind: stack.enter_context(served(kind, url, folder=folder / kind)) for kind in KINDS}
        for connections in CONNECTIONS:
            found: dict[str, list[Round]] = {kind: [] for kind in KINDS}
            for number in range(rounds + 1):
                for kind in KINDS:
                    base = f"http://localhost:{ports[kind]}"
                    ready = make_requests(requests, base=base, account=ACCOUNT, token=TOKEN, number=NUMBER)
                    one = load(ports[kind], ready, connections=connections)
                    if number:  # the first round warms up
                        found[kind].append(one)
            floor = statistics.median(one.rate for one in found["insert"])
            for kind in KINDS:
                rate = statistics.median(one.rate for one in found[kind])
                taken = sorted(second for one in found[kind] for second in one.taken)
                middle, worst = taken[len(taken) // 2] * 1000, taken[int(len(taken) * 0.99)] * 1000
                print(
                    f"| {database} | {connections} | {kind} | {rate:,.0f} | {middle:.1f} | {worst:.1f} | "
                    f"{floor / rate:.2f} |",
                    flush=True,
                )


@contextmanager
def served(kind: str, url: str, *, folder: Path) -> Iterator[int]:
    """One of the servers as a process of its own; yields its port."""
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "CALLTRACK_VAR": str(folder),
        "RECORDINGS_URL": str(folder / "recordings"),
        "PORT": str(port),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SECRET_KEY": uuid.uuid4().hex,
    }
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.voice_server", kind], env=environment)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def load(port: int, requests: Sequence[bytes], *, connections: int) -> Round:
    """Send the requests over so many connections, the next as soon as one is answered. Raises where one is refused."""
    waiting, taken = iter(requests), list[float]()
    with selectors.DefaultSelector() as ready:
        for _ in range(connections):
            opened = socket.create_connection(("127.0.0.1", port))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(opened, selectors.EVENT_READ, [time.perf_counter(), b""])
            opened.sendall(next(waiting))
        began = time.perf_counter()
        while ready.get_map():
            for key, _ in ready.select():
                state = key.data
                line: Any = key.fileobj
                state[1] += line.recv(65536)
                if not _whole(state[1]):
                    continue
                taken.append(time.perf_counter() - state[0])
                following = next(waiting, None)
                if following is None:
                    ready.unregister(line)
                    line.close()
                else:
                    state[:] = [time.perf_counter(), b""]
                    line.sendall(following)
        return Round(len(taken) / (time.perf_counter() - began), taken)


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if end and (not head.startswith(b"HTTP/1.1 200") or length is None):
        raise SystemExit(f"the server answered {head.decode(errors='replace')}")
    return bool(end and length and len(body) >= int(length[1]))


if __name__ == "__main__":
    main()
