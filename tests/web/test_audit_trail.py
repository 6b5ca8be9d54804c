"""What people at their browsers leave in the audit trail, and how administrators read it."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.keys import create_key
from calltrack.db import Database
from calltrack.ground import Ground
from calltrack.models import AuditEntry, Call
from tests.api.conftest import Program
from tests.factories import Company, answered_call, store_recording
from tests.telephony.sounding import mp3
from tests.web.conftest import BILLBOARD, Browser, Write


def entries(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def deeds(database: Database) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.who, one.deed, one.noun, one.noun_id) for one in entries(database)]


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")


def test_opening_a_call_is_a_deed_and_looking_again_is_the_same_one(
    ana: Browser, call: Call, database: Database
) -> None:
    for path in (f"/calls/{call.call_sid}", f"/calls/{call.call_sid}/panel", f"/calls/{call.call_sid}"):
        ana.see(path)
    ana.see("/calls/CAnever", 404)
    assert deeds(database) == [("ana@example.com", "saw", "call", call.call_sid)]


def test_a_recording_that_is_played_in_parts_is_played_once_and_saved_is_another_deed(
    ana: Browser, call: Call, database: Database, ground: Ground, write: Write, tmp_path: Path
) -> None:
    with write() as session:
        own = session.get_one(Call, call.id)
        store_recording(session, call=own, storage=ground.storage, audio=mp3(), folder=tmp_path)
    path = f"/calls/{call.call_sid}/recording.mp3"
    for part in ("bytes=0-99", "bytes=100-199"):
        with ana.http.get(path, headers={"Range": part}) as answer:
            assert answer.status_code == 206
    with ana.http.get(f"{path}?download") as whole:
        assert whole.status_code == 200
    assert [one.deed for one in entries(database)] == ["played", "downloaded"]


def test_a_list_that_is_saved_is_named_with_who_saved_it(ana: Browser, database: Database) -> None:
    ana.http.get("/calls.csv")
    assert deeds(database) == [("ana@example.com", "exported", "calls", None)]


def test_what_a_role_does_not_allow_is_named_too(cho: Browser, database: Database) -> None:
    cho.see("/settings/audit", 403)
    assert deeds(database) == [("cho@example.com", "refused", "audit", None)]


def test_of_customers_the_fields_are_named_and_what_stands_in_them_is_not(
    ada: Browser, app: Flask, anas: Company, write: Write, database: Database
) -> None:
    with write() as session:
        key = create_key(session, account=anas.account, role="admin")
    program = Program(app.test_client(), key)
    for name in ("Ruth Hart", "Ruth Miller"):
        program.put("/customers/C-1", {"name": name, "phone": "+13125550111"})
    told = " ".join(one.detail or "" for one in entries(database))
    assert "name" in told
    assert "Ruth" not in told
    assert "555" not in told


def test_administrators_search_the_trail_and_save_it(
    ada: Browser, ana: Browser, call: Call, database: Database
) -> None:
    ana.see(f"/calls/{call.call_sid}")
    ana.http.get("/calls.csv")
    assert "Saved as a file" in ada.read("/settings/audit")
    found = ada.read(f"/settings/audit?who=ana@example.com&noun=call&noun_id={call.call_sid}")
    assert "Looked at" in found.split("Details")[1]
    assert "Saved as a file" not in found.split("Details")[1]
    assert "No deed fits" in ada.read("/settings/audit?deed=played")
    assert "no deed" in ada.read("/settings/audit?deed=burnt", 400)
    saved = ada.http.get("/settings/audit.csv?deed=saw")
    assert call.call_sid in saved.text
    assert deeds(database)[-1] == ("ada@example.com", "exported", "audit", None)
