"""The audit trail: a change and its entry are one, what is shown leaves its entry first, and nobody takes one back."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from calltrack.accounts.audit_trail import find_entries
from calltrack.audit import note
from calltrack.db import Database
from calltrack.models import AuditEntry, Reason
from tests.api.conftest import Program
from tests.conftest import make_app
from tests.factories import Company, company
from tests.web.conftest import BILLBOARD


def entries(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def deeds(database: Database) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.who, one.deed, one.noun, one.noun_id) for one in entries(database)]


@pytest.fixture
def firm(database: Database) -> Company:
    with database.write.begin() as session:
        firm = company(session, name="Ana's Heating", number=BILLBOARD)
        note(
            session, account_id=firm.account.id, who="ana@example.com", deed="entered", action="own.write",
            route="POST /sign-in",
        )  # fmt: skip
    return firm


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).values(who="nobody"),
        delete(AuditEntry),
        text("DELETE FROM audit_entries WHERE id > 0"),
        text("UPDATE audit_entries SET deed = 'left'"),
        text(
            "INSERT OR REPLACE INTO audit_entries (id, account_id, at, who, deed, action, route)"
            " SELECT id, account_id, at, 'nobody', deed, action, route FROM audit_entries"
        ),
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_an_entry(
    database: Database, firm: Company, statement: object
) -> None:
    # One of these is spelled as SQLite alone reads it.
    why = "append-only|syntax error"
    with database.write() as session, pytest.raises(DatabaseError, match=why):
        session.execute(statement)  # type: ignore[call-overload]
    assert deeds(database) == [("ana@example.com", "entered", None, None)]


def test_a_change_and_its_entry_are_one_transaction(on_sqlite: Database, tmp_path: Path) -> None:
    with on_sqlite.write.begin() as session:
        firm = company(session, name="Ana's Heating", number=BILLBOARD)
    ada = Program(make_app(database=on_sqlite, folder=tmp_path).test_client(), firm.keys["admin"])
    ada.refused(422, "POST", "/reasons", {"label": "maybe", "name": "spring check"})
    assert entries(on_sqlite) == []
    ada.post("/reasons", {"label": "lead", "name": "spring check"})
    [left] = entries(on_sqlite)
    assert (left.deed, left.noun, left.action, left.route) == (
        "changed", "reasons", "settings.write", "POST /api/v1/reasons",
    )  # fmt: skip
    assert left.who.startswith("key ")
    assert left.detail == "name: nothing to spring check"
    with on_sqlite.read() as session:
        assert session.scalar(select(Reason.id).where(Reason.name == "spring check"))


def test_the_trail_is_read_a_page_at_a_time(database: Database, firm: Company) -> None:
    with database.write.begin() as session:
        for place in range(5):
            note(
                session, account_id=firm.account.id, who="ana@example.com", deed="saw", action="calls.read",
                route="GET /calls", noun="call", noun_id=f"CA{place}",
            )  # fmt: skip

    def page(session: Session, cursor: str | None) -> tuple[list[str | None], str | None]:
        found = find_entries(session, account_id=firm.account.id, deed="saw", cursor=cursor, limit=2)
        return [one.noun_id for one in found.items], found.next

    with database.read() as session:
        seen, cursor = page(session, None)
        while cursor:
            more, cursor = page(session, cursor)
            seen += more
    assert seen == ["CA4", "CA3", "CA2", "CA1", "CA0"]
