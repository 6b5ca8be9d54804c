"""What every door stands on: the settings, the database and the recordings' storage."""

from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, g

from calltrack.config import Settings
from calltrack.db import Database
from calltrack.scope import Scope
from calltrack.storage import Storage


@dataclass(frozen=True)
class Ground:
    """One process's settings and connections."""

    settings: Settings
    database: Database
    storage: Storage


def ground() -> Ground:
    """The ground under the current request."""
    found = g.get("ground") or current_app.extensions["calltrack"]
    assert isinstance(found, Ground)  # noqa: S101 - for the type checker; create_app put it there
    return found


def keep_within(scope: Scope, **info: Any) -> None:
    """From here on the request sees what is in the scope and nothing else; `info` is what its sessions carry beside."""
    house = ground()
    g.ground = replace(house, database=house.database.whole.within({"scope": scope, **info}))
