"""What a request of Twilio's says of the caller and their choice: what is clearly said, and nothing else."""

import json

import pytest

from calltrack.telephony import twilio
from tests.twilio_wire import voice

ADD_ONS = json.dumps(
    {
        "status": "successful", "message": None, "code": None,
        "results": {"nomorobo_spamscore": {"request_sid": "XR1", "status": "successful", "code": None,
                                           "result": {"status": "success", "score": 1}}},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "vouched"),
    [
        ("TN-Validation-Failed-B", "failed"),
        ("TN-Validation-Failed", "failed"),
        ("TN-Validation-Passed-C-Diverted", "C"),
        ("No-TN-Validation", None),
        ("NULL", None),
        ("", None),
    ],
)
def test_how_the_network_vouches_for_a_callers_number(said: str, vouched: str | None) -> None:
    assert twilio.parse(kind="voice", params=voice(StirVerstat=said)).attestation == vouched


CLEAN_CALL = {"status": "successful", "result": {"result": {"recommendation": "BLOCK"}}}
FAILED = {"status": "failed", "code": 61001, "result": None}


@pytest.mark.parametrize(
    ("add_ons", "verdict"),
    [
        (ADD_ONS.replace('"score": 1', '"score": 0'), False),
        (json.dumps({"status": "successful", "results": {"marchex_cleancall": CLEAN_CALL}}), True),
        (json.dumps({"status": "successful", "results": {"marchex_cleancall": FAILED}}), None),
        (json.dumps({"status": "failed", "results": {"marchex_cleancall": CLEAN_CALL}}), None),
        (json.dumps({"status": "successful", "results": {"another": CLEAN_CALL}}), None),
        (ADD_ONS.replace('"score": 1', '"grade": 1'), None),
        ("[" * 5000, None),
        ("[]", None),
        ("", None),
    ],
)
def test_a_spam_service_that_is_away_or_answers_oddly_has_said_nothing(add_ons: str, verdict: bool | None) -> None:
    assert twilio.parse(kind="voice", params=voice(AddOns=add_ons)).spam is verdict


def test_a_menu_tells_the_key_or_what_was_said() -> None:
    pressed = twilio.parse(kind="menu", params=voice(Digits="2"))
    spoken = twilio.parse(kind="menu", params=voice(SpeechResult="a repair", Confidence="0.9"))
    assert (pressed.digits, pressed.said, spoken.digits, spoken.said) == ("2", None, None, "a repair")
    assert twilio.parse(kind="menu", params=voice(Digits="", SpeechResult="")).said is None
