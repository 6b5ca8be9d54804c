"""In a real browser: a manager hears a call, corrects its label, and sees the scorecard change."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from calltrack.calls.labels import keep_verdict, ledger
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Write
from tests.web.listening import SECONDS, record, sign_in

MAY = "from=2026-05-01&to=2026-05-10"


@pytest.fixture
def call(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> Call:
    """A call with a recording that can be heard, a transcript and a machine's label."""
    with write() as session:
        made = answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")
        keep_verdict(
            session, call=made, value="lead", reason="new job", source="model", confidence=0.9, model="shipped@1",
            review=False, evidence=[{"phrase": "furnace is out", "offset": 3, "start": 0.0, "weight": 1.0}],
        )  # fmt: skip
        record(session, call=made, ground=ground, folder=tmp_path)
    return made


def leads(page: Page, address: str) -> str:
    page.goto(f"{address}/scorecards?{MAY}")
    return page.locator("tbody tr", has_text="Billboard").locator("td").nth(3).inner_text()


def hear(page: Page, condition: str) -> None:
    """Wait for the player's own news until `condition` holds, in which `audio` is the player."""
    page.locator("audio").evaluate(
        """(audio) => new Promise((done) => {
            const look = () => { if (CONDITION) done(); };
            for (const news of ["loadedmetadata", "timeupdate", "seeked"]) audio.addEventListener(news, look);
            look();
        })""".replace("CONDITION", condition)
    )


def test_a_manager_hears_a_call_corrects_its_label_and_sees_the_scorecard_change(
    page: Page, address: str, call: Call
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    sign_in(page, address, "ana")
    assert leads(page, address) == "1"
    page.get_by_role("link", name="Billboard").click()
    page.get_by_role("rowheader").get_by_role("link", name="(312) 555-0111").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("(312) 555-0111")
    expect(page.locator("mark")).to_have_text("furnace is out")

    # The recording is there, plays, and can be heard from any place and faster.
    page.locator("[data-seek]").first.click()
    hear(page, "!audio.paused && audio.currentTime > 0.3")
    hear(page, f"Math.abs(audio.duration - {SECONDS}) < 1")
    expect(page.locator(".turn.now")).to_contain_text("my furnace is out")
    page.locator(".wave").click(position={"x": 1, "y": 10})
    hear(page, "audio.currentTime < 5")
    box = page.locator(".wave").bounding_box()
    assert box
    page.locator(".wave").click(position={"x": box["width"] * 0.75, "y": 10})
    hear(page, "audio.currentTime >= 14")
    page.get_by_role("button", name="1.5\N{MULTIPLICATION SIGN}").click()
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5

    # Ana disagrees with the machine. Only reasons that fit her label are on offer.
    page.get_by_text("With another reason, or a note").click()
    page.get_by_role("radio", name="Excused").check()
    reason = page.get_by_label("Reason")
    assert reason.input_value() == ""
    assert reason.locator("optgroup[label=Lead]").is_disabled()
    reason.select_option("wrong number")
    page.get_by_role("button", name="Save label").click()
    expect(page.locator(".call-news")).to_contain_text("Saved: excused, wrong number.")
    expect(page.locator(".verdict")).to_contain_text("Not a lead: excused by ana@example.com")
    assert leads(page, address) == "0"
    assert complaints == []


def test_without_scripts_everything_but_jumping_works(browser: Chromium, address: str, call: Call) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, address, "ana")
    page.goto(f"{address}/calls/{call.call_sid}")
    expect(page.locator(".controls")).to_be_hidden()
    page.get_by_label("New tag").fill("spanish")
    page.get_by_role("region", name="Tags").get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name="spanish")).to_be_visible()
    page.get_by_role("button", name="Correct").click()
    expect(page.locator(".news")).to_contain_text("Saved: lead, new job.")
    page.get_by_text("With another reason, or a note").click()
    page.get_by_role("radio", name="Excused").check()
    page.get_by_label("Reason").select_option("wrong number")
    page.get_by_role("button", name="Save label").click()
    expect(page.locator(".news")).to_contain_text("Saved: excused, wrong number.")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_small_phone(browser: Chromium, address: str, anas: Company, call: Call, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, address, "ada")
    for path in (
        "scorecards",
        f"campaigns/{anas.campaign.id}?{MAY}",
        "calls",
        f"calls/{call.call_sid}",
        "unclaimed",
        "x",
    ):
        page.goto(f"{address}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    context.close()


def test_a_form_that_fails_says_so_where_one_looks_and_nothing_is_changed(
    page: Page, address: str, call: Call, write: Write
) -> None:
    sign_in(page, address, "ana")
    page.goto(f"{address}/calls?open={call.call_sid}")
    page.route("**/label", lambda route: route.abort())
    page.locator("#panel").get_by_role("button", name="Correct").click()
    expect(page.locator(".trouble")).to_contain_text("nothing was changed")
    page.unroute("**/label")
    page.context.clear_cookies(name="calltrack_sign_in")
    page.locator("#panel").get_by_role("button", name="Correct").click()
    expect(page.locator(".trouble")).to_contain_text("no longer signed in")
    with write() as session:
        assert len(ledger(session, call=session.get_one(Call, call.id))) == 1
