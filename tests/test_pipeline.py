"""What happens to a call after it ends, with a carrier that serves real audio, late audio, no audio and nonsense."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from calltrack import pipeline
from calltrack.accounts.accounts import create_account
from calltrack.calls import steps
from calltrack.calls.awaiting import TRANSCRIPT_GRACE
from calltrack.calls.labels import label_call, ledger
from calltrack.calls.missed import ask_after
from calltrack.calls.recordings import try_again
from calltrack.calls.texts import send_due
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.demo.calls import Misbehaviour
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.wire import post_to_wsgi
from calltrack.models import Account, Call, Recording, Step, Task, Transcript
from calltrack.storage import open_storage
from tests.conftest import make_app
from tests.shop import free_port
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, CHO, TOKEN

pytestmark = pytest.mark.enable_socket


@dataclass
class Bench:
    """A web process, a worker's workshop and a carrier, all in this process."""

    app: Flask
    database: Database
    carrier: DemoCarrier

    def place(self, conversation: str = "furnace-out", **misbehaviour: object) -> PlacedCall:
        wrong = Misbehaviour(**misbehaviour)  # type: ignore[arg-type]
        return self.carrier.place_call(to=BILLBOARD, conversation=conversation, misbehaviour=wrong)

    def sweep_as_if_hours_had_passed(self) -> None:
        with self.database.write.begin() as session:
            session.execute(update(Step).where(Step.state == "due").values(due_at=datetime.now(UTC)))
        pipeline.sweep()

    def call(self) -> Call:
        with self.database.read() as session:
            return session.scalars(select(Call)).one()

    def recording(self) -> Recording:
        with self.database.read() as session:
            return session.scalars(select(Recording)).one()

    def step(self, name: str) -> Step:
        with self.database.read() as session:
            return session.scalars(select(Step).where(Step.name == name)).one()

    def labels(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            return [(label.source, label.value) for label in ledger(session, call=self.call())]


@pytest.fixture
def bench(on_sqlite: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    port = free_port()
    api_url = f"http://127.0.0.1:{port}"
    changes = dict(getattr(request, "param", {}))
    if changes.get("transcriber") == "whisper":
        changes["whisper_model"] = str(request.getfixturevalue("whisper_folder"))
    app = make_app(database=on_sqlite, folder=tmp_path, twilio_api_url=api_url, **changes)
    house = app.extensions["calltrack"]
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="ana"
        )
    carrier = DemoCarrier(
        public_url=BASE,
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        post=post_to_wsgi(app),
        api_url=api_url,
        data_folder=None,
    )
    media = start_server(
        app=create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN),
        host="127.0.0.1",
        port=port,
    )
    pipeline.open_workshop(pipeline.Workshop(house.database, house.settings, house.storage))
    yield Bench(app, on_sqlite, carrier)
    pipeline.close_workshop()
    media.shutdown()
    media.server_close()
    carrier.ledger.close()


def test_a_finished_call_is_fetched_and_labelled(bench: Bench) -> None:
    placed = bench.place()
    pipeline.sweep()
    recording = bench.recording()
    assert (recording.status, recording.channels, recording.duration) == ("stored", 2, placed.recordings[0].duration)
    assert recording.peaks is not None
    assert [max(channel) > 10 for channel in recording.peaks] == [True, True]
    assert bench.labels() == [("model", "lead")]
    assert (bench.step("fetch").state, bench.step("classify").state) == ("done", "done")


def test_whoever_was_missed_is_to_be_called_back_and_gets_a_text(bench: Bench) -> None:
    own_number(ledger=bench.carrier.ledger, account_sid=ACCOUNT, phone_number=BILLBOARD)
    with bench.database.write.begin() as session:
        account = session.scalars(select(Account)).one()
        account.call_back_minutes, account.text_back = 30, "Sorry, says {business}."
    placed = bench.place("nobody-answers")
    with bench.database.write.begin() as session:
        ask_after(session, call=session.scalars(select(Call)).one())
    pipeline.sweep()
    assert (bench.step("missed").state, bench.call().missed) == ("due", True), "a minute is left to settle it"
    bench.sweep_as_if_hours_had_passed()
    assert bench.step("missed").state == "done"
    settings = bench.app.extensions["calltrack"].settings
    assert send_due(bench.database, settings, datetime.now(UTC)) == 1
    texts = [(one["from"], one["to"], one["body"]) for one in bench.carrier.ledger.list(kind="text")]
    assert texts == [(BILLBOARD, placed.caller, "Sorry, says Ana's Heating.")]
    with bench.database.read() as session:
        assert session.scalars(select(Task.kind)).all() == ["call-back"]


def test_a_recording_that_is_late_is_fetched_when_it_is_there(bench: Bench) -> None:
    bench.place(recording_missing=2)
    pipeline.sweep()
    assert bench.recording().status == "expected"
    assert "404" in (bench.step("fetch").last_error or "")
    bench.sweep_as_if_hours_had_passed()
    bench.sweep_as_if_hours_had_passed()
    assert (bench.recording().status, bench.step("fetch").attempts) == ("stored", 3)


def test_a_web_page_is_no_recording_and_says_so_after_a_few_tries(bench: Bench) -> None:
    bench.place(recording_html=True)
    for _ in range(5):
        bench.sweep_as_if_hours_had_passed()
    assert (bench.recording().status, bench.step("fetch").state) == ("failed", "failed")
    assert "HTML" in (bench.step("fetch").last_error or "")
    assert bench.labels() == [("model", "lead")], "the label does not wait for the sound"


def test_a_fetch_that_was_given_up_can_be_tried_again(bench: Bench) -> None:
    placed = bench.place(recording_html=True)
    for _ in range(5):
        bench.sweep_as_if_hours_had_passed()
    held = bench.carrier.ledger.read(kind="recording", sid=placed.recordings[0].sid)
    assert held is not None
    held["demo"]["html"] = False
    bench.carrier.ledger.write(kind="recording", sid=placed.recordings[0].sid, moment=datetime.now(UTC), body=held)
    with bench.database.write.begin() as session:
        try_again(session, step=bench.step("fetch"))
    assert bench.recording().status == "expected"
    pipeline.sweep()
    assert (bench.recording().status, bench.step("fetch").attempts) == ("stored", 1)


def test_a_recording_that_never_comes_is_given_up_after_a_day(bench: Bench) -> None:
    bench.place(recording_missing=10**6)
    pipeline.sweep()
    with bench.database.write.begin() as session:
        session.execute(
            update(Step)
            .where(Step.name == "fetch")
            .values(asked_at=datetime.now(UTC) - steps.GIVE_UP_AFTER, attempts=20)
        )
    bench.sweep_as_if_hours_had_passed()
    assert (bench.recording().status, bench.step("fetch").state) == ("failed", "failed")


def test_the_waits_between_tries_grow_to_an_hour(bench: Bench) -> None:
    bench.place(recording_missing=10**6)
    waits = []
    for _ in range(14):
        bench.sweep_as_if_hours_had_passed()
        waits.append(round((bench.step("fetch").due_at - datetime.now(UTC)).total_seconds()))
    assert waits == [1, 2, 5, 15, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_a_recording_is_fetched_once_however_often_it_is_announced(bench: Bench) -> None:
    placed = bench.place(duplicate=True)
    pipeline.sweep()
    stored_at = bench.recording().stored_at
    bench.carrier.redeliver(exchanges=placed.exchanges, shuffle=7)
    pipeline.sweep()
    assert bench.recording().stored_at == stored_at
    assert bench.step("fetch").attempts == 1


def test_two_channels_are_asked_for_and_one_is_taken(bench: Bench) -> None:
    bench.place("voicemail-bathroom-quote")
    pipeline.sweep()
    assert (bench.recording().status, bench.recording().channels) == ("stored", 1)


def test_wrong_credentials_are_said_and_tried_again(bench: Bench) -> None:
    bench.place()
    house = bench.app.extensions["calltrack"]
    wrong = Settings(_env_file=None, **{**house.settings.model_dump(), "twilio_auth_token": "another"})
    pipeline.open_workshop(pipeline.Workshop(house.database, wrong, house.storage))
    pipeline.sweep()
    assert "TWILIO_AUTH_TOKEN" in (bench.step("fetch").last_error or "")
    pipeline.open_workshop(pipeline.Workshop(house.database, house.settings, house.storage))
    bench.sweep_as_if_hours_had_passed()
    assert bench.recording().status == "stored"


def test_a_full_disk_is_said_and_tried_again(bench: Bench, tmp_path: Path) -> None:
    bench.place()
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    house = bench.app.extensions["calltrack"]
    storage = house.storage
    (tmp_path / "recordings").rename(tmp_path / "away") if (tmp_path / "recordings").exists() else None
    (tmp_path / "recordings").write_text("no folder")
    pipeline.sweep()
    assert (bench.step("fetch").state, bench.recording().status) == ("due", "expected")
    assert bench.step("fetch").last_error
    (tmp_path / "recordings").unlink()
    bench.sweep_as_if_hours_had_passed()
    assert bench.recording().status == "stored"
    assert storage is house.storage


def test_the_verdict_waits_for_a_transcript_that_is_under_way(bench: Bench) -> None:
    placed = bench.place(drop=frozenset({"transcription"}))
    with bench.database.write.begin() as session:
        session.execute(update(Call).values(ended_at=datetime.now(UTC)))
    pipeline.sweep()
    assert bench.labels() == []
    assert "on the way" in (bench.step("classify").last_error or "")
    bench.carrier.redeliver(exchanges=placed.exchanges)
    with bench.database.write.begin() as session:
        session.execute(update(Step).values(asked_at=datetime.now(UTC) - TRANSCRIPT_GRACE))
    bench.sweep_as_if_hours_had_passed()
    assert (bench.labels(), bench.step("classify").last_error) == ([], "there is no transcript to judge by")


def test_a_carriers_clock_that_is_slow_shortens_no_wait(bench: Bench) -> None:
    bench.place(drop=frozenset({"transcription"}))
    with bench.database.write.begin() as session:
        session.execute(update(Call).values(ended_at=datetime.now(UTC) - timedelta(minutes=5)))
    pipeline.sweep()
    assert "on the way" in (bench.step("classify").last_error or "")


def test_a_person_who_spoke_first_is_not_overridden(bench: Bench) -> None:
    bench.place()
    with bench.database.write.begin() as session:
        call = session.scalars(select(Call)).one()
        label_call(session, call=call, value="excused", reason="vendor", note=None, said_by="ana")
    pipeline.sweep()
    assert bench.labels() == [("human", "excused"), ("model", "lead")]
    with bench.database.read() as session:
        call = session.scalars(select(Call)).one()
        current = next(label for label in ledger(session, call=call) if label.id == call.label_id)
    assert (current.source, current.value) == ("human", "excused")


def test_a_step_that_no_worker_survives_is_given_up_after_a_day(bench: Bench) -> None:
    bench.place()
    long_ago = datetime.now(UTC) - timedelta(days=2)
    with bench.database.write.begin() as session:
        session.execute(update(Step).where(Step.name == "fetch").values(asked_at=long_ago, attempts=499))
    bench.sweep_as_if_hours_had_passed()
    assert bench.step("fetch").state == "failed"
    assert "no worker survived" in (bench.step("fetch").last_error or "")


def test_a_worker_that_dies_loses_nothing(bench: Bench) -> None:
    bench.place()
    with bench.database.write.begin() as session:
        taken = steps.claim(session, now=datetime.now(UTC))
    assert taken is not None
    pipeline.sweep()
    assert bench.step(taken.name).state == "due", "its lease still holds"
    with bench.database.write.begin() as session:
        session.execute(update(Step).where(Step.id == taken.id).values(lease_until=datetime.now(UTC)))
    pipeline.sweep()
    assert bench.step(taken.name).state == "done"


def test_what_a_worker_finishes_after_its_lease_was_taken_is_dropped(bench: Bench) -> None:
    bench.place()
    with bench.database.write.begin() as session:
        taken = steps.claim(session, now=datetime.now(UTC))
        assert taken is not None
        steps.ask(session, call_id=taken.call_id, name=taken.name, subject=taken.subject, again=True)
    with bench.database.write.begin() as session:
        assert steps.finish(session, step=taken) is False


@pytest.mark.parametrize("bench", [{"transcriber": "none"}], indirect=True)
def test_without_a_transcriber_nothing_is_transcribed_and_the_page_can_say_so(bench: Bench) -> None:
    placed = bench.place()
    assert "<Transcription" not in placed.exchanges[0].twiml
    pipeline.sweep()
    with bench.database.read() as session:
        assert session.scalar(select(Transcript)) is None
    assert (bench.labels(), bench.step("classify").last_error) == ([], "there is no transcript to judge by")


@pytest.mark.slow
@pytest.mark.parametrize("bench", [{"transcriber": "whisper"}], indirect=True)
def test_with_a_speech_model_the_transcript_is_written_here(bench: Bench) -> None:
    placed = bench.place()
    assert "<Transcription" not in placed.exchanges[0].twiml
    pipeline.sweep()
    with bench.database.read() as session:
        transcript = session.scalars(select(Transcript)).one()
    assert (transcript.source, transcript.complete) == ("whisper", True)
    assert {turn["speaker"] for turn in transcript.turns} == {"caller", "agent"}
    assert "how can i help you" in transcript.text.lower(), "a small model mishears much of a synthesised voice"
    assert [source for source, _ in bench.labels()] == ["model"]


def test_storage_is_the_folder_of_the_settings(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    assert storage.size(key="1/2026/05/RE1.mp3") is None
