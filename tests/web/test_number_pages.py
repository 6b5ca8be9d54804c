"""Numbers on pages: looked for and bought, checked at the carrier, parked and given back."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from calltrack.campaigns.campaigns import create_campaign
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.ground import Ground
from calltrack.models import Call, Number, NumberAssignment, Reconciliation
from calltrack.telephony import rest
from calltrack.telephony.plan import PLAIN, Phone
from tests.factories import NOON, Company, answered_call
from tests.telephony.flowing import a_flow
from tests.twilio_wire import ACCOUNT, TOKEN
from tests.web.conftest import BILLBOARD, Browser, Write, words_of

FOUND = "+13125550107"


@pytest.fixture
def carrier(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoCarrier]:
    monkeypatch.setattr(rest._PACE, "_between", 0.0)
    made = DemoCarrier(public_url="http://localhost", account_sid=ACCOUNT, auth_token=TOKEN)
    own_number(ledger=made.ledger, account_sid=ACCOUNT, phone_number=BILLBOARD)
    app = create_carrier_app(ledger=made.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=0)
    vars(ground.settings)["twilio_api_url"] = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    made.ledger.close()


def number_of(write: Write, phone_number: str) -> Number:
    with write() as session:
        return session.query(Number).where(Number.phone_number == phone_number).one()


@pytest.mark.enable_socket
def test_a_number_is_found_bought_and_attached(ada: Browser, anas: Company, carrier: DemoCarrier, write: Write) -> None:
    page = ada.see("/settings/numbers/buy?locality=Chicago&contains=01*7")
    assert f'value="{FOUND}"' in page
    assert "This costs money" in words_of(page)
    fields = {"phone_number": FOUND, "campaign_id": str(anas.campaign.id), "forward_to": "(312) 555-0190"}
    told = ada.send("/settings/numbers/buy", **fields, whisper="Radio call")
    assert "(312) 555-0107 is yours and belongs to Billboard. Its calls come here." in told
    assert number_of(write, FOUND).whisper == "Radio call"
    assert FOUND in {one["phone_number"] for one in carrier.ledger.list(kind="number")}
    again = ada.post("/settings/numbers/buy", **fields)
    assert (again.status_code, "is yours already" in again.text) == (400, True)


@pytest.mark.enable_socket
def test_nothing_is_bought_that_could_not_be_used(ada: Browser, anas: Company, carrier: DemoCarrier) -> None:
    before = carrier.ledger.list(kind="number")
    fields = {"phone_number": FOUND, "campaign_id": str(anas.campaign.id), "forward_to": FOUND, "locality": "Chicago"}
    refused = ada.post("/settings/numbers/buy", **fields)
    assert "cannot be forwarded to itself" in refused.text
    assert f'value="{FOUND}" required checked' in refused.text
    sold = ada.post("/settings/numbers/buy", **{**fields, "forward_to": "(312) 555-0190", "phone_number": BILLBOARD})
    assert "yours already" in sold.text
    assert carrier.ledger.list(kind="number") == before


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("query", "words"),
    [("area_code=31", "an area code is three digits"), ("region=ZZ", "None found"), ("near=here", "is a phone number"),
     ("contains=%00", "What it is to be like"), ("sort=%ED%A0%80", "local or toll-free")],
)  # fmt: skip
def test_a_search_that_finds_nothing_says_why(ada: Browser, carrier: DemoCarrier, query: str, words: str) -> None:
    assert words in ada.read(f"/settings/numbers/buy?{query}")


@pytest.mark.enable_socket
def test_numbers_that_nobody_uses_are_listed_and_attached(ada: Browser, carrier: DemoCarrier) -> None:
    own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=FOUND)
    page = ada.see("/settings/numbers/unattached")
    assert "(312) 555-0107" in page
    assert "(312) 555-0142" not in page
    assert 'value="(312) 555-0107"' in ada.see("/settings/numbers?phone_number=%2B13125550107")


@pytest.mark.enable_socket
def test_the_page_says_what_is_wrong_at_the_carrier_and_sets_it_right(
    ada: Browser, anas: Company, carrier: DemoCarrier
) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    assert "VoiceUrl is empty" in ada.read(f"{path}/check")
    assert "The carrier sends its calls here." in ada.send(f"{path}/configure", configure="1")
    assert "The carrier sends its calls and texts here; nothing overrides that." in ada.read(f"{path}/check")


@pytest.mark.enable_socket
def test_a_number_is_parked_then_given_back_by_who_types_it(
    ada: Browser, anas: Company, carrier: DemoCarrier, write: Write
) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    assert "Nobody has called it yet." in ada.read(path)
    with write() as session:
        radio = create_campaign(session, account=session.merge(anas.account), name="Radio")
    ada.send(f"{path}/move", campaign_id=str(radio.id), starts_at="2099-05-03T09:30")
    early = ada.post(f"{path}/release", typed="(312) 555-0142")
    assert (early.status_code, "park the number first" in early.text) == (400, True)
    assert "whoever calls it hears that it is out of use" in ada.send(f"{path}/park")
    assert "Parked" in ada.read("/settings/numbers")
    for typed in ("", "(312) 555-0143"):
        assert "to confirm that it is this number" in ada.post(f"{path}/release", typed=typed).text
    assert carrier.ledger.list(kind="number")
    assert "is given back to the carrier" in ada.send(f"{path}/release", typed="312-555-0142")
    assert carrier.ledger.list(kind="number") == []
    assert number_of(write, BILLBOARD).released_at is not None
    assert "Given back to the carrier (1)" in ada.read("/settings/numbers")
    with write() as session:
        last = session.query(NumberAssignment).order_by(NumberAssignment.starts_at.desc(), NumberAssignment.id.desc())
        assert last.limit(1).one().campaign_id == anas.campaign.id
    assert "attach it anew" in ada.read(path)


@pytest.mark.enable_socket
def test_what_the_carrier_does_not_take_stays_parked(ada: Browser, anas: Company, ground: Ground, write: Write) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    ada.send(f"{path}/park")
    vars(ground.settings)["twilio_api_url"] = "http://127.0.0.1:9"
    assert "It is still parked here; try again." in words_of(ada.post(f"{path}/release", typed=BILLBOARD).text)
    assert number_of(write, BILLBOARD).released_at is None
    assert "in use again" in ada.send(f"{path}/unpark")


def test_a_number_is_given_a_call_flow_and_somebody_who_gets_its_texts(
    ada: Browser, anas: Company, write: Write
) -> None:
    with write() as session:
        flow = a_flow(session, account=anas.account)
    path = f"/settings/numbers/{anas.number.id}"
    page = ada.send(f"{path}/flow", flow_id=str(flow.id), text_to="(312) 555-0190")
    assert f"Call flow: none → {flow.name}" in page
    number = number_of(write, BILLBOARD)
    assert (number.flow_id, number.text_to) == (flow.id, "+13125550190")
    for wrong in ({"flow_id": "999"}, {"flow_id": "x"}, {"flow_id": str(flow.id), "text_to": "nobody"}):
        assert ada.post(f"{path}/flow", **wrong).status_code == 400
    ada.send(f"{path}/flow", flow_id="", text_to="")
    assert number_of(write, BILLBOARD).flow_id is None


@pytest.mark.parametrize("deed", ["park", "unpark", "release", "flow", "configure", "check"])
def test_only_administrators_touch_a_number(
    browser_of: Callable[[str], Browser], anas: Company, dee: Browser, deed: str
) -> None:
    path = f"/settings/numbers/{anas.number.id}/{deed}"
    ana = browser_of("Ana")
    assert (ana.http.get(path) if deed == "check" else ana.post(path)).status_code == 403
    assert (dee.http.get(path) if deed == "check" else dee.post(path)).status_code == 404


def test_the_list_says_what_the_last_comparison_found(ada: Browser, ana: Browser, write: Write) -> None:
    with write() as session:
        session.add(
            Reconciliation(
                carrier="twilio", carrier_account=ACCOUNT, since=NOON, began_at=NOON, ended_at=NOON, calls_seen=40,
                calls_made=2, calls_mended=1, recordings_seen=9, recordings_made=2, recordings_gone=0,
            )
        )  # fmt: skip
    assert "3 calls were missing or incomplete here and 2 recordings; now all is here" in ada.read("/settings/numbers")
    assert "Last compared" not in ana.read("/settings/numbers")


def test_a_number_says_whether_its_flow_rings_its_phones(
    ada: Browser, ana: Browser, anas: Company, write: Write
) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    with write() as session:
        rings = a_flow(session, account=anas.account, name="Office", plan=PLAIN)
        other = PLAIN.steps["office"].model_copy(update={"phones": (Phone(phone="+13125550155"),)})
        elsewhere = PLAIN.model_copy(update={"steps": {**PLAIN.steps, "office": other}})
        rings_others = a_flow(session, account=anas.account, name="Elsewhere", plan=elsewhere)
    ada.send(f"{path}/flow", flow_id=str(rings.id))
    assert "These phones ring where the flow Office says" in ada.read(path)
    assert "Call flow: Office ." in ana.read(path)
    ada.send(f"{path}/flow", flow_id=str(rings_others.id))
    assert "Not rung now: the flow Elsewhere rings phones of its own." in ada.read(path)
    assert "what is named in the flow Elsewhere" in ana.read("/settings/numbers")
    assert "Saved. The flow Elsewhere rings phones of its own" in ada.send(path, forward_to="(312) 555-0190")


def test_a_whisper_with_a_word_in_braces_that_stands_for_nothing_is_refused(ada: Browser, anas: Company) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    answer = ada.post(path, forward_to="(312) 555-0190", whisper="{name} call")
    assert (answer.status_code, "{name} stands for nothing in the whisper" in words_of(answer.text)) == (400, True)
    assert "{campaign} call" in ada.send(path, forward_to="(312) 555-0190", whisper="{campaign} call")
    back = ada.http.get(f"{path}/move")
    assert (back.status_code, back.location) == (303, path)


def test_a_move_that_is_to_come_is_cancelled_by_a_new_assignment(
    ada: Browser, anas: Company, write: Write, dee: Browser
) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    with write() as session:
        radio = create_campaign(session, account=session.merge(anas.account), name="Radio")
    ada.send(f"{path}/move", campaign_id=str(radio.id), starts_at="2099-05-03T09:30")
    assert "it belongs to Radio ." in ada.read(path)
    with write() as session:
        [move] = session.query(NumberAssignment).where(NumberAssignment.campaign_id == radio.id)
    assert dee.post(f"{path}/moves/{move.id}/cancel").status_code == 404
    page = ada.send(f"{path}/moves/{move.id}/cancel")
    assert "The move is cancelled" in page
    assert "it belongs to Radio" not in page
    assert "Billboard cancels a move" in page
    with write() as session:
        last = session.query(NumberAssignment).order_by(NumberAssignment.id.desc()).limit(1).one()
        assert (last.starts_at, last.campaign_id) == (move.starts_at, anas.campaign.id)
    again = ada.post(f"{path}/moves/{move.id}/cancel")
    assert (again.status_code, "not to come any more" in again.text) == (400, True)


@pytest.mark.enable_socket
def test_a_number_attached_by_mistake_is_forgotten_or_with_calls_put_out_of_use(
    ada: Browser, anas: Company, carrier: DemoCarrier, write: Write
) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    refused = ada.post(f"{path}/remove")
    assert (refused.status_code, "It is yours at the carrier" in refused.text) == (400, True)
    fields = {"phone_number": FOUND, "campaign_id": str(anas.campaign.id), "forward_to": "(312) 555-0190"}
    ada.send("/settings/numbers", **fields)
    mistake = number_of(write, FOUND)
    assert "does not own this number" in ada.read(f"/settings/numbers/{mistake.id}/check")
    with write() as session:
        call = answered_call(session, number=FOUND)
        session.execute(update(Call).where(Call.call_sid == call.call_sid).values(number_id=mistake.id))
    assert "is removed. Its calls and its history stay." in ada.send(f"/settings/numbers/{mistake.id}/remove")
    assert number_of(write, FOUND).released_at is not None
    page = ada.read(f"/settings/numbers/{mistake.id}")
    assert "Belonged to Billboard until then" in page
    assert "Move it" not in page
    ada.send("/settings/numbers", **{**fields, "phone_number": "+13125550108"})
    other = number_of(write, "+13125550108")
    assert "(312) 555-0108 is removed." in ada.send(f"/settings/numbers/{other.id}/remove")
    ada.see(f"/settings/numbers/{other.id}", 404)


def test_a_carrier_that_the_settings_do_not_reach_is_said_to_be_missing_what(ada: Browser, anas: Company) -> None:
    page = ada.send("/settings/carrier", carrier="signalwire")
    assert "SignalWire cannot be used yet: this server's settings lack SIGNALWIRE_PROJECT_ID," in page
    assert "Carrier: Twilio → SignalWire" in page
