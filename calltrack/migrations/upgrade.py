"""Bring a database to today's tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from calltrack.config import BadSetting
from calltrack.db import Database


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, in one transaction; raises BadSetting for a database that cannot be opened."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
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
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
