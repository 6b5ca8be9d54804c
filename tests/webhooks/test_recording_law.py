"""The law on recording at the carrier's door: what is answered, and what is kept with the call as proof."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from calltrack.models import Account, Call, Campaign
from calltrack.telephony.recording_policy import set_recording
from calltrack.telephony.routing import save_snapshot
from calltrack.webhooks.replay import replay_spool
from tests.twilio_wire import dial, post, voice
from tests.webhooks.absence import database_away

TEXAN = {"From": "+15125550123", "Caller": "+15125550123", "FromState": "TX"}
NO_NEED = "not announced: one party's consent is enough in TX (caller) and TX (business)"


def decide(app: Flask, *, mode: str, state: str = "TX") -> None:
    house = app.extensions["calltrack"]
    with house.database.write.begin() as session:
        account = session.scalars(select(Account)).one()
        set_recording(session, account=account, mode=mode, state=state, by="Ana")
        save_snapshot(session, path=house.settings.routing_snapshot)


def kept(app: Flask) -> Call:
    with app.extensions["calltrack"].database.read() as session:
        call: Call = session.scalars(select(Call)).one()
        return call


@pytest.mark.parametrize(
    ("mode", "caller", "told", "recorded", "rule"),
    [
        ("announced", TEXAN, True, True, "announced: the company tells every caller"),
        ("by-law", TEXAN, False, True, NO_NEED),
        ("by-law", {**TEXAN, "FromState": "CA"}, True, True, "announced: asked for in CA (caller)"),
        ("by-law", {"From": "anonymous"}, True, True, "announced: it is not known where the caller is"),
        ("never", TEXAN, False, False, "not recorded: the company records no calls"),
    ],
)
def test_what_a_caller_hears_and_whether_they_are_recorded_follows_from_the_rule_that_is_kept(
    app: Flask, client: FlaskClient, mode: str, caller: dict[str, str], told: bool, recorded: bool, rule: str
) -> None:
    decide(app, mode=mode)
    twiml = post(client, "voice", voice(**caller)).text
    assert ("may be recorded" in twiml, "record-from-answer-dual" in twiml) == (told, recorded)
    call = kept(app)
    assert call.recording_rule == rule
    assert (call.announcement is not None, call.announced_at is not None) == (told, told)


def test_with_the_database_away_the_same_law_holds_and_the_same_rule_is_kept(app: Flask, client: FlaskClient) -> None:
    decide(app, mode="by-law")
    expected = post(client, "voice", voice(call="CA" + "8" * 32, **TEXAN)).text
    with database_away(app):
        assert post(client, "voice", voice(**TEXAN)).text == expected
    replay_spool(app.extensions["calltrack"])
    with app.extensions["calltrack"].database.read() as session:
        assert session.scalars(select(Call.recording_rule)).all() == [NO_NEED] * 2


def test_a_call_of_a_campaign_that_is_not_to_be_recorded_is_neither_announced_nor_recorded(
    app: Flask, client: FlaskClient
) -> None:
    with app.extensions["calltrack"].database.write.begin() as session:
        session.execute(update(Campaign).values(record=False))
    twiml = post(client, "voice", voice()).text
    assert "may be recorded" not in twiml
    assert "record-from" not in twiml
    after = post(client, "dial?at=office", dial("no-answer")).text
    assert after.index("This message is recorded") < after.index("<Record")


def test_who_is_told_only_later_in_the_call_is_kept_as_told_then(app: Flask, client: FlaskClient) -> None:
    """The company asks for announcements while the call is under way."""
    decide(app, mode="by-law")
    with app.extensions["calltrack"].database.write.begin() as session:
        session.execute(update(Campaign).values(record=False))
    post(client, "voice", voice(**TEXAN))
    assert kept(app).announced_at is None
    decide(app, mode="announced")
    with app.extensions["calltrack"].database.write.begin() as session:
        session.execute(update(Campaign).values(record=True))
    again = post(client, "menu?at=office", {**voice(**TEXAN), "CallStatus": "in-progress", "Digits": "1"}).text
    assert again.index("may be recorded") < again.index("record-from-answer-dual")
    call = kept(app)
    assert call.announced_at is not None
    assert call.recording_rule == "not recorded: the campaign is not to be recorded"
