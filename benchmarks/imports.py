"""How fast files are imported, beside the bare driver's bulk insert of the very same rows.

    .venv/bin/python -m benchmarks.imports [CALLS] [--rounds N]

makes a file of that many calls (default 100,000) and one of 0.3 times as many jobs, each with an invoice, imports both
on SQLite and, where its programs are on the machine, on PostgreSQL, and then inserts all rows that came of it into an
empty database of the same tables and indexes by the driver alone, with as many rows a commit. Prints the medians.
"""

import csv
import random
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from psycopg.types.string import TextLoader

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.imports.calls import CallFile
from calltrack.imports.importing import BATCH, import_file
from calltrack.imports.jobs import JobFile
from calltrack.migrations.upgrade import upgrade
from tests import servers

LINES = {"calls": ("calls", "labels", "transcripts", "steps"), "jobs": (
    "customers", "job_types", "jobs", "job_links", "invoices", "invoice_items",
)}  # fmt: skip
GROUND = ("accounts", "reasons", "campaigns", "numbers", "number_assignments")
NUMBERS = [f"+1312555{place:04d}" for place in range(20)]
FIRST = datetime(2024, 6, 1, tzinfo=UTC)


def write_files(folder: Path, *, calls: int, named: float) -> dict[str, Path]:
    """A call a minute, in the order they came, and the jobs that three in ten of them booked; this share of the
    jobs names its call, the others are matched by phone."""
    chance = random.Random(1)
    paths = {noun: folder / f"{noun}.csv" for noun in LINES}
    with paths["calls"].open("w", newline="") as call_file, paths["jobs"].open("w", newline="") as job_file:
        call_rows, job_rows = csv.writer(call_file), csv.writer(job_file)
        call_rows.writerow(CallFile.columns)
        job_rows.writerow(JobFile.columns)
        for place in range(calls):
            sid, caller = f"CA{chance.getrandbits(128):032x}", f"+1773{chance.randrange(10**7):07d}"
            moment = FIRST + timedelta(seconds=60 * place)
            seconds, missed = chance.randrange(20, 600), chance.random() < 0.15
            label = "" if missed or chance.random() < 0.7 else chance.choice(["lead", "excused"])
            reason = {"": "", "lead": "new job", "excused": "solicitor"}[label]
            words = "" if missed or label or chance.random() < 0.95 else "Hello, my furnace is out. " * 8
            call_rows.writerow(
                [sid, chance.choice(NUMBERS), caller, moment.isoformat(), seconds, "" if missed else seconds - 12,
                 "false" if missed else "true", "" if missed else "+13125559900", label, reason, words]
            )  # fmt: skip
            if place % 10 < 3:
                booked_by = sid if chance.random() < named else ""
                booked, cents = moment + timedelta(minutes=30), chance.randrange(5_000, 900_000)
                job_rows.writerow(
                    [f"J-{place}", f"Customer {caller[-7:]}", caller, f"type {place % 12}", "completed",
                     booked.isoformat(), (booked + timedelta(days=2)).isoformat(), booked_by, "", "false",
                     f"I-{place}", f"{cents // 100}.{cents % 100:02d}", f"{cents // 100}.00"]
                )  # fmt: skip
    return paths


@contextmanager
def sqlite_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/calltrack.db"


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    upgrade(database)
    yield database
    database.dispose()


def found_company(database: Database) -> int:
    with database.write.begin() as session:
        account = create_account(session, name="Lakeside Heating", time_zone="America/Chicago")
        for place, number in enumerate(NUMBERS):
            campaign = create_campaign(session, account=account, name=f"Campaign {place}")
            assign_number(
                session, account=account, phone_number=number, campaign=campaign, forward_to=["+13125559900"],
                assigned_by="benchmark", starts_at=FIRST - timedelta(days=1),
            )  # fmt: skip
        return account.id


def batches_of(database: Database, table: str) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    """A table's rows as the driver itself gives and takes them."""
    with database.engine.connect() as connection:
        driver: Any = connection.connection
        sqlite = database.url.get_backend_name() == "sqlite"
        cursor = driver.cursor() if sqlite else driver.cursor(name="rows")
        if not sqlite:
            cursor.adapters.register_loader("json", TextLoader)
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        while rows := cursor.fetchmany(BATCH):
            yield [column[0] for column in cursor.description], rows
        cursor.close()


def executemany(database: Database, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    mark = "?" if database.url.get_backend_name() == "sqlite" else "%s"
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
    with database.engine.begin() as connection:
        cursor: Any = connection.connection.cursor()
        cursor.executemany(statement, rows)


def copy(database: Database, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    with database.engine.begin() as connection:
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)


def bare(imported: Database, url: str, way: Callable[..., None]) -> dict[str, float]:
    """Seconds that the driver takes for all that each file became."""
    seconds = dict.fromkeys(LINES, 0.0)
    with opened(url) as database:
        for table in GROUND:
            for columns, rows in batches_of(imported, table):
                executemany(database, table, columns, rows)
        for noun, tables in LINES.items():
            for table in tables:
                for columns, rows in batches_of(imported, table):
                    begun = time.perf_counter()
                    way(database, table, columns, rows)
                    seconds[noun] += time.perf_counter() - begun
    return seconds


def measure(open_url: Callable[[], Any], ways: dict[str, Callable[..., None]], paths: dict[str, Path]) -> Any:
    """One round: the import's rows a second, and how many times as long as each way it took."""
    with open_url() as url, opened(url) as imported:
        account_id, took, lines = found_company(imported), {}, {}
        for noun, path in paths.items():
            begun = time.perf_counter()
            with path.open("rb") as file:
                report = import_file(imported, account_id=account_id, noun=noun, file=file)
            took[noun], lines[noun] = time.perf_counter() - begun, report.counts.new
            if report.refused:
                raise SystemExit(f"{path} was refused: {report.bad[:3]}")
        figures = []
        for way, run in ways.items():
            with open_url() as empty:
                seconds = bare(imported, empty, run)
            figures += [(noun, way, lines[noun] / took[noun], took[noun] / seconds[noun]) for noun in paths]
        return figures


def main() -> None:
    """Print the medians of all rounds."""
    arguments = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("calls", nargs="?", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--named", type=float, default=1.0, help="share of the jobs that name their call")
    arguments.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        paths = write_files(Path(name), calls=asked.calls, named=asked.named)
        if asked.only != "postgresql":
            report("sqlite", sqlite_url, {"executemany": executemany}, paths, rounds=asked.rounds)
        programs = servers.find_postgres()
        if programs is None:
            sys.stdout.write("postgresql is not on this machine\n")
        elif asked.only != "sqlite":
            with servers.postgres_server(programs=programs) as url:

                def fresh() -> Any:
                    return servers.postgres_database_of(url, template="template0")

                report("postgresql", fresh, {"executemany": executemany, "COPY": copy}, paths, rounds=asked.rounds)


def report(
    name: str, open_url: Callable[[], Any], ways: dict[str, Callable[..., None]], paths: dict[str, Path], *, rounds: int
) -> None:
    """Measure so many rounds and print a line for each file and way."""
    figures = [measure(open_url, ways, paths) for _ in range(rounds)]
    for place, (noun, way, *_) in enumerate(figures[0]):
        speed, times = (median(one[place][column] for one in figures) for column in (2, 3))
        sys.stdout.write(f"{name:11} {noun:6} {speed:9,.0f} a second, {times:4.2f} times the bare {way}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
