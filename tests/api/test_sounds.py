"""Sounds and announcements over the API, up to what a call's consent says."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask

from calltrack.ground import Ground
from tests.api.conftest import Program
from tests.factories import Company
from tests.telephony.flowing import EVENING
from tests.telephony.sounding import mp3, wav
from tests.twilio_wire import BASE, CALL, TOKEN, post, voice


def upload(program: Program, body: bytes, **changes: Any) -> Any:
    audio = b64encode(body).decode()
    return program.post("/sounds", {"name": "Welcome", "says": "Welcome to Ana's.", "audio": audio, **changes})


def test_a_file_that_is_uploaded_can_be_played_by_the_carrier(app: Flask, ana: Program) -> None:
    body = mp3(seconds=60) * 6  # with more bytes than other requests may have
    assert len(b64encode(body)) > 1024**2
    sound = upload(ana, body)
    digest = sha256(body).hexdigest()
    assert (sound["sha256"], sound["kind"], sound["size"]) == (digest, "mp3", len(body))
    assert sound["url"] == f"{BASE}/sounds/{digest}.mp3"
    played = app.test_client().get(sound["url"].removeprefix(BASE), buffered=True)
    assert (played.status_code, played.data) == (200, body)
    assert upload(ana, body, name="Again") == sound
    assert ana.get("/sounds")["items"] == [sound]


@pytest.mark.parametrize(
    ("change", "told"),
    [({"audio": "no base64"}, "audio: is no Base64"), ({"audio": None}, "audio"),
     ({"audio": "ü"}, "audio: is no Base64"),
     ({"audio": b64encode(b"<html>").decode()}, "an HTML page"), ({"audio": ""}, "an empty body"),
     ({"name": " "}, "needs a name"), ({"says": " "}, "the words that the sound says")],
)  # fmt: skip
def test_what_is_no_sound_is_refused(ana: Program, change: dict[str, Any], told: str) -> None:
    body = {"name": "Welcome", "says": "Welcome.", "audio": b64encode(wav()).decode(), **change}
    assert told in ana.refused(422, "POST", "/sounds", body)


def test_a_body_that_is_too_large_is_refused(ana: Program) -> None:
    assert "larger than 7 MiB" in ana.refused(413, "POST", "/sounds", {"audio": "x" * 7_100_000})
    assert "larger than 1 MiB" in ana.refused(413, "POST", "/blocked-callers", {"pattern": "x" * 1_100_000})


def test_a_call_s_consent_names_the_sound_and_the_version_of_the_flow(
    app: Flask, ground: Ground, ada: Program, anas: Company
) -> None:
    vars(ground.settings).update(twilio_auth_token=(TOKEN,))
    sound = upload(ada, wav(), says="This call is recorded.")
    told = ada.put(f"/campaigns/{anas.campaign.id}/announcement", {"audio": sound["sha256"]})
    assert told == {"text": "This call is recorded.", "audio": sound["sha256"]}
    ada.post("/flows", {"name": "Evenings", "plan": EVENING})
    number = {"phone_number": anas.number.phone_number, "campaign_id": anas.campaign.id, "forward_to": ["+13125550190"]}
    ada.post("/numbers", {**number, "flow": "Evenings"})
    answer = post(app.test_client(), "voice", voice())
    assert f"{sound['url']}</Play>" in answer.text
    consent = ada.get(f"/calls/{CALL}")["consent"]
    assert consent.pop("at")
    assert consent == {
        "announcement": "This call is recorded.", "audio": sound["sha256"], "sound": "Welcome", "flow": "Evenings",
        "flow_version": 1, "rule": "announced: asked for in IL (caller)",
    }  # fmt: skip
    assert "the announcement of 'Billboard'" in ada.refused(422, "DELETE", f"/sounds/{sound['id']}")
    assert ada.put(f"/campaigns/{anas.campaign.id}/announcement", {}) == {"text": None, "audio": None}
    assert ada.delete(f"/sounds/{sound['id']}") == sound
    assert app.test_client().get(sound["url"].removeprefix(BASE)).status_code == 404
    assert ada.get(f"/calls/{CALL}")["consent"]["sound"] is None


def test_the_account_always_tells_its_callers_something(ana: Program) -> None:
    before = ana.get("/account")["announcement"]
    assert before["text"]
    for said in ({}, {"text": " "}, {"text": "x" * 1001}, {"audio": "ab" * 32}):
        ana.refused(422, "PATCH", "/account", {"announcement": said})
    sound = upload(ana, wav())
    changed = ana.ask("PATCH", "/account", {"announcement": {"audio": sound["sha256"]}, "lead_seconds": 45}).get_json()
    assert changed["announcement"] == {"text": "Welcome to Ana's.", "audio": sound["sha256"]}
    assert changed["lead_seconds"] == 45
    ana.ask("PATCH", "/account", {"announcement": {"text": "We record."}})
    assert ana.get("/account")["announcement"] == {"text": "We record.", "audio": None}


def test_another_company_s_sound_is_as_unknown_as_none(ada: Program, anas: Company, dee: Program) -> None:
    sound = upload(dee, wav())
    assert "there is no sound 1;" in ada.refused(404, "DELETE", "/sounds/1")
    assert ada.get("/sounds")["items"] == []
    said = {"audio": sound["sha256"], "text": "x"}
    assert "among yours" in ada.refused(422, "PUT", f"/campaigns/{anas.campaign.id}/announcement", said)
    bye = {"start": "bye", "steps": {"bye": {"kind": "hangup", "prompt": said}}}
    assert "steps.bye.prompt.audio" in ada.refused(422, "POST", "/flows", {"name": "Bye", "plan": bye})
    assert dee.get("/sounds")["items"] == [sound]
