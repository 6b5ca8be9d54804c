"""Flows through the carrier's door: every callback goes on from its place, and a retry is answered the same."""

import sys
from importlib import import_module

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from calltrack.models import Account, Call, CallFlow, Number
from calltrack.telephony.blocking import block_caller
from calltrack.telephony.flow_list import give_flow, put_in_force, save_draft
from calltrack.telephony.plan import Plan
from calltrack.telephony.routing import save_snapshot
from calltrack.webhooks.replay import replay_spool
from tests.telephony.flowing import ANA, a_flow, says
from tests.twilio_wire import BASE, BILLBOARD, CALLER, CHO, CHOS_COLLEAGUE, dial, leg, post, voice
from tests.webhooks.absence import database_away, shared

TEAM = Plan.model_validate(
    {
        "start": "menu",
        "steps": {
            "menu": {
                "kind": "menu", "prompt": {"text": "What is it?"}, "otherwise": "message",
                "choices": [{"key": "1", "words": ["repair"], "next": "team"}],
            },
            "team": {
                "kind": "ring", "phones": [{"phone": CHO}, {"phone": CHOS_COLLEAGUE}], "strategy": "turns",
                "accept": True, "otherwise": "message",
            },
            "message": {"kind": "voicemail", "greeting": {"text": "We are all out."}},
        },
    }
)  # fmt: skip


def lead(app: Flask, plan: Plan) -> int:
    """Give the number a flow with this plan, in the snapshot too; returns the id of its version."""
    house = app.extensions["calltrack"]
    with house.database.write.begin() as session:
        account, number = session.scalars(select(Account)).one(), session.scalars(select(Number)).one()
        flow = a_flow(session, account=account, plan=plan)
        give_flow(session, number=number, flow=flow, by=ANA)
        save_snapshot(session, path=house.settings.routing_snapshot)
        return flow.version_id or 0


def test_a_flow_leads_from_the_menu_to_the_phones_whose_turn_it_is(app: Flask, client: FlaskClient) -> None:
    version = lead(app, TEAM)
    twiml = post(client, "voice", voice()).text
    assert twiml.index("may be recorded") < twiml.index("<Gather") < twiml.index("What is it?")
    assert f"/webhooks/twilio/menu?at=menu&amp;c=1&amp;v={version}#rc=3" in twiml
    chosen = f"menu?at=menu&c=1&v={version}"
    first = post(client, chosen, voice(CallStatus="in-progress", Digits="1")).text
    assert f"dial?at=team&amp;c=1&amp;key=1&amp;to={BILLBOARD[1:]}&amp;turn=1&amp;v={version}#" in first
    assert (CHO in first, CHOS_COLLEAGUE in first) == (True, False)
    assert post(client, chosen, voice(CallStatus="in-progress", Digits="1")).text == first, "the same for a retry"
    second = post(client, chosen, voice(call="CA" + "7" * 32, CallStatus="in-progress", SpeechResult="a repair")).text
    assert (CHO in second, CHOS_COLLEAGUE in second) == (False, True)
    third = post(client, f"dial?at=team&turn=1&v={version}", dial("no-answer")).text
    assert (CHO in third, CHOS_COLLEAGUE in third) == (False, True)
    assert "We are all out." in post(client, f"dial?at=team&go=1&turn=1&v={version}", dial("busy")).text


def test_an_agent_is_offered_the_call_and_takes_it_by_a_key(app: Flask, client: FlaskClient) -> None:
    version = lead(app, TEAM)
    rung = leg("in-progress", at="Mon, 04 May 2026 15:00:09 +0000")
    offered = post(client, f"whisper?at=team&v={version}", rung).text
    assert offered.count(f'action="{BASE}/webhooks/twilio/menu?at=team&amp;key=1&amp;v={version}#') == 2
    assert offered.endswith("<Hangup /></Response>")
    assert post(client, f"menu?at=team&v={version}", {**rung, "Digits": "5"}).text.endswith("<Response />")


def test_an_agent_hears_the_whisper_also_where_only_the_address_names_the_number(
    app: Flask, client: FlaskClient
) -> None:
    place = f"whisper?at=team&key=1&to={BILLBOARD[1:]}&v={lead(app, TEAM)}"
    rung = leg("in-progress", at="Mon, 04 May 2026 15:00:09 +0000")
    nameless = {name: said for name, said in rung.items() if name != "CalledVia"}
    expected = post(client, place, rung).text
    assert "<Say>Call for Spring Billboard Press any key" in expected
    assert post(client, place, nameless).text == expected
    with database_away(app):
        assert post(client, place, nameless).text == expected


def test_a_call_is_led_to_its_end_by_the_version_that_it_began_with(app: Flask, client: FlaskClient) -> None:
    version = lead(app, TEAM)
    post(client, "voice", voice())
    with app.extensions["calltrack"].database.write.begin() as session:
        number = session.scalars(select(Number)).one()
        flow = session.get_one(CallFlow, number.flow_id)
        save_draft(session, flow=flow, plan=says("We have moved."), by=ANA)
        put_in_force(session, flow=flow, by=ANA)
    assert "We have moved." in post(client, "voice", voice(call="CA" + "7" * 32)).text
    assert CHO in post(client, f"menu?at=menu&v={version}", voice(CallStatus="in-progress", Digits="1")).text
    with app.extensions["calltrack"].database.read() as session:
        assert session.scalars(select(Call.flow_version_id).order_by(Call.id)).all() == [version, version + 1]


def test_who_is_blocked_is_turned_away_with_a_busy_signal_also_while_the_database_is_away(
    app: Flask, client: FlaskClient
) -> None:
    house = app.extensions["calltrack"]
    with house.database.write.begin() as session:
        account = session.scalars(select(Account)).one()
        block_caller(session, account=account, pattern=CALLER, why=None, by=ANA)
        save_snapshot(session, path=house.settings.routing_snapshot)
    rejected = '<Response><Reject reason="busy" /></Response>'
    assert post(client, "voice", voice()).text.endswith(rejected)
    with database_away(app):
        assert post(client, "voice", voice(call="CA" + "7" * 32)).text.endswith(rejected)
    replay_spool(house)
    with house.database.read() as session:
        assert session.scalars(select(Call.turned_away)).all() == [f"blocked: {CALLER}"] * 2


def test_with_the_database_away_a_flow_goes_on_from_the_snapshot(app: Flask, client: FlaskClient) -> None:
    version = lead(app, TEAM)
    with database_away(app):
        assert "What is it?" in post(client, "voice", voice()).text
        rung = post(client, f"menu?at=menu&v={version}", voice(CallStatus="in-progress", Digits="1")).text
        assert (CHO in rung) != (CHOS_COLLEAGUE in rung)
        assert "We are all out." in post(client, f"dial?at=team&go=1&turn=1&v={version}", dial("busy")).text
    replay_spool(app.extensions["calltrack"])
    with app.extensions["calltrack"].database.read() as session:
        assert session.scalars(select(Call.flow_version_id)).one() == version


@pytest.mark.shared_data
def test_every_answer_of_a_flow_is_valid_twiml(app: Flask, client: FlaskClient) -> None:
    sys.path.insert(0, str(shared() / "tools"))
    twiml_check = import_module("twiml_check")
    version = lead(app, TEAM)
    rung = leg("in-progress", at="Mon, 04 May 2026 15:00:09 +0000")
    for kind, params in (
        ("voice", voice()),
        ("menu?at=menu", voice(CallStatus="in-progress", Digits="")),
        ("menu?at=menu", voice(CallStatus="in-progress", Digits="1")),
        ("whisper?at=team", rung),
        ("menu?at=team", {**rung, "Digits": "1"}),
        ("dial?at=team&turn=1", dial("no-answer")),
        ("dial?at=team&go=1&turn=1", dial("no-answer")),
        ("voicemail", voice(CallStatus="in-progress")),
    ):
        answer = post(client, f"{kind}{'&' if '?' in kind else '?'}v={version}", params)
        context = "whisper" if "ParentCallSid" in params else "voice"
        assert twiml_check.check(answer.data, answer.content_type, context) == [], kind
