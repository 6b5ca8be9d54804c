"""The carrier and calltrack's own webhooks: nothing in the answers is refused, and the books say what happened."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.demo.calls import Misbehaviour
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.wire import post_to_wsgi
from calltrack.models import Call
from tests.conftest import make_app
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, CHO, CHOS_COLLEAGUE, TOKEN

# One conversation for each way a call can go, and whether it ends spoken to, or with a message.
SPOKEN_TO, MESSAGE = {"furnace-out", "thermostat-install", "too-short-silence"}, {"voicemail-no-heat"}
UNANSWERED = {
    "nobody-answers",
    "leaves-in-greeting",
    "leaves-while-ringing",
    "everyone-busy",
    "agents-own-voicemail",
    "agent-refuses",
}


@pytest.fixture
def house(on_sqlite: Database, tmp_path: Path) -> Flask:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session,
            account=account,
            phone_number=BILLBOARD,
            campaign=campaign,
            forward_to=[CHO, CHOS_COLLEAGUE],
            assigned_by="ana",
            whisper="Call for Spring Billboard",
        )
    return make_app(database=on_sqlite, folder=tmp_path)


@pytest.fixture
def carrier(house: Flask) -> DemoCarrier:
    return DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post_to_wsgi(house))


def booked_as(house: Flask, placed: PlacedCall) -> Call:
    with house.extensions["calltrack"].database.read() as session:
        call: Call = session.scalars(select(Call).where(Call.call_sid == placed.call_sid)).one()
        return call


@pytest.mark.parametrize("conversation", sorted(SPOKEN_TO | MESSAGE | UNANSWERED))
def test_a_call_stands_in_the_books_as_it_went(house: Flask, carrier: DemoCarrier, conversation: str):
    placed = carrier.place_call(to=BILLBOARD, conversation=conversation)
    assert placed.errors == ()
    assert {exchange.status // 100 for exchange in placed.exchanges} == {2}
    call = booked_as(house, placed)
    assert (call.status, call.duration, call.caller) == (placed.status, placed.seconds, placed.caller)
    assert call.started_at - placed.started_at.replace(microsecond=0) <= timedelta(seconds=1)
    assert call.spoken == (conversation in SPOKEN_TO)
    assert call.voicemail == (conversation in MESSAGE)
    assert call.missed == (conversation in UNANSWERED)


@pytest.mark.parametrize("seed", range(3))
def test_the_books_are_right_whatever_the_order_and_however_often(house: Flask, carrier: DemoCarrier, seed: int):
    placed = carrier.place_call(
        to=BILLBOARD, conversation="furnace-out", misbehaviour=Misbehaviour(duplicate=True, shuffle=seed)
    )
    call = booked_as(house, placed)
    assert (call.status, call.duration, call.answered_by) == ("completed", placed.seconds, CHO)
    assert (call.spoken, call.missed) == (True, False)
    before = vars(call) | {"_sa_instance_state": None}
    carrier.redeliver(exchanges=placed.exchanges, shuffle=seed)
    assert vars(booked_as(house, placed)) | {"_sa_instance_state": None} == before
