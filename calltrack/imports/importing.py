"""The import of a file: every line is checked before any is written, then it is applied in batches.

Each batch is a transaction of its own and finds out for itself what is known already. So an import that was broken off
is finished by running it again, and one that ran twice has done no harm.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from calltrack.accounts.turn import wait_for_turn
from calltrack.db import Database
from calltrack.imports.bulk import learn_sizes, plan_anew
from calltrack.imports.calls import CallFile
from calltrack.imports.costs import CostFile
from calltrack.imports.customers import CustomerFile
from calltrack.imports.fields import BadLine
from calltrack.imports.jobs import JobFile
from calltrack.imports.kind import Counts, Kind
from calltrack.imports.lines import BadFile, Table
from calltrack.models import Account

KINDS: dict[str, type[JobFile] | type[CustomerFile] | type[CallFile] | type[CostFile]] = {
    "jobs": JobFile,
    "customers": CustomerFile,
    "calls": CallFile,
    "costs": CostFile,
}
BATCH = 1000  # lines
_LEARN_AFTER = (1, 4, 16, 64, 256, 1024)  # batches
# How far through the file, told between two batches; a file is gone through twice.
Progress = Callable[[int], None]


@dataclass
class Report:
    """What a file held and what came of it. `bad`: line number and what to do."""

    bad: list[tuple[int, str]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    notices: list[str] = field(default_factory=list)
    refused: bool = False
    written: bool = False


def import_file(
    database: Database,
    *,
    account_id: int,
    noun: str,
    file: BinaryIO,
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Progress = lambda _bytes: None,
) -> Report:
    """Check the file (of jobs, customers, calls or costs) and apply it, unless a line is bad and is not to be skipped.

    Raises BadFile where it cannot be read as a whole, and what the database raises; then the batches before that stay.
    """
    with _fewer_collections():
        return _import(
            database, account_id=account_id, noun=noun, file=file, dry_run=dry_run, skip_bad=skip_bad, progress=progress
        )


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """A file's lines refer to nothing in circles: to look for such takes a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _import(
    database: Database,
    *,
    account_id: int,
    noun: str,
    file: BinaryIO,
    dry_run: bool,
    skip_bad: bool,
    progress: Progress,
) -> Report:
    with database.read() as session:
        account = session.get_one(Account, account_id)
        kind: Kind = KINDS[noun](session, account=account)
    table = Table(file, columns=kind.columns, required=kind.required)
    report = Report()
    if table.unknown:
        report.notices.append(f"columns that are not known are passed over: {', '.join(table.unknown)}")
    passed_over = _check(database, kind=kind, table=table, report=report, progress=progress)
    report.notices += kind.notices()
    report.refused = bool(report.bad) and not skip_bad
    if report.refused and not dry_run:
        return report
    already = table.bytes_read
    for number, batch in enumerate(_batches(kind, table=table, passed_over=passed_over), start=1):
        if dry_run:
            with database.read() as session:
                plan_anew(session)
                found = kind.sort_out(session, batch)
        else:
            with database.write.begin() as session:
                plan_anew(session)
                account = session.get_one(Account, account_id)
                wait_for_turn(session, account=account)  # what is known now stays so until the commit
                found = kind.sort_out(session, batch)
                kind.write(session, account=account, found=found)
                report.written = True
        report.counts.add(found)
        if not dry_run and number in _LEARN_AFTER:
            with database.write.begin() as session:
                learn_sizes(session, written=report.counts.new)
        progress(already + table.bytes_read)
    report.counts.known += len(passed_over) - len(report.bad)
    return report


def _check(database: Database, *, kind: Kind, table: Table, report: Report, progress: Progress) -> set[int]:
    """Go through the file once; returns the numbers of the lines that are bad or only repeat others."""
    bad = dict[int, str]()
    repeated = set[int]()
    rows: list[tuple[int, Any]] = []

    def ask_database() -> None:
        with database.read() as session:
            plan_anew(session)
            bad.update(kind.doubts(session, rows))
        rows.clear()
        progress(table.bytes_read)

    for number, cells in table.lines():
        try:
            if isinstance(cells, BadLine):
                raise cells
            row = kind.read(cells)
            if kind.repeats(number, row):
                repeated.add(number)
        except BadLine as wrong:
            bad[number] = str(wrong)
        else:
            rows.append((number, row))
            if len(rows) == BATCH:
                ask_database()
    ask_database()
    report.bad = sorted(bad.items())
    return repeated - bad.keys() | bad.keys()


def _batches(kind: Kind, *, table: Table, passed_over: set[int]) -> Iterator[Sequence[Any]]:
    """The units in batches of at most BATCH lines, but for a single unit that is larger."""
    batch: list[Any] = []
    size = 0
    for lines, unit in kind.gather(_rows(kind, table=table, passed_over=passed_over)):
        if batch and size + lines > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(unit)
        size += lines
    if batch:
        yield batch


def _rows(kind: Kind, *, table: Table, passed_over: set[int]) -> Iterator[Any]:
    for number, cells in table.lines():
        if number in passed_over:
            continue
        if isinstance(cells, BadLine):
            raise BadFile(f"line {number} was good a moment ago: the file is being changed; import it once it is whole")
        try:
            yield kind.read(cells)
        except BadLine as wrong:
            raise BadFile(f"line {number} was good a moment ago ({wrong}); import the file again") from None
