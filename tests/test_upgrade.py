"""A database of the version before keeps all it holds when it is brought to today's tables.

`data_of_0006.jsonl` was written when those tables were today's: two rows of each, one with every column filled and one
with nothing that may be left out, in the form of calltrack/backup/rows.py.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrack.backup.rows import Shape, read_lines, settle, shapes, write_rows
from calltrack.db import Database
from calltrack.migrations.upgrade import migrate, upgrade
from tests import servers
from tests.test_migrations import BOTH, differences

DATA = [json.loads(line) for line in (Path(__file__).parent / "data_of_0006.jsonl").read_text().splitlines()]
# What an existing row says in a column that came since; null in all others.
BEGINS_AS: dict[str, dict[str, Any]] = {
    "accounts": {"recording": "announced", "keep_originals": 0, "keep_at_carrier": 1, "second_factor": 0},
    "agents": {"record": 1},
    "api_keys": {"name": "", "begins": ""},
    "campaigns": {"record": 1},
    "sign_ins": {"way": "password"},
    "transcripts": {"masked": 0},
}


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the version before, with rows in every table."""
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{tmp_path}/old.db")
    else:
        server = request.getfixturevalue("postgres_url")
        with servers.postgres_database_of(server, template="template0") as url:
            yield from _filled(url)


def _filled(url: str) -> Iterator[Database]:
    database = Database(url)
    with database.engine.begin() as connection:
        migrate(connection, revision="0006")
        known = {shape.name: shape for shape in shapes(connection)}
        assert known.keys() == {one["table"] for one in DATA}
        for one in DATA:
            shape = _of(known[one["table"]], one["columns"])
            assert write_rows(connection, shape, iter(one["rows"])) == 2
            settle(connection, shape)
    yield database
    database.dispose()


def _of(shape: Shape, columns: list[str]) -> Shape:
    """The table with these of its columns alone."""
    kind_of = dict(zip(shape.columns, shape.kinds, strict=True))
    return Shape(shape.name, tuple(columns), tuple(kind_of[name] for name in columns), shape.key)


def test_every_row_is_as_it_was_in_every_column_that_there_was(old: Database) -> None:
    upgrade(old)
    assert differences(old) == []
    with old.engine.connect() as connection:
        known = {shape.name: shape for shape in shapes(connection)}
        for one in DATA:
            lines = read_lines(connection, _of(known[one["table"]], one["columns"]))
            assert [json.loads(line) for line in lines] == one["rows"], one["table"]


def test_what_came_since_begins_as_if_nothing_had_been_said(old: Database) -> None:
    upgrade(old)
    with old.engine.connect() as connection:
        known = {shape.name: shape for shape in shapes(connection)}
        for one in DATA:
            shape = known[one["table"]]
            new = [name for name in shape.columns if name not in one["columns"]]
            expected = [BEGINS_AS.get(shape.name, {}).get(name) for name in new]
            whole = _of(shape, [*shape.key, *new])
            rows = [json.loads(line)[len(shape.key) :] for line in read_lines(connection, whole)]
            assert rows == [expected] * 2, shape.name


def test_words_are_found_and_ids_go_on(old: Database) -> None:
    upgrade(old)
    with old.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM call_words")).scalar() == 1
        connection.execute(text("UPDATE transcripts SET text = 'zeppelin' WHERE call_id = 1"))
        said = connection.execute(text("SELECT text FROM call_words WHERE call_id = 1")).scalar_one()
        assert "zeppelin" in said
        values = "'new', '', '', '2026-05-04 17:00:00'"
        connection.execute(text(f"INSERT INTO users (email, name, password_hash, created_at) VALUES ({values})"))
        assert connection.execute(text("SELECT max(id) FROM users")).scalar() == 3


def test_an_upgrade_that_fails_leaves_the_version_before(old: Database) -> None:
    """A table stands in the way of a new one; everything is as before, and works once it is gone."""
    with old.engine.begin() as connection:
        connection.execute(text("CREATE TABLE erasures (id INTEGER)"))
    with pytest.raises(Exception, match="erasures"):
        upgrade(old)
    with old.engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0006"
        columns = {name for shape in shapes(connection) if shape.name == "accounts" for name in shape.columns}
        assert "keep_days" not in columns
        connection.execute(text("DROP TABLE erasures"))
    upgrade(old)
    assert differences(old) == []
