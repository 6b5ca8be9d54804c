"""The page of what was said before it was masked: who opens it, and what it leaves."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from calltrack.ground import Ground
from calltrack.models import AuditEntry, Call, Recording, Transcript
from calltrack.privacy.originals import SOUND, seal_turns
from calltrack.sealing import seal
from tests.factories import answered_call, store_recording
from tests.web.conftest import BILLBOARD, Browser, Write

CARD = "sure 4111 1111 1111 1111"


@pytest.fixture
def call(write: Write, ground: Ground, tmp_path: Path) -> Call:
    with write() as session:
        made = answered_call(session, number=BILLBOARD, recorded=True, words=CARD)
        transcript = session.get_one(Transcript, made.id)
        masked = [{**turn} for turn in transcript.turns]
        plain = [{**turn, "text": CARD} for turn in masked]
        transcript.original = seal_turns(ground.settings, plain=plain, masked=masked, before=None)
        recording = store_recording(session, call=made, storage=ground.storage, audio=b"silenced", folder=tmp_path)
        recording.silenced, recording.original_key = [[1.0, 2.0]], f"{recording.storage_key}.sealed"
        sealed = tmp_path / "sealed"
        sealed.write_bytes(seal(ground.settings, b"as it came", purpose=SOUND))
        ground.storage.put(key=recording.original_key, source=sealed)
    return made


def test_the_calls_page_says_what_was_masked_and_shows_an_administrator_the_way(
    ada: Browser, cho: Browser, call: Call
) -> None:
    page = ada.read(f"/calls/{call.call_sid}")
    assert "A number that nobody should keep was masked, and silenced in the recording." in page
    assert "sure [card number] A number was silenced here." in page
    assert "Open the original" in page
    assert "Open the original" not in cho.read(f"/calls/{call.call_sid}")


def test_an_administrator_reads_and_hears_the_original_and_leaves_a_trace(
    ada: Browser, call: Call, write: Write
) -> None:
    assert CARD in ada.read(f"/calls/{call.call_sid}/original")
    heard = ada.http.get(f"/calls/{call.call_sid}/original.mp3")
    assert (heard.status_code, heard.data) == (200, b"as it came")
    with write() as session:
        deeds = session.execute(
            select(AuditEntry.deed, AuditEntry.noun_id, AuditEntry.detail).where(
                AuditEntry.action == "recordings.unseal"
            )
        ).all()
    assert [one.deed for one in deeds] == ["saw", "played"]
    assert "4111" not in json.dumps([list(one) for one in deeds])


def test_nobody_else_opens_it(ana: Browser, cho: Browser, dee: Browser, call: Call) -> None:
    for path in ("original", "original.mp3"):
        ana.see(f"/calls/{call.call_sid}/{path}", 403)
        cho.see(f"/calls/{call.call_sid}/{path}", 403)
        dee.see(f"/calls/{call.call_sid}/{path}", 404)


def test_where_none_is_kept_or_the_key_is_another_the_page_says_so(
    ada: Browser, call: Call, write: Write, ground: Ground
) -> None:
    with write() as session:
        session.get_one(Transcript, call.id).original = "bm90IHNlYWxlZA=="
    assert "another SECRET_KEY" in ada.read(f"/calls/{call.call_sid}/original", 409)
    with write() as session:
        session.get_one(Transcript, call.id).original = None
        session.scalars(select(Recording)).one().original_key = None
    assert "No original of this call is kept" in ada.read(f"/calls/{call.call_sid}/original", 404)
    assert "No original" in ada.read(f"/calls/{call.call_sid}/original.mp3", 404)
