"""What an agent's press on "Pause recording" leaves out, from the press to the carrier and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.accounts import create_account
from calltrack.calls.pauses import pause_recording, resume_recording, standing_pause
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.wire import Reply, post_to_wsgi
from calltrack.models import Call, RecordingPause
from calltrack.telephony import rest as rest_module
from tests.conftest import make_app
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, CHO, TOKEN


@dataclass
class Agent:
    """Takes part in a call of the demo carrier: does something when a delivery of a kind comes by for the nth time."""

    app: Flask
    deeds: dict[tuple[str, int], Callable[[], object]]
    seen: dict[str, int]

    def post(self, **request: Any) -> Reply:
        reply = post_to_wsgi(self.app)(**request)
        body = request["body"].decode()
        for name in ("RecordingStatus=in-progress", "TranscriptionEvent=transcription-content"):
            if name in body:
                self.seen[name] = self.seen.get(name, 0) + 1
                self.deeds.get((name, self.seen[name]), lambda: None)()
        return reply


@pytest.mark.enable_socket
def test_the_recording_holds_nothing_of_what_was_said_in_a_pause(
    on_sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the agent's press to the carrier and back, with the carrier of the demo."""
    monkeypatch.setattr(rest_module._PACE, "_between", 0.0)
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="ana"
        )
    agent = Agent(make_app(database=on_sqlite, folder=tmp_path, transcriber="carrier"), {}, {})
    settings = agent.app.extensions["calltrack"].settings
    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=agent.post)
    server = start_server(
        app=create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN), host="127.0.0.1", port=0
    )
    vars(settings)["twilio_api_url"] = f"http://127.0.0.1:{server.server_port}"

    def call() -> Call:
        with on_sqlite.read() as session:
            return session.scalars(select(Call)).one()

    agent.deeds = {
        ("TranscriptionEvent=transcription-content", 2): lambda: pause_recording(
            on_sqlite, settings, call=call(), by="Cho"
        ),
        ("TranscriptionEvent=transcription-content", 4): lambda: resume_recording(
            on_sqlite, settings, call=call(), by="Cho"
        ),
    }
    try:
        placed = carrier.place_call(to=BILLBOARD, conversation="furnace-out", started_at=datetime.now(UTC))
        [recorded] = [one for one in carrier.ledger.list(kind="recording") if one["call_sid"] == placed.call_sid]
    finally:
        server.shutdown()
        server.server_close()
    words = [turn.text for turn in placed.conversation.turns]
    heard = [part["text"] for part in recorded["demo"]["parts"]]
    assert recorded["status"] == "completed"
    assert words[2] not in heard
    assert words[3] not in heard
    assert {words[0], words[1], words[4]} <= set(heard)
    with on_sqlite.read() as session:
        [pause] = session.scalars(select(RecordingPause)).all()
        assert pause.resumed_by == "Cho"
        assert standing_pause(session, call_id=pause.call_id) is None
