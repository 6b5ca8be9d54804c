"""Migrations lead an empty database to exactly the tables of the models, and back."""

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text

from calltrack import migrations
from calltrack.accounts.accounts import create_account, find_account
from calltrack.calls.tags import note_call
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.models import Base
from tests import servers
from tests.factories import answered_call, company

BOTH = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.enable_socket])]
FOLDER = str(Path(migrations.__file__).parent)


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path}/empty.db")
    else:
        server = request.getfixturevalue("postgres_url")
        with servers.postgres_database_of(server, template="template0") as url:
            yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": known_to_models})
        return list(compare_metadata(context, Base.metadata))


def known_to_models(name: str | None, kind: str, _parents: Any) -> bool:
    """Each database indexes the words of calls in a way of its own, which no model could say for both."""
    own = {"table": ("call_words_index", "call_words_terms"), "column": ("words",), "index": ("ix_call_words_words",)}
    return not (name or "").startswith(own.get(kind, ("-",)))


def checks(database: Database) -> dict[str, Any]:
    """Each table's check constraints, which Alembic does not compare."""
    known = inspect(database.engine)
    return {
        table: sorted((one["name"] or "", one["sqltext"]) for one in known.get_check_constraints(table))
        for table in Base.metadata.tables
    }


def downgrade(database: Database, *, to: str = "base") -> None:
    config = Config()
    config.set_main_option("script_location", FOLDER)
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def test_an_empty_database_gets_the_tables_of_the_models(empty: Database) -> None:
    upgrade(empty)
    assert differences(empty) == []


def test_every_check_of_the_models_is_in_the_database(empty: Database, tmp_path: Path) -> None:
    upgrade(empty)
    migrated = checks(empty)
    with empty.engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    assert migrated == checks(empty)


def test_upgrading_twice_changes_nothing_and_keeps_what_is_there(empty: Database) -> None:
    upgrade(empty)
    with empty.write.begin() as session:
        create_account(session, name="Ana's Heating", time_zone="America/Chicago")
    upgrade(empty)
    assert differences(empty) == []
    with empty.read() as session:
        assert find_account(session, name=None).created_at <= datetime.now(UTC)


def test_all_the_way_down_leaves_nothing_and_up_again_works(empty: Database) -> None:
    upgrade(empty)
    downgrade(empty)
    assert set(inspect(empty.engine).get_table_names()) - {"alembic_version"} == set()
    upgrade(empty)
    assert differences(empty) == []


def test_with_calls_in_it_a_database_goes_one_version_down_and_up_again_and_loses_nothing(empty: Database) -> None:
    upgrade(empty)
    with empty.write.begin() as session:
        shop = company(session, name="Ana's Heating", number="+13125550142")
        call = answered_call(session, number=shop.number.phone_number)
        note_call(session, call=call, text="ask for the dog", written_by="Ana")
    before = everything(empty)
    downgrade(empty, to="-1")
    upgrade(empty)
    assert differences(empty) == []
    assert everything(empty) == before


def everything(database: Database) -> dict[str, Any]:
    """How many rows each table has, and every trigger by name; raises where a row points at nothing."""
    with database.engine.connect() as connection:
        found: dict[str, Any] = {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }
        if database.engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        else:
            triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
        found["triggers"] = list(connection.scalars(text(triggers)))
    return found


@pytest.mark.slow
def test_two_processes_that_start_at_once_upgrade_once(empty: Database) -> None:
    spawn = multiprocessing.get_context("spawn")
    together, url = spawn.Barrier(2), empty.url.render_as_string(hide_password=False)
    processes = [spawn.Process(target=_upgrade, args=(url, together)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert differences(empty) == []


def _upgrade(url: str, together: Barrier) -> None:
    database = Database(url)
    together.wait()
    upgrade(database)
    database.dispose()


def test_the_history_is_one_line() -> None:
    assert len(ScriptDirectory(FOLDER).get_heads()) == 1
