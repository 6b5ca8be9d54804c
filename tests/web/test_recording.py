"""The pages about recording: the company's choice and what follows, and pausing while a card is read."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses
from sqlalchemy import select

from calltrack.accounts.agents import list_agents
from calltrack.ground import Ground
from calltrack.models import Account, Call, Campaign, RecordingPause
from calltrack.telephony import rest as rest_module
from tests.factories import Company, running_call
from tests.web.conftest import BILLBOARD, Browser, Write

CHO = "+13125550190"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    monkeypatch.setattr(rest_module._PACE, "_between", 0.0)
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def running(write: Write, anas: Company) -> Call:
    with write() as session:
        return running_call(session, number=BILLBOARD, started_at=datetime.now(UTC))


def address_of(ground: Ground, call: Call) -> str:
    access = ground.settings.twilio_account_sid
    return f"https://api.twilio.com/2010-04-01/Accounts/{access}/Calls/{call.call_sid}/Recordings/Twilio.CURRENT.json"


def test_the_page_says_which_callers_hear_the_announcement(ana: Browser, write: Write) -> None:
    assert "Every caller hears it." in ana.read("/settings/recording")
    page = ana.send("/settings/recording", recording="by-law", state="")
    assert "Saved: it holds from the next call on." in page
    assert "because it is not said where your business is" in page
    page = ana.send("/settings/recording", recording="by-law", state="TX")
    assert "Callers from these states hear it: California, Connecticut," in page
    assert "Callers from these do not , and are recorded: Alabama," in page
    page = ana.send("/settings/recording", recording="by-law", state="IL")
    assert "the law where your business is asks for it (720 ILCS 5/14-2)" in page
    page = ana.send("/settings/recording", recording="never", state="IL")
    assert "No caller hears the announcement" in page
    assert "No conversation is recorded at all." in page
    assert "What was changed (4)" in page
    assert "Recording: Tell every caller, then record → Tell those whose law may ask for it" in page
    with write() as session:
        assert session.execute(select(Account.recording, Account.state).where(Account.id == 1)).one() == ("never", "IL")


@pytest.mark.parametrize(
    "fields", [{"recording": "often"}, {"recording": "never", "state": "XX"}, {}, {"state": "\x00"}]
)
def test_a_choice_that_is_none_is_refused_with_what_to_do(ana: Browser, fields: dict[str, str]) -> None:
    answer = ana.post("/settings/recording", **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_campaign_s_page_takes_it_out_of_recording(ana: Browser, anas: Company, write: Write) -> None:
    path = f"/settings/campaigns/{anas.campaign.id}"
    assert "Its calls are recorded: yes → no" in ana.send(path, name="Billboard", record_asked="1")
    assert f'href="{path}">Billboard' in ana.see("/settings/recording")
    assert "Every caller hears it, but for those of Billboard." in ana.read("/settings/recording")
    assert "Nothing: this campaign's calls are not recorded." in ana.read(path)
    ana.send(path, name="Billboard 2")
    with write() as session:
        assert session.get_one(Campaign, anas.campaign.id).record is False
    assert "no → yes" in ana.send(path, name="Billboard", record_asked="1", record="1")


def test_a_phone_that_is_never_recorded_needs_a_name(ana: Browser, anas: Company, write: Write) -> None:
    refused = ana.post("/settings/agents", phone=CHO, name="", user="", silent=CHO)
    assert refused.status_code == 400
    assert "a phone that is not to be recorded needs a name" in refused.text
    ana.send("/settings/agents", phone=CHO, name="Cho", user="", silent=CHO)
    with write() as session:
        assert [one.record for one in list_agents(session, account_id=anas.account.id)] == [False]
    assert f'value="{CHO}" checked' in ana.see("/settings/agents")
    ana.send("/settings/agents", phone=CHO, name="", user="")
    with write() as session:
        assert list_agents(session, account_id=anas.account.id) == []


def test_the_flow_s_page_says_who_hears_the_announcement(ana: Browser) -> None:
    ana.post("/settings/flows", name="Evening", model="hours")
    told = {"announced": "Everybody hears first", "by-law": "Only callers whose law may ask for it hear first"}
    for mode, words in told.items():
        ana.post("/settings/recording", recording=mode, state="TX")
        assert words in ana.read("/settings/flows/1")


def test_whoever_talks_pauses_the_recording_and_takes_it_up_again(
    cho: Browser, running: Call, ground: Ground, wire: responses.RequestsMock, write: Write
) -> None:
    wire.post(address_of(ground, running), json={"status": "paused"})
    path = f"/calls/{running.call_sid}"
    assert "Pause recording" in cho.read(path)
    page = cho.send(f"{path}/recording/pause")
    assert "Not recorded since" in page
    assert "Press Resume recording once the number has been read out" in page
    assert "The carrier is still making it" not in page
    assert "Resume recording" in page
    page = cho.send(f"{path}/recording/resume")
    assert "The recording goes on." in page
    assert "Not recorded from" in page
    with write() as session:
        assert session.scalars(select(RecordingPause)).one().paused_by == "cho@example.com"


def test_where_the_carrier_cannot_pause_the_page_says_that_the_recording_goes_on(
    cho: Browser, running: Call, ground: Ground, wire: responses.RequestsMock
) -> None:
    path, address = f"/calls/{running.call_sid}", address_of(ground, running)
    wire.post(address, status=404, json={"code": 20404, "message": "no"})
    refused = cho.post(f"{path}/recording/pause")
    assert (refused.status_code, "The recording was not paused: the carrier is recording nothing" in refused.text) == (
        400,
        True,
    )
    wire.replace("POST", address, status=500)
    assert cho.post(f"{path}/recording/pause").status_code == 400
    assert "The carrier has not said that it paused." in cho.read(path)


def test_only_who_may_pause_is_offered_it(rae: Browser, dee: Browser, running: Call) -> None:
    assert "Pause recording" not in rae.read(f"/calls/{running.call_sid}")
    assert rae.post(f"/calls/{running.call_sid}/recording/pause").status_code == 403
    assert dee.post(f"/calls/{running.call_sid}/recording/pause").status_code == 404


def test_a_running_call_is_not_judged_yet(ana: Browser, running: Call) -> None:
    page = ana.read(f"/calls/{running.call_sid}")
    assert "Not judged yet : the call is still running." in page
    assert "Not a lead" not in page
    assert "Answered by known when the call ends" in page
