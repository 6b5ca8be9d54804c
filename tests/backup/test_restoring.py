"""What is backed up comes back: the same rows, files and figures, in a database of either kind."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from calltrack.backup.archive import BadArchive
from calltrack.backup.making import back_up_to, begin, finish, snapshot
from calltrack.backup.restoring import restore
from calltrack.campaigns.recount import recount
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from calltrack.models import AuditEntry, Call, Label, SignIn, User
from tests.backup.business import (
    every_line,
    figures,
    found_by_words,
    open_business,
    stored_files,
    take_call,
)  # fmt: skip
from tests.backup.conftest import House
from tests.factories import NOON, company
from tests.test_migrations import differences, downgrade


def test_everything_comes_back_as_it_was(houses: tuple[House, House], tmp_path: Path) -> None:
    source, target = houses
    open_business(source, folder=tmp_path)
    made = back_up(source, tmp_path)
    restore(made, database=target.database, storage=target.storage, now=NOON)
    with source.database.engine.connect() as ours, target.database.engine.connect() as theirs:
        assert every_line(theirs) == every_line(ours)
    with source.database.read() as ours_, target.database.read() as theirs_:
        assert figures(theirs_) == figures(ours_) != {}
    assert stored_files(target) == stored_files(source)
    assert len(stored_files(target)) == 3


def test_the_restored_house_is_lived_in_at_once(houses: tuple[House, House], tmp_path: Path) -> None:
    """Words are found, ids go on, triggers stand and the scorecards are those of the base rows."""
    source, target = houses
    open_business(source, folder=tmp_path)
    restore(back_up(source, tmp_path), database=target.database, storage=target.storage, now=NOON)
    assert found_by_words(target.database, "furnace") == found_by_words(source.database, "furnace")
    assert len(found_by_words(target.database, '"ask for the dog"')) == 3
    assert differences(target.database) == []
    standing = triggers(target.database)
    assert "calls_words_added" in " ".join(standing)
    with target.database.write.begin() as session:
        take_call(session, number=100)
        session.flush()
        highest = session.scalar(select(func.max(Call.id)))
        assert highest == session.scalar(select(func.count()).select_from(Call))
    assert len(found_by_words(target.database, "furnace")) == 4
    assert recount(target.database, account_name=None) == []


def test_a_backup_under_load_is_one_moment(houses: tuple[House, House], tmp_path: Path) -> None:
    """Calls, labels and jobs come in all the time; what is in the archive is what its own snapshot counted."""
    source, target = houses
    open_business(source, folder=tmp_path)
    stop, seen, numbers = threading.Event(), threading.Semaphore(0), iter(range(1000, 100_000))
    guard = threading.Lock()

    def work() -> None:
        while not stop.is_set():
            with guard:
                number = next(numbers)
            with source.database.write.begin() as session:
                take_call(session, number=number)
            seen.release()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    made = tmp_path / "under-load.tar"
    try:
        for _ in range(5):
            seen.acquire()
        with made.open("wb") as file:
            with snapshot(source.database) as connection:
                with Session(connection) as session:
                    counted, calls = figures(session), session.scalar(select(func.count()).select_from(Call))
                for _ in range(5):  # the snapshot is old by now
                    seen.acquire()
                begun = begin(connection, target=file, made_by="calltrack in a test")
                lines = every_line(connection)
            finish(begun, database=source.database, storage=source.storage)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    restore(made, database=target.database, storage=target.storage, now=NOON)
    with source.database.read() as session:
        assert (session.scalar(select(func.count()).select_from(Call)) or 0) >= (calls or 0) + 5
    with target.database.engine.connect() as connection, Session(connection) as session:
        assert figures(session) == counted
        assert every_line(connection) == lines
        spoken_of = select(Label.call_id).where(Label.source == "human").distinct()
        assert session.scalar(select(func.count()).select_from(spoken_of.subquery())) == (calls or 0) - 1
    assert recount(target.database, account_name=None) == []


def test_nobody_is_signed_in_after_a_restore(house: House, empty: House, tmp_path: Path) -> None:
    open_business(house, folder=tmp_path)
    with house.database.write.begin() as session:
        person = session.scalars(select(User)).one()
        session.add(SignIn(token_hash="0" * 64, user_id=person.id, account_id=1, created_at=NOON, expires_at=NOON))
    restore(back_up(house, tmp_path), database=empty.database, storage=empty.storage, now=NOON)
    with empty.database.read() as session:
        assert session.scalars(select(SignIn)).all() == []
        assert session.scalars(select(User.email)).all() == ["ana@example.com"]


def test_a_database_that_is_not_empty_is_refused(house: House, empty: House, tmp_path: Path) -> None:
    open_business(house, folder=tmp_path)
    upgrade(empty.database)
    with empty.database.write.begin() as session:
        company(session, name="Dee's Plumbing", number="+13125550199")
    with pytest.raises(BadArchive, match="not empty: accounts has rows"):
        restore(back_up(house, tmp_path), database=empty.database, storage=empty.storage, now=NOON)
    with empty.database.read() as session:
        assert session.scalar(text("SELECT name FROM accounts")) == "Dee's Plumbing"


def test_a_storage_with_another_file_is_refused_before_anything_is_written(
    house: House, empty: House, tmp_path: Path
) -> None:
    open_business(house, folder=tmp_path)
    key = next(iter(stored_files(house)))
    (tmp_path / "other.mp3").write_bytes(b"another file")
    empty.storage.put(key=key, source=tmp_path / "other.mp3")
    with pytest.raises(BadArchive, match="has another file"):
        restore(back_up(house, tmp_path), database=empty.database, storage=empty.storage, now=NOON)
    assert inspect(empty.database.engine).get_table_names() == []


class Full:
    """A storage on which only the first file has room."""

    def __init__(self, house: House) -> None:
        self.put_already: list[str] = []
        self.house = house

    def put(self, *, key: str, source: Path) -> None:
        if self.put_already:
            raise OSError(28, "No space left on device")
        self.put_already.append(key)
        self.house.storage.put(key=key, source=source)

    def __getattr__(self, name: str) -> object:
        return getattr(self.house.storage, name)


def test_a_restore_that_breaks_off_leaves_an_empty_database_and_can_be_given_again(
    houses: tuple[House, House], tmp_path: Path
) -> None:
    source, target = houses
    open_business(source, folder=tmp_path)
    made = back_up(source, tmp_path)
    with pytest.raises(OSError, match="No space"):
        restore(made, database=target.database, storage=Full(target), now=NOON)  # type: ignore[arg-type]
    assert inspect(target.database.engine).get_table_names() == []
    restore(made, database=target.database, storage=target.storage, now=NOON)
    assert stored_files(target) == stored_files(source)


def test_a_backup_of_the_version_before_is_restored_with_todays_tables(
    houses: tuple[House, House], tmp_path: Path
) -> None:
    source, target = houses
    open_business(source, folder=tmp_path)
    downgrade(source.database, to="-1")
    made = back_up(source, tmp_path)
    upgrade(target.database)  # a database that is there already, and empty
    restore(made, database=target.database, storage=target.storage, now=NOON)
    assert differences(target.database) == []
    upgrade(source.database)
    with source.database.engine.connect() as ours, target.database.engine.connect() as theirs:
        assert every_line(theirs) == every_line(ours)


def test_a_backup_of_a_newer_version_is_refused_in_words(house: House, empty: House, tmp_path: Path) -> None:
    open_business(house, folder=tmp_path)
    with house.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadArchive, match="newer calltrack"):
        restore(back_up(house, tmp_path), database=empty.database, storage=empty.storage, now=NOON)


def test_the_audit_trail_stays_append_only(houses: tuple[House, House], tmp_path: Path) -> None:
    source, target = houses
    open_business(source, folder=tmp_path)
    with source.database.write.begin() as session:
        session.add(
            AuditEntry(account_id=1, at=NOON, who="ana@example.com", deed="played", action="calls.read", route="x")
        )
    restore(back_up(source, tmp_path), database=target.database, storage=target.storage, now=NOON)
    with pytest.raises(Exception, match="append-only"), target.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries"))


def back_up(house: House, folder: Path) -> Path:
    path = folder / "backup.tar"
    back_up_to(path, database=house.database, storage=house.storage, made_by="calltrack in a test")
    return path


def triggers(database: Database) -> list[str]:
    on_sqlite = database.engine.dialect.name == "sqlite"
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        if on_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' ORDER BY tgname"
    )
    with database.engine.connect() as connection:
        return list(connection.scalars(text(asked)))
