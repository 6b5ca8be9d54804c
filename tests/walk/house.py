"""A company that has one of everything: whatever table there is, it holds a row of theirs."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Date, LargeBinary, String, Table, Text, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import Boolean, Float, Integer

from calltrack.calls.tags import tag_call
from calltrack.campaigns.campaigns import create_campaign
from calltrack.models import Account, Base, Campaign, User
from tests.factories import NOON, Company, answered_call, company, person
from tests.learning.school import a_version
from tests.telephony.flowing import EVENING, a_flow

# Every text of the company's holds this word: another company's pages must never.
SECRET = "quokka"
PHONE = "+13125550188"
ROLES = ("admin", "manager", "coach", "csr", "sales", "read-only")
_GIVEN: dict[str, Any] = {
    "sounds.sha256": "a" * 64,
    "recordings.peaks": [[]],
    "messages.params": {},
    "privacy_requests.counts": {},
    "jobs.status": "completed",
    "labels.source": "model",
    "api_keys.role": "csr",
    "mail_links.role": "csr",
    "flow_versions.plan": EVENING,
    "outgoing_texts.state": "due",
}
_SIMPLE: tuple[tuple[type[Any], Any], ...] = (
    (JSON, []),
    (Boolean, False),
    (Date, date(2026, 5, 4)),
    (Float, 1.0),
    (LargeBinary, b"x"),
    (Integer, 1),
)
_OF_THE_HOUSE = {"reconciliations", "throttles", "call_events", "call_words"}


def furnish(session: Session, *, name: str, number: str, word: str = SECRET) -> Company:
    """A company with two campaigns, one person a role, a recorded call, and a row in every table that is not there
    yet, made up from the columns' types."""
    firm = company(session, name=f"{name} {word}", number=number, roles=())
    create_campaign(session, account=firm.account, name=f"Radio {word}")
    for role in ROLES:
        person(session, account=firm.account, name=f"{name}-{role}", role=role)
    call = answered_call(session, number=number, caller=PHONE, recorded=True, words=f"my {word} is out of the furnace")
    tag_call(session, call=call, tag=f"{word} vip", tagged_by="ana")
    a_version(session, account=firm.account, version=1)
    a_flow(session, account=firm.account, name=f"Evenings {word}")
    session.flush()
    for table in Base.metadata.sorted_tables:
        if table.name not in _OF_THE_HOUSE and not _rows(session, table, firm.account):
            session.execute(table.insert().values(dict(_values(session, table, firm, word))))
    session.flush()
    return firm


def rows_of(session: Session, *, account: Account) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that belongs to the company, but for what reading does by itself (marks, cells, last uses) and the
    trail that is left of it."""
    read_only = {"dirty_marks", "day_cells", "audit_entries", "throttles", "sign_ins", "api_keys"}
    return {
        table.name: _rows(session, table, account)
        for table in Base.metadata.sorted_tables
        if table.name not in _OF_THE_HOUSE | read_only
    }


def one_of(session: Session, *, account: Account, table: str, column: str = "id") -> Any:
    """That column of the company's first row of a table."""
    found = Base.metadata.tables[table]
    [row, *_] = _rows(session, found, account)
    return dict(zip(found.columns.keys(), row, strict=True))[column]


def _rows(session: Session, table: Table, account: Account) -> list[tuple[Any, ...]]:
    owned = _owned(table, account)
    return [tuple(row) for row in session.execute(select(table).where(owned).order_by(*table.primary_key.columns))]


def _owned(table: Table, account: Account) -> Any:
    """The rows that are the company's by their own column, or through what they hang on."""
    if table.name == "accounts":
        return table.c.id == account.id
    if table.name == "users":
        memberships = Base.metadata.tables["memberships"]
        return table.c.id.in_(select(memberships.c.user_id).where(memberships.c.account_id == account.id))
    if "account_id" in table.columns:
        return table.c.account_id == account.id
    parents = [(column, key.column) for column in table.columns for key in column.foreign_keys]
    column, parent = next((c, p) for c, p in parents if p.table is not table)
    return column.in_(select(parent).where(_owned(parent.table, account)))


def _values(session: Session, table: Table, firm: Company, word: str) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        if key is not None:
            owned = select(key.column).where(_owned(key.column.table, firm.account)).order_by(key.column)
            wanted = column.name in ("account_id", "user_id") or not column.nullable
            yield column.name, session.scalar(owned.limit(1)) if wanted else None
        elif f"{table.name}.{column.name}" in _GIVEN:
            yield column.name, _GIVEN[f"{table.name}.{column.name}"]
        elif (
            column.nullable
            or column.default is not None
            or column.server_default is not None
            or (column is table.autoincrement_column and not isinstance(column.type, String))
        ):
            continue
        else:
            yield column.name, _value(session, table, column, word)


def _value(session: Session, table: Table, column: Column[Any], word: str) -> Any:
    """Something that the column takes; a text holds the secret word, and is the only one of its kind."""
    if allowed := _allowed(table, column):
        return allowed
    count = session.scalar(select(func.count()).select_from(table)) or 0
    if isinstance(column.type, String | Text):
        if column.name.endswith(("phone", "number", "to")) or column.name == "sender":
            return f"+1312555{4000 + count}"
        return f"{word}-{count}-{column.name}"[: getattr(column.type, "length", None) or 200]
    return next((value for kind, value in _SIMPLE if isinstance(column.type, kind)), NOON)


def _allowed(table: Table, column: Column[Any]) -> str | None:
    """The first of the words that a check constraint lets the column hold."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            found = re.match(rf"{column.name} IN \('([^']+)'", str(constraint.sqltext))
            if found:
                return found[1]
    return None


def people_of(session: Session, *, account: Account) -> dict[str, User]:
    """The company's people by role."""
    memberships = Base.metadata.tables["memberships"]
    rows = session.execute(
        select(memberships.c.role, User)
        .join(memberships, memberships.c.user_id == User.id)
        .where(memberships.c.account_id == account.id)
    )
    return dict(list(rows))


def second_campaign(session: Session, *, account: Account) -> int:
    """The campaign that has no number and no call."""
    return session.scalars(select(Campaign.id).where(Campaign.account_id == account.id).order_by(Campaign.id)).all()[1]
