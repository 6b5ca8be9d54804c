"""Programs look for numbers, buy them, take them out of use and give them back."""

import pytest

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.numbers import own_number
from calltrack.ground import Ground
from calltrack.models import Reconciliation
from calltrack.telephony import rest
from tests.api.conftest import BILLBOARD, Program, reach_carrier
from tests.api.test_door import Write
from tests.factories import NOON, Company
from tests.twilio_wire import ACCOUNT

FOUND = "+13125550107"
pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def no_waiting_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest._PACE, "_between", 0.0)


def test_a_number_is_found_and_bought(ada: Program, anas: Company, carrier: DemoCarrier) -> None:
    found = ada.get("/numbers/available?locality=Chicago&contains=0107")["items"]
    assert [(one["phone_number"], one["region"], one["needs_address"]) for one in found] == [(FOUND, "IL", False)]
    wanted = {"phone_number": FOUND, "campaign_id": anas.campaign.id, "forward_to": ["+13125550190"]}
    bought = ada.post("/numbers/buy", wanted)
    assert bought["parked_at"] is None
    assert ada.get(f"/numbers/{bought['id']}/check") == {"phone_number": FOUND, "owned": True, "wrong": []}
    assert "yours already" in ada.refused(409, "POST", "/numbers/buy", wanted)
    assert ada.get("/numbers/available?locality=Chicago&contains=0107")["items"] == []


def test_what_another_account_bought_meanwhile_is_no_longer_for_sale(
    ada: Program, dee: Program, anas: Company, dees: Company, carrier: DemoCarrier
) -> None:
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=FOUND)
    wanted = {"phone_number": FOUND, "forward_to": ["+13125550190"]}
    assert "choose another" in ada.refused(409, "POST", "/numbers/buy", {**wanted, "campaign_id": anas.campaign.id})
    assert FOUND in [one["phone_number"] for one in dee.get("/numbers/unattached")["items"]]
    assert FOUND not in [one["phone_number"] for one in ada.get("/numbers")["items"]]


def test_a_number_is_parked_taken_back_and_given_back(ada: Program, anas: Company, carrier: DemoCarrier) -> None:
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=BILLBOARD)
    path = f"/numbers/{anas.number.id}"
    assert "VoiceUrl is empty" in ada.get(f"{path}/check")["wrong"]
    assert ada.post(f"{path}/configure")["wrong"] == []
    assert "park the number first" in ada.refused(422, "POST", f"{path}/release", {"phone_number": BILLBOARD})
    assert ada.post(f"{path}/park")["parked_at"]
    assert ada.post(f"{path}/unpark")["parked_at"] is None
    ada.post(f"{path}/park")
    assert "confirm" in ada.refused(422, "POST", f"{path}/release", {"phone_number": FOUND})
    for _ in range(2):
        assert ada.post(f"{path}/release", {"phone_number": BILLBOARD})["released_at"]
    assert carrier.ledger.list(kind="number") == []
    [listed] = ada.get("/numbers")["items"]
    assert listed["released_at"]
    ada.refused(422, "POST", f"{path}/unpark")


def test_a_release_that_broke_off_half_way_is_done_again(ada: Program, anas: Company, carrier: DemoCarrier) -> None:
    path = f"/numbers/{anas.number.id}"
    ada.post(f"{path}/park")  # the carrier has it no longer, and we did not write that down
    assert ada.post(f"{path}/release", {"phone_number": BILLBOARD})["released_at"]


def test_a_carrier_that_is_away_is_no_fault_of_the_program(ada: Program, anas: Company, ground: Ground) -> None:
    assert "TWILIO_AUTH_TOKEN" in ada.refused(422, "GET", "/numbers/available")
    reach_carrier(ground, url="http://127.0.0.1:9")
    assert "could not be reached" in ada.refused(503, "GET", "/numbers/available")
    wanted = {"phone_number": FOUND, "campaign_id": anas.campaign.id, "forward_to": ["+13125550190"]}
    ada.refused(503, "POST", "/numbers/buy", wanted)
    assert len(ada.get("/numbers")["items"]) == 1


@pytest.mark.parametrize("query", ["area_code=31", "sort=mobile", "near=x", "miles=0", "region=Illinois"])
def test_a_search_that_cannot_be_is_refused(ada: Program, query: str) -> None:
    ada.refused(422, "GET", f"/numbers/available?{query}")


def test_another_company_s_number_is_unknown(ada: Program, dees: Company) -> None:
    for deed in ("park", "unpark", "configure"):
        ada.refused(404, "POST", f"/numbers/{dees.number.id}/{deed}")
    ada.refused(404, "POST", f"/numbers/{dees.number.id}/release", {"phone_number": dees.number.phone_number})


def test_comparisons_are_listed_newest_first(ada: Program, ana: Program, write: Write) -> None:
    with write() as session:
        session.add(
            Reconciliation(
                carrier="twilio", carrier_account=ACCOUNT, since=NOON, began_at=NOON, ended_at=NOON, calls_seen=40,
                calls_made=2, calls_mended=1, recordings_seen=9, recordings_made=2, recordings_gone=1,
            )
        )  # fmt: skip
    [found] = ada.get("/reconciliations")["items"]
    assert (found["calls_made"], found["recordings_gone"], found["error"]) == (2, 1, None)
    ana.refused(403, "GET", "/reconciliations")
