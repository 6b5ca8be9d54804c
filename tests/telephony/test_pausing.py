"""Pausing at the carrier: parameters that its own library knows, and a refusal that says what is missing."""

import inspect

import pytest
import responses
from twilio.rest.api.v2010.account.call.recording import RecordingContext, RecordingInstance

from calltrack.telephony import rest as rest_module
from calltrack.telephony.carriers import Access
from calltrack.telephony.pausing import NotRecording, set_paused

ACCESS = Access("AC1", "a token", ("a token",), "https://api.example.com")
HOME = "https://api.example.com/2010-04-01/Accounts/AC1"


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module._PACE, "_between", 0.0)


def test_what_is_asked_is_what_the_carriers_own_library_asks() -> None:
    assert set(inspect.signature(RecordingContext.update).parameters) == {"self", "status", "pause_behavior"}
    assert {"paused", "in-progress"} <= {str(one) for one in vars(RecordingInstance.Status).values()}
    assert "`silence` will replace" in (inspect.getdoc(RecordingContext.update) or "")
    source = inspect.getsource(RecordingContext)
    assert '"/Accounts/{account_sid}/Calls/{call_sid}/Recordings/{sid}.json"' in source
    assert '"PauseBehavior"' in source


@pytest.mark.parametrize(
    ("carrier", "known", "name"),
    [("twilio", None, "Twilio.CURRENT"), ("twilio", "RE1", "Twilio.CURRENT"), ("signalwire", "RE1", "RE1")],
)
def test_the_running_recording_is_named_as_each_carrier_names_it(carrier: str, known: str | None, name: str) -> None:
    with responses.RequestsMock() as wire:
        wire.post(f"{HOME}/Calls/CA1/Recordings/{name}.json", json={})
        set_paused(ACCESS, carrier=carrier, call_sid="CA1", recording_sid=known, paused=True)
        set_paused(ACCESS, carrier=carrier, call_sid="CA1", recording_sid=known, paused=False)
        bodies = [one.request.body for one in wire.calls]
    assert bodies == ["Status=paused&PauseBehavior=silence", "Status=in-progress"]


def test_a_carrier_that_asks_for_the_recordings_id_is_not_asked_before_it_told_it() -> None:
    with pytest.raises(NotRecording, match="try again in a moment"):
        set_paused(ACCESS, carrier="signalwire", call_sid="CA1", recording_sid=None, paused=True)
