"""What may not be there: the database, and the requests that others have captured."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event


@contextmanager
def database_away(app: Flask) -> Iterator[None]:
    """Every connection is gone and none can be made."""

    def refuse(*_: object) -> None:
        raise engine.dialect.dbapi.OperationalError("no route to the database")

    engine = app.extensions["calltrack"].database.engine
    engine.dispose()
    event.listen(engine, "do_connect", refuse)
    yield
    event.remove(engine, "do_connect", refuse)


def shared() -> Path:
    """Captured requests and a checker of TwiML, kept beside the project."""
    folder = Path(__file__).parents[2].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the captured requests are not here")
    return folder
