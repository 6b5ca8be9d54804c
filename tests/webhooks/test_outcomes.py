"""What becomes of a call is in the books as it went: whole calls by the demo carrier, through the real webhooks."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.accounts import create_account
from calltrack.calls.facts import facts_of_calls
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.demo.calls import Misbehaviour
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.conversations import Conversation, read_script
from calltrack.demo.wire import post_to_wsgi
from calltrack.models import Account, Call, Number
from calltrack.telephony.blocking import block_caller
from calltrack.telephony.flow_list import give_flow
from calltrack.telephony.plan import Plan
from tests.factories import CHICAGO, LONG_AGO
from tests.telephony.flowing import ANA, a_flow
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, CHO, CHOS_COLLEAGUE, TOKEN

MAILBOX = {"kind": "voicemail", "greeting": {"text": "Please leave a message."}}
BOTH = [{"phone": CHO}, {"phone": CHOS_COLLEAGUE}]


@pytest.fixture(autouse=True)
def billboard(app: Flask) -> None:
    with app.extensions["calltrack"].database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone=CHICAGO)
        campaign = create_campaign(session, account=account, name="Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO, CHOS_COLLEAGUE],
            assigned_by=ANA, starts_at=LONG_AGO,
        )  # fmt: skip


def lead_by(app: Flask, **steps: Any) -> None:
    """Give the number a flow of these steps, the first of which is its start."""
    plan = Plan.model_validate({"start": next(iter(steps)), "steps": {**steps, "mailbox": MAILBOX}})
    with app.extensions["calltrack"].database.write.begin() as session:
        account, number = session.scalars(select(Account)).one(), session.scalars(select(Number)).one()
        give_flow(session, number=number, flow=a_flow(session, account=account, plan=plan), by=ANA)


def ring(**more: Any) -> dict[str, Any]:
    return {"kind": "ring", "phones": BOTH, "strategy": "order", "seconds": 15, "otherwise": "mailbox", **more}


def conversation(name: str, **changes: Any) -> Conversation:
    return replace(read_script()[name], **changes)


def call_in(app: Flask, spoken: Conversation, **changes: Any) -> PlacedCall:
    """The call, everything told twice and the reports in any order; nothing in our answers is refused."""
    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(app))
    try:
        placed = carrier.place_call(
            to=BILLBOARD, conversation=spoken, misbehaviour=Misbehaviour(duplicate=True, shuffle=3), **changes
        )
    finally:
        carrier.ledger.close()
    assert placed.errors == ()
    assert {exchange.status // 100 for exchange in placed.exchanges} == {2}
    return placed


def books(app: Flask, placed: PlacedCall) -> tuple[Call, str | None]:
    with app.extensions["calltrack"].database.read() as session:
        call = session.scalars(select(Call).where(Call.call_sid == placed.call_sid)).one()
        account = session.scalars(select(Account)).one()
        (facts,) = session.execute(facts_of_calls(account_id=account.id, call_ids=[call.id]))
        return call, facts.outcome


def kinds(placed: PlacedCall) -> list[str]:
    """What was asked of us, each once."""
    steers = ("voice", "menu", "dial", "whisper", "whisper-menu", "record")
    return [exchange.kind for exchange in placed.exchanges if exchange.kind in steers][::2]


def test_a_call_that_the_first_phone_does_not_take_is_put_through_to_the_second(app: Flask) -> None:
    lead_by(app, office=ring())
    placed = call_in(app, conversation("furnace-out", before=("no-answer",)))
    call, came_of_it = books(app, placed)
    assert kinds(placed) == ["voice", "dial", "dial"]
    assert [(leg.number, leg.status) for leg in placed.legs] == [(CHO, "no-answer"), (CHOS_COLLEAGUE, "completed")]
    assert (call.spoken, call.missed, call.answered_by, came_of_it) == (True, False, CHOS_COLLEAGUE, "unbooked")
    assert call.talk_seconds == placed.legs[1].seconds
    assert call.flow_version_id is not None


def test_an_agents_own_voicemail_is_nobody_of_ours(app: Flask) -> None:
    placed = call_in(app, conversation("agents-own-voicemail"))
    call, came_of_it = books(app, placed)
    assert {dict(one.params)["DialBridged"] for one in placed.exchanges if one.kind == "dial"} == {"false"}
    assert (call.spoken, call.missed_reason, call.answered_by, came_of_it) == (False, "not_bridged", None, "missed")


def test_an_agent_who_presses_no_key_has_not_taken_the_call(app: Flask) -> None:
    lead_by(app, office=ring(accept=True, whisper="A call for {campaign}."))
    placed = call_in(app, conversation("agent-refuses"))
    call, came_of_it = books(app, placed)
    assert kinds(placed) == ["voice", "whisper", "dial", "whisper", "dial"]
    assert (call.missed_reason, call.answered_by, came_of_it) == ("not_bridged", None, "missed")


def test_what_one_agent_refuses_the_next_may_take_by_a_key(app: Flask) -> None:
    lead_by(app, office=ring(accept=True))
    placed = call_in(app, conversation("furnace-out", before=("refused",)))
    call, came_of_it = books(app, placed)
    assert kinds(placed) == ["voice", "whisper", "dial", "whisper", "whisper-menu", "dial"]
    assert (call.spoken, call.answered_by, came_of_it) == (True, CHOS_COLLEAGUE, "unbooked")


@pytest.mark.parametrize("leaves_after", [9.0, 21.0])
def test_a_caller_who_gives_up_while_it_rings_has_abandoned_it(app: Flask, leaves_after: float) -> None:
    """At the first phone, or at the second."""
    lead_by(app, office=ring())
    placed = call_in(app, conversation("leaves-while-ringing", leaves_after=leaves_after))
    call, came_of_it = books(app, placed)
    assert len(placed.legs) == (1 if leaves_after < 15 else 2)
    assert (call.spoken, call.voicemail, call.missed_reason, came_of_it) == (False, False, "abandoned", "missed")


def test_of_phones_that_ring_at_once_the_one_that_answers_has_the_call(app: Flask) -> None:
    lead_by(app, office=ring(strategy="all"))
    placed = call_in(app, conversation("furnace-out", answered_by=1))
    call, came_of_it = books(app, placed)
    assert [(leg.number, leg.status) for leg in placed.legs] == [(CHO, "canceled"), (CHOS_COLLEAGUE, "completed")]
    assert (call.answered_by, call.spoken, came_of_it) == (CHOS_COLLEAGUE, True, "unbooked")


def menu() -> dict[str, Any]:
    repairs = {"key": "1", "words": ["repair", "furnace"], "next": "office"}
    return {"kind": "menu", "prompt": {"text": "Repairs?"}, "choices": [repairs], "otherwise": "mailbox"}


def test_a_caller_who_leaves_in_the_menu_has_abandoned_it(app: Flask) -> None:
    lead_by(app, menu=menu(), office=ring())
    placed = call_in(app, conversation("leaves-in-greeting", line="hangs-up-in-menu"))
    call, came_of_it = books(app, placed)
    assert kinds(placed) == ["voice"]
    assert (call.missed_reason, call.status, came_of_it) == ("abandoned", "completed", "missed")
    assert call.duration
    assert call.announcement is not None


def test_a_caller_chooses_by_voice(app: Flask) -> None:
    lead_by(app, menu=menu(), office=ring())
    placed = call_in(app, conversation("furnace-out", says=("My furnace is out",)))
    call, _ = books(app, placed)
    assert kinds(placed) == ["voice", "menu", "dial"]
    assert (call.answered_by, call.spoken) == (CHO, True)


def test_a_caller_who_chooses_nothing_may_leave_a_message(app: Flask) -> None:
    lead_by(app, menu=menu(), office=ring())
    placed = call_in(app, conversation("voicemail-no-heat", digits=("7",)))
    call, came_of_it = books(app, placed)
    assert kinds(placed) == ["voice", "menu", "menu", "record"]
    assert (call.voicemail, call.spoken, call.missed) == (True, False, False)
    assert came_of_it != "missed"


def test_a_blocked_caller_hears_a_busy_signal_and_rings_nobody(app: Flask) -> None:
    spoken = conversation("furnace-out")
    with app.extensions["calltrack"].database.write.begin() as session:
        account = session.scalars(select(Account)).one()
        block_caller(session, account=account, pattern=spoken.caller.number, why="sells ladders", by=ANA)
    placed = call_in(app, spoken)
    call, came_of_it = books(app, placed)
    assert (kinds(placed), placed.legs) == (["voice"], ())
    assert (call.status, call.duration, came_of_it) == ("busy", 0, "missed")
    assert (call.turned_away, call.missed_reason) == (f"blocked: {spoken.caller.number}", "blocked")
    assert call.announcement is None


def test_phones_take_turns_call_by_call(app: Flask) -> None:
    lead_by(app, office=ring(strategy="turns"))
    answered = [books(app, call_in(app, conversation("furnace-out")))[0].answered_by for _ in range(3)]
    assert answered == [CHO, CHOS_COLLEAGUE, CHO]
