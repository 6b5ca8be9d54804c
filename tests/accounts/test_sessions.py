"""Where a person is signed in, and until when."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account, create_user
from calltrack.accounts.sessions import IDLE_ENDS, end_browser, end_others, list_browsers, mark_seen
from calltrack.accounts.sign_in import sign_in, who_is
from calltrack.db import Database
from calltrack.models import SignIn, User


@pytest.fixture
def ana(database: Database) -> User:
    return person(database, "ana")


def person(database: Database, name: str) -> User:
    with database.write.begin() as session:
        account = create_account(session, name=f"{name}'s Heating", time_zone="UTC")
        return create_user(session, account=account, email=f"{name}@example.com", name=name, password="correct horse",
                           role="admin")  # fmt: skip


def enter(session: Session, user: User, **where: str) -> str:
    token = sign_in(session, user=user, **where)  # type: ignore[arg-type]
    session.flush()
    assert token
    return token


def test_each_browser_is_listed_this_one_first(database: Database, ana: User) -> None:
    with database.write.begin() as session:
        mine = enter(session, ana, address="203.0.113.9", browser="Firefox", way="provider")
        enter(session, ana, browser="x" * 1000, address="y" * 99)
        found = list_browsers(session, user_id=ana.id, token=mine)
    assert [one.is_this for one in found] == [True, False]
    assert (found[0].address, found[0].browser, found[0].way) == ("203.0.113.9", "Firefox", "provider")
    assert len(found[1].browser or "") == 300
    assert mine not in {one.id for one in found}


def test_a_week_without_a_visit_ends_it(on_sqlite: Database) -> None:
    ana = person(on_sqlite, "ana")
    with on_sqlite.write.begin() as session:
        token = enter(session, ana)
        row = session.query(SignIn).one()
        row.seen_at = datetime.now(UTC) - IDLE_ENDS + timedelta(minutes=1)
        session.flush()
        assert who_is(session, token=token)
        row.seen_at = datetime.now(UTC) - IDLE_ENDS
        session.flush()
        assert who_is(session, token=token) is None
        assert list_browsers(session, user_id=ana.id, token=token) == []


def test_a_visit_is_written_down_once_in_five_minutes(database: Database, ana: User) -> None:
    with database.write.begin() as session:
        token = enter(session, ana)
    now = datetime.now(UTC)

    def seen_at() -> datetime | None:
        with database.read() as session:
            visitor = who_is(session, token=token)
            return visitor.seen_at if visitor else None

    assert not mark_seen(database, token=token, seen_at=seen_at(), now=now + timedelta(minutes=4))
    later = now + timedelta(minutes=6)
    assert mark_seen(database, token=token, seen_at=seen_at(), now=later)
    assert seen_at() == later
    # Race: another process wrote it meanwhile.
    assert not mark_seen(database, token=token, seen_at=now, now=later + timedelta(minutes=1))


def test_a_page_does_not_wait_for_who_writes(on_sqlite: Database) -> None:
    ana = person(on_sqlite, "ana")
    with on_sqlite.write.begin() as session:
        token = enter(session, ana)
    with on_sqlite.write.begin() as writing:
        writing.query(User).first()
        other = Database(on_sqlite.url.render_as_string())
        assert not mark_seen(other, token=token, seen_at=None, now=datetime.now(UTC) + timedelta(hours=1))
        other.dispose()


def test_ending_is_at_once_and_of_ones_own_browsers_only(on_sqlite: Database) -> None:
    ana, dee = person(on_sqlite, "ana"), person(on_sqlite, "dee")
    with on_sqlite.write.begin() as session:
        mine, other, third, dees = enter(session, ana), enter(session, ana), enter(session, ana), enter(session, dee)
        [dees_id] = [one.id for one in list_browsers(session, user_id=dee.id, token=dees)]
        assert not end_browser(session, user_id=ana.id, browser_id=dees_id)
        gone = next(one for one in list_browsers(session, user_id=ana.id, token=other) if one.is_this)
        assert end_browser(session, user_id=ana.id, browser_id=gone.id)
        assert not end_browser(session, user_id=ana.id, browser_id=gone.id)
        assert who_is(session, token=other) is None
        assert end_others(session, user_id=ana.id, token=mine) == 1
        alive = [who_is(session, token=token) is not None for token in (mine, other, third, dees)]
        assert alive == [True, False, False, True]
