"""What a chaos run leaves in the books, how long callers waited, and how it compares with the undisturbed run."""

import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import create_engine, text

from benchmarks.chaos_house import House
from calltrack.demo.api import Ask
from calltrack.demo.carrier import PlacedCall
from calltrack.demo.wire import Reply, post_over_http

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
    told: dict[str, Any]
    calls: dict[str, Any]
    twice: int
    lost: int
    steps: dict[str, int]
    recordings: dict[str, int]
    missing_files: int
    expected_recordings: int
    scorecards: Any
    seconds: float
    megabytes: int
    kills: dict[str, int]


def look(
    house: House,
    ask: Ask,
    placed: list[PlacedCall],
    watch: Stopwatch,
    *,
    now: datetime,
    told: dict[str, Any],
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
    engine.dispose()
    known = {sid for sid, _ in rows}
    missing = sum(not (house.folder / "recordings" / key).exists() for key in keys)
    unserved, waits, retried = served(placed, watch)
    first, last = (now - timedelta(days=6)).date(), now.date()
    ids = [item["campaign_id"] for item in ask("GET", f"/scorecards?from={first}&to={last}")["items"]]
    cards = [ask("GET", f"/scorecards/{one}?from={first}&to={last}") for one in ids]
    return Outcome(
        placed=len(placed),
        unserved=unserved,
        waits=sorted(waits),
        retried=retried,
        told=told,
        calls=look_at_calls(house),
        twice=sum(count > 1 for _, count in rows),
        lost=sum(one.call_sid not in known for one in placed),
        steps=steps,
        recordings=recordings,
        missing_files=missing,
        expected_recordings=sum(len(one.recordings) for one in placed),
        scorecards=cards,
        seconds=seconds,
        megabytes=house.web_megabytes(),
        kills=kills,
    )


def look_at_calls(house: House) -> dict[str, Any]:
    """What the books say of each call, by its id: everything that a figure follows from."""
    columns = (
        "call_sid, campaign_id, caller, status, started_at, ended_at, duration, talk_seconds, spoken, voicemail,"
        " missed, missed_reason, answered_by, announcement IS NOT NULL,"
        " (SELECT value FROM labels WHERE labels.id = calls.label_id),"
        " (SELECT text FROM transcripts WHERE transcripts.call_id = calls.id)"
    )
    engine = create_engine(house.database_url)
    with engine.connect() as connection:
        calls = {row[0]: tuple(row[1:]) for row in connection.execute(text(f"SELECT {columns} FROM calls"))}
    engine.dispose()
    return calls


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
    differing = _differing(calm.calls, chaos.calls)
    for sid in differing[:5]:
        print(f"  {sid}:\n    {calm.calls[sid]}\n    {chaos.calls.get(sid)}", file=sys.stderr)
    lines = [
        ("calls placed", calm.placed, chaos.placed),
        ("took, seconds", round(calm.seconds), round(chaos.seconds)),
        ("largest web process, MB resident", calm.megabytes, chaos.megabytes),
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
        ("calls that differ from the undisturbed run", "-", len(_differing(calm.calls, chaos.told))),
        ("... after `calltrack reconcile`", "-", len(differing)),
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


def _differing(calm: dict[str, Any], chaos: dict[str, Any]) -> list[str]:
    return [sid for sid, told in calm.items() if chaos.get(sid) != told]


def _not_done(steps: dict[str, int]) -> int:
    return sum(count for state, count in steps.items() if state != "done")
