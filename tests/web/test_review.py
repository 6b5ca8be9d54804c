"""Review in the browser: the queue and its forms, many calls at once, undo; the blind sample, which tells nothing."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.labels import current_label, keep_verdict, label_call, reasons_of
from calltrack.ground import Ground
from calltrack.learning.sampling import draw_week
from calltrack.models import Account, BlindCheck, Call
from tests.factories import PASSWORD, Company, answered_call
from tests.learning.sample import MONDAY
from tests.web.conftest import BILLBOARD, Browser, Write
from tests.web.listening import sign_in

JSON = {"Accept": "application/json"}


def judged(session: Session, value: str = "lead", confidence: float = 0.6, **more: Any) -> Call:
    """A call of yesterday that a machine labelled."""
    more.setdefault("started_at", datetime.now(UTC) - timedelta(days=1))
    call = answered_call(session, number=BILLBOARD, words="my furnace is out", **more)
    keep_verdict(
        session, call=call, value=value, reason=None, source="model", confidence=confidence, model="m@1",
        review=confidence < 0.75, evidence=[{"phrase": "furnace is out", "offset": 3, "start": 0.0, "weight": 1.0}],
    )  # fmt: skip
    return call


@pytest.fixture
def calls(write: Write, anas: Company) -> list[Call]:
    """Three calls, the least sure first."""
    with write() as session:
        return [judged(session, confidence=confidence) for confidence in (0.6, 0.7, 0.8)]


def in_force(ground: Ground, call: Call) -> tuple[str, str, str | None]:
    with ground.database.read() as session:
        label = current_label(session, call=session.get_one(Call, call.id))
        assert label is not None
        return label.source, label.value, label.reason


def pick(call: Call) -> str:
    return f"{call.label_id}:{call.call_sid}"


# The queue


def test_the_queue_says_why_each_call_stands_there_and_opens_the_first(ana: Browser, calls: list[Call]) -> None:
    page = ana.see("/review")
    assert re.findall(r'data-item="(\w+)"', page) == [call.call_sid for call in calls]
    words = ana.read("/review")
    assert "60% sure; if it is no lead, Billboard has 1 lead less" in words
    assert page.count('class="panel"') == 1
    assert "<mark>furnace is out</mark>" in page
    assert "of 2 the classifier is not sure" in words
    assert "Review 2 " in words  # in the menu


def test_another_call_can_be_opened_without_a_script_and_with_one(ana: Browser, calls: list[Call]) -> None:
    page = ana.see(f"/review?open={calls[2].call_sid}")
    assert page.index('class="panel"') > page.index(f'data-item="{calls[2].call_sid}"')
    assert f"{calls[1].label_id}:{calls[1].call_sid}" in ana.see(f"/review/calls/{calls[1].call_sid}")


def test_correct_moves_on_to_the_next_and_can_be_undone(ana: Browser, ground: Ground, calls: list[Call]) -> None:
    answer = ana.post("/review", pick=pick(calls[0]), deed="confirm")
    assert answer.status_code == 303
    page = ana.see(answer.location)
    assert "1 confirmed." in page
    assert re.findall(r'data-item="(\w+)"', page) == [call.call_sid for call in calls[1:]]
    assert in_force(ground, calls[0])[:2] == ("human", "lead")
    ana.see(f"/review/calls/{calls[0].call_sid}", 404)
    [batch] = re.findall(r'name="batch" value="([\d.-]+)"', page)
    assert "1 label taken back." in ana.send("/review/undo", batch=batch)
    assert in_force(ground, calls[0])[:2] == ("model", "lead")


def test_excused_takes_its_reason_along(ana: Browser, ground: Ground, calls: list[Call]) -> None:
    ana.send("/review", pick=pick(calls[0]), deed="excused:wrong number")
    assert in_force(ground, calls[0]) == ("human", "excused", "wrong number")


def test_many_calls_are_judged_at_once_and_those_judged_meanwhile_are_named(
    ana: Browser, ground: Ground, write: Write, calls: list[Call]
) -> None:
    seen = [pick(call) for call in calls]
    with write() as session:
        call = session.get_one(Call, calls[1].id)
        label_call(session, call=call, value="lead", reason=None, note=None, said_by="ben")
    form = {"csrf_token": ana.token(), "pick": seen, "deed": "excused", "reason": "vendor"}
    found = ana.http.post("/review", data=form, headers=JSON).get_json()
    assert found["words"] == "2 labelled excused."
    assert found["problems"] == [
        f"The call {calls[1].call_sid} was skipped: meanwhile ben said lead; look at it again."
    ]
    assert found["skipped"] == [calls[1].call_sid]
    assert [in_force(ground, call)[1] for call in calls] == ["excused", "lead", "excused"]
    undo = {"csrf_token": ana.token(), **found["undo"]["fields"]}
    back = ana.http.post(found["undo"]["action"], data=undo, headers=JSON).get_json()
    assert sorted(back["undone"]) == sorted([calls[0].call_sid, calls[2].call_sid])
    assert [in_force(ground, call)[0] for call in calls] == ["model", "human", "model"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"deed": "confirm"},
        {"deed": "nonsense", "pick": "1:x"},
        {"deed": "lead", "pick": ""},
        {"deed": "lead", "pick": "\x00:\x00"},
        {"deed": "confirm", "pick": f"{10**30}:x"},
        {"deed": "excused:no such reason", "pick": "0:x"},
        {"deed": "lead", "pick": "\u0663:\U0001f9ef"},
    ],
)
def test_a_form_of_nonsense_changes_nothing_and_says_so(
    ana: Browser, ground: Ground, calls: list[Call], fields: dict[str, str]
) -> None:
    assert re.search("Select at least one call|was skipped", ana.send("/review", **fields))
    assert [in_force(ground, call)[0] for call in calls] == ["model"] * 3


def test_nonsense_in_the_address_gets_the_first_page(ana: Browser, calls: list[Call]) -> None:
    assert "That page of the queue is not known" in ana.see("/review?cursor=x", 400)
    assert calls[0].call_sid in ana.see("/review?open=%00&done=1-99999999&what=nonsense")
    assert "are not known" in ana.send("/review/undo", batch="1-99999999")


def test_an_empty_queue_says_so(ana: Browser) -> None:
    assert "Nothing waits" in ana.read("/review")


def test_another_companys_calls_are_neither_shown_nor_judged(dee: Browser, ground: Ground, calls: list[Call]) -> None:
    assert "Nothing waits" in dee.read("/review")
    assert f"there is no call {calls[0].call_sid}" in dee.send("/review", pick=pick(calls[0]), deed="confirm")
    assert in_force(ground, calls[0])[0] == "model"


def test_who_may_not_label_sees_no_review(cho: Browser, rae: Browser) -> None:
    for browser in (cho, rae):
        assert 'href="/review"' not in browser.see("/calls")
        browser.see("/review", 403)


# The call's page


def test_a_label_that_was_taken_back_is_struck_through_with_who_and_when(
    ana: Browser, ground: Ground, calls: list[Call]
) -> None:
    where = f"/calls/{calls[0].call_sid}"
    ana.send(f"{where}/label", label="excused", reason="vendor")
    [label_id] = re.findall(r'name="label_id" value="(\d+)"', ana.see(where))
    assert "The label was taken back" in ana.send(f"{where}/label/undo", label_id=label_id)
    page = ana.see(where)
    assert re.search(r"<del>.*Excused.*vendor.*</del>", page)
    assert "Taken back by ana@example.com" in page
    assert in_force(ground, calls[0])[0] == "model"
    for nonsense in (label_id, "x", "", "9" * 30):
        assert "Nothing was taken back" in ana.send(f"{where}/label/undo", label_id=nonsense)


# The blind sample


@pytest.fixture
def check(write: Write, anas: Company) -> BlindCheck:
    """A call of long ago that was drawn; the machine said lead, for a reason and with evidence."""
    with write() as session:
        start = datetime(2026, 4, 28, 15, 0, tzinfo=UTC)
        judged(session, "lead", 0.87, started_at=start)
        draw_week(session, account=session.get_one(Account, anas.account.id), week=MONDAY)
        return session.scalars(select(BlindCheck)).one()


def test_the_blind_page_shows_what_was_said_and_nothing_that_anybody_made_of_it(
    ana: Browser, write: Write, check: BlindCheck
) -> None:
    with write() as session:
        call = session.get_one(Call, check.call_id)
        label_call(session, call=call, value="excused", reason="vendor", note="a note", said_by="ben")
    for path in ("/review/blind", f"/review/blind/{check.id}"):
        page = ana.see(path)
        assert "my furnace is out" in page
        for told in ("<mark>", 'class="label', "87%", "sure</", "a note", "ben", "m@1", f'/calls/{call.call_sid}"'):
            assert told not in page, told


@pytest.mark.parametrize(
    ("deed", "then"),
    [
        ("lead", ("human", "lead", None)),
        ("excused:wrong number", ("human", "excused", "wrong number")),
        ("cannot tell", ("model", "lead", None)),
    ],
)
def test_an_answer_is_kept_once_and_can_be_taken_back(
    ana: Browser, ground: Ground, check: BlindCheck, deed: str, then: tuple[str, str, str | None]
) -> None:
    where = f"/review/blind/{check.id}"
    assert f"Labelled blind: {deed.partition(':')[0]}." in ana.send(where, deed=deed)
    with ground.database.read() as session:
        call = session.get_one(Call, check.call_id)
    assert in_force(ground, call) == then
    assert "ana@example.com has answered this check already" in ana.send(where, deed="lead")
    ana.see(where, 404)
    assert "The answer was taken back" in ana.send(f"{where}/undo")
    assert in_force(ground, call) == ("model", "lead", None)
    assert "my furnace is out" in ana.see(where)


def test_an_answer_of_nonsense_is_refused(ana: Browser, check: BlindCheck) -> None:
    for deed in ("", "maybe", "lead:wrong number", "\x00"):
        assert "The answer was not saved" in ana.send(f"/review/blind/{check.id}", deed=deed)
    for path in ("/review/blind/999", f"/review/blind/{2**40}", "/review/blind/0"):
        ana.see(path, 404)
        assert ana.post(path, deed="lead").status_code in (404, 405)
    assert "furnace" in ana.read(f"/review/blind?done={10**30}&open=\u0663")


def test_another_companys_check_is_not_there(dee: Browser, check: BlindCheck) -> None:
    dee.see(f"/review/blind/{check.id}", 404)
    assert dee.post(f"/review/blind/{check.id}", deed="lead").status_code == 404
    assert dee.post(f"/review/blind/{check.id}/undo").status_code == 404
    assert "The next sample is drawn on" in dee.read("/review/blind")


def test_who_asks_for_no_sample_is_told_where_to(ana: Browser, write: Write, anas: Company) -> None:
    ana.send("/settings/account", time_zone="America/Chicago", lead_seconds="60", match_days="14", blind_calls="0")
    assert "No sample is drawn" in ana.read("/review/blind")
    answer = ana.post(
        "/settings/account", time_zone="America/Chicago", lead_seconds="60", match_days="14", blind_calls="501"
    )
    assert (answer.status_code, "0 to 500" in answer.text) == (400, True)


# By keyboard


def test_by_keyboard_a_word_moves_on_at_once_and_comes_back_with_u(
    page: Page,
    address: str,
    ground: Ground,
    calls: list[Call],
) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", "ana@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.goto(f"{address}/review")
    items, bar = page.locator(".item"), page.locator("[data-words]")
    opened = page.locator(".item.open .panel input[name=pick]")
    expect(items).to_have_count(3)
    page.keyboard.press("Enter")
    expect(bar).to_have_text("1 confirmed.")
    expect(opened).to_have_value(pick(calls[1]))
    page.keyboard.press("x")
    page.keyboard.press("1")
    expect(bar).to_have_text("1 labelled excused.")
    expect(opened).to_have_value(pick(calls[2]))
    assert in_force(ground, calls[1]) == ("human", "excused", "wrong number")
    page.keyboard.press("u")
    expect(bar).to_have_text("1 label taken back.")
    expect(opened).to_have_value(pick(calls[1]))
    assert in_force(ground, calls[1])[0] == "model"
    page.keyboard.press("s")
    page.keyboard.press("j")
    expect(opened).to_have_value(pick(calls[2]))
    page.keyboard.press("Shift+S")
    expect(page.locator("[data-picked]")).to_have_text(" (2)")
    page.click("#bulk button[value=lead]")
    expect(page.locator("h2")).to_have_text("Nothing waits")
    assert [in_force(ground, call)[:2] for call in calls] == [("human", "lead")] * 3


def test_with_the_reasons_open_a_key_is_a_reasons(
    page: Page, address: str, ground: Ground, calls: list[Call], anas: Company
) -> None:
    with ground.database.read() as session:
        twelfth = reasons_of(session, account_id=anas.account.id)["excused"][11]
    sign_in(page, address, "ana")
    page.goto(f"{address}/review")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.locator(".item.open .excuse")).not_to_have_attribute("open", "")
    page.keyboard.press("x")
    page.keyboard.press("c")
    expect(page.locator("[data-words]")).to_have_text("1 labelled excused.")
    expect(page.locator(".item")).to_have_count(2)
    assert in_force(ground, calls[0]) == ("human", "excused", twelfth)


def test_in_the_blind_sample_too_a_key_is_a_reasons(
    page: Page, address: str, ground: Ground, check: BlindCheck, anas: Company
) -> None:
    with ground.database.read() as session:
        twelfth = reasons_of(session, account_id=anas.account.id)["excused"][11]
    sign_in(page, address, "ana")
    page.goto(f"{address}/review/blind")
    page.keyboard.press("x")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Nothing to label")).to_be_visible()
    with ground.database.read() as session:
        call = session.get_one(Call, check.call_id)
    assert in_force(ground, call) == ("human", "excused", twelfth)
