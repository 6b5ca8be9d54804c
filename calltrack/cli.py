"""The `calltrack` command."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from calltrack.config import read_settings
from calltrack.parent import follow_parent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from calltrack.db import Database

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say more in the log.")
def main(*, verbose: bool) -> None:
    """Call tracking for home-service contractors: from the ring to the campaign's scorecard."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("rq.worker").setLevel(logging.CRITICAL)  # a queue that is away is said once, by us
    follow_parent()


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


@main.group()
def account() -> None:
    """Companies."""


@account.command("create")
@click.argument("name")
@click.option("--timezone", "time_zone", required=True, help="Its time zone, such as America/Chicago.")
@click.option("--carrier", default="twilio", show_default=True, help="Where its numbers are: twilio or signalwire.")
def account_create(*, name: str, time_zone: str, carrier: str) -> None:
    """Create a company."""
    from calltrack.accounts.accounts import create_account

    _write(lambda session: create_account(session, name=name, time_zone=time_zone, carrier=carrier))
    click.echo(f"Account {name!r} is there.", err=True)


@main.group()
def user() -> None:
    """People."""


@user.command("create")
@click.argument("email")
@click.option("--account", "account_name", help="The account's name; needed when there are several.")
@click.option("--role", required=True, help="admin, manager, coach, csr or read-only.")
@click.option("--name", default="", help="How they are called.")
@click.option("--password", help="Asked for when left out; who is known already keeps theirs.")
def user_create(*, email: str, account_name: str | None, role: str, name: str, password: str | None) -> None:
    """Create a person, or give one who is known a role in another account."""
    from calltrack.accounts.accounts import create_user, find_account, find_user

    def create(session: "Session") -> None:
        account = find_account(session, name=account_name)
        known = find_user(session, email=email)
        if known and password:
            raise ValueError(f"{email} is known already; `calltrack user password` changes their password")
        secret = "" if known else password or _ask_password()
        create_user(session, account=account, email=email, name=name, password=secret, role=role)

    _write(create)
    click.echo(f"{email} may sign in.", err=True)


@user.command("password")
@click.argument("email")
@click.option("--password", help="Asked for when left out.")
def user_password(*, email: str, password: str | None) -> None:
    """Give a person a new password, and end their sign-ins everywhere."""
    from calltrack.accounts.accounts import set_password

    secret = password or _ask_password()
    _write(lambda session: set_password(session, email=email, password=secret))
    click.echo(f"{email} has a new password.", err=True)


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@main.group()
def key() -> None:
    """API keys for programs."""


@key.command("create")
@click.option("--account", "account_name", help="The account's name; needed when there are several.")
@click.option("--role", required=True, help="admin, manager, coach, csr or read-only.")
def key_create(*, account_name: str | None, role: str) -> None:
    """Create an API key and print it: this is the only time that it is shown."""
    from calltrack.accounts.accounts import create_key, find_account

    made: list[str] = []

    def create(session: "Session") -> None:
        made.append(create_key(session, account=find_account(session, name=account_name), role=role))

    _write(create)
    click.echo(made[0])


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


def _write(verb: "Callable[[Session], object]") -> None:
    """Do one thing in a transaction."""

    def do() -> None:
        with _open_database() as database, database.write.begin() as session:
            verb(session)

    _or_say(do)


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
