"""Bring a database to today's tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from calltrack.db import Database


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.engine.begin() as connection:
        if (
            connection.dialect.name == "postgresql"
        ):  # race: two machines start at once; SQLite's write lock does it there
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('calltrack upgrade', 0))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
