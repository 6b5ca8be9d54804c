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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from benchmarks.chaos_house import ACCOUNT_SID, TOKEN, Chaos, House
from calltrack.demo.api import Ask, api_over_http
from calltrack.demo.bookings import book_job
from calltrack.demo.calls import derive_sid
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.conversations import Conversation, read_script
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.seed import Campaign, seed
from calltrack.demo.wire import Reply, post_over_http

AT_ONCE = 4
# The script's conversations are cut to a few turns: what is said is not what is tested here.
TURNS = 4
STEERING = ("voice", "fallback", "redirect", "menu", "dial", "record", "whisper", "whisper-menu")


@dataclass
class Stopwatch:
    """When each call's requests began and ended, whatever became of them; times in seconds."""

    spent: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def post(
        self, *, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float
    ) -> Reply:
        """Post over HTTP and take the time, by call and delivery."""
        began = time.monotonic()
        try:
            return post_over_http(
                url=url, body=body, headers=headers, connect_timeout=connect_timeout, read_timeout=read_timeout
            )
        finally:
            call = parse_qs(body.decode()).get("CallSid", [""])[0]
            key = (call, headers["I-Twilio-Idempotency-Token"])
            self.spent.setdefault(key, []).append((began, time.monotonic()))


@dataclass
class Outcome:
    """What a run leaves behind."""

    placed: int
    unserved: int
    waits: list[float]
    retried: int
    calls: dict[str, Any]
    twice: int
    lost: int
    steps: dict[str, int]
    recordings: dict[str, int]
    missing_files: int
    expected_recordings: int
    scorecards: Any
    seconds: float
    kills: dict[str, int]


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
        for one in placed:
            book_job(ask=ask, placed=one, now=now)
        return look(house, ask, placed, watch, now=now, seconds=seconds, kills=chaos.kills)
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


def look(
    house: House,
    ask: Ask,
    placed: list[PlacedCall],
    watch: Stopwatch,
    *,
    now: datetime,
    seconds: float,
    kills: dict[str, int],
) -> Outcome:
    """Everything there is to say of the run."""
    engine = create_engine(house.database_url)
    with engine.connect() as connection:

        def counted(what: str) -> dict[str, int]:
            return {str(key): count for key, count in connection.execute(text(what))}

        rows = connection.execute(text("SELECT call_sid, count(*) FROM calls GROUP BY call_sid")).all()
        steps = counted("SELECT state, count(*) FROM steps GROUP BY state")
        recordings = counted("SELECT status, count(*) FROM recordings GROUP BY status")
        keys = connection.scalars(text("SELECT storage_key FROM recordings WHERE status = 'stored'")).all()
        columns = (
            "call_sid, campaign_id, caller, status, started_at, ended_at, duration, talk_seconds, spoken, voicemail,"
            " missed, missed_reason, answered_by, announcement IS NOT NULL,"
            " (SELECT value FROM labels WHERE labels.id = calls.label_id),"
            " (SELECT text FROM transcripts WHERE transcripts.call_id = calls.id)"
        )
        calls = {row[0]: tuple(row[1:]) for row in connection.execute(text(f"SELECT {columns} FROM calls"))}
    engine.dispose()
    known = {sid for sid, _ in rows}
    missing = sum(not (house.folder / "recordings" / key).exists() for key in keys)
    unserved, waits, retried = served(placed, watch)
    first, last = (now - timedelta(days=6)).date(), now.date()
    cards = ask("GET", f"/scorecards?from={first}&to={last}")
    return Outcome(
        placed=len(placed),
        unserved=unserved,
        waits=sorted(waits),
        retried=retried,
        calls=calls,
        twice=sum(count > 1 for _, count in rows),
        lost=sum(one.call_sid not in known for one in placed),
        steps=steps,
        recordings=recordings,
        missing_files=missing,
        expected_recordings=sum(len(one.recordings) for one in placed),
        scorecards=cards,
        seconds=seconds,
        kills=kills,
    )


def served(placed: list[PlacedCall], watch: Stopwatch) -> tuple[int, list[float], int]:
    """How many requests for TwiML were never answered with a valid document, how long each had to wait for its own
    (all the carrier's attempts together, seconds), and how many needed more than one attempt."""
    unserved, waits, retried = 0, list[float](), 0
    for call in placed:
        asked: dict[str, str] = {}
        for exchange in call.exchanges:
            if exchange.kind in STEERING:
                asked[exchange.idempotency_token] = exchange.kind
        began: float | None = None
        attempts = 0
        for token, kind in asked.items():
            spans = watch.spent[(_call_of(watch, token), token)]
            began = spans[0][0] if began is None or kind != "fallback" else began
            attempts = attempts * (kind == "fallback") + len(spans)
            good = [e for e in call.exchanges if e.idempotency_token == token][-1].status == 200
            if good:
                waits.append(spans[-1][1] - began)
                retried += attempts > 1
                began = None
        unserved += began is not None
        # A document that was not valid TwiML is an error of the call's, as is one that never came.
        unserved += sum(error.code not in (11200, 11205) for error in call.errors)
    return unserved, waits, retried


def _call_of(watch: Stopwatch, token: str) -> str:
    return next(call for call, one in watch.spent if one == token)


def report(calm: Outcome, chaos: Outcome) -> int:
    """Print the figures as a table; 1 where the chaos run falls short."""
    differing = [sid for sid in calm.calls if chaos.calls.get(sid) != calm.calls[sid]]
    for sid in differing[:5]:
        print(f"  {sid}:\n    {calm.calls[sid]}\n    {chaos.calls.get(sid)}", file=sys.stderr)
    lines = [
        ("calls placed", calm.placed, chaos.placed),
        ("took, seconds", round(calm.seconds), round(chaos.seconds)),
        ("killed", "-", ", ".join(f"{name} {count}" for name, count in sorted(chaos.kills.items()))),
        ("requests for TwiML", len(calm.waits), len(chaos.waits)),
        ("... answered on a later attempt", calm.retried, chaos.retried),
        ("... never answered validly", calm.unserved, chaos.unserved),
        ("longest wait, attempts together, s", f"{calm.waits[-1]:.2f}", f"{chaos.waits[-1]:.2f}"),
        ("99.9th percentile, s", *(f"{one.waits[int(len(one.waits) * 0.999)]:.2f}" for one in (calm, chaos))),
        ("calls lost", calm.lost, chaos.lost),
        ("calls twice in the books", calm.twice, chaos.twice),
        ("steps not done", *(_not_done(one.steps) for one in (calm, chaos))),
        ("recordings made by the carrier", calm.expected_recordings, chaos.expected_recordings),
        ("recordings stored", calm.recordings.get("stored", 0), chaos.recordings.get("stored", 0)),
        ("... whose file is missing", calm.missing_files, chaos.missing_files),
        ("calls that differ between the runs", "-", len(differing)),
        ("every KPI of every campaign equal", "-", "yes" if calm.scorecards == chaos.scorecards else "no"),
    ]
    print("| | undisturbed | chaos |\n|---|---|---|")
    for line in lines:
        print("| " + " | ".join(map(str, line)) + " |")
    short = (
        chaos.unserved, chaos.lost, chaos.twice, _not_done(chaos.steps), chaos.missing_files, len(differing),
        chaos.expected_recordings - chaos.recordings.get("stored", 0), chaos.waits[-1] > 5,
        calm.scorecards != chaos.scorecards,
    )  # fmt: skip
    return int(any(short))


def _not_done(steps: dict[str, int]) -> int:
    return sum(count for state, count in steps.items() if state != "done")


if __name__ == "__main__":
    sys.exit(main())
