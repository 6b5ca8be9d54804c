"""What every door stands on: the settings, the database and the recordings' storage."""

from dataclasses import dataclass

from flask import current_app

from calltrack.config import Settings
from calltrack.db import Database
from calltrack.storage import Storage


@dataclass(frozen=True)
class Ground:
    """One process's settings and connections."""

    settings: Settings
    database: Database
    storage: Storage


def ground() -> Ground:
    """The ground under the current request."""
    found = current_app.extensions["calltrack"]
    assert isinstance(found, Ground)  # noqa: S101 - for the type checker; create_app put it there
    return found
