"""Routing: which phones ring, from the database and, when that is away, from what was last known."""

import json
from pathlib import Path

import pytest

from calltrack.accounts.accounts import ANNOUNCEMENT, create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.telephony.flows import Flow
from calltrack.telephony.routing import find_flow, recall_flow, save_snapshot
from tests.twilio_wire import BILLBOARD, CHO, CHOS_COLLEAGUE

RADIO = "+13125550143"
EXPECTED = Flow(number=BILLBOARD, forward_to=(CHO, CHOS_COLLEAGUE), announcement=ANNOUNCEMENT, whisper="Billboard é")


@pytest.fixture(autouse=True)
def two_numbers(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        ana = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        dee = create_account(session, name="Dee's Plumbing", time_zone="America/Denver")
        dee.announcement = "Recorded, says Dee."
        for account, number, targets, whisper in (
            (ana, BILLBOARD, [CHO, CHOS_COLLEAGUE], "Billboard é"),
            (dee, RADIO, [CHOS_COLLEAGUE], None),
        ):
            campaign = create_campaign(session, account=account, name="A campaign")
            assign_number(
                session, account=account, phone_number=number, campaign=campaign, forward_to=targets, whisper=whisper,
                assigned_by="ana",
            )  # fmt: skip


def find(database: Database, number: str | None, *, transcribe: bool = False) -> Flow | None:
    with database.read() as session:
        return find_flow(session, phone_number=number, transcribe=transcribe)


def snapshot(database: Database, path: Path) -> None:
    with database.read() as session:
        save_snapshot(session, path=path)


def test_a_numbers_flow_is_its_own_phones_and_its_accounts_announcement(on_sqlite: Database) -> None:
    assert find(on_sqlite, BILLBOARD) == EXPECTED
    dees = find(on_sqlite, RADIO, transcribe=True)
    assert dees == Flow(RADIO, (CHOS_COLLEAGUE,), "Recorded, says Dee.", None, transcribe=True)


@pytest.mark.parametrize("number", [None, "", "+13125550199", "client:ana"])
def test_a_number_nobody_owns_has_no_flow(on_sqlite: Database, tmp_path: Path, number: str | None) -> None:
    path = tmp_path / "routing.json"
    snapshot(on_sqlite, path)
    assert find(on_sqlite, number) is None
    assert recall_flow(path=path, phone_number=number, transcribe=False) is None


def test_the_snapshot_knows_what_the_database_knows(on_sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "var" / "routing.json"
    snapshot(on_sqlite, path)
    for number in (BILLBOARD, RADIO):
        for transcribe in (True, False):
            recalled = recall_flow(path=path, phone_number=number, transcribe=transcribe)
            assert recalled == find(on_sqlite, number, transcribe=transcribe) is not None


def test_a_change_is_in_the_next_snapshot_and_no_change_writes_nothing(on_sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    snapshot(on_sqlite, path)
    first = path.stat().st_ino
    snapshot(on_sqlite, path)
    assert path.stat().st_ino == first
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Third", time_zone="UTC")
        campaign = create_campaign(session, account=account, name="Van")
        assign_number(
            session, account=account, phone_number="+13125550144", campaign=campaign, forward_to=[CHO], assigned_by="x"
        )
    snapshot(on_sqlite, path)
    assert recall_flow(path=path, phone_number="+13125550144", transcribe=False) is not None
    assert [one.name for one in tmp_path.glob("routing*")] == ["routing.json"], "nothing half-written is left"


def test_without_a_snapshot_nothing_is_known(tmp_path: Path) -> None:
    assert recall_flow(path=tmp_path / "routing.json", phone_number=BILLBOARD, transcribe=False) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"+13125550142": {"to": ["+131255',
        b"\xff\xfe",
        b"[]",
        b"null",
        json.dumps({BILLBOARD: {"to": [CHO]}}).encode(),
        json.dumps({BILLBOARD: 5}).encode(),
    ],
)
def test_a_damaged_snapshot_is_as_if_there_were_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "routing.json"
    path.write_bytes(content)
    assert recall_flow(path=path, phone_number=BILLBOARD, transcribe=False) is None


def test_a_damaged_snapshot_is_replaced(on_sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    path.write_bytes(b"\xff\xfe")
    snapshot(on_sqlite, path)
    assert recall_flow(path=path, phone_number=BILLBOARD, transcribe=False) == EXPECTED
