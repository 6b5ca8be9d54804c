"""Campaigns, costs and tracking numbers over the API."""

from datetime import UTC, datetime, timedelta

import pytest

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.numbers import own_number
from calltrack.ground import Ground
from calltrack.period import today
from tests.api.conftest import BILLBOARD, DEES_NUMBER, Program, reach_carrier
from tests.factories import CHICAGO, Company
from tests.twilio_wire import ACCOUNT, BASE

NUMBER = {"phone_number": "+13125550188", "forward_to": ["+13125550190"]}


def test_a_campaigns_daily_cost_counts_from_the_accounts_today(ana: Program) -> None:
    made = ana.ask(
        "POST", "/campaigns", {"name": " Radio ", "category": "audio", "daily_cost": "85", "lead_seconds": 45}
    )
    assert made.status_code == 201
    campaign = made.get_json()
    assert (campaign["name"], campaign["category"], campaign["daily_cost"]) == ("Radio", "audio", "85.00")
    assert campaign["lead_seconds"] == 45
    costs = ana.get(f"/campaigns/{campaign['id']}/costs")
    assert costs == [{"from": str(today(zone=CHICAGO)), "daily_cost": "85.00"}]


def test_a_campaigns_name_is_unique_in_its_account_only(ana: Program, dee: Program) -> None:
    ana.post("/campaigns", {"name": "Radio"})
    assert "Radio" in ana.refused(409, "POST", "/campaigns", {"name": "Radio"})
    dee.post("/campaigns", {"name": "Radio"})
    assert [one["name"] for one in ana.get("/campaigns")["items"]] == ["Billboard", "Radio"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": " "}, {"name": "x" * 201}, {"name": "Radio", "daily_cost": "-1"},
     {"name": "Radio", "daily_cost": "1.005"}, {"name": "Radio", "lead_seconds": 10**20}],
)  # fmt: skip
def test_a_campaign_that_cannot_be_is_refused(ana: Program, body: dict[str, object]) -> None:
    ana.refused(422, "POST", "/campaigns", body)
    assert len(ana.get("/campaigns")["items"]) == 1


def test_a_cost_history_is_replaced_whole(ana: Program, anas: Company) -> None:
    path = f"/campaigns/{anas.campaign.id}/costs"
    assert ana.get(path) == []
    history = [{"from": "2026-05-10", "daily_cost": 20}, {"from": "2026-05-01", "daily_cost": "10.50"}]
    expected = [{"from": "2026-05-01", "daily_cost": "10.50"}, {"from": "2026-05-10", "daily_cost": "20.00"}]
    assert ana.put(path, history) == expected
    assert ana.get(path) == expected
    for wrong in ([*history, history[0]], [{"from": "2026-13-01", "daily_cost": 1}], {"from": "2026-05-01"}, [7]):
        ana.refused(422, "PUT", path, wrong)
    assert ana.get(path) == expected
    assert ana.put(path, []) == []


def test_a_number_is_attached_and_moved(ada: Program, anas: Company) -> None:
    radio = ada.post("/campaigns", {"name": "Radio"})["id"]
    made = ada.ask(
        "POST", "/numbers", {**NUMBER, "campaign_id": radio, "whisper": "Radio call", "from": "2026-01-01T00:00Z"}
    )
    assert made.status_code == 201
    number = made.get_json()
    assert (number["phone_number"], number["campaign_id"], number["whisper"]) == ("+13125550188", radio, "Radio call")
    assert (number["from"], number["forward_to"]) == ("2026-01-01T00:00:00+00:00", ["+13125550190"])
    assert ada.post("/numbers", {**NUMBER, "campaign_id": anas.campaign.id})["campaign_id"] == anas.campaign.id
    [billboard, moved] = ada.get("/numbers")["items"]
    assert (billboard["phone_number"], moved["phone_number"]) == (BILLBOARD, "+13125550188")
    assert moved["campaign_id"] == anas.campaign.id
    assert [one["campaign_id"] for one in moved["assignments"]] == [radio, anas.campaign.id]


def test_a_number_may_be_attached_from_a_later_moment_on(ada: Program, anas: Company) -> None:
    later = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    made = ada.post("/numbers", {**NUMBER, "campaign_id": anas.campaign.id, "from": later})
    assert (made["campaign_id"], made["from"]) == (anas.campaign.id, later)
    assert [one["campaign_id"] for one in ada.get("/numbers")["items"]] == [anas.campaign.id, None]


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (422, {"phone_number": "312 555 0188"}),
        (422, {"phone_number": "+1" + "3" * 40}),
        (422, {"forward_to": []}),
        (422, {"forward_to": ["+13125550188"]}),
        (422, {"forward_to": [f"+131255501{last}" for last in range(10, 61)]}),
        (422, {"forward_to": [None]}),
        (422, {"from": "2026-01-01"}),
        (422, {"flow": "no such flow"}),
        (422, {"whisper": "x" * 501}),
        (404, {"campaign_id": 99999}),
        (422, {"campaign_id": 10**19}),
        (409, {"phone_number": DEES_NUMBER}),
    ],
)
def test_a_number_that_cannot_be_attached_is_refused(
    ada: Program, anas: Company, dees: Company, status: int, change: dict[str, object]
) -> None:
    ada.refused(status, "POST", "/numbers", {**NUMBER, "campaign_id": anas.campaign.id, **change})
    assert len(ada.get("/numbers")["items"]) == 1


@pytest.mark.enable_socket
def test_the_carrier_is_told_where_calls_go_only_on_request(ada: Program, anas: Company, carrier: DemoCarrier) -> None:
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number="+13125550188")
    wanted = {**NUMBER, "campaign_id": anas.campaign.id}
    [before] = carrier.ledger.list(kind="number")
    ada.post("/numbers", wanted)
    assert carrier.ledger.list(kind="number") == [before]
    ada.post("/numbers", {**wanted, "configure": True})
    [after] = carrier.ledger.list(kind="number")
    assert after["voice_url"] == after["voice_fallback_url"]
    assert after["voice_url"].startswith(f"{BASE}/webhooks/twilio/voice#")
    assert after["status_callback"].startswith(f"{BASE}/webhooks/twilio/status")
    assert (after["sms_url"], after["voice_method"]) == (f"{BASE}/webhooks/twilio/message", "POST")


@pytest.mark.enable_socket
def test_a_number_that_the_carrier_does_not_know_is_attached_but_told_so(
    ada: Program, anas: Company, carrier: DemoCarrier
) -> None:
    wanted = {**NUMBER, "phone_number": "+13125550187", "campaign_id": anas.campaign.id, "configure": True}
    assert "does not own +13125550187" in ada.refused(422, "POST", "/numbers", wanted)
    assert "+13125550187" in [one["phone_number"] for one in ada.get("/numbers")["items"]]


@pytest.mark.enable_socket
def test_a_carrier_that_is_away_asks_to_try_again(ada: Program, anas: Company, ground: Ground) -> None:
    reach_carrier(ground, url="http://127.0.0.1:9")
    wanted = {**NUMBER, "campaign_id": anas.campaign.id, "configure": True}
    assert "could not be reached" in ada.refused(503, "POST", "/numbers", wanted)


def test_a_campaign_is_changed_in_what_is_said_only(ana: Program) -> None:
    made = ana.post("/campaigns", {"name": "Radio", "category": "audio", "lead_seconds": 45, "daily_cost": "5"})
    path = f"/campaigns/{made['id']}"
    assert ana.get(path) == made
    assert (made["archived"], made["archived_at"]) == (False, None)
    changed = ana.ask("PATCH", path, {"name": "Radio FM", "lead_seconds": None}).get_json()
    assert changed == {**made, "name": "Radio FM", "lead_seconds": None}
    assert ana.ask("PATCH", path, {}).get_json() == changed
    assert ana.ask("PATCH", path, {"category": None, "name": None}).get_json() == {**changed, "category": None}


def test_a_name_that_is_taken_is_refused_for_a_campaign(ana: Program, anas: Company) -> None:
    ana.post("/campaigns", {"name": "Radio"})
    path = f"/campaigns/{anas.campaign.id}"
    assert "Radio" in ana.refused(409, "PATCH", path, {"name": "Radio"})
    for body in (
        {"name": " "},
        {"name": "x" * 201},
        {"category": "x" * 101},
        {"lead_seconds": 86_401},
        {"archived": 3},
    ):
        ana.refused(422, "PATCH", path, body)
    assert ana.get(path)["name"] == "Billboard"


def test_archived_campaigns_are_listed_on_request_only(ada: Program, anas: Company) -> None:
    radio = ada.post("/campaigns", {"name": "Radio"})
    path = f"/campaigns/{anas.campaign.id}"
    assert ada.ask("PATCH", path, {"archived": True}).get_json()["archived_at"]

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in ada.get(f"/campaigns{query}")["items"]]

    assert names() == names("?archived=false") == ["Radio"]
    assert names("?archived=true") == ["Billboard"]
    assert names("?archived=all") == ["Billboard", "Radio"]
    ada.refused(422, "GET", "/campaigns?archived=perhaps")
    assert "archived" in ada.refused(422, "POST", "/numbers", {**NUMBER, "campaign_id": anas.campaign.id})
    assert ada.post("/numbers", {**NUMBER, "campaign_id": radio["id"]})
    assert ada.ask("PATCH", path, {"archived": False}).get_json()["archived"] is False
    assert names() == ["Billboard", "Radio"]


def test_who_is_rung_changes_at_once_even_where_the_move_is_still_to_come(ada: Program, anas: Company) -> None:
    radio = ada.post("/campaigns", {"name": "Radio"})["id"]
    later = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    moved = {"phone_number": BILLBOARD, "forward_to": ["+13125550190"], "campaign_id": radio, "from": later}
    ada.post("/numbers", moved)
    [number] = ada.get("/numbers")["items"]
    assert (number["campaign_id"], number["forward_to"]) == (anas.campaign.id, ["+13125550190"])
    assert [one["campaign_id"] for one in number["assignments"]] == [anas.campaign.id, radio]
