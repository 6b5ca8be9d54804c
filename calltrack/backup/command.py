"""`calltrack backup` and `calltrack restore`."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calltrack.config import read_settings

if TYPE_CHECKING:
    from calltrack.backup.archive import Manifest

_NOTED = {
    "erased": "erased since",
    "moved": "changed since",
    "altered": "NOT as they were once stored",
    "missing": "NOT to be found",
}


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--verify", is_flag=True, help="Write nothing; say whether the archive FILE is whole.")
def backup(*, file: Path, verify: bool) -> None:
    """Write the database and every recording it names into FILE (- is standard output), while all goes on."""
    manifest = _or_say(lambda: _check(file) if verify else _back_up(file))
    click.echo(_sum_up(manifest), err=True)
    sys.exit(1 if manifest.notes.keys() & {"missing", "altered"} else 0)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(*, file: Path) -> None:
    """Bring back what `backup` wrote into FILE: into a database that is empty, and a storage that is."""
    manifest = _or_say(lambda: _restore(file))
    click.echo(f"Restored: {_sum_up(manifest)}", err=True)


def _back_up(file: Path) -> "Manifest":
    from calltrack import __version__
    from calltrack.backup.making import back_up_to
    from calltrack.db import Database
    from calltrack.storage import open_storage

    settings = read_settings()
    if str(file) == "-" and sys.stdout.isatty():
        raise ValueError("the archive would go to the terminal; name a file, or send it on with a pipe")
    storage = open_storage(settings.recordings_url)
    database, made_by = Database(settings.database), f"calltrack {__version__}"
    return back_up_to(file, database=database, storage=storage, made_by=made_by, tell=_tell)


def _check(file: Path) -> "Manifest":
    from calltrack.backup.checking import check

    with file.open("rb") as source:
        return check(source)


def _restore(file: Path) -> "Manifest":
    from calltrack.backup.restoring import restore as restore_archive
    from calltrack.db import Database
    from calltrack.storage import open_storage

    settings = read_settings()
    database, storage = Database(settings.database), open_storage(settings.recordings_url)
    return restore_archive(file, database=database, storage=storage, now=datetime.now(UTC), tell=_tell)


def _or_say(work: "Callable[[], Manifest]") -> "Manifest":
    """What stands in the way is said in one line."""
    from sqlalchemy.exc import DBAPIError

    from calltrack.storage import StorageUnavailable

    try:
        return work()
    except DBAPIError as error:
        raise click.ClickException(f"the database: {str(error.orig).splitlines()[0]}") from None
    except (ValueError, OSError, StorageUnavailable) as error:
        raise click.ClickException(str(error)) from None


def _sum_up(manifest: "Manifest") -> str:
    """What an archive holds, and what of it is not as it should be."""
    whole = (
        f"{sum(manifest.rows.values()):,} rows and {manifest.files:,} files ({manifest.bytes / 1024**2:,.1f} MiB) "
        f"as of {manifest.began_at[:19]}Z"
    )
    return "; ".join([whole, *(f"{count:,} {_NOTED[what]}" for what, count in sorted(manifest.notes.items()))])


def _tell(said: str) -> None:
    """How far long work is, to whoever watches it."""
    if sys.stderr.isatty():
        click.echo(said, err=True)
