"""The `calltrack` command."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from calltrack.accounts.commands import account, key, user
from calltrack.backup.command import backup, restore
from calltrack.config import read_settings
from calltrack.logs import set_up as set_up_logs
from calltrack.parent import follow_parent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from calltrack.db import Database

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say more in the log.")
@click.pass_context
def main(context: click.Context, *, verbose: bool) -> None:
    """Call tracking for home-service contractors: from the ring to the campaign's scorecard."""
    set_up_logs(verbose=verbose)
    follow_parent()
    context.obj = _write


@main.command()
@click.option("--demo", is_flag=True, help="Add a demo account and a carrier on this desk that places calls.")
def run(*, demo: bool) -> None:
    """Start web, worker and the embedded queue under one parent; Ctrl-C stops everything."""
    from calltrack.run import run as run_all

    sys.exit(run_all(read_settings(), demo=demo))


@main.command()
def init() -> None:
    """Create the database, or bring it to today's tables."""
    from calltrack.db import Database
    from calltrack.migrations.upgrade import upgrade

    settings = read_settings()
    upgrade(Database(settings.database))
    click.echo("The database is up to date.", err=True)


@main.command()
@click.option("--processes", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads in each.")
def serve(*, processes: int, threads: int) -> None:
    """Serve the webhooks, the API and the pages."""
    from calltrack.serve import serve as serve_web

    serve_web(read_settings(), processes=processes, threads=threads)


@main.command()
def worker() -> None:
    """Fetch recordings, transcribe and classify what the web processes ask for."""
    from calltrack.worker import work

    work(read_settings())


@main.command()
def queue() -> None:
    """Serve the embedded queue alone; `run` does so where REDIS_URL is not set."""
    from calltrack.embedded import serve_queue

    serve_queue(read_settings())


@main.command()
def sweep() -> None:
    """Do every step that is due now, then stop."""
    from calltrack import pipeline
    from calltrack.db import Database
    from calltrack.storage import open_storage

    settings = read_settings()
    pipeline.open_workshop(
        pipeline.Workshop(Database(settings.database), settings, open_storage(settings.recordings_url))
    )
    click.echo(f"{pipeline.sweep()} steps done", err=True)


@main.command()
@click.option("--account", "account_name", help="The account's name; left out: every account.")
def recount(*, account_name: str | None) -> None:
    """Count every scorecard anew from the calls and jobs, and report what differs: there must be nothing."""
    from calltrack.campaigns.recount import recount as recount_cells
    from calltrack.db import Database

    differences = _or_say(lambda: recount_cells(Database(read_settings().database), account_name=account_name))
    for difference in differences:
        click.echo(difference)
    click.echo(f"{len(differences)} differences", err=True)
    sys.exit(1 if differences else 0)


main.add_command(backup)
main.add_command(restore)


@main.command()
@click.option("--after", default=0, help="Go on behind the call with this id, which a run that was ended has printed.")
def mask(*, after: int) -> None:
    """Mask card numbers, codes and the like in calls that were kept before they were masked by themselves."""
    from calltrack.privacy.stored import mask_stored

    looked_at = masked = 0
    with _open_database() as database:
        for batch in mask_stored(database, read_settings(), after=after):
            looked_at, masked = looked_at + batch.looked_at, masked + batch.masked
            click.echo(
                f"{looked_at} transcripts, {masked} numbers; to go on from here: --after {batch.call_id}", err=True
            )
    click.echo(f"{masked} numbers masked in {looked_at} transcripts; workers do their logs and recordings", err=True)


@main.command()
def replay() -> None:
    """Apply what was spooled while the database was away."""
    from calltrack import create_app
    from calltrack.webhooks.replay import replay_spool

    click.echo(f"{replay_spool(create_app().extensions['calltrack'])} deliveries applied", err=True)


@main.command()
@click.option("--since", help="From when on: 2026-11-20T00:00Z, 24h or 3d; left out: where the last run left off.")
def reconcile(*, since: str | None) -> None:
    """Compare the carrier's own lists of calls and recordings with ours, and take in what is missing."""
    from calltrack.calls.reconciliations import read_since, reconcile_now, sum_up

    def compare() -> bool:
        now = datetime.now(UTC)
        begins = read_since(since, now=now) if since else None
        with _open_database() as database:
            runs = reconcile_now(database, read_settings(), since=begins, now=now)
        for run in runs:
            click.echo(sum_up(run))
        return not any(run.error for run in runs)

    sys.exit(0 if _or_say(compare) else 1)


@main.command()
@click.option("--pace", default=0.0, show_default=True, help="1 plays calls in real time; 0 as fast as they go.")
def demo(*, pace: float) -> None:
    """Be a carrier on this desk: place calls to the running service at PUBLIC_URL, as Twilio would."""
    from calltrack.run import play_carrier

    play_carrier(read_settings(), pace=pace)


for group in (account, user, key):
    main.add_command(group)


@main.command("import")
@click.argument("noun", type=click.Choice(["jobs", "customers", "calls", "costs"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", "account_name", help="The account's name; needed when there are several.")
@click.option("--dry-run", is_flag=True, help="Only say what would be new, known and bad.")
@click.option("--skip-bad", is_flag=True, help="Leave bad lines out instead of refusing the file.")
def import_csv(*, noun: str, file: Path, account_name: str | None, dry_run: bool, skip_bad: bool) -> None:
    """Bring in a CSV file: all of it is checked first, then it is applied in batches; once more does no harm."""
    from calltrack.imports.command import import_csv as import_file

    with _open_database() as database:
        taken = import_file(
            database, account_name=account_name, noun=noun, path=file, dry_run=dry_run, skip_bad=skip_bad
        )
    sys.exit(0 if taken else 1)


@main.command()
@click.option("--corpus", type=click.Path(exists=True, path_type=Path), help="Conversations to learn from.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the model goes; default: the shipped one.")
@click.option("--account", "account_name", help="Learn from this account's own labels instead, at once.")
def train(*, corpus: Path | None, out: Path | None, account_name: str | None) -> None:
    """Train the classifier and print its card as JSON."""
    from dataclasses import asdict

    if account_name is not None:
        if corpus or out:
            raise click.UsageError("--account learns from the account's labels; leave --corpus and --out out")
        click.echo(json.dumps(_or_say(lambda: _learn(account_name)), indent=2))
        return

    from calltrack.classify.conversations import CORPUS
    from calltrack.classify.model import SHIPPED
    from calltrack.classify.training import train as train_model

    card = train_model(corpus=corpus or CORPUS, out=out or SHIPPED)
    click.echo(json.dumps(asdict(card), indent=2))


@main.command()
@click.argument("file", type=click.File(encoding="utf-8"))
def evaluate(*, file: TextIO) -> None:
    """Measure the shipped model on labelled calls (JSON lines); prints JSON."""
    from calltrack.classify.evaluate import evaluate as evaluate_lines

    click.echo(json.dumps(_or_say(lambda: evaluate_lines(lines=file))))


@main.command()
@click.argument("file", type=click.File(encoding="utf-8"))
def classify(*, file: TextIO) -> None:
    """Label calls (JSON lines) with the shipped model; prints one JSON line a call."""
    from calltrack.classify.evaluate import classify_lines

    for verdict in _or_say(lambda: list(classify_lines(lines=file))):
        click.echo(json.dumps(verdict))


def _learn(account_name: str) -> dict[str, Any]:
    """The card of the version that the account's classifier learns now. ValueError where it learns none."""
    from calltrack.accounts.accounts import find_account
    from calltrack.learning.learn import learn, learning_of

    now = datetime.now(UTC)
    with _open_database() as database:
        with database.read() as session:
            account = find_account(session, name=account_name)
        made = learn(database, account_id=account.id, by="the command line", now=now)
        with database.read() as session:
            outcome = learning_of(session, account=account, now=now).outcome or ""
    if made is None:
        raise ValueError(outcome)
    click.echo(outcome, err=True)
    return made.card


def _or_say(work: Callable[[], T]) -> T:
    """A mistake in what was given ends the command with one line, not with a traceback."""
    try:
        return work()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _write(verb: "Callable[[Session], T]") -> T:
    """What one thing returns, done in a transaction."""

    def do() -> T:
        with _open_database() as database, database.write.begin() as session:
            return verb(session)

    return _or_say(do)


@contextmanager
def _open_database() -> "Iterator[Database]":
    """The database that the settings name, with today's tables."""
    from calltrack.db import Database
    from calltrack.migrations.upgrade import upgrade

    database = Database(read_settings().database)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


if __name__ == "__main__":
    main()
