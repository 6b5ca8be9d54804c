"""The list of calls at a million of them, against the list at ten thousand: each filter, and words of every frequency.

    python -m benchmarks.desk [--calls 1000000] [--folder FOLDER] [--postgres URL] [--times 30]

Each is the whole HTML page, as server time of a signed-in request: how many calls it shows, its median and 95th
percentile, and how many times the median is that of the small database (which has fewer calls to show where a filter is
rare). A fifth of the calls have a transcript. In a FOLDER the SQLite files stay for the next run; a server that is
named, whose user may create databases, keeps its databases `desk_...`.
"""

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import NullPool, create_engine, make_url, select, text

from benchmarks.desk_rows import AGENTS, EMAIL, NAME, RARE_TAG, ZONE, write_desk
from calltrack import create_app
from calltrack.accounts.accounts import find_account
from calltrack.accounts.sign_in import sign_in
from calltrack.calls.listing import list_calls
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.models import User
from tests import servers

SMALL = 10_000
PAGES: dict[str, dict[str, str]] = {
    "plain": {},
    "label excused": {"label": "excused"},
    "no label": {"label": "none"},
    "reason": {"reason": "new job"},
    "reason nobody gave": {"reason": "none of these"},
    "missed": {"outcome": "missed"},
    "booked": {"outcome": "booked"},
    "unbooked": {"outcome": "unbooked"},
    "to review": {"outcome": "unbooked", "reviewed": "no"},
    "reviewed": {"reviewed": "yes"},
    "sounds booked": {"booked": "likely"},
    "first-time callers": {"first_time": "yes"},
    "over 25 minutes": {"longer": "1500"},
    "one campaign": {"campaign": "3"},
    "one agent": {"answered_by": AGENTS[3]},
    "agent, missed": {"answered_by": AGENTS[3], "outcome": "missed"},
    "frequent tag": {"tag": "estimate"},
    "tag of 1 in 1000": {"tag": "escalated"},
    "rare tag": {"tag": RARE_TAG},
    "tag, excused": {"tag": "estimate", "label": "excused"},
    "word: the": {"q": "the"},
    "word: furnace": {"q": "furnace"},
    "word: 1 in 200": {"q": "zeppelin"},
    "word: 1 in 2000": {"q": "xylophone"},
    "word: absent": {"q": "qqqqq"},
    "3 letters: con": {"q": "con"},
    "two words": {"q": "water furnace"},
    "frequent, rare": {"q": "furnace zeppelin"},
    "phrase": {"q": '"water heater"'},
    "phrase nobody said": {"q": '"heater the furnace"'},
    "words apart": {"q": '"and the you"'},
    "name": {"q": "dombrowski"},
    "word, campaign": {"q": "furnace", "campaign": "3"},
    "word, excused": {"q": "furnace", "label": "excused"},
    "word, not another": {"q": "furnace -the"},
    "phone number": {"q": "(312) 555-0142"},
    "area code": {"q": "1312"},
}


class Taken(NamedTuple):
    """What a page took, in seconds, and how many calls it shows."""

    median: float
    late: float
    rows: int


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--postgres", metavar="URL")
    asked.add_argument("--times", type=int, default=30)
    chosen = asked.parse_args()
    for kind, opened in (("SQLite", on_sqlite(chosen.folder)), ("PostgreSQL", on_postgres(chosen.postgres))):
        with opened as url_of:
            if url_of is None:
                print(f"\n{kind}: NOT RUN, there is no server program on this machine")
                continue
            pages = []
            for calls in (SMALL, chosen.calls):
                began = time.perf_counter()
                built = build(url_of(calls), calls=calls)
                told = f", written in {time.perf_counter() - began:.0f} s" if built else ""
                print(f"\n{kind}, {calls:,} calls, {calls // 5:,} transcripts{told}")
                pages.append(measure(url_of(calls), times=chosen.times))
            tell(*pages)


def build(url: str, *, calls: int) -> bool:
    """Fill the database, unless it is filled; whether it was not."""
    database = Database(url)
    upgrade(database)
    with database.read() as session:
        there = session.scalar(text("SELECT max(id) FROM calls")) == calls
    if not there:
        write_desk(database, calls=calls, transcripts=calls // 5)
        if database.engine.dialect.name == "postgresql":
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))  # as autovacuum would after so many rows
    database.dispose()
    return not there


def measure(url: str, *, times: int) -> dict[str, Taken]:
    """Every page of PAGES, and the second of the plain list and of a search."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(
            _env_file=None, database_url=url, var=folder, recordings_url=str(folder / "recordings"), secret_key="bench"
        )
        client = create_app(settings).test_client()
        database = Database(url)
        with database.write.begin() as session:
            user = session.scalars(select(User).where(User.email == EMAIL)).one()
            account = find_account(session, name=NAME)
            token = sign_in(session, user=user)
        client.set_cookie("calltrack_sign_in", token or "")
        pages = dict(PAGES)
        for title, query in (("plain, page 2", {}), ("word, page 2", {"q": "furnace"})):
            with database.read() as session:
                page = list_calls(session, account_id=account.id, zone=ZONE, q=query.get("q"))
            pages[title] = {**query, "cursor": page.next or ""}
        database.dispose()
        gc.collect()
        gc.freeze()  # as `serve` does before it forks
        return {title: timed(client, f"/calls?{urlencode(query)}", times=times) for title, query in pages.items()}


def timed(client: Any, address: str, *, times: int) -> Taken:
    """After two requests that do not count."""
    taken = []
    for place in range(times + 2):
        began = time.perf_counter()
        answer = client.get(address)
        if place > 1:
            taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, (address, answer.status_code)
    taken.sort()
    return Taken(statistics.median(taken), taken[min(times - 1, round(0.95 * times))], answer.data.count(b"data-sid="))


def tell(small: dict[str, Taken], large: dict[str, Taken]) -> None:
    print(f"\n  {'':<20} {'small: calls, median; p95':>28} {'large: calls, median; p95':>28}  ratio")
    for title, one in large.items():
        few = small[title]
        print(
            f"  {title:<20} {few.rows:>7} {few.median * 1000:>8.1f};{few.late * 1000:>8.1f} ms"
            f" {one.rows:>7} {one.median * 1000:>8.1f};{one.late * 1000:>8.1f} ms  {one.median / few.median:.2f}"
        )
    alike = [title for title, one in large.items() if one.rows == small[title].rows]
    worst = max(alike, key=lambda title: large[title].median / small[title].median)
    slowest = max(large, key=lambda title: large[title].late)
    print(
        f"  most grown of those that show as many: {worst}, {large[worst].median / small[worst].median:.2f} times;"
        f" slowest: {slowest}, {large[slowest].late * 1000:.0f} ms at the 95th percentile"
    )


@contextmanager
def on_sqlite(folder: Path | None) -> Iterator[Callable[[int], str] | None]:
    with tempfile.TemporaryDirectory(prefix="calltrack-bench-") as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        yield lambda calls: f"sqlite:///{place.absolute()}/desk_{calls}.db"


@contextmanager
def on_postgres(server: str | None) -> Iterator[Callable[[int], str] | None]:
    with ExitStack() as stack:
        if server is None:
            programs = servers.find_postgres()
            if not programs:
                yield None
                return
            server = stack.enter_context(servers.postgres_server(programs=programs))
        admin = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)

        def url_of(calls: int) -> str:
            name = f"desk_{calls}"
            with admin.connect() as connection:
                if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                    connection.execute(text(f"CREATE DATABASE {name}"))
            return make_url(server).set(database=name).render_as_string(hide_password=False)

        yield url_of


if __name__ == "__main__":
    main()
