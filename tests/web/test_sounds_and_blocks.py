"""Sounds, announcements and blocked callers on pages."""

import io
import re
import wave

import pytest
from sqlalchemy import select

from calltrack.models import Account, BlockedCaller, Call, Campaign, Sound
from tests import twilio_wire
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write, words_of

WELCOME = "Thanks for calling. This call may be recorded."


def spoken(seconds: int = 1) -> bytes:
    """A WAV file of silence, as a telephone has it."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000 * seconds))
    return body.getvalue()


def upload(browser: Browser, body: bytes, *, name: str = "Welcome", says: str = WELCOME) -> str:
    """What the page says after a file was sent."""
    fields = {"csrf_token": browser.token(), "name": name, "says": says, "file": (io.BytesIO(body), "welcome.wav")}
    answer = browser.http.post("/settings/sounds", data=fields, follow_redirects=True)
    assert answer.status_code in (200, 400), answer.text
    return words_of(answer.text)


def sound_of(write: Write) -> Sound:
    with write() as session:
        return session.scalars(select(Sound)).one()


def test_an_uploaded_sound_is_listed_and_can_be_heard(ana: Browser, write: Write) -> None:
    assert "No sound yet" in ana.read("/settings/sounds")
    assert "Welcome is here." in upload(ana, spoken())
    page = ana.see("/settings/sounds")
    [address] = re.findall(r'<audio[^>]* src="([^"]+)"', page)
    with ana.http.get(address) as heard:
        assert heard.data == spoken()
    assert "nothing yet" in words_of(page)
    assert "Welcome is removed." in ana.send(f"/settings/sounds/{sound_of(write).id}/remove")


@pytest.mark.parametrize(
    ("body", "says", "said"),
    [(b"no sound at all", WELCOME, "send an MP3 or a WAV"), (spoken(), "", "Enter the words that it says.")],
)
def test_what_cannot_be_a_sound_is_refused_with_what_to_send(ana: Browser, body: bytes, says: str, said: str) -> None:
    assert said in upload(ana, body, says=says)
    assert "No sound yet" in ana.read("/settings/sounds")


def test_a_campaign_says_what_the_company_says_until_it_has_words_of_its_own(
    ana: Browser, write: Write, anas: Company
) -> None:
    upload(ana, spoken())
    sound = sound_of(write)
    ana.send("/settings/account/announcement", said_text="", said_audio=sound.sha256)
    path = f"/settings/campaigns/{anas.campaign.id}"
    assert f"The company's, because this campaign has none of its own: the sound Welcome , {WELCOME}" in ana.read(path)
    assert "In force: Billboard calls are recorded." in ana.send(
        f"{path}/announcement", said_text="Billboard calls are recorded."
    )
    with write() as session:
        assert session.get_one(Account, anas.account.id).announcement == WELCOME
        assert session.get_one(Campaign, anas.campaign.id).announcement == "Billboard calls are recorded."
    assert "The company's, because" in ana.send(f"{path}/announcement", said_text="")
    assert "the company's announcement" in ana.read("/settings/sounds")
    assert "Nothing was removed: 'Welcome' is played by" in ana.send(f"/settings/sounds/{sound.id}/remove")


def test_the_company_has_to_tell_its_callers_something(ana: Browser) -> None:
    assert "The announcement was not changed: callers have to be told" in ana.send("/settings/account/announcement")


def test_a_block_is_a_number_a_beginning_or_whoever_withholds_theirs(ana: Browser, write: Write) -> None:
    assert "Nobody is blocked" in ana.read("/settings/blocked")
    assert "(312) 555-0177 will hear a busy signal" in ana.send("/settings/blocked", pattern="(312) 555-0177", why="x")
    assert "Every number that begins with +1900" in ana.send("/settings/blocked", pattern="+1900*")
    assert "Callers who withhold their number will" in ana.send("/settings/blocked", whom="withheld")
    with write() as session:
        blocks = session.scalars(select(BlockedCaller)).all()
    assert {one.pattern for one in blocks} == {"+13125550177", "+1900*", "withheld"}
    page = ana.send(f"/settings/blocked/{blocks[0].id}/lift")
    assert "(312) 555-0177 may call again." in page
    assert "Let in again (312) 555-0177" not in page


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("", "Enter a number"), ("hello", "neither a phone number"), ("+1312555019*", "one of your own phones")],
)
def test_a_block_that_cannot_be_is_refused_and_shown_again(ana: Browser, pattern: str, said: str) -> None:
    answer = ana.post("/settings/blocked", pattern=pattern)
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert f'value="{pattern}"' in answer.text


def test_a_caller_is_blocked_from_the_page_of_their_call(ana: Browser, cho: Browser, write: Write) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
    path = f"/calls/{call.call_sid}"
    assert "Block this caller" in ana.read(path)
    assert "Block this caller" not in cho.read(path)
    assert cho.post(f"{path}/block").status_code == 403
    page = ana.send(f"{path}/block")
    assert "is blocked and hears a busy signal from the next call on" in page
    assert "Will be turned away with a busy signal: blocked by ana@example.com" in page
    with write() as session:
        assert session.scalars(select(BlockedCaller.pattern)).one() == twilio_wire.CALLER


def test_whoever_hides_their_number_cannot_be_blocked_by_it(ana: Browser, write: Write) -> None:
    with write() as session:
        call: Call = answered_call(session, number=BILLBOARD, caller="+266696687")
    assert "Block this caller" not in ana.read(f"/calls/{call.call_sid}")
    assert "Nobody was blocked" in ana.send(f"/calls/{call.call_sid}/block")


def test_another_company_finds_no_sound_and_no_block(ana: Browser, dee: Browser, write: Write) -> None:
    upload(ana, spoken())
    ana.send("/settings/blocked", pattern="+1900*")
    assert dee.post(f"/settings/sounds/{sound_of(write).id}/remove").status_code == 404
    with write() as session:
        block = session.scalars(select(BlockedCaller)).one()
    assert dee.post(f"/settings/blocked/{block.id}/lift").status_code == 404
    assert "Nobody is blocked" in dee.read("/settings/blocked")
