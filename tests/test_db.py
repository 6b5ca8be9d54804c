"""The database: moments keep their meaning, work waits for the commit, and no update is lost."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from calltrack.db import Database, after_commit, upsert
from calltrack.models import Account, Campaign, JobType

MAY = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


def account(*, name: str = "Ana's Heating", created_at: datetime = MAY) -> Account:
    return Account(
        name=name, time_zone="America/Chicago", announcement="", lead_seconds=60, match_days=14, created_at=created_at
    )


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="needs a time zone"), database.write.begin() as session:
        session.add(account(created_at=datetime(2026, 5, 4, 15, 0)))  # noqa: DTZ001 - that is the point
    with database.read() as session, pytest.raises(StatementError, match="needs a time zone"):
        session.execute(select(Account.id).where(Account.created_at < datetime(2026, 5, 4)))  # noqa: DTZ001


moments = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.one_of(
        st.sampled_from([ZoneInfo("America/Chicago"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia")]),
        st.timedeltas(timedelta(hours=-20), timedelta(hours=20)).map(timezone),
    ),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moment=moments)
def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, moment: datetime) -> None:
    with database.write() as session:
        session.add(account(created_at=moment))
        session.flush()
        kept = session.scalars(select(Account.created_at)).one()
        found = session.scalar(select(func.count()).where(Account.created_at == moment))
        session.rollback()
    assert (kept, kept.tzinfo, found) == (moment.astimezone(UTC), UTC, 1)


def test_moments_are_in_order_whatever_zone_they_came_in(database: Database) -> None:
    tokyo, chicago = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/Chicago")
    with database.write.begin() as session:
        session.add(account(name="later", created_at=datetime(2026, 5, 4, 9, 0, tzinfo=chicago)))
        session.add(account(name="earlier", created_at=datetime(2026, 5, 4, 20, 0, tzinfo=tokyo)))
        session.flush()
        assert session.scalars(select(Account.name).order_by(Account.created_at)).all() == ["earlier", "later"]


def test_work_is_done_after_the_commit(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.read() as session:
            seen.append(session.scalar(select(func.count()).select_from(Account)) or 0)

    with database.write.begin() as session:
        session.add(account())
        after_commit(session, look)
        session.flush()
        assert seen == []
    assert seen == [1], "another connection sees what was committed"


def test_work_is_done_once_and_in_order(on_sqlite: Database) -> None:
    done: list[str] = []
    with on_sqlite.write() as session:
        after_commit(session, lambda: done.append("first"))
        after_commit(session, lambda: done.append("second"))
        session.add(account())
        session.commit()
        session.add(account(name="another"))
        session.commit()
    assert done == ["first", "second"]


def test_work_is_never_done_after_a_rollback(database: Database) -> None:
    done: list[str] = []
    with database.write() as session:
        session.add(account())
        session.flush()
        after_commit(session, lambda: done.append("rolled back"))
        session.rollback()
        session.add(account(name="another"))
        session.commit()
    with database.write() as session:
        after_commit(session, lambda: done.append("failed"))
        session.add_all([account(name="twice"), account(name="twice")])
        with pytest.raises(IntegrityError):
            session.commit()
    with suppress(RuntimeError), database.write.begin() as session:
        session.add(account(name="never"))
        session.flush()
        after_commit(session, lambda: done.append("raised"))
        raise RuntimeError
    assert done == []


def test_work_is_not_done_when_only_a_savepoint_is_released(on_sqlite: Database) -> None:
    done: list[str] = []
    with on_sqlite.write() as session:
        session.add(account())
        after_commit(session, lambda: done.append("outer"))
        with session.begin_nested():
            session.add(account(name="inner"))
        assert done == []
        session.rollback()
    assert done == []


def test_a_rolled_back_savepoint_keeps_the_work_of_the_transaction_around_it(on_sqlite: Database) -> None:
    done: list[str] = []
    with on_sqlite.write() as session:
        session.add(account())
        after_commit(session, lambda: done.append("outer"))
        with suppress(RuntimeError), session.begin_nested():
            session.add(account(name="inner"))
            session.flush()
            raise RuntimeError
        session.commit()
    assert done == ["outer"]


def test_two_who_read_and_then_update_lose_nothing(on_sqlite: Database) -> None:
    """Race: with the driver's own habits both read the same number and one update is lost silently."""
    with on_sqlite.write.begin() as session:
        session.add(account())

    def add_one(_: int) -> None:
        with on_sqlite.write.begin() as session:
            row = session.scalars(select(Account)).one()
            row.lead_seconds += 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add_one, range(80)))
    with on_sqlite.read() as session:
        assert session.scalars(select(Account.lead_seconds)).one() == 140


def test_readers_do_not_wait_for_a_writer(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as writing:
        writing.add(account())
        writing.flush()
        with on_sqlite.read() as reading:
            assert reading.scalar(select(func.count()).select_from(Account)) == 0


def test_a_writer_that_waits_too_long_hears_so(tmp_path: Path, sqlite_database: str) -> None:
    one, other = Database(sqlite_database), Database(sqlite_database)
    with one.write.begin() as holding:
        holding.add(account())
        holding.flush()
        with other.engine.execution_options(read_only=True).connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(OperationalError, match="locked"), other.write.begin() as waiting:
            waiting.connection()
    one.dispose()
    other.dispose()


def test_sqlite_keeps_its_promises_about_other_tables(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write.begin() as session:
        session.add(Campaign(account_id=999, name="nobody's", created_at=MAY))


def test_an_upsert_does_nothing_or_overwrites_as_it_is_told(database: Database) -> None:
    with database.write.begin() as session:
        owner = account()
        session.add(owner)
        session.flush()
        row = {"account_id": owner.id, "name": "repair"}
        session.execute(upsert(session, JobType).values(**row, sold_threshold=1).on_conflict_do_nothing())
        session.execute(upsert(session, JobType).values(**row, sold_threshold=2).on_conflict_do_nothing())
        assert session.scalars(select(JobType.sold_threshold)).one() == 1
        again = upsert(session, JobType).values(**row, sold_threshold=3)
        session.execute(
            again.on_conflict_do_update(
                index_elements=[JobType.account_id, JobType.name],
                set_={"sold_threshold": again.excluded.sold_threshold},
            )
        )
        session.expire_all()
        assert session.scalars(select(JobType.sold_threshold)).one() == 3


def test_the_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/not/there/yet/calls.db")
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()
