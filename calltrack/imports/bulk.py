"""Many rows at once, by the driver's own fastest way: COPY on PostgreSQL, executemany on SQLite.

The session's listeners do not see these rows, so whoever writes calls or jobs this way marks their days by hand.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, Text, bindparam, column, func, literal_column, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from calltrack.models import Base

# What both drivers take as it is. Moments are written by `stamp`, true and false as 1 and 0, JSON as text.
Values: TypeAlias = tuple[int | str | None, ...]
_LARGE = (
    "calls", "labels", "transcripts", "call_words", "customers", "jobs", "job_links", "invoices", "invoice_items",
)  # fmt: skip


def stamp(moment: datetime, *, sqlite: bool) -> str:
    """A moment in UTC as either database keeps it; SQLite's has no offset, see calltrack/db.py."""
    written = moment.isoformat(" ", "microseconds")
    return written[:26] if sqlite else written


def is_sqlite(session: Session) -> bool:
    """Which of the two databases this is."""
    return session.get_bind().dialect.name == "sqlite"


def plan_anew(session: Session) -> None:
    """Have this transaction's queries planned for the tables as they are.

    PostgreSQL would keep the plans that it made for tables which were still empty, and read all of them each time.
    """
    if not is_sqlite(session):
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def learn_sizes(session: Session, *, written: int) -> None:
    """Have PostgreSQL look at the tables that it believes to be smaller than what was written to them by now.

    What it has never looked at it takes for nearly empty, and then it goes through all of it where an index would do.
    """
    if is_sqlite(session):
        return
    few = text("SELECT relname FROM pg_class WHERE oid = ANY(CAST(:names AS regclass[])) AND reltuples < :written")
    for name in session.scalars(few, {"names": [*_LARGE], "written": written}).all():
        session.execute(text(f"ANALYZE {name}"))


def take_ids(session: Session, table: type[Base], *, count: int) -> Sequence[int]:
    """Ids of rows that are about to be inserted, ascending, for pointers between them.

    Race: on SQLite the write lock keeps others from taking the same; on PostgreSQL the sequence does.
    """
    key = table.__mapper__.primary_key[0]
    if not count:
        return ()
    if is_sqlite(session):
        last = session.scalar(select(func.max(key))) or 0
        return range(last + 1, last + 1 + count)
    # The sequence is looked up once and not for each id.
    taken = text(
        "WITH counter AS MATERIALIZED (SELECT CAST(pg_get_serial_sequence(:name, :key) AS regclass) AS name) "
        "SELECT array_agg(nextval(counter.name)) FROM counter, generate_series(1, :count)"
    )
    ids: list[int] = session.scalars(taken, {"name": table.__tablename__, "key": key.name, "count": count}).one()
    return ids


def look_up(
    session: Session, *give: InstrumentedAttribute[Any], account_id: int, texts: Collection[str]
) -> Iterable[Row[*tuple[Any, ...]]]:
    """For each text the columns `give` of the account's first row whose first such column it is; nothing for a text
    that no row has.

    Each text is looked up by itself, because for a long IN list either database may read every row of an account.
    """
    if not texts:
        return ()
    sqlite = is_sqlite(session)
    said = json.dumps(list(texts)) if sqlite else list(texts)
    return session.connection().execute(_look_up(give, sqlite=sqlite), {"said": said, "account": account_id})


@cache
def _look_up(give: tuple[InstrumentedAttribute[Any], ...], *, sqlite: bool) -> Select[*tuple[Any, ...]]:
    table: Any = give[0].class_.__table__
    names = [column.key for column in give]
    theirs = (table.c.account_id == bindparam("account"), table.c[names[0]] == column("value"))
    # "+ 0", because to find the smallest id itself PostgreSQL may walk through all ids until one fits.
    by_id = table.c.id + literal_column("0")
    if sqlite:
        each = func.json_each(bindparam("said")).table_valued("value")
        row = table.alias()
        first = select(func.min(by_id)).where(*theirs).scalar_subquery()
        return select(*(row.c[name] for name in names)).select_from(each.join(row, row.c.id == first))
    each = func.unnest(bindparam("said", type_=ARRAY(Text))).table_valued("value").render_derived()
    found = select(*(table.c[name] for name in names)).where(*theirs).order_by(by_id).limit(1).lateral()
    return select(*found.c).select_from(each.join(found, true()))


def insert(session: Session, table: type[Base], *, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Insert the rows, in the session's transaction. `columns` are attributes of the table's model."""
    if not rows:
        return
    connection = session.connection()
    into = f"{table.__tablename__} ({', '.join(columns)})"
    if is_sqlite(session):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608 - our own names
        return
    import psycopg  # only here: a process that lives with SQLite does without its eight megabytes

    statement = f"COPY {into} FROM STDIN"
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, hide_parameters=True) from error
