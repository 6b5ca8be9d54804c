"""What was erased is gone here and at the carrier, whatever dies or stays away in between; it does not come back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from calltrack import pipeline
from calltrack.calls import steps
from calltrack.calls.clips import is_open, make_clip
from calltrack.calls.reconcile import reconcile
from calltrack.calls.recordings import storage_key
from calltrack.db import Database
from calltrack.demo.calls import derive_sid
from calltrack.models import Account, Call, Clip, Recording, Step
from calltrack.privacy.erasing import erase_call, erase_carrier_copy, erase_recording
from calltrack.privacy.removing import sealed_key
from calltrack.telephony import rest
from calltrack.telephony.carriers import access_of
from tests.factories import deliver
from tests.privacy.house import House, a_house

pytestmark = pytest.mark.enable_socket
WHY = "the caller asked for it"


@pytest.fixture(autouse=True)
def no_waiting_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest._PACE, "_between", 0.0)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with a_house(database, folder=tmp_path) as made:
        yield made


@pytest.fixture
def one_house(on_sqlite: Database, tmp_path: Path) -> Iterator[House]:
    with a_house(on_sqlite, folder=tmp_path) as made:
        yield made


def erase(house: House) -> None:
    with house.database.write.begin() as session:
        for recording in session.scalars(select(Recording)):
            erase_recording(session, recording=recording, why=WHY, by="ana", now=datetime.now(UTC))


def erase_all(house: House) -> None:
    with house.database.write.begin() as session:
        for call in session.scalars(select(Call)):
            erase_call(session, call=call, why=WHY, by="ana", now=datetime.now(UTC))


def step(house: House, name: str = "erase") -> Step:
    with house.database.read() as session:
        return session.scalars(select(Step).where(Step.name == name)).one()


def test_the_proof_says_what_was_erased_why_by_whom_and_what_the_carrier_said(house: House) -> None:
    house.place()
    house.sweep()
    erase(house)
    assert house.erasures()[0].carrier_at is None, "the carrier was not asked yet"
    house.sweep()
    [proof] = house.erasures()
    assert (proof.what, proof.why, proof.erased_by, proof.carrier_said) == ("recording", WHY, "ana", "deleted")
    assert (len(proof.sha256 or ""), proof.carrier_at is not None) == (64, True)
    assert (house.files(), house.at_the_carrier()) == ([], [])


def test_what_the_carrier_has_no_longer_counts_as_gone(one_house: House) -> None:
    placed = one_house.place()
    one_house.sweep()
    with one_house.carrier_app.test_client() as client:
        path = f"/2010-04-01/Accounts/{one_house.carrier.account_sid}/Recordings/{placed.recordings[0].sid}.json"
        assert client.delete(path, auth=(one_house.settings.twilio_account_sid, "a-token-of-twilio")).status_code == 204
    erase(one_house)
    one_house.sweep()
    assert [proof.carrier_said for proof in one_house.erasures()] == ["gone"]


def test_a_carrier_that_is_away_is_asked_until_it_is_back(one_house: House) -> None:
    one_house.place()
    one_house.sweep()
    erase(one_house)
    one_house.carrier_app.config["BUSY"] = 1000
    vars(one_house.settings)["twilio_auth_token"] = ("a wrong one",)
    one_house.sweep()
    [proof] = one_house.erasures()
    assert one_house.files() == [], "ours goes without waiting for the carrier"
    assert (proof.carrier_at, step(one_house).state) == (None, "due")
    assert "credentials" in (proof.carrier_said or "")
    one_house.carrier_app.config["BUSY"] = 1
    vars(one_house.settings)["twilio_auth_token"] = ("a-token-of-twilio",)
    one_house.sweep()
    assert [(one.carrier_said, one_house.at_the_carrier()) for one in one_house.erasures()] == [("deleted", [])]


@pytest.mark.parametrize("dies", ["_digest", "delete_recording", "keep_answer"])
def test_killed_at_any_instant_it_goes_on_and_nothing_stays_behind(
    house: House, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """A killed process writes nothing more: its step is claimed again once the lease is over."""
    house.place()
    house.sweep()
    erase(house)

    class Killed(BaseException):
        pass

    def die(*_told: object, **_more: object) -> None:
        raise Killed

    room = "calltrack.pipeline" if dies == "keep_answer" else "calltrack.privacy.removing"
    monkeypatch.setattr(f"{room}.{dies}", die)
    with pytest.raises(Killed):
        pipeline.do_next()
    monkeypatch.undo()
    assert house.recordings()[0].status == "erased"
    with house.database.write.begin() as session:
        session.execute(update(Step).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    house.sweep()
    assert (house.files(), house.at_the_carrier()) == ([], [])
    assert house.recordings()[0].storage_key is None
    [proof] = house.erasures()
    assert (len(proof.sha256 or ""), proof.carrier_at is not None) == (64, True)


def test_a_fetch_that_is_under_way_is_waited_for_and_brings_nothing_back(house: House) -> None:
    house.place()
    with house.database.write.begin() as session:
        fetch = steps.claim(session, now=datetime.now(UTC))
        while fetch and fetch.name != "fetch":
            fetch = steps.claim(session, now=datetime.now(UTC))
        session.execute(update(Step).where(Step.name != "fetch").values(lease=None, lease_until=None))
    assert fetch is not None
    erase(house)
    pipeline.sweep()
    assert "written" in (step(house).last_error or "")
    assert len(house.at_the_carrier()) == 1
    place = pipeline._place.workshop
    assert place is not None
    pipeline.run_step(place, step=fetch)  # it finds that it came too late
    house.sweep()
    assert (house.files(), house.at_the_carrier()) == ([], [])
    assert [one.status for one in house.recordings()] == ["erased"]


def test_bytes_that_no_row_knows_of_are_found_by_their_name(one_house: House, tmp_path: Path) -> None:
    """A fetch that was killed between the file and the row."""
    one_house.place()
    with one_house.database.write.begin() as session:
        session.execute(update(Step).where(Step.name == "fetch").values(state="done"))
    [call] = one_house.calls()
    (tmp_path / "bytes").write_bytes(b"somebody's voice")
    key = storage_key(call=call, recording_sid=one_house.recordings()[0].recording_sid)
    for name in (key, sealed_key(key)):
        one_house.storage.put(key=name, source=tmp_path / "bytes")
    erase(one_house)
    one_house.sweep()
    assert one_house.files() == []


def test_the_carriers_lists_bring_back_nothing_that_was_erased(house: House) -> None:
    house.place()
    house.sweep()
    erase_all(house)
    now = datetime.now(UTC)
    access = access_of(house.settings, carrier="twilio")
    for _ in range(2):  # before and after the carrier's copy is gone
        run = reconcile(house.database, access=access, carrier="twilio", since=now - timedelta(days=1), now=now)
        assert (run.error, run.recordings_made, run.recordings_gone) == (None, 0, 0)
        house.sweep()
    assert [(one.status, one.storage_key) for one in house.recordings()] == [("erased", None)]
    assert house.files() == []


def test_a_recording_that_is_announced_after_the_erasure_is_deleted_unheard(house: House) -> None:
    placed = house.place()
    with house.database.write.begin() as session:
        session.execute(delete(Recording))
        session.execute(delete(Step))
    erase_all(house)
    house.carrier.redeliver(exchanges=[one for one in placed.exchanges if "recording" in one.url.rpartition("/")[2]])
    house.sweep()
    assert [one.status for one in house.recordings()] == ["erased"]
    assert (house.files(), house.at_the_carrier()) == ([], [])
    assert [proof.carrier_said for proof in house.erasures("recording")] == ["deleted"]


def test_what_the_carrier_wrote_down_of_a_message_is_deleted_there_too(one_house: House) -> None:
    placed = one_house.place("voicemail-no-heat")
    one_house.sweep()
    recording = placed.recordings[0].sid
    written = {
        "AccountSid": one_house.settings.twilio_account_sid, "CallSid": placed.call_sid, "RecordingSid": recording,
        "TranscriptionSid": derive_sid("TR", recording), "TranscriptionStatus": "completed",
        "TranscriptionText": "no heat since Monday",
    }  # fmt: skip
    with one_house.database.write.begin() as session:
        deliver(session, "transcription", written, at=datetime.now(UTC))
    erase_all(one_house)
    one_house.sweep()
    [body] = one_house.carrier.ledger.list(kind="recording")
    assert (body["status"], body["demo"].get("unwritten")) == ("deleted", True)


def test_a_clip_of_it_ends(one_house: House) -> None:
    one_house.place()
    one_house.sweep()
    with one_house.database.write.begin() as session:
        call = session.scalars(select(Call)).one()
        make_clip(session, call=call, start=1, end=5, lasts="7", with_words=True, made_by="ana")
    erase(one_house)
    with one_house.database.read() as session:
        assert not is_open(session.scalars(select(Clip)).one())


def test_an_account_may_keep_no_copy_at_the_carrier_once_ours_is_here(house: House) -> None:
    with house.database.write.begin() as session:
        session.execute(update(Account).values(keep_at_carrier=False))
    house.place()
    house.sweep()
    [recording] = house.recordings()
    assert (recording.status, len(house.files()), house.at_the_carrier()) == ("stored", 1, [])
    assert [(proof.what, proof.carrier_said) for proof in house.erasures()] == [("carrier copy", "deleted")]


def test_the_carriers_copy_stays_while_ours_is_not_whole(one_house: House, tmp_path: Path) -> None:
    one_house.place()
    one_house.sweep()
    [recording] = one_house.recordings()
    one_house.storage.delete(key=recording.storage_key or "")
    with one_house.database.write.begin() as session:
        row = session.get_one(Recording, recording.id)
        assert erase_carrier_copy(session, recording=row, why=WHY, by="ana", now=datetime.now(UTC))
    one_house.sweep()
    assert len(one_house.at_the_carrier()) == 1
    assert "not in the storage" in (step(one_house).last_error or "")
