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
    (answer.history or [answer])[0].request.environ["wsgi.input"].close()  # a large one lies in a file
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
    [
        (b"no sound at all", WELCOME, "send an MP3 or a WAV"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00", WELCOME, "do not play (M4A); save it as MP3 or WAV"),
        (b"#!AMR\n\x3c\x55", WELCOME, "do not play (AMR)"),
        (b"\x00\x01\x02\x03" * 40, WELCOME, "this is no recording that carriers play; send an MP3 or a WAV"),
        (spoken(), "", "Enter the words that it says."),
    ],
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
    answer = ana.post("/settings/account/announcement")
    assert answer.status_code == 400
    assert "The announcement was not changed: callers have to be told" in words_of(answer.text)


def test_words_that_a_sound_does_not_say_are_refused_and_stay_in_the_form(
    ana: Browser, write: Write, anas: Company
) -> None:
    upload(ana, spoken())
    digest = sound_of(write).sha256
    for path in ("/settings/account", f"/settings/campaigns/{anas.campaign.id}"):
        answer = ana.post(f"{path}/announcement", said_text="Hello there.", said_audio=digest)
        assert answer.status_code == 400
        assert "'Welcome' says other words than these" in words_of(answer.text)
        assert ">Hello there.</textarea>" in answer.text
        assert re.search(rf'value="{digest}"[^>]* selected', answer.text)
    ana.send("/settings/account/announcement", said_text="", said_audio=digest)
    assert "Sound of the announcement: none → Welcome" in ana.read("/settings/account")


def test_an_announcement_without_a_word_of_recording_is_kept_and_warned_of(ana: Browser, anas: Company) -> None:
    for path in (f"/settings/campaigns/{anas.campaign.id}", "/settings/account"):
        assert "no “record” in them" not in ana.read(path)
        assert "no “record” in them" in ana.send(f"{path}/announcement", said_text="Welcome.")


def test_the_same_file_again_says_under_which_name_it_is_there(ana: Browser, write: Write) -> None:
    upload(ana, spoken())
    assert "here already, as Welcome: nothing was changed" in upload(ana, spoken(), name="Other", says="Other words.")
    assert sound_of(write).says == WELCOME


def test_a_file_that_is_too_large_leaves_the_form_as_it_was_filled(ana: Browser) -> None:
    page = upload(ana, spoken(seconds=400), name="A long one")
    assert "a sound has at most 5 MiB" in page
    assert WELCOME in page
    huge = {"CONTENT_LENGTH": str(40 * 1024 * 1024)}
    answer = ana.http.post("/settings/sounds", content_type="multipart/form-data; boundary=x", environ_overrides=huge)
    assert (answer.status_code, "It has at most 5 MB" in answer.text) == (413, True)


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
    [
        ("", "Enter a number"),
        ("hello", "neither a phone number"),
        ("+1312555019*", "one of your own phones"),
        (BILLBOARD, "is a tracking number of yours"),
    ],
)
def test_a_block_that_cannot_be_is_refused_and_shown_again(ana: Browser, pattern: str, said: str) -> None:
    answer = ana.post("/settings/blocked", pattern=pattern)
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert f'value="{pattern}"' in answer.text


def test_a_number_and_whoever_withholds_theirs_are_two_blocks(ana: Browser) -> None:
    answer = ana.post("/settings/blocked", pattern="+1900*", whom="withheld")
    assert answer.status_code == 400
    assert "Choose one: empty the number" in words_of(answer.text)
    assert "Nobody is blocked" in ana.read("/settings/blocked")


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
