"""After a call that held a number: the transcript, the carrier's log, the recording and the sealed original."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack import pipeline
from calltrack.calls.fold import Received
from calltrack.calls.pauses import NOTHING_HEARD
from calltrack.calls.transcripts import assemble, keep_speech
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Account, Call, CallEvent, Erasure, Label, Recording, RecordingPause, Step, Transcript
from calltrack.privacy.erasing import erase_call
from calltrack.privacy.masking_step import told_of
from calltrack.privacy.originals import original_audio, original_turns
from calltrack.privacy.stored import mask_stored
from calltrack.storage import Storage, open_storage
from calltrack.telephony.carriers import parse
from tests import factories, twilio_wire
from tests.privacy_rules.test_silence import tone

NUMBER = "+13125550142"
CARD = "sure it's 4111 1111 1111 1111"
PLACE = "and I am at 1420 West Addison"


def settings(folder: Path) -> Settings:
    return Settings(secret_key="s" * 40, recordings_url=str(folder / "recordings"), CALLTRACK_VAR=folder)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "recordings"))


def call_with_words(session: Session, words: Sequence[str], *, keep: bool = False, stopped: bool = True) -> Call:
    """A call in which the caller says each of the words ten seconds after the other; its recording began with it."""
    company = factories.company(session, name="Ana's Heating", number=NUMBER)
    company.account.keep_originals = keep
    call = factories.answered_call(session, number=NUMBER, recorded=True)
    for place, text in enumerate(words, start=2):
        at = call.started_at + timedelta(seconds=10 * place)
        said = twilio_wire.said(text, at=at.isoformat(), call=call.call_sid, sequence=place)
        factories.deliver(session, "transcription", said, at=at)
    if stopped:
        over = twilio_wire.transcript_stopped(call=call.call_sid)
        factories.deliver(session, "transcription", over, at=call.started_at)
    return call


def work(database: Database, folder: Path, storage: Storage, *, name: str) -> None:
    with database.write.begin() as session:
        session.execute(update(Step).where(Step.name != name).values(state="done"))
    pipeline.open_workshop(pipeline.Workshop(database, settings(folder), storage))
    try:
        pipeline.sweep()
    finally:
        pipeline.close_workshop()


def logged(session: Session) -> str:
    return json.dumps([dict(one) for one in session.scalars(select(CallEvent.params))])


def steps(session: Session, name: str) -> list[str]:
    return list(session.scalars(select(Step.state).where(Step.name == name)))


def with_recording(session: Session, call: Call, storage: Storage, folder: Path) -> Recording:
    audio = tone(folder / "tone.mp3", rate=8000, channels=2).read_bytes() * 5
    recording = factories.store_recording(session, call=call, storage=storage, audio=audio, folder=folder)
    recording.recorded_at, recording.duration = call.started_at, 60
    recording.peaks = [[50] * 60, [50] * 60]
    return recording


def test_the_transcript_never_holds_the_number(database: Database) -> None:
    with database.write.begin() as session:
        call = call_with_words(session, [CARD, PLACE], stopped=False)
        transcript = session.get_one(Transcript, call.id)
        assert transcript.text == "sure it's [card number]\nand I am at 1420 West Addison"
        assert transcript.masked == 1
        assert steps(session, "mask") == ["due"]


def test_a_call_without_such_a_number_asks_for_nothing(database: Database) -> None:
    with database.write.begin() as session:
        call_with_words(session, [PLACE])
        assert steps(session, "mask") == []


def test_the_log_loses_the_number_and_folds_into_the_same_transcript(
    database: Database, tmp_path: Path, storage: Storage
) -> None:
    with database.write.begin() as session:
        call = call_with_words(session, ["the gate code", "is 4421", CARD, PLACE])
        before = session.get_one(Transcript, call.id)
        turns, text, zero_at = before.turns, before.text, before.zero_at
        assert "4111" in logged(session)
    work(database, tmp_path, storage, name="mask")
    with database.read() as session:
        assert steps(session, "mask") == ["done"]
        assert "4111" not in logged(session)
        assert "4421" not in logged(session)
        assert "1420 West Addison" in logged(session)
        rows = session.scalars(select(CallEvent).where(CallEvent.kind == "transcription")).all()
        anew = assemble(
            [
                Received(parse(carrier=one.carrier, kind="transcription", params=one.params), one.received_at)
                for one in rows
            ]
        )
        assert anew is not None
        assert (anew.turns, anew.zero_at) == (turns, zero_at)
        assert session.get_one(Transcript, call.id).text == text


def test_a_delivery_that_is_repeated_brings_the_number_back_nowhere(
    database: Database, tmp_path: Path, storage: Storage
) -> None:
    with database.write.begin() as session:
        call = call_with_words(session, [CARD])
        at = call.started_at + timedelta(seconds=20)
        again = twilio_wire.said(CARD, at=at.isoformat(), call=call.call_sid, sequence=2)
        text = session.get_one(Transcript, call.id).text
    work(database, tmp_path, storage, name="mask")
    with database.write.begin() as session:
        factories.deliver(session, "transcription", again, at=at - timedelta(seconds=5))
        assert "4111" not in logged(session), "it was known, and only its receipt is earlier now"
        factories.deliver(session, "transcription", {**again, "Attempt": "2"}, at=at)
        assert session.get_one(Transcript, call.id).text == text
        assert steps(session, "mask") == ["due"], "one that is not known is masked in its turn"
    work(database, tmp_path, storage, name="mask")
    with database.read() as session:
        assert "4111" not in logged(session)
        assert session.get_one(Transcript, call.id).text == text


def test_the_recording_is_silent_where_the_number_is_heard_and_its_older_copy_goes(
    on_sqlite: Database, tmp_path: Path, storage: Storage
) -> None:
    with on_sqlite.write.begin() as session:
        call = call_with_words(session, [CARD, PLACE])
        was = with_recording(session, call, storage, tmp_path).storage_key or ""
    work(on_sqlite, tmp_path, storage, name="mask")
    with on_sqlite.read() as session:
        recording = session.scalars(select(Recording)).one()
        ((begin, end),) = recording.silenced or []
        assert begin < 8
        assert 20 < end < 25
        assert recording.peaks is not None
        assert recording.peaks[0][10] == 0
        assert recording.peaks[1][40] == 50
        assert recording.storage_key != was
        assert storage.size(key=was) is None, "the step `discard` was asked for and done"
        assert session.scalars(select(Erasure.what)).all() == ["carrier copy"]
        body = b"".join(storage.read(key=recording.storage_key or ""))
    (tmp_path / "after.mp3").write_bytes(body)
    with av.open(str(tmp_path / "after.mp3")) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert not sound[:, 12 * 8000 : 20 * 8000].any()
    assert np.abs(sound[:, 30 * 8000 : 40 * 8000]).max() > 0.1


def test_a_recording_that_comes_home_after_the_transcript_is_silenced_too(
    on_sqlite: Database, tmp_path: Path, storage: Storage
) -> None:
    with on_sqlite.write.begin() as session:
        call = call_with_words(session, [CARD])
    work(on_sqlite, tmp_path, storage, name="mask")
    with on_sqlite.write.begin() as session:
        with_recording(session, session.get_one(Call, call.id), storage, tmp_path)
        session.execute(update(Step).where(Step.name == "mask").values(state="due"))
    work(on_sqlite, tmp_path, storage, name="mask")
    with on_sqlite.read() as session:
        assert session.scalars(select(Recording)).one().silenced


def test_an_account_that_keeps_originals_has_them_sealed_and_the_carriers_copy_too(
    on_sqlite: Database, tmp_path: Path, storage: Storage
) -> None:
    with on_sqlite.write.begin() as session:
        call = call_with_words(session, [CARD, PLACE], keep=True)
        key = with_recording(session, call, storage, tmp_path).storage_key or ""
        as_it_came = b"".join(storage.read(key=key))
    work(on_sqlite, tmp_path, storage, name="mask")
    with on_sqlite.read() as session:
        transcript, recording = session.get_one(Transcript, call.id), session.scalars(select(Recording)).one()
        assert "4111" not in (transcript.original or "")
        opened = original_turns(settings(tmp_path), transcript=transcript)
        assert [turn["text"] for turn in opened or ()] == [CARD, PLACE]
        sealed = b"".join(storage.read(key=recording.original_key or ""))
        assert as_it_came not in sealed
        assert original_audio(settings(tmp_path), storage, recording=recording) == as_it_came
        assert session.scalars(select(Erasure.what)).all() == []


def test_a_later_word_does_not_cost_the_sealed_original(database: Database, tmp_path: Path, storage: Storage) -> None:
    with database.write.begin() as session:
        call = call_with_words(session, [CARD], keep=True)
    work(database, tmp_path, storage, name="mask")
    with database.write.begin() as session:
        at = call.started_at + timedelta(seconds=60)
        late = twilio_wire.said("my pin is 9182", at=at.isoformat(), call=call.call_sid, sequence=9)
        factories.deliver(session, "transcription", late, at=at)
    work(database, tmp_path, storage, name="mask")
    with database.read() as session:
        opened = original_turns(settings(tmp_path), transcript=session.get_one(Transcript, call.id))
        assert [turn["text"] for turn in opened or ()] == [CARD, "my pin is 9182"]


def test_nothing_is_masked_in_the_log_while_the_call_runs(database: Database, tmp_path: Path, storage: Storage) -> None:
    with database.write.begin() as session:
        company = factories.company(session, name="Ana's Heating", number=NUMBER)
        assert session.get_one(Account, company.account.id)
        call = factories.running_call(session, number=NUMBER)
        said = twilio_wire.said(CARD, at=call.started_at.isoformat(), call=call.call_sid)
        factories.deliver(session, "transcription", said, at=call.started_at)
    work(database, tmp_path, storage, name="mask")
    with database.read() as session:
        assert steps(session, "mask") == ["due"]
        assert "4111" not in session.scalars(select(Transcript.text)).one()


def test_the_log_loses_the_number_also_where_the_recording_cannot_be_silenced(
    database: Database, tmp_path: Path, storage: Storage
) -> None:
    with database.write.begin() as session:
        call = call_with_words(session, [CARD])
        recording = with_recording(session, call, storage, tmp_path)
        storage.delete(key=recording.storage_key or "")
    work(database, tmp_path, storage, name="mask")
    with database.read() as session:
        assert steps(session, "mask") == ["due"], "it is tried again"
        assert "4111" not in logged(session)


def test_nothing_is_written_into_the_log_of_a_call_that_was_erased(
    on_sqlite: Database, tmp_path: Path, storage: Storage
) -> None:
    with on_sqlite.write.begin() as session:
        call = call_with_words(session, [CARD])
        erase_call(session, call=call, why="a test", by="ana", now=call.started_at)
        before = logged(session)
    work(on_sqlite, tmp_path, storage, name="mask")
    with on_sqlite.read() as session:
        assert logged(session) == before


@pytest.mark.parametrize("keep", [False, True])
def test_what_was_said_in_a_pause_goes_from_the_log_and_it_folds_into_the_same_transcript(
    database: Database, tmp_path: Path, storage: Storage, keep: bool
) -> None:
    words = ["hello, my furnace is out", "go ahead, the card please", CARD, "it's Pat Quigley.", PLACE]
    with database.write.begin() as session:
        call = call_with_words(session, words, keep=keep)
        session.add(
            RecordingPause(
                call_id=call.id, paused_by="Cho", paused_at=call.started_at + timedelta(seconds=28),
                resumed_at=call.started_at + timedelta(seconds=51), resumed_by="Cho",
            )
        )  # fmt: skip
        session.flush()
        again = twilio_wire.transcript_stopped(call=call.call_sid)
        factories.deliver(session, "transcription", {**again, "Attempt": "2"}, at=call.started_at)
        before = session.get_one(Transcript, call.id)
        was = (before.turns, before.text, before.masked)
        assert before.text == f"hello, my furnace is out\n{NOTHING_HEARD}\n{PLACE}"
        assert any("silent" in turn for turn in before.turns), "it was heard as far as the pause"
    work(database, tmp_path, storage, name="mask")
    with database.write.begin() as session:
        for gone in ("Quigley", "4111", "go ahead"):
            assert gone not in logged(session)
        assert "furnace" in logged(session)
        anew = session.get_one(Transcript, call.id)
        opened = original_turns(settings(tmp_path), transcript=anew) or ()
        assert not {turn["text"] for turn in opened} & set(words[1:4]), "nor is it kept under seal"
        anew.turns, anew.text, anew.masked = [], "", 0
        keep_speech(session, call=call, said=[received for _, received in told_of(session, call=call)])
        assert (anew.turns, anew.text, anew.masked) == was
        assert steps(session, "mask") == ["done"]


def test_a_label_quotes_no_number_once_its_transcript_is_masked(database: Database, tmp_path: Path) -> None:
    """As older versions kept them."""
    with database.write.begin() as session:
        company = factories.company(session, name="Ana's Heating", number=NUMBER)
        call = factories.answered_call(session, number=NUMBER, words="hello there")
        transcript = session.get_one(Transcript, call.id)
        transcript.text, transcript.turns, transcript.source = f"no heat, {CARD}", [], "whisper"
        quoted = [{"phrase": phrase, "weight": 1.0, "offset": 0} for phrase in ("no heat", CARD, "1111 1111")]
        label = Label(
            account_id=company.account.id, call_id=call.id, value="lead", source="model", review=False,
            evidence=quoted, said_at=call.started_at,
        )  # fmt: skip
        session.add(label)
    assert [batch.masked for batch in mask_stored(database, settings(tmp_path))] == [1]
    with database.read() as session:
        evidence = session.get_one(Label, label.id).evidence
        assert [one["phrase"] for one in evidence] == ["no heat", "sure it's [card number]"]
