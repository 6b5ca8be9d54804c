"""Bring a database to today's tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from calltrack.db import Database


def upgrade(database: Database) -> None:
    """Create or upgrade the tables, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
