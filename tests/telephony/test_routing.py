"""Routing: what callers of a number get, from the database and, when that is away, from what was last known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update

from calltrack.accounts.accounts import ANNOUNCEMENT, create_account
from calltrack.accounts.agents import name_agent, record_agent
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.models import Account, Campaign, FlowVersion, Number
from calltrack.telephony.blocking import block_caller, lift_block
from calltrack.telephony.flow_list import find_flow, give_flow, put_in_force, save_draft
from calltrack.telephony.plan import PLAIN, Prompt
from calltrack.telephony.recording_law import STRICTEST, Policy
from calltrack.telephony.recording_policy import set_recording
from calltrack.telephony.route import Route
from calltrack.telephony.routing import find_route, recall_route, save_snapshot
from tests.factories import CHICAGO, LONG_AGO, NOON
from tests.telephony.flowing import ANA, a_flow, rings, says
from tests.twilio_wire import BILLBOARD, CHO, CHOS_COLLEAGUE

RADIO = "+13125550143"
EXPECTED = Route(
    number=BILLBOARD, forward_to=(CHO, CHOS_COLLEAGUE), whisper="Billboard é", announcement=Prompt(text=ANNOUNCEMENT),
    campaign="A campaign", zone=CHICAGO, plan=PLAIN, flow_id=None, version_id=None, blocked=(), transcribe=False,
    parked=False,
)  # fmt: skip
SOUND = "a" * 64


@pytest.fixture
def books(database: Database) -> Database:
    return begin(database)


@pytest.fixture
def books_on_sqlite(on_sqlite: Database) -> Database:
    return begin(on_sqlite)


def begin(database: Database) -> Database:
    """Ana's billboard and Dee's radio."""
    with database.write.begin() as session:
        ana = create_account(session, name="Ana's Heating", time_zone=CHICAGO)
        dee = create_account(session, name="Dee's Plumbing", time_zone="America/Denver")
        dee.announcement = "Recorded, says Dee."
        for account, number, targets, whisper in (
            (ana, BILLBOARD, [CHO, CHOS_COLLEAGUE], "Billboard é"),
            (dee, RADIO, [CHOS_COLLEAGUE], None),
        ):
            campaign = create_campaign(session, account=account, name="A campaign")
            assign_number(
                session, account=account, phone_number=number, campaign=campaign, forward_to=targets, whisper=whisper,
                assigned_by="ana", starts_at=LONG_AGO,
            )  # fmt: skip
    return database


def find(
    database: Database, number: str | None = BILLBOARD, *, now: datetime = NOON, version: int | None = None
) -> Route | None:
    with database.read() as session:
        return find_route(session, phone_number=number, now=now, transcribe=False, version_id=version)


def snapshot(database: Database, path: Path) -> None:
    with database.read() as session:
        save_snapshot(session, path=path)


def recall(path: Path, number: str | None = BILLBOARD, *, version: int | None = None) -> Route | None:
    return recall_route(path=path, phone_number=number, transcribe=False, version_id=version)


def put_flow(database: Database, *phones: str) -> tuple[int, int]:
    """Give the billboard a flow that rings these phones; returns its id and that of its version."""
    with database.write.begin() as session:
        account = session.get_one(Account, 1)
        flow = a_flow(session, account=account, plan=rings(*phones))
        number = session.query(Number).filter_by(phone_number=BILLBOARD).one()
        give_flow(session, number=number, flow=flow, by=ANA)
        return flow.id, flow.version_id or 0


def test_a_numbers_route_is_its_own_phones_and_its_accounts_announcement(books: Database) -> None:
    assert find(books) == EXPECTED
    dees = find(books, RADIO)
    assert dees is not None
    assert (dees.announcement.text, dees.whisper, dees.zone) == ("Recorded, says Dee.", None, "America/Denver")


@pytest.mark.parametrize("number", [None, "", "+13125550199", "client:ana"])
def test_a_number_nobody_owns_has_no_route(books_on_sqlite: Database, tmp_path: Path, number: str | None) -> None:
    path = tmp_path / "routing.json"
    snapshot(books_on_sqlite, path)
    assert find(books_on_sqlite, number) is None
    assert recall(path, number) is None


def test_a_campaigns_own_announcement_stands_before_the_accounts_with_its_own_sound(books: Database) -> None:
    with books.write.begin() as session:
        session.execute(update(Account).values(announcement_audio=SOUND))
    found = find(books)
    assert found is not None
    assert found.announcement == Prompt(text=ANNOUNCEMENT, audio=SOUND)
    with books.write.begin() as session:
        session.execute(update(Campaign).values(announcement="The campaign records."))
    found = find(books)
    assert found is not None
    assert found.announcement == Prompt(text="The campaign records.")


def test_the_campaign_is_the_one_that_the_number_belongs_to_at_that_moment(books: Database) -> None:
    with books.write.begin() as session:
        account = session.get_one(Account, 1)
        spring = create_campaign(session, account=account, name="Spring")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=spring, forward_to=[CHO], assigned_by="ana",
            starts_at=NOON,
        )  # fmt: skip
    names = [(find(books, now=NOON + timedelta(seconds=late)) or EXPECTED).campaign for late in (-1, 0)]
    assert names == ["A campaign", "Spring"]


def test_a_flow_leads_in_the_version_in_force_and_a_call_under_way_in_its_own(books: Database) -> None:
    flow_id, first = put_flow(books, CHO)
    with books.write.begin() as session:
        flow = find_flow(session, account=session.get_one(Account, 1), flow_id=flow_id)
        assert flow is not None
        save_draft(session, flow=flow, plan=rings(CHOS_COLLEAGUE), by=ANA)
        second = put_in_force(session, flow=flow, by=ANA).id
        dees = a_flow(session, account=session.get_one(Account, 2), plan=says("Dee here.")).version_id
    led = replace(EXPECTED, plan=rings(CHOS_COLLEAGUE), flow_id=flow_id, version_id=second)
    assert find(books) == find(books, version=second) == led
    assert find(books, version=first) == replace(led, plan=rings(CHO), version_id=first)
    assert find(books, version=dees) == find(books, version=2**31 - 1) == led
    assert find(books, version=0) == EXPECTED


def test_blocked_callers_are_the_accounts_own_that_stand(books: Database, tmp_path: Path) -> None:
    with books.write.begin() as session:
        for account_id, pattern in ((1, "+1900*"), (1, "+13125550166"), (2, "+1800*")):
            account = session.get_one(Account, account_id)
            block = block_caller(session, account=account, pattern=pattern, why=None, by=ANA)
            if pattern == "+13125550166":
                lift_block(session, block=block, by=ANA)
    found = find(books)
    assert found == replace(EXPECTED, blocked=("+1900*",))
    snapshot(books, tmp_path / "routing.json")
    assert recall(tmp_path / "routing.json") == found


@pytest.mark.parametrize("column", ["parked_at", "released_at"])
def test_a_number_out_of_use_is_parked_until_it_is_used_again(books_on_sqlite: Database, column: str) -> None:
    with books_on_sqlite.write.begin() as session:
        session.execute(update(Number).values({column: NOON}))
    assert find(books_on_sqlite) == replace(EXPECTED, parked=True)


def test_the_route_is_found_in_one_select(books_on_sqlite: Database) -> None:
    put_flow(books_on_sqlite, CHO)
    asked: list[str] = []
    with books_on_sqlite.read() as session:
        session.connection()
        event.listen(books_on_sqlite.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        find_route(session, phone_number=BILLBOARD, now=NOON, transcribe=False, version_id=1)
    assert len(asked) == 1


def test_the_snapshot_knows_what_the_database_knows(books: Database, tmp_path: Path) -> None:
    path = tmp_path / "var" / "routing.json"
    _, version = put_flow(books, CHO)
    snapshot(books, path)
    for number in (BILLBOARD, RADIO):
        assert recall(path, number) == find(books, number) is not None
    for named in (0, version, 99):
        assert recall(path, version=named) == find(books, version=named)


def test_the_snapshot_leads_a_call_on_in_the_version_that_was_in_force_when_it_came(
    books: Database, tmp_path: Path
) -> None:
    """The longest call lasts four hours; what was replaced before that leads nobody any more."""
    path = tmp_path / "routing.json"
    flow_id, first = put_flow(books, CHO)
    now = datetime.now(UTC)
    with books.write.begin() as session:
        flow = find_flow(session, account=session.get_one(Account, 1), flow_id=flow_id)
        assert flow is not None
        save_draft(session, flow=flow, plan=rings(CHOS_COLLEAGUE), by=ANA)
        second = put_in_force(session, flow=flow, by=ANA)
        session.query(FlowVersion).filter_by(id=first).update({"made_at": now - timedelta(days=9)})
        second.made_at = now - timedelta(hours=3, minutes=59)
        give_flow(session, number=session.query(Number).filter_by(phone_number=BILLBOARD).one(), flow=None, by=ANA)
        second_id = second.id
    snapshot(books, path)
    for version in (first, second_id):
        assert recall(path, version=version) == find(books, version=version) is not None
        assert (recall(path, version=version) or EXPECTED).flow_id == flow_id
    assert recall(path) == EXPECTED
    with books.write.begin() as session:
        session.query(FlowVersion).filter_by(id=second_id).update({"made_at": now - timedelta(hours=4, minutes=1)})
    snapshot(books, path)
    assert recall(path, version=first) == EXPECTED
    assert (recall(path, version=second_id) or EXPECTED).plan == rings(CHOS_COLLEAGUE)


def test_a_change_is_in_the_next_snapshot_and_no_change_writes_nothing(
    books_on_sqlite: Database, tmp_path: Path
) -> None:
    path = tmp_path / "routing.json"
    snapshot(books_on_sqlite, path)
    first = path.stat().st_ino
    assert recall(path) == EXPECTED
    snapshot(books_on_sqlite, path)
    assert path.stat().st_ino == first
    put_flow(books_on_sqlite, CHO)
    snapshot(books_on_sqlite, path)
    recalled = recall(path)
    assert recalled is not None
    assert recalled.plan == rings(CHO)
    assert [one.name for one in tmp_path.glob("routing*")] == ["routing.json"], "nothing half-written is left"


def test_without_a_snapshot_nothing_is_known(tmp_path: Path) -> None:
    assert recall(tmp_path / "routing.json") is None


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
        json.dumps({"routes": {BILLBOARD: {"to": None, "announcement": "x", "whisper": None}}}).encode(),
        json.dumps({"routes": [BILLBOARD], "plans": 7}).encode(),
    ],
)
def test_a_damaged_snapshot_is_as_if_there_were_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "routing.json"
    path.write_bytes(content)
    assert recall(path) is None


def test_a_snapshot_from_before_there_were_flows_still_rings(tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    path.write_text(json.dumps({BILLBOARD: {"to": [CHO], "announcement": "Recorded.", "whisper": "Billboard"}}))
    recalled = recall(path, version=7)
    assert recalled is not None
    assert (recalled.forward_to, recalled.announcement.text, recalled.whisper) == ((CHO,), "Recorded.", "Billboard")
    assert (recalled.plan, recalled.version_id) == (PLAIN, None)


@pytest.mark.parametrize("plan", ["{}", "no plan", None])
def test_a_plan_that_cannot_be_read_rings_the_numbers_own_phones(
    books_on_sqlite: Database, tmp_path: Path, plan: str | None
) -> None:
    path = tmp_path / "routing.json"
    _, version = put_flow(books_on_sqlite, CHO)
    snapshot(books_on_sqlite, path)
    told = json.loads(path.read_text())
    told["plans"] = {str(version): plan} if plan else {}
    path.write_text(json.dumps(told))
    recalled = recall(path)
    assert recalled is not None
    assert (recalled.plan, recalled.forward_to) == (PLAIN, (CHO, CHOS_COLLEAGUE))


def test_a_plan_of_another_age_in_the_database_rings_the_numbers_own_phones(books_on_sqlite: Database) -> None:
    put_flow(books_on_sqlite, CHO)
    with books_on_sqlite.write.begin() as session:
        session.execute(update(FlowVersion).values(plan={"start": "x", "steps": {"x": {"kind": "from the future"}}}))
    found = find(books_on_sqlite)
    assert found is not None
    assert (found.plan, found.forward_to) == (PLAIN, (CHO, CHOS_COLLEAGUE))


def test_a_damaged_snapshot_is_replaced(books_on_sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    path.write_bytes(b"\xff\xfe")
    snapshot(books_on_sqlite, path)
    assert recall(path) == EXPECTED


def test_what_the_company_decided_about_recording_is_known_with_and_without_the_database(
    books: Database, tmp_path: Path
) -> None:
    with books.write.begin() as session:
        ana = session.get_one(Account, 1)
        set_recording(session, account=ana, mode="by-law", state="tx", by=ANA)
        for phone, account_id in ((CHO, 1), (CHOS_COLLEAGUE, 1), (BILLBOARD, 2)):
            name_agent(session, account_id=account_id, phone=phone, name="Cho")
            record_agent(session, account_id=account_id, phone=phone, record=phone == CHO, by=ANA)
        session.execute(update(Campaign).where(Campaign.account_id == 1).values(record=False))
    told = Policy(mode="by-law", state="TX", campaign=False, unrecorded=frozenset([CHOS_COLLEAGUE]))
    assert find(books) == replace(EXPECTED, policy=told)
    snapshot(books, tmp_path / "routing.json")
    assert recall(tmp_path / "routing.json") == replace(EXPECTED, policy=told)


def test_a_snapshot_that_says_nothing_of_recording_is_read_as_the_strictest(books: Database, tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    snapshot(books, path)
    told = json.loads(path.read_text())
    for row in told["routes"].values():
        for name in ("recording", "state", "record"):
            del row[name]
    del told["unrecorded"]
    path.write_text(json.dumps(told))
    found = recall(path)
    assert found is not None
    assert found.policy == STRICTEST
