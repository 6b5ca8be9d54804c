"""TwiML: well-formed whatever is said, with every address the carrier is to call back."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.config import Settings
from calltrack.telephony.flows import Hangup, Part, Ring, Say, TakeMessage, Transcribe
from calltrack.telephony.twiml import EMPTY, render
from tests.twilio_wire import BILLBOARD, CHO, CHOS_COLLEAGUE

BASE = "https://calls.example.com"
RETRY = "#rc=3&rp=all"


def document(*parts: Part, base: str = BASE) -> ET.Element:
    root = ET.fromstring(render(parts, callback_base=base))
    assert root.tag == "Response"
    return root


def ring(*numbers: str, whisper: bool = False, caller_id: str | None = None) -> Ring:
    return Ring(numbers=numbers or (CHO,), seconds=25, whisper=whisper, caller_id=caller_id)


def addresses(root: ET.Element) -> dict[str, str]:
    """Every address in the document, by the attribute's name."""
    return {
        name: value
        for element in root.iter()
        for name, value in element.attrib.items()
        if name in ("action", "url") or name.endswith(("Callback", "CallbackUrl"))
    }


def test_nothing_to_say_is_an_empty_response() -> None:
    assert len(document()) == 0
    assert ET.fromstring(EMPTY).tag == "Response"


@given(st.text())
@example('<Hangup/> & "Ana\'s" ]]> é 🔧')
@example("bell \x07 and escape \x1b")
def test_whatever_is_spoken_the_document_stays_whole(text: str) -> None:
    root = document(Say(text), Hangup())
    assert [child.tag for child in root] == ["Say", "Hangup"]


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_spoken_is_spoken_as_it_was_written(text: str) -> None:
    assert (document(Say(text))[0].text or "") == text


def test_a_ring_dials_all_phones_at_once_and_records_two_channels() -> None:
    dial = document(ring(CHO, CHOS_COLLEAGUE))[0]
    assert [number.text for number in dial] == [CHO, CHOS_COLLEAGUE]
    assert {name: dial.attrib[name] for name in ("record", "timeout", "answerOnBridge", "method")} == {
        "record": "record-from-answer-dual", "timeout": "25", "answerOnBridge": "true", "method": "POST",
    }  # fmt: skip
    assert "callerId" not in dial.attrib
    assert "sequential" not in dial.attrib


def test_a_caller_id_stands_in_the_document_only_where_one_is_set() -> None:
    assert document(ring(caller_id=BILLBOARD))[0].attrib["callerId"] == BILLBOARD


def test_every_agents_leg_tells_how_it_goes() -> None:
    for number in document(ring(CHO, CHOS_COLLEAGUE))[0]:
        assert number.attrib["statusCallback"] == f"{BASE}/webhooks/twilio/status{RETRY}"
        assert number.attrib["statusCallbackEvent"] == "initiated ringing answered completed"


def test_a_whisper_is_asked_for_only_where_there_is_one() -> None:
    assert document(ring(whisper=True))[0][0].attrib["url"] == f"{BASE}/webhooks/twilio/whisper{RETRY}"
    assert "url" not in document(ring())[0][0].attrib


def test_a_recording_that_is_absent_is_told_too() -> None:
    for part in (ring(), TakeMessage(180)):
        told = document(part)[0].attrib
        assert told["recordingStatusCallbackEvent"].split() == ["in-progress", "completed", "absent"]
        assert told["recordingStatusCallbackMethod"] == "POST"


def test_a_message_has_an_end_and_an_action() -> None:
    """Without an action the carrier asks for the same document again, for ever."""
    record = document(TakeMessage(180))[0]
    assert (record.attrib["maxLength"], record.attrib["playBeep"]) == ("180", "true")
    assert record.attrib["action"] == f"{BASE}/webhooks/twilio/voicemail{RETRY}"


def test_only_finished_speech_is_asked_for_on_both_tracks() -> None:
    transcription = document(Transcribe())[0][0]
    assert (transcription.tag, transcription.attrib["track"]) == ("Transcription", "both_tracks")
    assert transcription.attrib["partialResults"] == "false"
    assert transcription.attrib["statusCallbackUrl"] == f"{BASE}/webhooks/twilio/transcription{RETRY}"


@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        ("https://calls.example.com", "https://calls.example.com"),
        ("https://example.com/calls/", "https://example.com/calls"),
        ("http://localhost:8000", ""),
        ("http://127.0.0.1/calls", "/calls"),
    ],
)
def test_callbacks_go_where_the_carrier_reaches_us_and_are_tried_again(
    public_url: str, base: str, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, public_url=public_url, var=tmp_path)
    root = document(Transcribe(), ring(whisper=True), TakeMessage(9), base=settings.callback_base)
    found = addresses(root)
    assert set(found) == {"action", "url", "statusCallback", "statusCallbackUrl", "recordingStatusCallback"}
    for address in found.values():
        assert address.startswith(f"{base}/webhooks/twilio/")
        assert address.endswith(RETRY)
        assert address.count("#") == 1


def test_the_parts_stand_in_their_order() -> None:
    root = document(Say("hello"), Transcribe(), ring(), Say("sorry"), TakeMessage(9), Hangup())
    assert [child.tag for child in root] == ["Say", "Start", "Dial", "Say", "Record", "Hangup"]


def test_ten_phones_and_the_longest_texts_stay_below_the_carriers_64_kilobytes() -> None:
    parts: Any = (Say("&" * 1000), Transcribe(), ring(*(f"+1312555{n:04}" for n in range(10)), whisper=True))
    assert len(render(parts, callback_base="https://" + "x" * 200).encode()) < 64 * 1024
