"""One company with one number, whose calls come through the carrier's door."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.telephony.routing import save_snapshot
from tests.twilio_wire import BILLBOARD, CHO, CHOS_COLLEAGUE


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    house = app.extensions["calltrack"]
    with house.database.write.begin() as session:
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
        save_snapshot(session, path=house.settings.routing_snapshot)
    return app.test_client()
