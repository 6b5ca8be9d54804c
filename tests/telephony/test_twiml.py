"""TwiML: well-formed whatever is said, with every address the carrier is to call back."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.config import Settings
from calltrack.telephony.parts import Ask, Dial, Hangup, Offer, Part, Reject, TakeMessage, Tell, Transcribe
from calltrack.telephony.place import Place
from calltrack.telephony.plan import Prompt
from calltrack.telephony.twiml import EMPTY, render, render_message
from tests.twilio_wire import BILLBOARD, CHO, CHOS_COLLEAGUE

BASE = "https://calls.example.com"
RETRY = "#rc=3&rp=all"
PLACE = Place(step="office", go=1, turn=4, version=7)
SOUND = "a" * 64


def written(*parts: Part, base: str = BASE, carrier: str = "twilio", playable: bool = True) -> str:
    return render(
        parts,
        callback_base=base,
        carrier=carrier,
        playable=lambda sha256: f"{sha256}.mp3" if playable else None,
    )


def document(*parts: Part, base: str = BASE, playable: bool = True) -> ET.Element:
    root = ET.fromstring(written(*parts, base=base, playable=playable))
    assert root.tag == "Response"
    return root


def say(text: str) -> Tell:
    return Tell(Prompt.model_construct(text=text, audio=None))


def ring(*numbers: str, whisper: bool = False, caller_id: str | None = None) -> Dial:
    return Dial(numbers=numbers or (CHO,), seconds=25, whisper=whisper, caller_id=caller_id, place=PLACE, record=True)


def menu(*keys: str, words: tuple[str, ...] = (), prompt: Prompt | None = None) -> Ask:
    return Ask(prompt=prompt or Prompt(text="One or two?"), keys=keys, words=words, seconds=6, place=PLACE)


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
    root = document(say(text), Hangup())
    assert [child.tag for child in root][-1] == "Hangup"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_spoken_is_spoken_as_it_was_written(text: str) -> None:
    assert "".join(said.text or "" for said in document(say(text))) == text


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
    assert (
        document(ring(whisper=True))[0][0].attrib["url"]
        == f"{BASE}/webhooks/twilio/whisper?at=office&go=1&turn=4&v=7{RETRY}"
    )
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
    root = document(say("hello"), Transcribe(), ring(), say("sorry"), TakeMessage(9), Hangup())
    assert [child.tag for child in root] == ["Say", "Start", "Dial", "Say", "Record", "Hangup"]


def test_what_comes_back_says_from_which_place_in_the_flow() -> None:
    for root in (document(ring()), document(menu("1"))):
        action = root[0].attrib["action"]
        assert action.endswith(f"?at=office&go=1&turn=4&v=7{RETRY}")
    plain = Dial(numbers=(CHO,), seconds=25, whisper=False, caller_id=None, place=Place(), record=True)
    assert document(plain)[0].attrib["action"] == f"{BASE}/webhooks/twilio/dial{RETRY}"


def test_every_carrier_is_sent_to_its_own_door() -> None:
    told = written(ring(whisper=True), TakeMessage(9), carrier="signalwire")
    assert "/webhooks/signalwire/dial?at=office" in told
    assert "twilio" not in told


def test_a_sound_is_played_where_it_can_be_fetched_and_else_its_words_are_spoken() -> None:
    prompt = Prompt(text="Welcome.", audio=SOUND)
    (play,) = document(Tell(prompt))
    assert (play.tag, play.text) == ("Play", f"{BASE}/sounds/{SOUND}.mp3")
    assert document(Tell(prompt), base="")[0].text == f"/sounds/{SOUND}.mp3"
    (spoken,) = document(Tell(prompt), playable=False)
    assert (spoken.tag, spoken.text) == ("Say", "Welcome.")
    assert [child.tag for child in document(menu("1", prompt=prompt))[0]] == ["Play"]


def test_a_menu_listens_for_one_key_and_comes_back_even_without_one() -> None:
    gather = document(menu("1", "2"))[0]
    told = {name: gather.attrib.get(name) for name in ("input", "numDigits", "timeout", "actionOnEmptyResult")}
    assert told == {"input": "dtmf", "numDigits": "1", "timeout": "6", "actionOnEmptyResult": "true"}
    assert not {"hints", "speechTimeout", "finishOnKey"} & set(gather.attrib)
    assert [(child.tag, child.text) for child in gather] == [("Say", "One or two?")]


def test_a_menu_listens_for_words_only_where_it_has_some() -> None:
    gather = document(menu("1", words=("repair", "no heat, please")))[0]
    assert (gather.attrib["input"], gather.attrib["hints"]) == ("dtmf speech", "repair, no heat please")


def test_a_key_that_would_end_the_input_can_be_a_choice() -> None:
    assert document(menu("1", "#"))[0].attrib["finishOnKey"] == ""


def test_an_agent_is_offered_a_call_twice_and_then_loses_it() -> None:
    root = document(Offer("Billboard. Press any key.", Place(step="team", version=7)))
    assert [child.tag for child in root] == ["Gather", "Gather", "Hangup"]
    for gather in root[:2]:
        assert gather.attrib["action"] == f"{BASE}/webhooks/twilio/menu?at=team&v=7{RETRY}"
        assert "actionOnEmptyResult" not in gather.attrib
        assert gather[0].text == "Billboard. Press any key."


def test_who_is_turned_away_hears_a_busy_signal() -> None:
    (reject,) = document(Reject())
    assert (reject.tag, reject.attrib) == ("Reject", {"reason": "busy"})


def test_a_text_is_answered_with_a_message_or_with_nothing() -> None:
    (message,) = ET.fromstring(render_message("You are <out>."))
    assert (message.tag, message.text) == ("Message", "You are <out>.")
    assert len(ET.fromstring(render_message(None))) == len(ET.fromstring(render_message("\x07"))) == 0


def test_ten_phones_and_the_longest_texts_stay_below_the_carriers_64_kilobytes() -> None:
    parts: Any = (say("&" * 1000), Transcribe(), ring(*(f"+1312555{n:04}" for n in range(10)), whisper=True))
    assert len(written(*parts, base="https://" + "x" * 200).encode()) < 64 * 1024


def test_what_is_too_long_for_the_carrier_is_left_unsaid_and_the_call_goes_on() -> None:
    root = document(say("Recorded."), *[say("&" * 1000)] * 38, ring())
    assert [child.tag for child in root] == ["Say", "Dial"]
    assert root[0].text == "Recorded."
