"""Bring a database to today's tables, or to those of another day."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from calltrack.config import BadSetting
from calltrack.db import Database


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, in one transaction; raises BadSetting for a database that cannot be opened
    or is of a newer calltrack."""
    try:
        database.engine.connect().close()
    except DatabaseError as error:
        raise BadSetting(f"DATABASE_URL: the database cannot be opened: {str(error.orig).splitlines()[0]}") from None
    with database.engine.begin() as connection:
        if (
            connection.dialect.name == "postgresql"
        ):  # race: two machines start at once; SQLite's write lock does it there
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('calltrack upgrade', 0))"))
        try:
            migrate(connection, revision="head")
        except LookupError as error:
            raise BadSetting(f"DATABASE_URL: the database belongs to a newer calltrack: {error}") from None


def migrate(connection: Connection, *, revision: str) -> None:
    """Bring the tables up to `revision`, or down to none (`base`), within the connection's transaction.

    Raises LookupError for a revision that this calltrack does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        (command.downgrade if revision == "base" else command.upgrade)(config, revision)
    except CommandError as error:
        raise LookupError(str(error)) from None
