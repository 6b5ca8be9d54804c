"""Many rows at once: what the drivers are given, and what they refuse."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from calltrack.imports.bulk import insert, is_sqlite, learn_sizes, look_up, stamp, take_ids
from calltrack.models import Customer
from tests.imports.conftest import MIA, TOM, Office

COLUMNS = "id account_id external_id name phone created_at".split()
LONG_AGO = datetime(2026, 5, 4, 17, 0, 0, 7, tzinfo=UTC)
ODD = "tab\t, line\n, \\N, \\., 'quoted', \u00fc \U0001f600"


def test_rows_come_back_as_they_were_written(office: Office) -> None:
    with office.database.write.begin() as session:
        [customer_id] = take_ids(session, Customer, count=1)
        now = stamp(LONG_AGO, sqlite=is_sqlite(session))
        insert(session, Customer, columns=COLUMNS, rows=[(customer_id, office.account.id, None, ODD, MIA, now)])
    with office.database.read() as session:
        kept = session.get_one(Customer, customer_id)
        assert (kept.external_id, kept.name, kept.phone, kept.created_at) == (None, ODD, MIA, LONG_AGO)


def test_ids_that_are_taken_are_nobody_elses(office: Office) -> None:
    with office.database.write.begin() as session:
        ids = list(take_ids(session, Customer, count=3))
        now = stamp(LONG_AGO, sqlite=is_sqlite(session))
        rows = [(one, office.account.id, None, "Mia", None, now) for one in ids]
        insert(session, Customer, columns=COLUMNS, rows=rows)
        another = Customer(account_id=office.account.id, name="Tom", created_at=LONG_AGO)
        session.add(another)
        session.flush()
        assert ids == sorted(set(ids))
        assert another.id not in ids
        assert set(take_ids(session, Customer, count=2)).isdisjoint({*ids, another.id})
        assert list(take_ids(session, Customer, count=0)) == []


def test_what_the_database_refuses_is_raised_as_everywhere_else(office: Office) -> None:
    with office.database.write() as session:
        now = stamp(LONG_AGO, sqlite=is_sqlite(session))
        rows = [(place, office.account.id, "C1", "Mia", None, now) for place in (1001, 1002)]
        with pytest.raises(IntegrityError):
            insert(session, Customer, columns=COLUMNS, rows=rows)
    with office.database.read() as session:
        assert session.scalars(select(Customer)).all() == []


def test_of_several_rows_the_first_is_found_and_another_companys_never(office: Office) -> None:
    with office.database.write.begin() as session:
        for account_id, phone in ((office.account.id + 1, TOM), (office.account.id, MIA), (office.account.id, MIA)):
            session.add(Customer(account_id=account_id, name="Mia", phone=phone, created_at=LONG_AGO))
            session.flush()
        learn_sizes(session, written=1000)
        first = session.scalars(select(Customer.id).where(Customer.phone == MIA).order_by(Customer.id)).first()
        found = look_up(
            session, Customer.phone, Customer.id, account_id=office.account.id, texts=[MIA, TOM, "'\";--", "\u00fc"]
        )
        assert [tuple(row) for row in found] == [(MIA, first)]
