"""The import of a file as the command line shows it: notices and bad lines on stderr, the counts on stdout."""

import sys
from pathlib import Path

import click

from calltrack.accounts.accounts import find_account
from calltrack.db import AWAY, Database
from calltrack.imports.importing import Report, import_file
from calltrack.imports.lines import BadFile


def import_csv(
    database: Database, *, account_name: str | None, noun: str, path: Path, dry_run: bool, skip_bad: bool
) -> bool:
    """Import the file and tell what came of it; False where it was refused. Raises ClickException."""
    size = max(path.stat().st_size, 1)
    bar = click.progressbar(
        length=2 * size, label=f"Importing {noun}", file=sys.stderr, hidden=not sys.stderr.isatty()
    )  # fmt: skip
    try:
        with database.read() as session:
            account_id = find_account(session, name=account_name).id
        with path.open("rb") as file, bar:
            report = import_file(
                database,
                account_id=account_id,
                noun=noun,
                file=file,
                dry_run=dry_run,
                skip_bad=skip_bad,
                progress=lambda done: bar.update(done - bar.pos),
            )
    except BadFile as wrong:
        raise click.ClickException(f"{path.name}: {wrong}") from wrong
    except AWAY as away:
        raise click.ClickException(
            f"the database cannot be reached ({away.orig if hasattr(away, 'orig') else away}). "
            "What was applied stays; run the same command again, and it goes on from there"
        ) from away
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    _tell(report, noun=noun, dry_run=dry_run)
    return not report.refused


def _tell(report: Report, *, noun: str, dry_run: bool) -> None:
    for notice in report.notices:
        click.echo(f"Notice: {notice}.", err=True)
    for number, problem in report.bad:
        click.echo(f"Line {number}: {problem}.", err=True)
    counts = report.counts
    if not report.refused or dry_run:
        told = f"{counts.new} new, {counts.changed} changed, {counts.known} known, {len(report.bad)} bad"
        click.echo(f"{noun}: {told}{' (a dry run: nothing was written)' if dry_run else ''}")
    if report.refused:
        lines = "1 line is" if len(report.bad) == 1 else f"{len(report.bad)} lines are"
        click.echo(
            f"{lines} bad, so nothing {'would be' if dry_run else 'was'} written. "
            "Correct the file, or leave such lines out with --skip-bad.",
            err=True,
        )
