"""In a real browser: a dispatcher and a manager work in the list of calls, by keyboard, by mouse and on a phone."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import func, select

from calltrack.calls.labels import keep_verdict, reasons_of
from calltrack.calls.tags import tags_of
from calltrack.ground import Ground
from calltrack.models import Call, Label
from tests.factories import NOON, Company, answered_call, missed_call, running_call
from tests.web.conftest import BILLBOARD, Write
from tests.web.listening import sign_in

POLL = 3000  # milliseconds
MANY = 12


@pytest.fixture
def calls(write: Write, anas: Company) -> list[Call]:
    """Calls that the classifier labelled, newest first."""
    with write() as session:
        made = [
            answered_call(
                session, number=BILLBOARD, caller=f"+131255501{minute:02}", started_at=NOON - timedelta(minutes=minute),
                words=f"my furnace number {minute} is out",
            )
            for minute in range(MANY)
        ]  # fmt: skip
        for call in made:
            keep_verdict(
                session, call=call, value="lead", reason=None, source="model", confidence=0.8, model="m@1",
                review=False, evidence=[],
            )  # fmt: skip
    return made


@pytest.fixture
def desk(page: Page, address: str, calls: list[Call]) -> Iterator[Page]:
    """Ana's browser with the list open; time stands still until the test lets it pass. No script may fail."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.clock.install()
    sign_in(page, address, "ana")
    page.goto(f"{address}/calls")
    expect(row(page)).to_have_count(MANY)
    yield page
    assert wrong == []


def row(page: Page, call: Call | None = None) -> Locator:
    return page.locator(f'#rows tr[data-sid="{call.call_sid}"]' if call else "#rows tr[data-sid]")


def title(page: Page) -> Locator:
    return page.locator("#panel h2").first


def opened(page: Page, call: Call) -> None:
    """The panel shows that call, and the focus is on its title."""
    expect(page.locator(f'#panel [data-call="{call.call_sid}"]')).to_be_visible()
    expect(title(page)).to_be_focused()
    expect(page).to_have_url(re.compile(f"open={call.call_sid}"))


def people_said(ground: Ground) -> int:
    with ground.database.read() as session:
        return session.scalar(select(func.count()).where(Label.source == "human", Label.undone_at.is_(None))) or 0


def test_a_manager_reviews_ten_calls_by_keyboard_alone(desk: Page, ground: Ground, calls: list[Call]) -> None:
    desk.keyboard.press("j")
    expect(row(desk, calls[0]).locator("[data-open]")).to_be_focused()
    desk.keyboard.press("Enter")
    for place in range(10):
        opened(desk, calls[place])
        if place == 3:
            desk.keyboard.press("x")
            desk.keyboard.press("4")  # vendor
            expect(row(desk, calls[place]).locator(".said")).to_contain_text("vendor")
        else:
            desk.keyboard.press("c")
        expect(row(desk, calls[place]).locator(".said")).to_contain_text("by ana")
        desk.keyboard.press("j")
        desk.clock.run_for(200)
    opened(desk, calls[10])
    assert people_said(ground) == 10
    desk.keyboard.press("k")
    desk.clock.run_for(200)
    opened(desk, calls[9])
    desk.keyboard.press("u")
    expect(row(desk, calls[9]).locator(".said")).to_contain_text("classifier")
    desk.keyboard.press("Escape")
    expect(desk.locator("#beside")).to_be_hidden()
    expect(row(desk, calls[9]).locator("[data-open]")).to_be_focused()
    assert people_said(ground) == 9


def test_a_call_that_comes_stands_in_the_list_by_itself(desk: Page, write: Write, calls: list[Call]) -> None:
    with write() as session:
        new = running_call(session, number=BILLBOARD, started_at=NOON + timedelta(hours=1))
    desk.clock.run_for(POLL * 2)
    expect(row(desk).first).to_have_attribute("data-sid", new.call_sid)
    expect(row(desk, new)).to_contain_text("Ringing")
    with write() as session:
        missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(hours=1), sid=new.call_sid)
    desk.clock.run_for(POLL)
    expect(row(desk, new)).to_contain_text("Missed")
    expect(row(desk)).to_have_count(MANY + 1)


def test_while_a_call_is_open_nothing_moves_and_new_calls_are_offered(
    desk: Page, write: Write, calls: list[Call]
) -> None:
    row(desk, calls[1]).locator("[data-open]").click()
    opened(desk, calls[1])
    with write() as session:
        new = [missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(hours=one)) for one in (1, 2)]
    desk.clock.run_for(POLL * 2)
    offer = desk.get_by_role("button", name="2 new calls")
    expect(offer).to_be_visible()
    expect(row(desk).first).to_have_attribute("data-sid", calls[0].call_sid)
    offer.click()
    expect(row(desk).first).to_have_attribute("data-sid", new[1].call_sid)
    expect(offer).to_be_hidden()


def test_when_the_server_is_away_the_list_says_so_and_can_be_asked_again(desk: Page) -> None:
    desk.route("**/calls/news*", lambda route: route.abort())
    for wait in (POLL, POLL * 2):
        with desk.expect_event("requestfailed"):
            desk.clock.run_for(wait)
    expect(desk.locator("[data-live-words]")).to_have_text("Not live: the server cannot be reached.")
    desk.unroute("**/calls/news*")
    desk.get_by_role("button", name="Try again").click()
    expect(desk.locator("[data-live-words]")).to_have_text("Live")


def test_calls_are_selected_tagged_and_untagged_by_keyboard(desk: Page, ground: Ground, calls: list[Call]) -> None:
    for key in ("j", "s", "j", "j", "Shift+S"):
        desk.keyboard.press(key)
    expect(desk.locator("[data-picked]")).to_have_text("3 selected")
    desk.keyboard.press("t")
    desk.keyboard.type("Call back")
    desk.keyboard.press("Enter")
    expect(desk.locator("#done")).to_contain_text("3 calls tagged: call back.")
    for call in calls[:3]:
        expect(row(desk, call).locator(".tag")).to_have_text("call back")
    expect(desk.locator("#bulk")).to_be_hidden()
    desk.keyboard.press("Escape")
    desk.keyboard.press("u")
    expect(desk.locator("#done")).to_contain_text("3 calls untagged again: call back.")
    expect(desk.locator("#rows .tag")).to_have_count(0)
    with ground.database.read() as session:
        assert [tags_of(session, call_id=call.id) for call in calls[:3]] == [[], [], []]


def test_many_are_excused_with_one_reason_and_taken_back(desk: Page, ground: Ground, calls: list[Call]) -> None:
    for call in calls[:2]:
        row(desk, call).locator(".pick input").check()
    desk.keyboard.press("x")
    desk.keyboard.press("1")
    expect(desk.locator("#done")).to_contain_text("2 calls labelled excused.")
    expect(row(desk, calls[1]).locator(".said")).to_contain_text("wrong number")
    assert people_said(ground) == 2
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#done")).to_contain_text("2 labels taken back.")
    assert people_said(ground) == 0


def test_a_key_is_the_dialogs_then_an_open_choices_then_the_open_calls_then_the_pages(
    desk: Page, ground: Ground, calls: list[Call]
) -> None:
    row(desk, calls[5]).locator(".pick input").check()
    row(desk, calls[0]).locator("[data-open]").click()
    opened(desk, calls[0])
    desk.keyboard.press("?")
    dialog = desk.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("select from the last selected to here")
    for key in ("j", "c", "l"):
        desk.keyboard.press(key)
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    opened(desk, calls[0])
    assert people_said(ground) == 0
    desk.locator("#panel summary", has_text="Excused").focus()
    desk.keyboard.press("x")
    desk.keyboard.press("2")
    expect(row(desk, calls[0]).locator(".said")).to_contain_text("solicitor")
    desk.keyboard.press("l")
    expect(row(desk, calls[0]).locator(".label")).to_have_text("Lead")
    desk.keyboard.press("l")  # it has no button any more, and is no key of the selected calls meanwhile
    desk.keyboard.press("Escape")
    expect(desk.locator("#beside")).to_be_hidden()
    assert people_said(ground) == 2  # of the open call both
    desk.keyboard.press("c")
    expect(row(desk, calls[5]).locator(".said")).to_contain_text("by ana")


def test_c_is_the_reason_of_an_open_choice_and_escape_closes_only_the_choice(
    desk: Page, ground: Ground, anas: Company, calls: list[Call]
) -> None:
    with ground.database.read() as session:
        twelfth = reasons_of(session, account_id=anas.account.id)["excused"][11]
    row(desk, calls[0]).locator("[data-open]").click()
    opened(desk, calls[0])
    choice = desk.locator("#panel .excuse")
    desk.keyboard.press("x")
    expect(choice).to_have_attribute("open", "")
    desk.keyboard.press("Escape")
    expect(choice).not_to_have_attribute("open", "")
    expect(desk.locator("#beside")).to_be_visible()
    desk.keyboard.press("x")
    desk.keyboard.press("c")
    expect(row(desk, calls[0]).locator(".said")).to_contain_text(twelfth)


@pytest.fixture
def late(desk: Page) -> Callable[[], None]:
    """Labels are answered only when the test says so."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def answer() -> None:
        with desk.expect_response("**/label"):
            held.pop().continue_()

    desk.route("**/label", hold)
    return answer


def test_an_answer_that_comes_late_is_told_and_stays_out_of_the_next_call(
    desk: Page, ground: Ground, calls: list[Call], late: Callable[[], None]
) -> None:
    row(desk, calls[0]).locator("[data-open]").click()
    opened(desk, calls[0])
    with desk.expect_request("**/label"):
        desk.keyboard.press("c")
    desk.keyboard.press("j")
    desk.clock.run_for(200)
    opened(desk, calls[1])
    late()
    expect(desk.locator(".call-news")).to_contain_text("Saved: lead.")
    opened(desk, calls[1])
    expect(row(desk, calls[0]).locator(".said")).to_contain_text("by ana")
    with desk.expect_request("**/label"):
        desk.keyboard.press("l")
    desk.keyboard.press("Escape")
    late()
    expect(row(desk, calls[1]).locator(".said")).to_contain_text("by ana")
    expect(desk.locator("#panel article")).to_have_count(0)
    assert people_said(ground) == 2


def test_what_is_half_written_waits_until_its_call_is_open_again(desk: Page, calls: list[Call]) -> None:
    row(desk, calls[0]).locator("[data-open]").click()
    opened(desk, calls[0])
    desk.keyboard.press("n")
    desk.keyboard.type("ask for Ruth")
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    desk.clock.run_for(200)
    opened(desk, calls[1])
    expect(desk.get_by_label("New note")).to_have_value("")
    desk.keyboard.press("Escape")
    expect(desk.locator("#beside")).to_be_hidden()
    row(desk, calls[0]).locator("[data-open]").click()
    opened(desk, calls[0])
    expect(desk.get_by_label("New note")).to_have_value("ask for Ruth")
    desk.get_by_role("button", name="Add note").click()
    expect(desk.locator("#notes-title")).to_be_focused()
    expect(desk.get_by_label("New note")).to_have_value("")


def test_no_key_does_anything_while_somebody_types(desk: Page, calls: list[Call]) -> None:
    desk.keyboard.press("/")
    search = desk.get_by_role("searchbox")
    expect(search).to_be_focused()
    desk.keyboard.type("jso?")
    expect(search).to_have_value("jso?")
    expect(desk.locator("#rows .marked")).to_have_count(0)
    expect(desk.get_by_role("dialog")).to_have_count(0)
    desk.keyboard.press("Escape")
    desk.keyboard.press("Control+j")
    expect(desk.locator("#rows .marked")).to_have_count(0)
    desk.keyboard.press("j")
    expect(row(desk, calls[0]).locator("[data-open]")).to_be_focused()


def test_back_and_forward_open_and_close_calls(desk: Page, calls: list[Call]) -> None:
    for call in calls[:2]:
        row(desk, call).locator("[data-open]").click()
        opened(desk, call)
    desk.go_back()
    opened(desk, calls[0])
    desk.go_back()
    expect(desk.locator("#beside")).to_be_hidden()
    expect(row(desk)).to_have_count(MANY)
    desk.go_forward()
    opened(desk, calls[0])
    desk.reload()
    expect(title(desk)).to_be_visible()
    expect(row(desk, calls[0])).to_have_class("open marked")


def test_filters_are_kept_as_a_view_and_come_back_with_one_click(desk: Page) -> None:
    desk.locator(".filter-menu > summary").click()
    desk.locator(".filter-menu").get_by_label("Outcome").select_option("unbooked")
    desk.locator(".filter-menu").get_by_label("Tag").fill("spanish")
    desk.get_by_role("button", name="Show").click()
    expect(desk).to_have_url(re.compile(r"/calls\?outcome=unbooked&tag=spanish$"))
    expect(desk.get_by_role("heading", name="No call fits")).to_be_visible()
    desk.locator(".view-menu > summary").click()
    desk.get_by_label("Keep these filters as").fill("Spanish")
    desk.get_by_role("button", name="Save view").click()
    tab = desk.get_by_role("navigation", name="Views").get_by_role("link", name="Spanish")
    expect(tab).to_have_attribute("aria-current", "page")
    desk.get_by_role("link", name="All calls").last.click()
    expect(row(desk)).to_have_count(MANY)
    tab.click()
    expect(desk).to_have_url(re.compile("tag=spanish"))


def test_on_a_phone_the_open_call_fills_the_screen(desk: Page, calls: list[Call]) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    row(desk, calls[2]).locator("[data-open]").click()
    opened(desk, calls[2])
    box = desk.locator("#beside").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    desk.get_by_role("link", name="Close").click()
    expect(desk.locator("#beside")).to_be_hidden()
    expect(row(desk, calls[2]).locator("[data-open]")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_about_the_list_keeps_anybody_out(desk: Page, calls: list[Call], scheme: str) -> None:
    desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    row(desk, calls[0]).locator(".pick input").check()
    desk.locator(".filter-menu > summary").click()
    found = Axe().run(desk)
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], found.generate_report()
