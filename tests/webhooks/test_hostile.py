"""Ten thousand hostile requests at the doors of both carriers: none is believed, none breaks anything, none is kept."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import select
from werkzeug.test import TestResponse

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.demo.signalwire import with_uuids
from calltrack.models import Base
from calltrack.telephony.routing import save_snapshot
from tests.conftest import make_app
from tests.twilio_wire import ACCOUNT, BILLBOARD, CHO, TOKEN, answered_call, voice
from tests.webhooks.attacks import ATTACKS, ODDITIES, Keys, Sent

REQUESTS = 10_000
PROJECT, KEY = "b08dacad-ab6e-4ea2-9d42-6e4b5b0a4e11", "PSK-of-the-tests"
KEYS = Keys(twilio=TOKEN, signalwire=KEY)
WELL_SIGNED = {"another account, well signed": 6, "genuine request again": 4}


@dataclass
class House:
    """The application, what it keeps, and the genuine requests that it has answered."""

    app: Flask
    genuine: Sequence[Sent]

    def send(self, one: Sent) -> TestResponse:
        return self.app.test_client().open(**one.as_arguments())

    def keeps(self) -> dict[str, Any]:
        """Every row of every table, and every file beside the database."""
        ground = self.app.extensions["calltrack"]
        with ground.database.read() as session:
            kept: dict[str, Any] = {
                table.name: Counter(tuple(map(repr, row)) for row in session.execute(select(table)))
                for table in Base.metadata.sorted_tables
            }
        spool: Path = ground.settings.spool
        return kept | {
            "spool": sorted(spool.glob("*")),
            "recordings": sorted(Path(ground.settings.recordings_url).rglob("*")),
        }


@pytest.fixture
def house(on_sqlite: Database, tmp_path: Path) -> House:
    """A company with a number at each carrier, and one whole call through each door."""
    app = make_app(
        database=on_sqlite, folder=tmp_path, signalwire_project_id=PROJECT, signalwire_api_token="PT-of-the-tests",
        signalwire_signing_key=KEY, signalwire_space_url="https://tests.signalwire.example",
    )  # fmt: skip
    found = app.extensions["calltrack"]
    with found.database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="ana"
        )
        save_snapshot(session, path=found.settings.routing_snapshot)
    text = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "From": CHO, "To": BILLBOARD, "Body": "Are you open?"}
    genuine = [
        KEYS.signed(carrier=carrier, kind=kind, params=_spoken_by(carrier, params))
        for carrier in ("twilio", "signalwire")
        for kind, params in [*answered_call(), ("message", text)]
    ]
    made = House(app=app, genuine=genuine)
    for one in genuine:
        assert made.send(one).status_code in (200, 204)
    return made


def _spoken_by(carrier: str, params: dict[str, str]) -> dict[str, str]:
    if carrier == "twilio":
        return params
    return {name: with_uuids(value) for name, value in params.items()} | {"AccountSid": PROJECT}


def _refusals() -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "calltrack_webhooks_total" and sample.labels["outcome"] == "refused"
    )


def _of_another_account(chance: random.Random) -> Sent:
    carrier = chance.choice(("twilio", "signalwire"))
    stranger = chance.choice(("AC" + "9" * 32, "", ACCOUNT.lower(), f"{ACCOUNT} ", PROJECT, "\x00", ACCOUNT))
    if stranger == {"twilio": ACCOUNT, "signalwire": PROJECT}[carrier]:
        stranger = stranger[::-1]
    params = {**_spoken_by(carrier, voice(call=f"CA{chance.randbytes(16).hex()}")), "AccountSid": stranger}
    return KEYS.signed(carrier=carrier, kind=chance.choice(("voice", "status", "message")), params=params)


def _requests(genuine: Sequence[Sent], chance: random.Random) -> list[tuple[str, Sent]]:
    every = {**ATTACKS, **ODDITIES}
    weights: dict[str, int] = {**WELL_SIGNED, **{name: often for name, (_, often) in every.items()}}
    made: list[tuple[str, Sent]] = []
    for name in chance.choices(list(weights), list(weights.values()), k=REQUESTS):
        one = chance.choice(genuine)
        if name in every:
            attack: Callable[..., Sent] = every[name][0]
            one = attack(one, chance, genuine)
        elif name == "another account, well signed":
            one = _of_another_account(chance)
        made.append((name, one))
    return made


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_hostile_requests_leave_no_trace_but_a_counter(house: House) -> None:
    kept, refused_before = house.keeps(), _refusals()
    refused, seen = 0, Counter[str]()
    for name, one in _requests(house.genuine, random.Random(20260504)):
        answer = house.send(one)
        status, where = answer.status_code, (name, one.method, one.path[:80], one.signature, one.environ)
        assert status < 500, where
        assert not {"Set-Cookie", "X-Injected", "Location"} & set(answer.headers.keys()), where
        assert "evil.example" not in answer.text, where
        if name == "genuine request again":
            assert status in (200, 204), where
        elif name == "another account, well signed":
            assert status == 403, where
        elif name in ATTACKS:
            assert status in (400, 403, 413), (status, where)
        else:
            # What OPTIONS answers says which methods there are, and no more; no carrier signs the method.
            assert status >= 400 or (one.method == "OPTIONS" and not answer.text), (status, where)
        refused += status == 403
        seen[name] += 1
    assert house.keeps() == kept
    assert _refusals() - refused_before == refused
    assert refused > REQUESTS / 2
    assert set(seen) == {*ATTACKS, *ODDITIES, *WELL_SIGNED}


def test_a_body_over_a_megabyte_is_not_read_even_when_it_is_well_signed(house: House) -> None:
    kept = house.keeps()
    for carrier in ("twilio", "signalwire"):
        params = {**_spoken_by(carrier, voice(call="CA" + "7" * 32)), "CallerName": "x" * (1024 * 1024 + 1)}
        assert house.send(KEYS.signed(carrier=carrier, kind="voice", params=params)).status_code == 413
    assert house.keeps() == kept


def test_a_genuine_request_told_again_with_another_retry_token_makes_no_second_call(house: House) -> None:
    """The token is not signed: whoever has seen a genuine request may send it again under another."""
    calls = ("calls", "call_legs", "messages", "recordings", "transcripts")
    kept = house.keeps()
    for one in house.genuine:
        arguments = one.as_arguments()
        arguments["headers"] = [*arguments["headers"], ("I-Twilio-Idempotency-Token", "another")]
        assert house.app.test_client().open(**arguments).status_code in (200, 204)
    after = house.keeps()
    for table in calls:
        assert len(after[table]) == len(kept[table]), table
