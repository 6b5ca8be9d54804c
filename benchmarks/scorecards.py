"""The scorecard of 100 campaigns from day cells, against the straight SQL over the same base rows in the same run.

    python -m benchmarks.scorecards [--calls 1000000] [--jobs 300000] [--campaigns 100] [--days 400]

Times are of this machine and this moment; the ratios are what counts. `straight`: the same figures by SQL over calls,
labels, jobs and invoices. `figures`: calltrack's own reading of them. `page`: the whole HTML page, `api`: the whole
JSON answer, each as server time of a signed-in request, from the first byte in to the last one out.
"""

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.history import ranges, write_history
from calltrack import create_app
from calltrack.accounts.accounts import create_user
from calltrack.accounts.keys import create_key
from calltrack.accounts.sign_in import sign_in
from calltrack.campaigns.cells import refresh
from calltrack.campaigns.counting import count_whole
from calltrack.campaigns.scorecard import scorecards
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.models import Account
from calltrack.period import Period, today
from tests import servers


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=int, default=1_000_000)
    asked.add_argument("--jobs", type=int, help="three tenths of the calls, unless said otherwise")
    asked.add_argument("--campaigns", type=int, default=100)
    asked.add_argument("--days", type=int, default=400)
    sizes = asked.parse_args()
    sizes.jobs = sizes.jobs or sizes.calls * 3 // 10
    for kind, opened in (("SQLite", on_sqlite), ("PostgreSQL", on_postgres)):
        page_times = {}
        for share in (10, 1):
            with opened() as url:
                if url is None:
                    print(f"\n{kind}: NOT RUN, there is no server program on this machine")
                    break
                calls, jobs = sizes.calls // share, sizes.jobs // share
                print(f"\n{kind}, {calls:,} calls, {jobs:,} jobs, {sizes.campaigns} campaigns, {sizes.days} days")
                page_times[share] = measure(url, calls, jobs, sizes.campaigns, sizes.days)
        if len(page_times) == 2:
            grown = {days: page_times[1][days] / page_times[10][days] for days in page_times[1]}
            told = ", ".join(f"{days} d {ratio:.2f}" for days, ratio in grown.items())
            print(f"{kind}: page at {sizes.calls:,} calls / page at a tenth of them: {told}")


def measure(url: str, calls: int, jobs: int, campaigns: int, days: int) -> dict[int, float]:
    """Prints a line for each range; returns the page's median seconds by the range's days."""
    database = Database(url)
    upgrade(database)
    began = time.perf_counter()
    account = write_history(database, name="bench", calls=calls, jobs=jobs, campaigns=campaigns, days=days)
    analyze(database)  # as autovacuum would after so many rows
    loaded = time.perf_counter()
    refresh(database, account_id=account.id)
    analyze(database)
    print(f"  rows written in {loaded - began:.0f} s, all cells counted in {time.perf_counter() - loaded:.0f} s")
    pages = {}
    with tempfile.TemporaryDirectory() as folder:
        client, headers = signed_in(database, account, Path(folder))
        print(f"  {'range':>6} {'straight':>12} {'figures':>20} {'page':>22} {'api':>20}   (median; p95)")
        for length in ranges(days):
            last = today(zone=account.time_zone)
            period = Period(last - timedelta(days=length - 1), last, account.time_zone)
            query = f"from={period.first}&to={period.last}"
            straight = timed(partial(straight_sql, database, account, period), times=3 if length > 60 else 7)
            figures = timed(partial(read_figures, database, account, period), times=21)
            page = timed(partial(ask, client, f"/scorecards?{query}"), times=41)
            api = timed(partial(ask, client, f"/api/v1/scorecards?{query}", headers=headers), times=41)
            pages[length] = page[0]
            base = straight[0]
            print(
                f"  {length:>4} d {base * 1000:>9.1f} ms  {told(figures, base)}  {told(page, base)}  {told(api, base)}"
            )
        show_correction(client, headers, account)
    database.dispose()
    return pages


def analyze(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def straight_sql(database: Database, account: Account, period: Period) -> None:
    with database.read() as session:
        count_whole(session, account_id=account.id, period=period)


def read_figures(database: Database, account: Account, period: Period) -> None:
    with database.read() as session:
        scorecards(session, account=account, period=period)


def signed_in(database: Database, account: Account, folder: Path) -> tuple[Any, dict[str, str]]:
    """A browser that is signed in, and the header of an API key."""
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(
        _env_file=None, database_url=url, var=folder, recordings_url=str(folder / "recordings"), secret_key="bench"
    )
    with database.write.begin() as session:
        user = create_user(session, account=account, email="ana@example.com", name="Ana", password="bench bench",
                           role="manager")  # fmt: skip
        session.flush()
        token = sign_in(session, user=user)
        key = create_key(session, account=account, role="manager")
    client = create_app(settings).test_client()
    gc.collect()
    gc.freeze()  # as `serve` does before it forks
    client.set_cookie("calltrack_sign_in", token or "")
    return client, {"Authorization": f"Bearer {key}"}


def ask(client: Any, address: str, **more: Any) -> Any:
    answer = client.get(address, **more)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer


def show_correction(client: Any, headers: dict[str, str], account: Account) -> None:
    """One corrected label, and the very next request."""
    day = today(zone=account.time_zone) - timedelta(days=3)
    query = f"/api/v1/scorecards?from={day}&to={day}"
    before = ask(client, query, headers=headers).json["total"]["leads"]
    [call] = ask(
        client, f"/api/v1/calls?from={day}&to={day}&is_lead=true&outcome=unbooked&limit=1", headers=headers
    ).json["items"]
    began = time.perf_counter()
    said = client.put(f"/api/v1/calls/{call['call_sid']}/label", json={"label": "excused"}, headers=headers)
    corrected = time.perf_counter()
    after = ask(client, query, headers=headers).json["total"]["leads"]
    assert said.status_code == 200, said.status_code
    assert after == before - 1, (before, after)
    print(
        f"  one correction: {(corrected - began) * 1000:.0f} ms; the next request shows it "
        f"({before} leads, then {after}) after {(time.perf_counter() - corrected) * 1000:.0f} ms"
    )


def timed(work: Callable[[], Any], *, times: int) -> tuple[float, float]:
    """Median and 95th percentile of seconds, after one try that does not count."""
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    taken.sort()
    return statistics.median(taken), taken[min(len(taken) - 1, round(0.95 * len(taken)))]


def told(taken: tuple[float, float], base: float) -> str:
    median, late = taken
    return f"{median * 1000:>6.1f};{late * 1000:>6.1f} ms {base / median:>4.0f}x"


@contextmanager
def on_sqlite() -> Iterator[str | None]:
    with tempfile.TemporaryDirectory(prefix="calltrack-bench-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def on_postgres() -> Iterator[str | None]:
    programs = servers.find_postgres()
    if not programs:
        yield None
        return
    with (
        servers.postgres_server(programs=programs) as server,
        servers.postgres_database_of(server, template="template0") as url,
    ):
        yield url


if __name__ == "__main__":
    main()
