"""What was said before it was masked, for programs."""

from pathlib import Path

from calltrack.ground import Ground
from calltrack.models import Transcript
from calltrack.privacy.originals import SOUND, seal_turns
from calltrack.sealing import seal
from tests.api.conftest import BILLBOARD
from tests.factories import answered_call, store_recording

CARD = "sure 4111 1111 1111 1111"


def test_an_administrators_key_opens_the_original_and_no_other_does(
    ada, ana, dee, write, anas, ground: Ground, tmp_path: Path
):
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True, words=CARD)
        transcript = session.get_one(Transcript, call.id)
        masked = [{**turn} for turn in transcript.turns]
        plain = [{**turn, "text": CARD} for turn in masked]
        transcript.original = seal_turns(ground.settings, plain=plain, masked=masked, before=None)
        recording = store_recording(session, call=call, storage=ground.storage, audio=b"silenced", folder=tmp_path)
        recording.original_key = "1/kept.sealed"
        (tmp_path / "sealed").write_bytes(seal(ground.settings, b"as it came", purpose=SOUND))
        ground.storage.put(key="1/kept.sealed", source=tmp_path / "sealed")
    path = f"/calls/{call.call_sid}"
    assert [turn["text"] for turn in ada.get(f"{path}/original")["turns"]] == [CARD]
    assert ada.ask("GET", f"{path}/original.mp3").data == b"as it came"
    assert ada.get(path)["transcript"]["text"] == "sure [card number]"
    for way in (f"{path}/original", f"{path}/original.mp3"):
        ana.refused(403, "GET", way)
        dee.refused(404, "GET", way)


def test_a_call_without_an_original_says_so(ada, write, anas):
    with write() as session:
        call = answered_call(session, number=BILLBOARD, words="my furnace is out")
    for way in ("original", "original.mp3"):
        assert "no original" in ada.refused(404, "GET", f"/calls/{call.call_sid}/{way}")
