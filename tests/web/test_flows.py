"""Call flows on pages: written as a draft, tried, put in force, given to numbers."""

import re

import pytest
from sqlalchemy import select

from calltrack.models import CallFlow, Number
from calltrack.telephony.flow_list import create_flow, find_version, give_flow, put_in_force
from calltrack.telephony.plan import Hours, Menu, Plan, Ring
from calltrack.web.flow_models import MODELS
from tests.factories import Company
from tests.web.conftest import Browser, Write, words_of

MONDAY_NOON = "2026-05-04T12:00"
SUNDAY_NOON = "2026-05-03T12:00"


@pytest.fixture
def flow(write: Write, anas: Company) -> CallFlow:
    """A flow with opening hours, in force on Ana's number."""
    with write() as session:
        made = create_flow(session, account=anas.account, name="Office", plan=MODELS["hours"].plan, by="Ana")
        put_in_force(session, flow=made, by="Ana")
        give_flow(session, number=session.get_one(Number, anas.number.id), flow=made, by="Ana")
    return made


def draft_of(write: Write, flow: CallFlow) -> Plan:
    with write() as session:
        return Plan.model_validate(session.get_one(CallFlow, flow.id).draft)


def at(flow: CallFlow, rest: str = "") -> str:
    return f"/settings/flows/{flow.id}{rest}"


def kept(browser: Browser, path: str, **fields: str) -> str:
    """A form that is refused: the words of the page that shows it again."""
    answer = browser.post(path, **fields)
    assert answer.status_code == 400, answer.text
    return words_of(answer.text)


def test_a_flow_begins_as_the_draft_of_a_ready_plan_and_becomes_version_one(ana: Browser, write: Write) -> None:
    assert "No call flow yet" in ana.read("/settings/flows")
    page = ana.send("/settings/flows", name="After hours", model="hours")
    assert "Draft: not in force yet." in page
    assert "Mon-Fri 08:00 to 17:00" in page
    with write() as session:
        made = session.scalars(select(CallFlow)).one()
    assert "Version 1 is in force. " in (page := ana.send(at(made, "/force")))
    assert "No number has it yet: an administrator can give it to one" in page
    listed = ana.read("/settings/flows")
    assert re.search(r"After hours Version 1 since .* by ana@example.com none", listed), listed
    assert "has no draft to put in force" in kept(ana, at(made, "/force"))


def test_the_page_of_a_flow_reads_as_its_callers_hear_it(ana: Browser, flow: CallFlow) -> None:
    page = ana.read(at(flow))
    told = ["Everybody hears first", "Hours Opening hours", "Office Phones ring", "After hours Voicemail"]
    assert [page.index(words) for words in told] == sorted(page.index(words) for words in told)
    assert "open Office" in page
    assert 'href="#step-after-hours"' in ana.see(at(flow))


def test_a_change_waits_in_the_draft_while_callers_hear_what_is_in_force(
    ana: Browser, write: Write, flow: CallFlow
) -> None:
    page = ana.send(
        at(flow, "/steps/office"), title="Front desk", phones="(312) 555-0190\n+13125550191 weight 3",
        strategy="weighted", seconds="20", whisper="{campaign} call", accept="1", otherwise="message",
    )  # fmt: skip
    assert "Front desk is saved in the draft." in page
    assert "(312) 555-0191 (weight 3)" in page
    plan = draft_of(write, flow)
    ring, hours = plan.steps["front-desk"], plan.steps["hours"]
    assert isinstance(ring, Ring)
    assert isinstance(hours, Hours)
    assert [(one.phone, one.weight) for one in ring.phones] == [("+13125550190", 1), ("+13125550191", 3)]
    assert hours.open == "front-desk"  # whoever led to it under its old name
    in_force = ana.read(at(flow, "?version=1"))
    assert "This is version 1" in in_force
    assert "Front desk" not in in_force
    assert "The draft is discarded" in ana.send(at(flow, "/discard"))
    assert "Front desk" not in ana.read(at(flow))


def test_opening_hours_are_read_as_people_write_them(ana: Browser, write: Write, flow: CallFlow) -> None:
    ana.send(
        at(flow, "/steps/hours"), title="Hours", mon="8-12, 1pm to 5:30 pm", tue="08:00\N{EN DASH}17:00", wed="closed",
        thu="", fri="all day", sat="9-12", sun="", open="office", closed="new:voicemail",
        holidays="2026-12-25 Christmas\n2026-12-24 Christmas Eve 08:00-12:00",
    )  # fmt: skip
    plan = draft_of(write, flow)
    hours = plan.steps["hours"]
    assert isinstance(hours, Hours)
    assert hours.weekly == {
        "mon": (("08:00", "12:00"), ("13:00", "17:30")), "tue": (("08:00", "17:00"),), "fri": (("00:00", "24:00"),),
        "sat": (("09:00", "12:00"),),
    }  # fmt: skip
    assert [(one.name, one.hours) for one in hours.holidays] == [
        ("Christmas Eve", (("08:00", "12:00"),)), ("Christmas", ()),
    ]  # fmt: skip
    assert hours.closed == "message-2"
    assert plan.steps["message-2"].kind == "voicemail"
    shown = ana.see(at(flow, "/steps/hours"))
    assert 'value="08:00-12:00, 13:00-17:30"' in shown
    assert "2026-12-24 Christmas Eve 08:00-12:00" in shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mon": "8 to noonish"}, "the hours of Monday like 08:00-12:00"),
        ({"mon": "17-8"}, "17:00 to 08:00 is no stretch of time"),
        ({"holidays": "Christmas"}, "Begin the holiday 'Christmas' with its date"),
        ({"open": "nowhere"}, "Choose where “While you are open” leads to."),
        ({"title": "!!!"}, "Enter a name for the step"),
        ({"title": "message"}, "there is a step 'Message' already"),
        ({"holidays": "2026-12-25 A\n2026-12-25 B"}, "Two holidays are on 2026-12-25"),
    ],
)
def test_a_form_that_cannot_be_kept_says_why_and_keeps_what_was_typed(
    ana: Browser, flow: CallFlow, fields: dict[str, str], said: str
) -> None:
    good = {"title": "Hours", "mon": "8-17", "open": "office", "closed": "after-hours", "tue": "6-7"}
    answer = ana.post(at(flow, "/steps/hours"), **{**good, **fields})
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert 'value="6-7"' in answer.text


def test_a_menu_is_rows_of_keys_words_and_ways_and_blank_rows_are_left_out(
    ana: Browser, write: Write, flow: CallFlow
) -> None:
    fields = {
        "kind": "menu", "title": "Which trade", "before": "office", "prompt_text": "Heating or cooling?",
        "key_1": "1", "words_1": "Heating, furnace", "next_1": "office", "next_2": "office",
        "key_3": "2", "words_3": "cooling", "next_3": "new:ring", "tries": "3", "seconds": "6", "otherwise": "office",
    }  # fmt: skip
    page = ana.send(at(flow, "/steps"), **fields)
    assert "1 or “heating” or “furnace”" in page
    plan = draft_of(write, flow)
    menu, hours = plan.steps["which-trade"], plan.steps["hours"]
    assert isinstance(menu, Menu)
    assert isinstance(hours, Hours)
    assert [(one.key, one.next) for one in menu.choices] == [("1", "office"), ("2", "ring")]
    assert hours.open == "which-trade"
    twice = {**fields, "title": "Two", "words_3": "Furnace"}
    assert "Two choices have the word 'furnace'" in kept(ana, at(flow, "/steps"), **twice)
    assert "Two choices have the key 1" in kept(ana, at(flow, "/steps"), **{**fields, "title": "Two", "key_3": "1"})


def test_no_step_may_send_a_caller_in_a_circle(ana: Browser, flow: CallFlow) -> None:
    fields = {"title": "Office", "phones": "", "strategy": "all", "seconds": "25", "otherwise": "hours"}
    assert "a caller would go in a circle: hours → office → hours" in kept(ana, at(flow, "/steps/office"), **fields)


def test_a_tracking_number_is_no_phone_to_ring(ana: Browser, flow: CallFlow) -> None:
    fields = {"title": "Office", "phones": "(312) 555-0142", "strategy": "all", "seconds": "25", "otherwise": "message"}
    assert "Office: +13125550142 is a tracking number of yours" in kept(ana, at(flow, "/steps/office"), **fields)


def test_who_led_to_a_removed_step_goes_on_to_where_it_led(ana: Browser, write: Write, flow: CallFlow) -> None:
    assert "Office is removed: callers go on to Message." in ana.send(at(flow, "/steps/office/remove"))
    hours = draft_of(write, flow).steps["hours"]
    assert isinstance(hours, Hours)
    assert hours.open == "message"
    page = ana.send(at(flow, "/steps/message/remove"))
    assert "Message was not removed: Hours leads there; let it lead elsewhere first." in page


def test_a_step_that_nobody_comes_to_is_said_and_may_go(ana: Browser, flow: CallFlow) -> None:
    page = ana.send(at(flow, "/steps"), kind="hangup", title="Bye", prompt_text="Goodbye.")
    assert "No caller comes to Bye" in page
    assert "Bye is removed." in ana.send(at(flow, "/steps/bye/remove"))


def test_an_earlier_version_is_put_in_force_again_as_a_new_one(ana: Browser, write: Write, flow: CallFlow) -> None:
    ana.send(at(flow, "/whole"), start="office", spam="1")
    ana.send(at(flow, "/force"))
    page = ana.read(at(flow))
    assert "Version 2 in force" in page
    assert "Calls begin with Office; other callers are turned away" in page
    assert "Version 1 is in force again" in ana.send(at(flow, "/versions/1/restore"))
    with write() as session:
        now = find_version(session, flow=session.get_one(CallFlow, flow.id), number=3)
    assert now is not None
    assert Plan.model_validate(now.plan) == MODELS["hours"].plan


def test_only_an_administrator_gives_a_flow_to_a_number_and_takes_it_back(
    ada: Browser, ana: Browser, flow: CallFlow, anas: Company
) -> None:
    number = str(anas.number.id)
    assert ana.post(at(flow, "/numbers"), number_id=number, plain="1").status_code == 403
    assert "still answers +13125550142" in kept(ada, at(flow, "/retire"))
    assert "rings its own phones, then takes a message" in ada.send(at(flow, "/numbers"), number_id=number, plain="1")
    assert "(312) 555-0142 has this flow from the next call on." in ada.send(at(flow, "/numbers"), number_id=number)
    ada.send(at(flow, "/numbers"), number_id=number, plain="1")
    assert "Office is out of use." in ada.send(at(flow, "/retire"))
    page = ada.read("/settings/flows")
    assert "Out of use (1) Office" in page
    page = ada.see(at(flow))
    assert "Version 1" in words_of(page)
    assert 'method="post"' not in page.partition("<main")[2]
    assert "Mon-Fri 08:00 to 17:00" in ada.read(at(flow, "?version=1"))
    ada.see(at(flow, "/try"), 404)


def test_another_company_finds_no_flow_and_no_form_of_one(dee: Browser, flow: CallFlow) -> None:
    for rest in ("", "/steps?kind=ring", "/steps/office", "/try"):
        dee.see(at(flow, rest), 404)
    for rest in ("", "/force", "/discard", "/steps/office", "/steps/office/remove", "/versions/1/restore", "/retire"):
        assert dee.post(at(flow, rest), kind="ring").status_code == 404


def test_whatever_is_sent_is_answered_with_a_page(ada: Browser, flow: CallFlow) -> None:
    junk = {"title": "x\x00" * 50, "phones": "x\n" * 400, "seconds": "9" * 400, "strategy": "\u202e", "next_1": "'"}
    for rest in ("/steps/office", "/steps/hours", "/whole", "/numbers", ""):
        assert ada.post(at(flow, rest), number_id="9" * 30, **junk).status_code in (303, 400)
    ada.see(at(flow, "/steps?kind=junk"), 404)
    ada.see(at(flow, "/steps/nothing"), 404)
    ada.see(at(flow, "?version=99999999999999"), 200)
    ada.see(at(flow, "?version=77"), 404)


def test_trying_a_flow_tells_the_call_as_a_story_and_stores_nothing(ana: Browser, write: Write, flow: CallFlow) -> None:
    asked = f"?happens=answered&at={MONDAY_NOON}&caller=(312)+555-0123"
    page = ana.read(at(flow, "/try" + asked))
    assert "It is open at this moment Hours" in page
    assert re.search(r"\(312\) 555-0190 rings Office .* picks up after 7 seconds", page)
    assert "The two talk, and it is recorded" in page
    closed = ana.read(at(flow, "/try" + asked.replace(MONDAY_NOON, SUNDAY_NOON)))
    assert "It is closed at this moment" in closed
    assert "rings" not in closed.partition("What happens")[2].partition("A call")[0].split("It is closed")[1]
    assert "No calls" in ana.read("/calls") or "0 calls" in ana.read("/calls")


def test_a_try_of_the_draft_follows_the_draft(ana: Browser, flow: CallFlow) -> None:
    ana.send(at(flow, "/whole"), start="message")
    asked = f"/try?happens=no-answer&at={MONDAY_NOON}&which="
    assert "(312) 555-0190 rings" not in ana.read(at(flow, asked + "draft"))
    assert "(312) 555-0190 rings" in ana.read(at(flow, asked + "force"))


def test_a_blocked_caller_is_turned_away_in_a_try(ana: Browser, flow: CallFlow) -> None:
    ana.send("/settings/blocked", pattern="+1900*", why="robots")
    page = ana.read(at(flow, "/try?happens=answered&caller=(900)+555-0123"))
    assert "turned away, because every number that begins with +1900 is blocked; no phone rings" in page


@pytest.mark.parametrize("wrong", ["caller=nobody", "at=noon", "happens=wonders", "happens=answered&keys=abc"])
def test_a_try_that_cannot_be_says_what_to_enter(ana: Browser, flow: CallFlow, wrong: str) -> None:
    page = ana.see(at(flow, f"/try?happens=answered&{wrong}" if "happens" not in wrong else f"/try?{wrong}"), 400)
    assert 'role="alert"' in page
