"""The page of tasks, those of one call, and their forms: by plain form or by htmx, whoever was first has done it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from calltrack.accounts.accounts import find_user
from calltrack.calls.task_list import list_tasks, tasks_of
from calltrack.calls.tasks import ask_task, finish_task
from calltrack.ground import Ground
from calltrack.models import Call, Task
from tests.factories import Company, missed_call
from tests.web.conftest import BILLBOARD, Browser, Write
from tests.web.listening import sign_in

MIA = "+13125550101"


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return missed_call(session, number=BILLBOARD, caller=MIA, started_at=datetime.now(UTC) - timedelta(minutes=5))


@pytest.fixture
def task(write: Write, call: Call) -> Task:
    with write() as session:
        soon = datetime.now(UTC) + timedelta(minutes=5)
        mine = session.get_one(Call, call.id)
        return ask_task(session, call=mine, kind="call-back", due_at=soon, made_by="ana@example.com", note="a price")[0]


@pytest.fixture
def tasks(ground: Ground, call: Call) -> Callable[[], list[tuple[str, str | None, str | None]]]:
    """Each task's kind, whose it is, and what came of it."""

    def read() -> list[tuple[str, str | None, str | None]]:
        with ground.database.read() as session:
            found = tasks_of(session, account_id=call.account_id or 0, call_id=call.id)
            return [(one.kind, one.whose, one.result) for one in found]

    return read


Read = Callable[[], list[tuple[str, str | None, str | None]]]


def by_htmx(browser: Browser, path: str, **fields: str) -> TestResponse:
    data = {"csrf_token": browser.token(), **fields}
    return browser.http.post(path, data=data, headers={"HX-Request": "true"})


def test_the_page_says_who_waits_what_is_due_and_what_was_done(cho: Browser, call: Call, write: Write) -> None:
    assert "Missed, not called back 1" in cho.read("/tasks")
    now = datetime.now(UTC)
    with write() as session:
        for minutes, caller in ((-90, "+13125550102"), (3 * 24 * 60, "+13125550103"), (0, "+13125550104")):
            other = missed_call(session, number=BILLBOARD, caller=caller, started_at=now - timedelta(hours=3))
            made, _ = ask_task(
                session, call=other, kind="call-back", due_at=now + timedelta(minutes=minutes), made_by="ana"
            )
        finish_task(session, task=made, result="wrong number", done_by="ben@example.com")
    page = cho.read("/tasks")
    assert "Overdue 1 (312) 555-0102" in page
    assert "Later 1 (312) 555-0103" in page
    assert "Done lately (312) 555-0104" in page
    assert "by ben@example.com: wrong number" in page


def test_of_a_quiet_company_the_page_says_so(cho: Browser) -> None:
    assert "Nothing is due Everybody who rang was answered or called back." in cho.read("/tasks")
    assert "Nothing is given to you" in cho.read("/tasks?whose=mine")


def test_mine_are_those_that_were_given_to_me(cho: Browser, ana: Browser, task: Task, write: Write) -> None:
    assert "555-0101" not in cho.read("/tasks?whose=mine")
    with write() as session:
        user = find_user(session, email="cho@example.com")
        assert user
    assert "given to Cho" in ana.send(f"/tasks/{task.id}/whose", whose=str(user.id), back="tasks")
    assert "(312) 555-0101" in cho.read("/tasks?whose=mine")
    assert "for Cho" in ana.read("/tasks")
    assert "given to anybody" in ana.send(f"/tasks/{task.id}/whose", whose="", back="tasks")


def test_called_back_is_said_with_its_result_and_can_be_opened_again(cho: Browser, task: Task, tasks: Read) -> None:
    page = cho.send(f"/tasks/{task.id}/done", result="reached", more="wants it on Monday\x00", back="tasks")
    assert "Called back: reached: wants it on Monday." in page
    assert "open again" in cho.send(f"/tasks/{task.id}/reopen", back="tasks")
    assert tasks() == [("call-back", None, None)]


def test_the_second_who_did_it_is_told_who_was_first(cho: Browser, ana: Browser, task: Task, tasks: Read) -> None:
    cho.post(f"/tasks/{task.id}/done", result="left a message")
    said = "Nothing was changed: cho@example.com has done it already: left a message."
    assert said in ana.send(f"/tasks/{task.id}/done", result="reached", back="tasks")
    assert said in ana.send(f"/tasks/{task.id}/later", when="hour", back="home")
    assert tasks() == [("call-back", None, "left a message")]


@pytest.mark.parametrize(("back", "where"), [("home", "/"), ("tasks", "/tasks"), ("elsewhere", "tasks"), ("", "tasks")])
def test_a_plain_form_leads_back_to_where_it_stood(cho: Browser, call: Call, back: str, where: str) -> None:
    answer = cho.post(f"/calls/{call.call_sid}/tasks", kind="call-back", when="hour", back=back)
    assert answer.status_code == 303
    assert answer.location == (where if where.startswith("/") else f"/calls/{call.call_sid}/{where}")


def test_by_htmx_only_the_news_come_and_whatever_shows_tasks_asks_anew(cho: Browser, call: Call, tasks: Read) -> None:
    answer = by_htmx(cho, f"/calls/{call.call_sid}/tasks", kind="follow-up", when="morning")
    assert answer.status_code == 200
    assert json.loads(answer.headers["HX-Trigger"]) == {"tasks-changed": {"sid": call.call_sid}}
    assert 'hx-swap-oob="innerHTML:.news"' in answer.text
    assert "Follow-up due" in answer.text
    again = by_htmx(cho, f"/calls/{call.call_sid}/tasks", kind="follow-up", when="hour")
    assert "A follow-up is open already" in again.text
    assert tasks() == [("follow-up", None, None)]


def test_a_calls_tasks_are_a_part_of_its_panel_and_a_page_without_scripts(cho: Browser, task: Task, call: Call) -> None:
    path = f"/calls/{call.call_sid}/tasks"
    part = cho.http.get(path, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "a price" in part
    page = cho.read(path)
    assert "Tasks of a call" in page
    assert "Call-back Due" in page
    assert "Follow-up Remind" in page  # of the other kind none is open


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"when": "hour"}, "Say whether it is a call-back or a follow-up."),
        ({"kind": "nap", "when": "hour"}, "Say whether it is a call-back or a follow-up."),
        ({"kind": "call-back", "due_at": "soon"}, "Enter when it is due like"),
        ({"kind": "call-back", "due_at": "9999-12-31T23:59"}, "Enter when it is due like"),
        ({"kind": "call-back", "when": "hour", "whose": "x"}, "Choose one of your company's people."),
        ({"kind": "call-back", "when": "hour", "whose": "999999999"}, "own people"),
        ({"kind": "call-back", "when": "hour", "note": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_meant_changes_nothing_and_says_why(
    cho: Browser, call: Call, tasks: Read, fields: dict[str, str], why: str
) -> None:
    path = f"/calls/{call.call_sid}/tasks"
    assert why in cho.send(path, **fields, back="tasks")
    assert tasks() == []


@pytest.mark.parametrize("result", ["", "\x00", "x" * 501])
def test_without_a_result_nothing_is_done(cho: Browser, call: Call, task: Task, tasks: Read, result: str) -> None:
    for path in (f"/calls/{call.call_sid}/tasks/done", f"/tasks/{task.id}/done"):
        assert "say what came of it" in cho.send(path, kind="call-back", result=result, back="tasks")
    assert tasks() == [("call-back", None, None)]


def test_a_day_is_by_the_accounts_clock(cho: Browser, call: Call, ground: Ground) -> None:
    cho.post(f"/calls/{call.call_sid}/tasks", kind="call-back", due_at="2027-07-01T09:00")
    with ground.database.read() as session:
        (found,) = list_tasks(session, account_id=call.account_id or 0).items
    assert found.due_at == datetime(2027, 7, 1, 14, 0, tzinfo=UTC)


def test_another_companys_tasks_are_as_unknown_as_none(dee: Browser, task: Task, call: Call, tasks: Read) -> None:
    for deed in ("done", "reopen", "whose", "later"):
        for task_id in (task.id, 987, 2**63 - 1):
            assert dee.post(f"/tasks/{task_id}/{deed}", result="reached", when="hour").status_code == 404
        assert dee.post(f"/tasks/{2**63}/{deed}", result="reached").status_code == 404
    assert dee.post(f"/calls/{call.call_sid}/tasks/done", kind="call-back", result="reached").status_code == 404
    assert dee.http.get(f"/calls/{call.call_sid}/tasks").status_code == 404
    assert "555-0101" not in dee.read("/tasks")
    assert tasks() == [("call-back", None, None)]


def test_who_only_reads_has_no_tasks(rae: Browser, task: Task, call: Call) -> None:
    for path in ("/tasks", f"/calls/{call.call_sid}/tasks"):
        assert rae.http.get(path).status_code == 403
    assert rae.post(f"/tasks/{task.id}/done", result="reached").status_code == 403


def test_a_cursor_that_is_none_is_explained(cho: Browser, task: Task) -> None:
    for cursor in ("x", "%00", "9" * 300):
        assert "here is the first" in cho.read(f"/tasks?cursor={cursor}", 400)


def test_the_pages_go_on_where_the_one_before_ended(cho: Browser, write: Write, app: Flask) -> None:
    with write() as session:
        soon = datetime.now(UTC) + timedelta(hours=1)
        for one in range(53):
            other = missed_call(session, number=BILLBOARD, caller=f"+1312555{one:04}")
            ask_task(session, call=other, kind="call-back", due_at=soon + timedelta(minutes=one), made_by="ana")
    first = cho.see("/tasks")
    assert first.count('id="task-') >= 50
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "555-0052" in cho.read(following)
    assert "555-0049" not in cho.read(following)


def test_in_the_panel_a_call_back_is_asked_for_done_and_opened_again_in_its_place(
    page: Page, address: str, call: Call
) -> None:
    sign_in(page, address, "Cho")
    page.goto(f"{address}/calls/{call.call_sid}")
    page.locator("summary", has_text="Tasks").click()
    tasks = page.locator("#tasks")
    tasks.locator("summary", has_text="Remind").first.click()
    tasks.get_by_role("button", name="Tomorrow morning").first.click()
    expect(tasks.locator(".todo")).to_contain_text("Call-back")
    expect(page.get_by_role("status").first).to_contain_text("Call-back due")
    tasks.locator("summary", has_text="Called back").click()
    tasks.get_by_role("button", name="Reached").first.click()
    expect(tasks.locator(".todo.done")).to_contain_text("by cho@example.com: reached")
    tasks.get_by_role("button", name="Reopen").click()
    expect(tasks.locator(".todo:not(.done)")).to_contain_text("Call-back")
    expect(tasks.locator(".call-tasks")).to_have_count(1)
