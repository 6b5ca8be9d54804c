"""The API against its own OpenAPI document for as long as you like; every round has other requests.

    python -m benchmarks.fuzz_api [--examples 50] [--rounds 1] [--seed 1]

Prints how often each status was answered and every kind of fault once, with the request that showed it; ends with an
error where there is one. The suite does a small part of this in tests/api/test_schemathesis.py. No network is used.
"""

import argparse
import tempfile
import time
from pathlib import Path

from pytest_socket import disable_socket

from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from tests.api.fuzzing import Findings, a_house, fuzz


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--examples", type=int, default=50, help="for each operation, and as many that do not fit")
    asked.add_argument("--rounds", type=int, default=1, help="each with a fresh database")
    asked.add_argument("--seed", type=int, default=1, help="of the first round")
    chosen = asked.parse_args()
    disable_socket(allow_unix_socket=True)
    faults = 0
    for seed in range(chosen.seed, chosen.seed + chosen.rounds):
        began = time.perf_counter()
        findings = _round(examples=chosen.examples, seed=seed)
        answers = ", ".join(f"{status}: {times}" for status, times in sorted(findings.statuses.items()))
        print(f"seed {seed}: {findings.statuses.total():,} requests, {time.perf_counter() - began:.0f} s; {answers}")
        never = [name for name, seen in findings.answered.items() if not any(status < 400 for status in seen)]
        print(f"  operations that never succeeded: {', '.join(sorted(never)) or 'none'}")
        print(findings.told())
        faults += len(findings.wrong)
    raise SystemExit(min(faults, 1))


def _round(*, examples: int, seed: int) -> Findings:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder}/calltrack.db")
        upgrade(database)
        app, new_key, known = a_house(database, folder=folder)
        findings = fuzz(app=app, new_key=new_key, known=known, examples=examples, seed=seed)
        app.extensions["calltrack"].database.dispose()
        database.dispose()
        return findings


if __name__ == "__main__":
    main()
