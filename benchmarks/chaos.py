"""A thousand calls while everything behind them is killed at random moments, and the same calls undisturbed.

    python -m benchmarks.chaos [--calls 1000] [--seed 6] [--pause 0.5 4]

The demo carrier places the calls over HTTP, four at a time and as fast as they are answered; it does what the carrier
does when a connection fails (see calltrack/demo/wire.py). Meanwhile the web processes, the worker, Redis and PostgreSQL
are killed with SIGKILL and come back. When the last call is over and no step is due any more, jobs are booked, and
calls, recordings, steps and every KPI are held against those of the undisturbed run. Exit code 1 where they differ.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from benchmarks.chaos_books import Outcome, Stopwatch, look, look_at_calls, report
from benchmarks.chaos_house import ACCOUNT_SID, TOKEN, Chaos, House
from calltrack.demo.api import api_over_http
from calltrack.demo.bookings import book_job
from calltrack.demo.calls import derive_sid
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.conversations import Conversation, read_script
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.seed import Campaign, seed

AT_ONCE = 4
# The script's conversations are cut to a few turns: what is said is not what is tested here.
TURNS = 4


def main() -> int:
    """Both runs, and what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--pause", type=float, nargs=2, default=(0.5, 4.0), help="seconds between two kills")
    asked = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="calltrack-chaos-") as name:
        Path(name).chmod(0o755)
        runs = {
            kind: run(
                Path(name) / kind, calls=asked.calls, now=now, seed_of=asked.seed, pause=pause and tuple(asked.pause)
            )
            for kind, pause in (("undisturbed", None), ("chaos", asked.pause))
        }
    return report(runs["undisturbed"], runs["chaos"])


def run(folder: Path, *, calls: int, now: datetime, seed_of: int, pause: tuple[float, ...] | None) -> Outcome:
    """Place the calls, with or without chaos, and look at what is in the books."""
    print(f"{folder.name}: {calls} calls", file=sys.stderr, flush=True)
    house = House(folder)
    watch = Stopwatch()
    carrier = DemoCarrier(
        public_url=house.url,
        account_sid=ACCOUNT_SID,
        auth_token=TOKEN,
        post=watch.post,
        api_url=f"http://127.0.0.1:{house.carrier_port}",
        data_folder=folder / "carrier",
    )
    app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT_SID, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=house.carrier_port)
    try:
        ask = api_over_http(public_url=house.url, api_key=house.key)
        campaigns = seed(ask=ask, now=now)
        for one in campaigns:
            own_number(ledger=carrier.ledger, account_sid=ACCOUNT_SID, phone_number=one.phone_number)
        for number in ask("GET", "/numbers")["items"]:
            ask("POST", f"/numbers/{number['id']}/configure")
        ask("PATCH", "/account", {"lead_seconds": 15})
        chaos = Chaos(house, pause=(pause[0], pause[1]) if pause else (0, 0), seed=seed_of)
        thread = threading.Thread(target=chaos.rage)
        if pause:
            thread.start()
        began = time.monotonic()
        try:
            placed = place_calls(carrier, campaigns, calls=calls, now=now)
        finally:
            chaos.stop.set()
            if pause:
                thread.join()
        seconds = time.monotonic() - began
        house.wait_until_healthy()
        drain(house)
        told = look_at_calls(house)
        house.calltrack("reconcile", "--since", f"{(now - timedelta(days=6)).isoformat()}")
        drain(house)
        for call in placed:
            book_job(ask=ask, placed=call, now=now)
        return look(house, ask, placed, watch, now=now, told=told, seconds=seconds, kills=chaos.kills)
    finally:
        server.shutdown()
        house.close()


def place_calls(carrier: DemoCarrier, campaigns: list[Campaign], *, calls: int, now: datetime) -> list[PlacedCall]:
    """The same calls each time: who, to which number, when, and what is said follow from their count."""
    script = [cut(one) for one in read_script().values()]

    def place(count: int) -> PlacedCall:
        chance = random.Random(count)
        return carrier.place_call(
            to=chance.choice(campaigns).phone_number,
            conversation=script[count % len(script)],
            from_=f"+1630555{count:04d}",
            call_sid=derive_sid("CA", "chaos", count),
            started_at=now - timedelta(days=5) + timedelta(seconds=400 * count),
        )

    with ThreadPoolExecutor(AT_ONCE) as crew:
        placed = []
        for number, one in enumerate(crew.map(place, range(calls)), 1):
            placed.append(one)
            if not number % 100:
                print(f"  {number} calls placed", file=sys.stderr, flush=True)
        return placed


def cut(conversation: Conversation) -> Conversation:
    """The conversation's beginning."""
    return replace(conversation, turns=conversation.turns[:TURNS], voicemail=conversation.voicemail[:TURNS])


def drain(house: House) -> None:
    """Wait until nothing is due any more, in the spool or in the steps: a dead worker's lease lasts three minutes."""
    engine = create_engine(house.database_url, pool_pre_ping=True)
    quiet = 0
    while quiet < 5:
        try:
            with engine.connect() as connection:
                due = connection.scalar(text("SELECT count(*) FROM steps WHERE state = 'due'"))
            waiting = list((house.folder / "var" / "spool").glob("*.jsonl*"))
            waiting += (house.folder / "var" / "spool").glob("*.replaying")
            quiet = 0 if due or waiting else quiet + 1
        except DBAPIError:
            quiet = 0
        time.sleep(0.5)
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
