"""Home: each role sees first what its people do next, of their own company alone."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from calltrack.accounts.accounts import create_account, find_user
from calltrack.accounts.agents import name_agent
from calltrack.calls.labels import keep_verdict
from calltrack.calls.tasks import ask_task
from calltrack.models import Call, Evaluation, Membership, Rubric, SignIn, User
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, missed_call
from tests.web.conftest import BILLBOARD, DEES_NUMBER, PEOPLE, Browser, Town, Write
from tests.web.listening import sign_in

MIA, ANN = "+13125550101", "+13125550102"
NOW = NOON + timedelta(hours=3)


@pytest.fixture
def missed(write: Write, anas: Company) -> Call:
    with write() as session:
        missed_call(session, number=BILLBOARD, caller=MIA, started_at=NOON - timedelta(hours=1))
        return missed_call(session, number=BILLBOARD, caller=MIA)


def headings(page: str) -> list[str]:
    return [re.sub(r"\s*<span.*", "", one).strip() for one in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)]


@pytest.fixture(autouse=True)
def at_three_in_chicago(request: pytest.FixtureRequest, town: Town) -> Iterator[None]:
    """People have signed in before (`town`). A real browser has a clock of its own: its tests keep to the real time."""
    if "page" in request.fixturenames:
        yield
        return
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_company_that_has_begun_nothing_is_told_where_to_begin(ana: Browser, write: Write, town: Town) -> None:
    assert "Start here" not in ana.read("/")
    with write() as session:
        empty = create_account(session, name="Eve's Roofing", time_zone="America/Chicago")
        session.execute(update(SignIn).values(account_id=empty.id))
        session.execute(update(Membership).values(account_id=empty.id))
    page = ana.see("/")
    assert headings(page)[0] == "Start here"
    assert "Everybody who rang was answered or called back." in page


def test_of_a_quiet_day_each_section_says_so_in_a_line(ana: Browser) -> None:
    page = ana.read("/")
    for calm in (
        "Everybody who rang was answered or called back.", "Nothing is due today.",
        "Every lead since", "Every call that sounds booked has its job.", "No campaign is in trouble.",
    ):  # fmt: skip
        assert calm in page


def test_the_day_is_the_accounts_own(ana: Browser) -> None:
    assert "Good afternoon Monday, 4 May 2026" in ana.read("/")
    with time_machine.travel(datetime(2026, 5, 5, 3, 0, tzinfo=UTC), tick=False):
        assert "Good evening Monday, 4 May 2026" in ana.read("/")


@pytest.mark.parametrize("name", ["Ada", "Ana", "Ben", "Cho"])
def test_who_can_return_calls_sees_first_whom_nobody_has_called_back(
    browser_of: Callable[[str], Browser], missed: Call, name: str
) -> None:
    page = browser_of(name).see("/")
    assert headings(page)[0] == "Missed, not called back"
    assert "2 times" in page
    assert f"/calls/{missed.call_sid}/tasks/done" in page


def test_who_only_reads_sees_todays_figures_and_nothing_to_do(rae: Browser, missed: Call) -> None:
    page = rae.see("/")
    assert headings(page) == ["Today so far", "Where to look"]
    assert 'href="/tasks' not in page


def test_what_is_empty_stands_below_what_waits(
    browser_of: Callable[[str], Browser], missed: Call, write: Write
) -> None:
    ben = browser_of("Ben")
    assert headings(ben.see("/"))[:2] == ["Missed, not called back", "Given to me"]


def test_call_backs_that_are_due_today_or_overdue_are_there_and_later_ones_are_not(
    cho: Browser, write: Write, anas: Company
) -> None:
    with write() as session:
        for hours, caller, note in ((-2, MIA, "two hours ago"), (6, ANN, "tonight"), (10, "+13125550103", "tomorrow")):
            call = missed_call(session, number=BILLBOARD, caller=caller)
            due = NOW + timedelta(hours=hours)
            ask_task(session, call=call, kind="call-back", due_at=due, made_by="ana@example.com", note=note)
    page = cho.read("/")
    assert "Call-backs and follow-ups due 2" in page
    assert ("two hours ago" in page, "tonight" in page, "tomorrow" in page) == (True, True, False)
    assert "Overdue since" in page


def test_the_figures_of_today_stand_beside_those_of_a_week_ago(ana: Browser, missed: Call, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, caller=ANN)
        answered_call(session, number=BILLBOARD, caller=ANN, started_at=NOON - timedelta(days=7))
    page = ana.read("/")
    assert "Calls 3 +2 from 1 Leads 1 as many as then Booked 0 as many as then Missed 2 +2 from 0" in page
    assert "Against Monday a week ago, 27 Apr 2026, up to 3:00 PM" in page


def test_leads_that_nobody_took_up_are_followed_up(ana: Browser, write: Write, anas: Company) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, caller=ANN)
    page = ana.see("/")
    assert f'id="lead-{call.call_sid}"' in page
    ana.post(f"/calls/{call.call_sid}/tasks/done", kind="follow-up", result="booked", back="home")
    assert f'id="lead-{call.call_sid}"' not in ana.see("/")


def test_calls_to_review_lead_into_the_queue(ana: Browser, write: Write, anas: Company) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, words="my furnace is out")
        keep_verdict(
            session, call=call, value="lead", reason=None, source="model", confidence=0.6, model="m@1", review=True,
            evidence=[],
        )  # fmt: skip
    assert f'href="/review?open={call.call_sid}"' in ana.see("/")
    assert "60% sure" in ana.read("/")


def test_who_answers_the_phone_sees_their_own_calls_once_their_phone_is_known(
    cho: Browser, write: Write, anas: Company
) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
    assert "Nobody has said yet which phone is yours." in cho.read("/")
    with write() as session:
        user = find_user(session, email="cho@example.com")
        assert user
        name_agent(session, account_id=anas.account.id, phone=twilio_wire.CHO, name="Cho Park", user_id=user.id)
    assert f'id="taken-{call.call_sid}"' in cho.see("/")
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert "You have taken no call today." in cho.read("/")


def test_feedback_is_for_whose_call_it_was_and_a_coach_sees_what_is_not_begun_blind(
    browser_of: Callable[[str], Browser], write: Write, anas: Company
) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        people = {user.name: user for user in session.scalars(select(User))}
        name_agent(
            session, account_id=anas.account.id, phone=twilio_wire.CHO, name="Cho Park", user_id=people["Cho"].id
        )
        rubric = Rubric(account_id=anas.account.id, name="Greeting", version=1, made_by="ana", made_at=NOON)
        session.add(rubric)
        session.flush()
        for coach, shared in (("Ana", NOON), ("Ben", None)):
            session.add(
                Evaluation(
                    account_id=anas.account.id, call_id=call.id, rubric_id=rubric.id, coach_id=people[coach].id,
                    agent_phone=twilio_wire.CHO, begun_at=NOON, shared_at=shared,
                )
            )  # fmt: skip
    assert "Greeting" in browser_of("Cho").read("/")
    page = browser_of("Ben").read("/")
    assert "Begun, not shared yet 1 Cho Park Greeting" in page
    assert "Nothing was shared with an agent yet." in page  # Ana's evaluation of what Ben is to judge alone
    assert "Greeting" not in browser_of("Rae").read("/")


def test_another_companys_day_is_not_ours(dee: Browser, missed: Call, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, caller=ANN)
    page = dee.see("/")
    assert missed.call_sid not in page
    assert "(312) 555-0101" not in page
    assert "Calls 0 as many as then" in dee.read("/")


def test_by_htmx_only_what_changes_is_answered(ana: Browser, missed: Call) -> None:
    part = ana.http.get("/", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "<h1" not in part
    assert f'id="missed-{missed.call_sid}"' in part


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_is_turned_away_from_home(browser_of: Callable[[str], Browser], name: str, missed: Call) -> None:
    browser_of(name).see("/")


def test_the_page_is_light(ana: Browser, write: Write, anas: Company) -> None:
    with write() as session:
        for one in range(60):
            caller = f"+1312555{one:04}"
            missed_call(session, number=BILLBOARD, caller=caller, started_at=NOON + timedelta(minutes=one))
    assert len(ana.see("/")) < 60_000
    assert len(ana.see("/tasks")) < 300_000
    assert "Missed, not called back 60" in ana.read("/")


# In a real browser


def test_a_call_is_returned_with_two_touches_and_the_day_goes_on(
    page: Page, address: str, write: Write, anas: Company
) -> None:
    now = datetime.now(UTC)
    with write() as session:
        for one, caller in enumerate((MIA, ANN)):
            missed_call(session, number=BILLBOARD, caller=caller, started_at=now - timedelta(minutes=30 + one))
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    sign_in(page, address, "Cho")
    page.goto(address)
    missed = page.locator("#missed")
    expect(missed.get_by_role("heading")).to_have_text("Missed, not called back 2")
    missed.locator("summary", has_text="Called back").first.click()
    page.get_by_role("button", name="Left a message").first.click()
    expect(page.get_by_role("status")).to_have_text("Called back: left a message.")
    expect(missed.locator("li[id]")).to_have_count(1)
    missed.locator("summary", has_text="Later").click()
    missed.get_by_role("button", name="Tomorrow morning").click()
    expect(missed).to_contain_text("Everybody who rang was answered or called back.")
    assert errors == []


def test_a_row_that_somebody_else_did_says_so(
    page: Page, address: str, write: Write, anas: Company, browser_of: Callable[[str], Browser]
) -> None:
    with write() as session:
        call = missed_call(session, number=BILLBOARD, caller=MIA, started_at=datetime.now(UTC) - timedelta(minutes=30))
    sign_in(page, address, "Cho")
    page.goto(address)
    summary = page.locator("#missed summary", has_text="Called back")
    summary.focus()
    page.keyboard.press("Enter")
    assert "Called back: reached." in browser_of("Ana").send(
        f"/calls/{call.call_sid}/tasks/done", kind="call-back", result="reached"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("ana@example.com has done it already: reached")
    expect(page.locator("#missed")).to_contain_text("Everybody who rang")


def test_the_page_asks_anew_only_when_nothing_is_being_done_and_does_not_jump(
    page: Page, address: str, write: Write, anas: Company
) -> None:
    now = datetime.now(UTC)
    with write() as session:
        for one in range(8):
            missed_call(
                session, number=BILLBOARD, caller=f"+1312555010{one}", started_at=now - timedelta(minutes=9 - one)
            )
    page.clock.install()
    sign_in(page, address, "Cho")
    page.set_viewport_size({"width": 700, "height": 260})
    page.goto(address)
    rows = page.locator("#missed li[id]")
    expect(rows).to_have_count(5)
    fourth = rows.nth(3)
    name = fourth.get_attribute("id")
    fourth.scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.querySelectorAll('#missed li[id]')[3].offsetTop - 10)")
    menu = rows.nth(3).locator("summary").first
    menu.click()
    with write() as session:
        missed_call(session, number=BILLBOARD, caller=ANN[:-1] + "9", started_at=now)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.headers.get("hx-request") else None)
    page.clock.fast_forward(130_000)
    assert asked == []  # a menu is open
    menu.click()
    before = page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().top")
    page.clock.fast_forward(61_000)
    expect(page.locator("#missed h2")).to_have_text("Missed, not called back 9")
    after = page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().top")
    assert abs(after - before) < 2
    assert DEES_NUMBER not in page.content()
