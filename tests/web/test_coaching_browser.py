"""In a real browser: a coach finds a call, evaluates it while listening and shares it; its agent reads and hears it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from calltrack.calls.tags import tag_call
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.coaching import chos_phone, phone_rubric
from tests.web.conftest import BILLBOARD, Write
from tests.web.listening import record, sign_in
from tests.web.test_browser import hear


@pytest.fixture
def call(write: Write, anas: Company, ground: Ground, tmp_path: Path) -> Call:
    """A recorded call about a furnace and its price that Cho answered, and a rubric to evaluate it by."""
    with write() as session:
        chos_phone(session, account=anas.account)
        phone_rubric(session, account=anas.account)
        answered_call(session, number=BILLBOARD, caller="+13125550122", words="the sink drips, what is the price")
        made = answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out, what is the price")
        for one in session.scalars(select(Call)):
            tag_call(session, call=one, tag="price", tagged_by="ana@example.com")
        record(session, call=made, ground=ground, folder=tmp_path)
    return made


def watched(page: Page) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def answer(page: Page, question: str, value: str) -> None:
    page.get_by_role("group", name=question).get_by_role("radio", name=value, exact=True).check()


def test_a_coach_finds_a_call_evaluates_it_and_shares_it_and_its_agent_reads_it(
    page: Page, browser: Chromium, address: str, call: Call
) -> None:
    complaints = watched(page)
    sign_in(page, address, "ben")
    page.goto(f"{address}/calls?tag=price&q=furnace")
    found = page.get_by_role("link", name="(312) 555-0111").first
    expect(found).to_be_visible()
    expect(page.get_by_text("(312) 555-0122")).to_have_count(0)
    found.click()
    page.locator("#panel summary", has_text="Coaching").click()
    coaching = page.locator("#coaching")

    # Each answer is saved as it is given, and the score follows.
    answer(page, "Greeted by name", "Yes")
    score = coaching.locator("#coaching-score")
    expect(score).to_contain_text("100.0% 1 of 3 answered. Saved.")
    answer(page, "Asked for the address", "No")
    expect(score).to_contain_text("failed: Asked for the address. Without that it would have been 33.3%.")
    answer(page, "Asked for the address", "Yes")
    expect(score).to_contain_text("100.0% 2 of 3 answered.")

    # A comment is pinned to the second that is heard: stop at one first.
    page.locator("#panel").get_by_role("button", name="5 seconds on").click()
    pin = coaching.locator(".pin")
    expect(pin).to_contain_text("0:05")
    coaching.get_by_label("New comment").fill("Here you let them finish.")
    pin.get_by_role("checkbox").check()
    coaching.get_by_role("button", name="Add comment").click()
    expect(coaching.get_by_role("link", name="Play from 0:05: Here you let them finish.")).to_be_visible()
    expect(score).to_contain_text("2 of 3 answered")

    # Not before every question is answered; then it is shared.
    coaching.get_by_role("button", name="Share with the agent").click()
    expect(coaching.get_by_role("status").first).to_contain_text("Not shared yet: 1 question has no answer.")
    answer(page, "Handled the price", "3")
    coaching.get_by_label("Summary for the agent").fill("A calm call.")
    coaching.get_by_role("button", name="Share with the agent").click()
    expect(coaching.get_by_role("status").first).to_contain_text("Shared.")
    expect(coaching.get_by_text("68.8%")).to_be_visible()
    assert complaints == []

    # Cho, who answered, finds it with the score and hears the comment.
    chos = browser.new_context().new_page()
    complaints = watched(chos)
    sign_in(chos, address, "cho")
    chos.goto(f"{address}/coaching")
    expect(chos.locator(".result")).to_have_text("68.8%")
    chos.get_by_role("link", name="Your call from (312) 555-0111").click()
    expect(chos.get_by_text("A calm call.")).to_be_visible()
    chos.get_by_role("link", name="Play from 0:05: Here you let them finish.").click()
    hear(chos, "audio.currentTime >= 4.9")
    chos.get_by_label("What do you think?").fill("Thank you")
    chos.get_by_role("button", name="Reply").click()
    expect(chos.get_by_role("status").first).to_contain_text("Your reply is with your coach.")
    assert complaints == []
    chos.context.close()


def test_a_rubric_is_written_by_keyboard_with_a_preview_that_follows(page: Page, address: str, anas: Company) -> None:
    complaints = watched(page)
    sign_in(page, address, "ben")
    page.goto(f"{address}/coaching/rubrics/new")
    page.get_by_label("Name").fill("After hours")
    page.locator("#text-0").fill("Woke up")
    page.locator("#weight-0").fill("3")
    page.locator("#text-1").fill("Said who is on call")
    page.keyboard.press("Tab")
    scoring = page.get_by_role("region", name="How it scores")
    expect(scoring).to_contain_text("Woke up: 75.0 points")
    expect(scoring).to_contain_text("Said who is on call: 25.0 points")
    page.get_by_role("button", name="Move question 2 up").click()
    expect(page.locator("#text-0")).to_have_value("Said who is on call")
    page.get_by_role("button", name="Add a question").click()
    expect(page.locator("#text-3")).to_be_focused()
    page.get_by_role("button", name="Save the rubric").click()
    expect(page.get_by_role("status").first).to_contain_text("After hours is on offer on every call.")
    assert complaints == []


def test_without_scripts_a_call_is_evaluated_by_plain_forms(browser: Chromium, address: str, call: Call) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, address, "ben")
    page.goto(f"{address}/calls/{call.call_sid}")
    page.locator("summary", has_text="Coaching").click()
    page.get_by_role("link", name="Coaching of this call").click()
    answer(page, "Greeted by name", "Yes")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.get_by_label("New comment").fill("A calm call")
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_text("A calm call")).to_be_visible()
    answer(page, "Asked for the address", "Yes")
    answer(page, "Handled the price", "does not apply")
    page.get_by_role("button", name="Share with the agent").click()
    expect(page.get_by_text("100.0%")).to_be_visible()
    page.get_by_role("button", name="Take it back to change it").click()
    expect(page.get_by_text("You have taken this back.")).to_be_visible()
    page.context.close()
