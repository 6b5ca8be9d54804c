"""Agents' names: said in the settings, shown wherever a phone that answered is."""

import pytest
from flask import Flask, g
from sqlalchemy import event

from calltrack.accounts.accounts import find_user
from calltrack.accounts.agents import agent_names, list_agents, name_agent
from calltrack.ground import Ground
from calltrack.web.visitors import find_visitor
from calltrack.web.words import agent
from tests import twilio_wire
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Town, Write

CHO, SPARE = twilio_wire.CHO, "+13125550133"


@pytest.fixture
def named(write: Write, anas: Company) -> None:
    with write() as session:
        name_agent(session, account_id=anas.account.id, phone=CHO, name="Cho Park")


def names(ground: Ground, company: Company) -> dict[str, str]:
    with ground.database.read() as session:
        return agent_names(session, account_id=company.account.id)


def save(browser: Browser, *lines: tuple[str, str, str], **more: str) -> tuple[int, str]:
    data = {
        "csrf_token": browser.token(), "phone": [one[0] for one in lines], "name": [one[1] for one in lines],
        "user": [one[2] for one in lines], **more,
    }  # fmt: skip
    answer = browser.http.post("/settings/agents", data=data)
    return answer.status_code, answer.text if answer.status_code != 303 else browser.read(answer.location)


def test_every_phone_that_rings_waits_for_a_name(ana: Browser, anas: Company, ground: Ground, write: Write) -> None:
    page = ana.see("/settings/agents")
    assert f'name="phone" value="{CHO}"' in page
    with write() as session:
        cho = find_user(session, email="cho@example.com")
        assert cho
    status, page = save(ana, (CHO, "Cho Park", str(cho.id)), new_phone="(312) 555-0133", new_name="Lee", new_user="")
    assert (status, "Saved: 2 phones have a name." in page) == (303, True)
    with ground.database.read() as session:
        found = list_agents(session, account_id=anas.account.id)
    assert [(one.phone, one.name, one.user_id) for one in found] == [(CHO, "Cho Park", cho.id), (SPARE, "Lee", None)]


def test_a_name_that_is_taken_away_is_forgotten(ana: Browser, named: None, ground: Ground, anas: Company) -> None:
    assert "Saved: 0 phones have a name." in save(ana, (CHO, " ", ""))[1]
    assert names(ground, anas) == {}


@pytest.mark.parametrize(
    ("line", "fresh", "why"),
    [
        ((CHO, "Lee", "x"), {}, "choose one of the account"),
        ((CHO, "Lee", "999999999"), {}, "choose one of the account"),
        ((CHO, "x" * 121, ""), {}, "1 to 120 characters"),
        ((CHO, "Lee", ""), {"new_phone": "12", "new_name": "Nobody"}, "is no phone number"),
        ((CHO, "Lee", ""), {"new_phone": "", "new_name": "Nobody"}, "is no phone number"),
    ],
)
def test_all_is_saved_or_nothing_and_what_was_typed_stays(
    ana: Browser,
    named: None,
    ground: Ground,
    anas: Company,
    line: tuple[str, str, str],
    fresh: dict[str, str],
    why: str,
) -> None:
    status, page = save(ana, line, **fresh)
    assert (status, "Nothing was saved." in page) == (400, True)
    assert why in page
    assert f'value="{fresh.get("new_name", line[1])}"' in page
    assert names(ground, anas) == {CHO: "Cho Park"}


def test_odd_forms_break_nothing(ana: Browser, named: None, ground: Ground, anas: Company) -> None:
    assert ana.post("/settings/agents").status_code == 303
    assert ana.post("/settings/agents", phone=CHO).status_code == 303
    assert save(ana, ("\x00", "", ""), ("+1\x00", "Lee", ""))[0] == 400
    assert names(ground, anas) == {CHO: "Cho Park"}


def test_who_may_not_change_settings_names_nobody(cho: Browser, rae: Browser) -> None:
    for browser in (cho, rae):
        assert browser.http.get("/settings/agents").status_code == 403
        assert browser.post("/settings/agents", phone=CHO, name="me", user="").status_code == 403


def test_another_companys_phones_and_people_are_not_on_offer(dee: Browser, anas: Company, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD).answered_by = SPARE
        ben = find_user(session, email="ben@example.com")
        assert ben
    page = dee.see("/settings/agents")
    assert SPARE not in page
    assert ">Ben<" not in page
    assert save(dee, (CHO, "Ben", str(ben.id)))[0] == 400


def test_the_report_of_who_answered_says_names_and_numbers(ana: Browser, named: None, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD)
        answered_call(session, number=BILLBOARD).answered_by = SPARE
    page = ana.read("/agents?from=2026-05-01&to=2026-05-10")
    assert "Cho Park (312) 555-0190" in page
    assert page.count("(312) 555-0133") == 1


def test_a_page_asks_for_names_once(app: Flask, town: Town, named: None, ground: Ground) -> None:
    asked: list[str] = []
    with app.test_request_context(headers={"Cookie": f"calltrack_sign_in={town.tokens['Ana']}"}):
        assert find_visitor()
        event.listen(ground.database.engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
        shown = [agent(CHO), agent(SPARE), agent(CHO), agent(None)]
    assert shown == ["Cho Park", "(312) 555-0133", "Cho Park", "unknown"]
    assert len([one for one in asked if "agents" in one]) == 1


def test_before_anybody_is_signed_in_a_phone_is_its_number(app: Flask, named: None) -> None:
    with app.test_request_context():
        assert agent(CHO) == "(312) 555-0190"
        assert "agent_names" not in g
