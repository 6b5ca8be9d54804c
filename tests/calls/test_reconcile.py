"""What no webhook told us is found in the carrier's own lists, and then the books are as if one had."""

import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.calls import reconcile as reconcile_module
from calltrack.calls.intake import receive
from calltrack.calls.reconcile import reconcile
from calltrack.campaigns.facts import facts_by_campaign
from calltrack.db import Database
from calltrack.demo.calls import Exchange
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.wire import post_to_wsgi
from calltrack.models import Account, Call, CallEvent, CallLeg, Reconciliation, Recording, Step
from calltrack.period import Period
from calltrack.telephony import rest, twilio_rest
from calltrack.telephony.carrier import Delivery
from calltrack.telephony.carriers import Access
from calltrack.telephony.rest import Rest
from tests.conftest import make_app
from tests.factories import company
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, TOKEN

pytestmark = pytest.mark.enable_socket
SPOKEN = ("furnace-out", "too-short-silence")
MISSED = ("voicemail-no-heat", "nobody-answers")
# What the carrier's lists cannot tell: what was announced when, who is called what, which versions were in force.
LISTED = (
    "call_sid carrier_account account_id number_id campaign_id direction dialled caller status started_at ended_at "
    "duration talk_seconds spoken voicemail missed answered_by"
).split()


@dataclass
class Town:
    """A company, the carrier that its callers use, and that carrier's lists."""

    undisturbed: Database
    database: Database
    carrier: DemoCarrier
    later: DemoCarrier
    access: Access

    def call(self, conversation: str, *, to: str = BILLBOARD, **more: Any) -> PlacedCall:
        """A call that `undisturbed` hears all of, and `database` nothing yet."""
        return self.carrier.place_call(to=to, conversation=conversation, **more)

    def deliver(self, exchanges: Iterable[Exchange], *, shuffle: int | None = None) -> None:
        self.later.redeliver(exchanges=exchanges, shuffle=shuffle)

    def reconcile(self, *, since: timedelta = timedelta(hours=6)) -> Reconciliation:
        now = datetime.now(UTC)
        return reconcile(self.database, access=self.access, carrier="twilio", since=now - since, now=now)


@pytest.fixture(autouse=True)
def no_waiting_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest._PACE, "_between", 0.0)


@pytest.fixture
def town(on_sqlite: Database, sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    with a_town(on_sqlite, template=sqlite_template, folder=tmp_path) as made:
        yield made


@pytest.fixture
def either_town(database: Database, sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    """On SQLite, then on PostgreSQL."""
    with a_town(database, template=sqlite_template, folder=tmp_path) as made:
        yield made


@contextmanager
def a_town(database: Database, *, template: Path, folder: Path) -> Iterator[Town]:
    shutil.copy(template, folder / "undisturbed.db")
    undisturbed = Database(f"sqlite:///{folder}/undisturbed.db")
    carriers = []
    for one in (undisturbed, database):
        with one.write.begin() as session:
            company(session, name="Ana's Heating", number=BILLBOARD)
        post = post_to_wsgi(make_app(database=one, folder=folder))
        carriers.append(DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post))
    carrier, later = carriers
    app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=0)
    access = Access(ACCOUNT, TOKEN, (TOKEN,), f"http://127.0.0.1:{server.server_port}")
    yield Town(undisturbed, database, carrier, later, access)
    server.shutdown()
    server.server_close()
    carrier.ledger.close()
    later.ledger.close()
    undisturbed.dispose()


def books(database: Database) -> dict[str, Any]:
    """What is known of every call: its row, its legs, its recordings, and what the campaign's days count."""
    found: dict[str, Any] = {}
    with database.read() as session:
        account = session.scalars(select(Account)).one()
        today = datetime.now(UTC).date()
        period = Period(today - timedelta(days=2), today + timedelta(days=1), account.time_zone)
        found["facts"] = facts_by_campaign(session, account_id=account.id, period=period)
        for call in session.scalars(select(Call)):
            legs = session.scalars(select(CallLeg).where(CallLeg.call_id == call.id).order_by(CallLeg.leg_sid))
            recordings = session.scalars(select(Recording).where(Recording.call_id == call.id))
            found[call.call_sid] = (
                {name: getattr(call, name) for name in LISTED},
                [(leg.leg_sid, leg.number, leg.status, leg.duration, leg.bridged) for leg in legs],
                sorted(
                    (one.recording_sid, one.source, one.duration, one.channels, one.recorded_at)
                    for one in recordings
                    if one.carrier_status == "completed"
                ),
            )
    return found


def logged(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(CallEvent)) or 0


@pytest.mark.parametrize("seed", [0, 2])
def test_whatever_was_lost_is_found_again(either_town: Town, seed: int) -> None:
    town = either_town
    placed = [town.call(conversation) for conversation in (*SPOKEN, *MISSED)]
    whole = books(town.undisturbed)
    drawn = random.Random(seed)
    arrived: list[Exchange] = [one for call in placed for one in call.exchanges if drawn.random() < seed / 4]
    town.deliver(arrived, shuffle=seed)
    run = town.reconcile()
    assert run.error is None
    assert books(town.database) == whole
    assert run.calls_seen == len(placed)
    assert (run.calls_made == len(placed)) == (seed == 0)
    events = logged(town.database)
    again = town.reconcile()
    assert (again.calls_made, again.calls_mended, again.recordings_made, again.recordings_gone) == (0, 0, 0, 0)
    assert (books(town.database), logged(town.database)) == (whole, events)


def test_a_call_that_was_never_heard_of_stands_on_its_own_day_whenever_it_is_found(town: Town) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    placed = town.call("furnace-out", started_at=began)
    run = town.reconcile(since=timedelta(days=31))
    assert (run.calls_made, run.calls_mended, run.recordings_made) == (1, 0, 1)
    with town.database.read() as session:
        call = session.scalars(select(Call)).one()
        assert abs(call.started_at - placed.started_at) <= timedelta(seconds=placed.conversation.rings + 60)
        assert call.spoken
        [fetch] = session.scalars(select(Step).where(Step.name == "fetch"))
        assert (fetch.call_id, fetch.subject, fetch.state) == (call.id, placed.recordings[0].sid, "due")


def test_a_call_of_before_that_has_ended_since_is_closed(town: Town) -> None:
    began = datetime.now(UTC) - timedelta(hours=3)
    placed = town.call("furnace-out", started_at=began)
    town.deliver([one for one in placed.exchanges if one.kind == "voice"])
    run = town.reconcile(since=timedelta(hours=1))
    assert (run.calls_made, run.calls_mended) == (0, 1)
    with town.database.read() as session:
        assert session.scalars(select(Call)).one().ended_at is not None


def test_a_call_under_way_is_left_alone(town: Town) -> None:
    placed = town.call("furnace-out")
    body = town.carrier.ledger.read(kind="call", sid=placed.call_sid) or {}
    unfinished = body | {"status": "in-progress", "end_time": None, "duration": None}
    town.carrier.ledger.write(kind="call", sid=placed.call_sid, moment=placed.started_at, body=unfinished)
    run = town.reconcile()
    assert (run.calls_seen, run.calls_made) == (1, 0)
    assert logged(town.database) == 0


def test_a_number_of_nobody_s_is_found_too(town: Town) -> None:
    town.call("furnace-out", to="+13125550177")
    assert town.reconcile().calls_made == 1
    with town.database.read() as session:
        assert session.scalars(select(Call)).one().account_id is None


def test_a_recording_that_was_deleted_at_the_carrier_is_said_to_be_gone(town: Town) -> None:
    placed = [town.call("furnace-out"), town.call("thermostat-install")]
    town.deliver(placed[0].exchanges)
    for one in placed:
        with Rest(town.access) as api:
            api.delete(f"/Recordings/{one.recordings[0].sid}")
    run = town.reconcile()
    assert (run.recordings_made, run.recordings_gone) == (0, 2)
    with town.database.read() as session:
        assert {one.status for one in session.scalars(select(Recording))} == {"absent"}
        [step] = session.scalars(select(Step).where(Step.name == "fetch"))
        assert (step.state, step.last_error) == ("failed", "the carrier has deleted the recording")
    assert town.reconcile().recordings_gone == 0


def test_a_list_of_many_pages_is_read_to_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_rest, "PAGE", "3")
    placed = [town.call(conversation) for conversation in (*SPOKEN, *MISSED)]
    run = town.reconcile()
    assert (run.calls_seen, run.calls_made) == (len(placed), len(placed))
    assert books(town.database) == books(town.undisturbed)


def test_one_call_or_recording_that_cannot_be_taken_in_does_not_keep_the_others_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run looks at the same again."""
    placed = [town.call("furnace-out"), town.call("thermostat-install"), town.call("nobody-answers")]
    whole, spoiled = books(town.undisturbed), {placed[0].call_sid, placed[1].recordings[0].sid}

    def fails_at(session: Session, *, delivery: Delivery) -> int | None:
        if {delivery.params.get("CallSid"), delivery.params.get("RecordingSid")} & spoiled:
            raise ValueError("not to be read")
        return receive(session, delivery=delivery)

    with monkeypatch.context() as patched:
        patched.setattr(reconcile_module, "receive", fails_at)
        run = town.reconcile()
    assert run.error == "2 calls or recordings could not be taken in; the log says why"
    assert (run.calls_made, run.recordings_made, run.ended_at is not None) == (2, 0, True)
    assert town.reconcile().error is None
    assert books(town.database) == whole


def test_a_run_that_breaks_off_is_written_down_with_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.call("furnace-out")
    monkeypatch.setattr(reconcile_module, "_take_recordings", lambda *_args, **_more: 1 / 0)
    run = town.reconcile()
    with town.database.read() as session:
        kept = session.scalars(select(Reconciliation)).one()
    assert kept.error == run.error == "ZeroDivisionError; the log says more"
    assert (kept.ended_at is not None, kept.calls_made) == (True, 1)


ODD = [("end_time", "0001-01-01T00:00:00Z"), ("end_time", "9999-12-31T23:59:59Z"),
       ("end_time", "Fri, 01 Jan 1999 00:00:00 +0000"), ("duration", "999999999"), ("duration", "-5")]  # fmt: skip


def test_what_no_clock_or_watch_could_have_said_is_as_if_not_said(town: Town) -> None:
    placed = [town.call("nobody-answers") for _ in ODD]
    for one, (field, said) in zip(placed, ODD, strict=True):
        body = (town.carrier.ledger.read(kind="call", sid=one.call_sid) or {}) | {field: said}
        town.carrier.ledger.write(kind="call", sid=one.call_sid, moment=one.started_at, body=body)
    run = town.reconcile()
    assert (run.error, run.calls_seen, run.calls_made) == (None, 5, 2)
    with town.database.read() as session:
        for call in session.scalars(select(Call)):
            assert call.duration is None
            assert datetime.now(UTC) - call.started_at < timedelta(hours=1)


@pytest.mark.parametrize("began", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-05-04T15:00:00Z"])
def test_a_recording_of_no_possible_length_or_moment_is_no_error(began: str) -> None:
    row = {"sid": "RE1", "call_sid": "CA1", "status": "completed", "start_time": began, "duration": "999999"}
    found = twilio_rest.recordings_there({"recordings": [row]})
    assert [one.recorded_at for one in found] == [datetime(2026, 5, 4, 15, tzinfo=UTC)] * began.startswith("2026")


def test_a_carrier_that_refuses_leaves_a_run_that_says_so(town: Town) -> None:
    town.call("furnace-out")
    wrong = Access(ACCOUNT, "another token", (), town.access.api_url)
    now = datetime.now(UTC)
    run = reconcile(town.database, access=wrong, carrier="twilio", since=now - timedelta(hours=1), now=now)
    assert "check TWILIO_AUTH_TOKEN" in (run.error or "")
    with town.database.read() as session:
        kept = session.scalars(select(Reconciliation)).one()
        assert (kept.error, kept.calls_made) == (run.error, 0)
        assert kept.ended_at is not None
