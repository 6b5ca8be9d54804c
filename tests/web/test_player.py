"""The player in a real browser: it plays at once, seeks, skips silence, loops, finds words, and shares a part."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import update

from calltrack.calls.labels import keep_verdict
from calltrack.calls.recordings import main_recording
from calltrack.calls.transcripts import write_transcript
from calltrack.ground import Ground
from calltrack.models import Call, Clip
from tests.factories import NOON, Company, answered_call
from tests.web.conftest import BILLBOARD, Write
from tests.web.listening import record, sign_in
from tests.web.test_browser import hear

SECONDS = 30
SPOKEN = ((0, 5, 0), (12, 20, 1), (25, 30, 0))  # from, to, and whose channel; between them nobody speaks
TURNS = [
    (0.0, "caller", "hello my furnace is out"),
    (12.0, "agent", "which furnace is it"),
    (25.0, "caller", "the old"),
]


@pytest.fixture
def call(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> Call:
    """A call with two long silences, a transcript and a machine's label."""
    with write() as session:
        made = answered_call(session, number=BILLBOARD, recorded=True)
        recording = main_recording(session, call_id=made.id)
        assert recording
        recording.duration = None  # the file says it exactly
        record(session, call=made, ground=ground, folder=tmp_path, spoken=SPOKEN)
        turns = [{"start": start, "speaker": speaker, "text": text} for start, speaker, text in TURNS]
        write_transcript(session, call_id=made.id, source="whisper", turns=turns)
        keep_verdict(
            session, call=made, value="lead", reason="new job", source="model", confidence=0.9, model="shipped@1",
            review=False, evidence=[],
        )  # fmt: skip
    return made


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser has to complain of: there is never anything."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


@pytest.fixture
def opened(page: Page, address: str, call: Call, complaints: list[str]) -> Page:
    """Ana has the call's page open."""
    sign_in(page, address, "ana")
    page.goto(f"{address}/calls/{call.call_sid}")
    expect(page.locator(".wave.drawn")).to_be_visible()
    return page


def audio(page: Page, what: str) -> Any:
    return page.evaluate(f"document.querySelector('audio').{what}")


def click_wave(page: Page, share: float) -> None:
    box = page.locator(".wave").bounding_box()
    assert box
    page.locator(".wave").click(position={"x": box["width"] * share, "y": box["height"] / 2})


def test_it_plays_at_once_and_nothing_is_decoded_before(opened: Page, record_property: Any) -> None:
    assert (audio(opened, "preload"), audio(opened, "readyState")) == ("none", 0)  # nor fetched, for who only reads
    took = opened.evaluate(
        """() => new Promise((done) => {
            const audio = document.querySelector("audio"), button = document.querySelector("[data-do=play]");
            const begun = performance.now();
            const look = () => audio.currentTime > 0 ? done(performance.now() - begun) : requestAnimationFrame(look);
            button.click();
            look();
        })"""
    )
    record_property("milliseconds until it plays", round(took))
    print(f"plays after {took:.0f} ms")
    hear(opened, "audio.currentTime > 0.2")
    expect(opened.get_by_role("button", name="Pause")).to_be_visible()


def test_a_click_on_the_waveform_plays_from_there(opened: Page) -> None:
    click_wave(opened, 0.5)
    hear(opened, "!audio.paused && audio.currentTime > 15")
    expect(opened.locator(".turn.now")).to_contain_text("which furnace is it")
    slider = opened.get_by_role("slider", name="Place in the recording")
    expect(slider).to_have_attribute("aria-valuetext", "0:15 of 0:30")
    slider.press("Home")
    hear(opened, "audio.currentTime < 3")


def test_a_drag_on_the_waveform_seeks(opened: Page) -> None:
    box = opened.locator(".wave").bounding_box()
    assert box
    opened.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 20)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20, steps=6)
    opened.mouse.up()
    opened.get_by_role("button", name="Play", exact=True).click()
    hear(opened, "audio.currentTime > 17 && audio.currentTime < 20")


def test_a_turn_is_heard_when_it_is_clicked(opened: Page) -> None:
    opened.get_by_text("which furnace is it").click()
    hear(opened, "!audio.paused && audio.currentTime >= 12 && audio.currentTime < 14")
    expect(opened.locator(".turn[aria-current=true]")).to_contain_text("which furnace is it")
    opened.get_by_role("link", name="Play from 0:25").click()
    hear(opened, "audio.currentTime >= 25")


def test_the_transcript_follows_in_its_own_box_and_not_against_a_reader_s_hand(
    page: Page, address: str, write: Write, call: Call, complaints: list[str]
) -> None:
    with write() as session:
        turns = [{"start": at * 0.25, "speaker": "caller", "text": f"sentence {at}"} for at in range(SECONDS * 4)]
        write_transcript(session, call_id=call.id, source="whisper", turns=turns)
    page.emulate_media(reduced_motion="reduce")  # it scrolls at once
    page.set_viewport_size({"width": 1280, "height": 1100})
    sign_in(page, address, "ana")
    page.goto(f"{address}/calls/{call.call_sid}")
    said, scrolled = page.locator(".said .turns"), "document.querySelector('.said .turns').scrollTop"
    stood = page.evaluate("scrollY")
    click_wave(page, 0.8)
    expect(page.locator(".turn.now")).to_be_in_viewport()
    assert page.evaluate(scrolled) > 100
    assert page.evaluate("scrollY") == stood
    said.hover()
    page.mouse.wheel(0, -5000)
    expect(page.get_by_text("sentence 0", exact=True)).to_be_in_viewport()
    hear(page, "audio.currentTime > 24.8")
    assert page.evaluate(scrolled) == 0


def test_everything_is_done_by_keyboard(opened: Page) -> None:
    opened.locator("body").press("Space")
    hear(opened, "!audio.paused && audio.currentTime > 0.1")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowRight")
    hear(opened, "audio.currentTime > 10")
    opened.keyboard.press("ArrowLeft")
    hear(opened, "audio.currentTime < 9")
    opened.keyboard.press(">")
    assert audio(opened, "playbackRate") == 1.25
    opened.keyboard.press("<")
    opened.keyboard.press("<")
    assert audio(opened, "playbackRate") == 0.75
    opened.keyboard.press("Space")
    hear(opened, "audio.paused")
    opened.keyboard.press("n")
    expect(opened.get_by_label("New note")).to_be_focused()
    opened.keyboard.type("f x <")  # these are letters now
    expect(opened.get_by_label("New note")).to_have_value("f x <")


def test_a_speed_keeps_the_pitch_and_is_remembered(opened: Page) -> None:
    opened.get_by_role("button", name="1.5\N{MULTIPLICATION SIGN}").click()
    opened.reload()
    expect(opened.locator("[data-speed='1.5']")).to_have_attribute("aria-pressed", "true")
    opened.get_by_role("button", name="Play", exact=True).click()
    hear(opened, "audio.currentTime > 0.2")
    assert (audio(opened, "playbackRate"), audio(opened, "preservesPitch")) == (1.5, True)


def test_silence_is_skipped_when_asked_and_remembered(opened: Page) -> None:
    opened.get_by_role("button", name="Skip silence").click()
    opened.reload()
    expect(opened.get_by_role("button", name="Skip silence")).to_have_attribute("aria-pressed", "true")
    opened.locator("audio").evaluate("(audio) => { audio.currentTime = 4.5; }")
    opened.get_by_role("button", name="Play", exact=True).click()
    heard = opened.locator("audio").evaluate(
        """(audio) => new Promise((done) => {
            const heard = [];
            audio.addEventListener("timeupdate", () => {
                heard.push(audio.currentTime);
                if (audio.currentTime > 12) done(heard);
            });
        })"""
    )
    assert not [at for at in heard if 6 < at < 11]


def test_a_part_is_looped(opened: Page) -> None:
    opened.locator("audio").evaluate("(audio) => { audio.currentTime = 13; }")
    opened.keyboard.press("[")
    opened.locator("audio").evaluate("(audio) => { audio.currentTime = 13.6; }")
    opened.keyboard.press("]")
    opened.get_by_role("button", name="Loop").click()
    back = opened.locator("audio").evaluate(
        """(audio) => new Promise((done) => {
            let last = 0;
            audio.addEventListener("seeked", () => {
                if (last > 13.3 && audio.currentTime < 13.3) done(last);
                last = 0;
            });
            audio.addEventListener("timeupdate", () => { last = Math.max(last, audio.currentTime); });
        })"""
    )
    assert back < 14.2
    opened.get_by_role("button", name="No part").click()
    expect(opened.get_by_role("button", name="Loop")).to_be_disabled()


def test_words_are_found_in_the_call(opened: Page) -> None:
    opened.keyboard.press("f")
    opened.keyboard.type("Furnace is")
    expect(opened.locator("[data-found]")).to_have_text("1 of 2")
    expect(opened.locator(".found-turn")).to_contain_text("hello my furnace")
    opened.keyboard.press("Enter")
    expect(opened.locator("[data-found]")).to_have_text("2 of 2")
    expect(opened.locator(".found-turn")).to_contain_text("which furnace")
    opened.keyboard.press("Shift+Enter")
    expect(opened.locator("[data-found]")).to_have_text("1 of 2")
    assert opened.evaluate("CSS.highlights.get('found').size") == 2
    opened.get_by_label("Find in this call").fill("boiler")
    expect(opened.locator("[data-found]")).to_have_text("Not said")
    opened.get_by_label("Find in this call").fill("")
    expect(opened.locator("[data-found]")).to_have_text("")


def test_what_the_list_was_searched_for_is_marked(page: Page, address: str, call: Call, complaints: list[str]) -> None:
    sign_in(page, address, "ana")
    page.goto(f'{address}/calls/{call.call_sid}?q="my furnace" old -boiler')
    expect(page.locator("[data-found]")).to_have_text("1 of 2")


def test_it_plays_on_while_the_panel_is_answered_anew(opened: Page) -> None:
    opened.get_by_label("Find in this call").fill("furnace")
    opened.get_by_text("which furnace is it").click()
    hear(opened, "!audio.paused && audio.currentTime > 12.2")
    opened.evaluate("document.querySelector('audio').dataset.same = 'yes'")
    opened.get_by_label("New note").fill("the address")
    opened.get_by_label("at 0:").check()
    opened.get_by_label("New tag").fill("half a wor")  # and another form is not lost either
    opened.get_by_role("button", name="Add note").click()
    expect(opened.locator(".call-news")).to_contain_text("The note was added.")
    assert audio(opened, "dataset.same") == "yes"
    assert not audio(opened, "paused")
    hear(opened, "audio.currentTime > 12.6")
    expect(opened.locator("#notes").get_by_role("link", name="Play from 0:12")).to_be_visible()
    expect(opened.get_by_label("New tag")).to_have_value("half a wor")
    expect(opened.get_by_label("New note")).to_have_value("")
    expect(opened.locator("[data-found]")).to_have_text("1 of 2")
    flag = opened.get_by_title("0:12: the address")
    expect(flag).to_have_count(1)
    opened.locator("audio").evaluate("(audio) => { audio.currentTime = 1; }")
    flag.click()
    hear(opened, "audio.currentTime >= 12 && audio.currentTime < 14")


def test_a_label_is_given_and_undone_by_keys(opened: Page) -> None:
    opened.keyboard.press("x")
    opened.keyboard.press("1")
    expect(opened.locator(".call-news")).to_contain_text("Saved: excused, wrong number.")
    expect(opened.locator(".verdict")).to_contain_text("Not a lead: excused by ana@example.com")
    opened.keyboard.press("u")
    expect(opened.locator(".call-news")).to_contain_text("The label was taken back.")
    opened.keyboard.press("c")
    expect(opened.locator(".call-news")).to_contain_text("Saved: lead, new job.")


def test_a_part_is_shared_and_heard_by_a_stranger_until_its_time_is_over(
    opened: Page, browser: Chromium, write: Write
) -> None:
    opened.get_by_role("button", name="Clip").click()
    box = opened.locator(".wave").bounding_box()
    assert box
    opened.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 30)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30, steps=8)
    opened.mouse.up()
    clips = opened.get_by_role("region", name="Clips")
    expect(clips.get_by_label("From")).to_have_value(re.compile(r"0:1[12]"))
    expect(clips.get_by_label("To")).to_have_value(re.compile(r"0:1[78]"))
    assert audio(opened, "currentTime") == 0  # marking is not seeking
    clips.get_by_label("With the words said").check()
    clips.get_by_label("Lasts").select_option("1 day")
    clips.get_by_role("button", name="Make the link").click()
    link = clips.get_by_label("The link, shown only this once").input_value()

    guest = browser.new_context().new_page()
    path = link.removeprefix("http://localhost")
    where = f"{opened.url.partition('/calls/')[0]}{path}"
    answer = guest.goto(where)
    assert answer
    assert answer.status == 200
    expect(guest.get_by_role("heading", level=1)).to_have_text("A part of a call")
    expect(guest.locator(".turns")).to_contain_text("furnace is it")
    expect(guest.locator(".turns")).not_to_contain_text("hello")
    expect(guest.locator("audio")).to_be_visible()
    guest.locator("audio").evaluate("(audio) => { audio.muted = true; return audio.play(); }")
    hear(guest, "Math.abs(audio.duration - 6) < 0.3")
    hear(guest, "audio.currentTime > 0.3")

    with write() as session:
        session.execute(update(Clip).values(expires_at=NOON))
    for over in (where, f"{where}/clip.mp3"):
        answer = guest.goto(over)
        assert answer
        assert answer.status == 410
    expect(guest.get_by_role("heading", level=1)).to_have_text("This clip is over")
    guest.context.close()


def test_the_page_stands_still_when_the_player_comes_alive(
    opened: Page, browser: Chromium, address: str, call: Call
) -> None:
    still = browser.new_context(java_script_enabled=False).new_page()
    sign_in(still, address, "ana")
    still.goto(f"{address}/calls/{call.call_sid}")
    expect(still.locator("audio")).to_be_visible()
    expect(still.locator(".controls")).to_be_hidden()
    assert still.locator(".wave").bounding_box() == opened.locator(".wave").bounding_box()
    still.context.close()
    shifted = opened.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
                .observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
        })"""
    )
    assert shifted < 0.01
