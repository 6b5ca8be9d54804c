"""Numbers at the carrier: searched for, bought, set so that their calls come here, and given back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.wire import Reply, post_to_wsgi
from calltrack.telephony import rest as rest_module
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import Access
from calltrack.telephony.numbers import (
    NotForSale,
    buy_number,
    configure_number,
    find_number_there,
    list_numbers_there,
    release_number,
    search_numbers,
    what_is_wrong,
)
from calltrack.telephony.rest import Rest
from calltrack.telephony.searching import BadSearch, read_wanted
from calltrack.telephony.twilio_rest import Wanted, number_settings
from tests.demo.office import ACCOUNT, BASE, TOKEN, TRACKING, VOICEMAIL, Office

BOUGHT = "+13315550107"


@pytest.fixture
def office() -> Office:
    return Office({"voice": VOICEMAIL})


@pytest.fixture
def carrier(office: Office) -> Iterator[DemoCarrier]:
    made = office.carrier()
    yield made
    made.ledger.close()


@pytest.fixture
def rest(carrier: DemoCarrier, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rest]:
    monkeypatch.setattr(rest_module._PACE, "_between", 0.0)
    app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=0)
    access = Access(ACCOUNT, TOKEN, (TOKEN,), f"http://127.0.0.1:{server.server_port}")
    with Rest(access) as opened:
        yield opened
    server.shutdown()
    server.server_close()


def buy(rest: Rest, phone_number: str = BOUGHT) -> None:
    buy_number(rest, phone_number=phone_number, base_url=BASE, carrier="twilio")


@pytest.mark.enable_socket
def test_numbers_are_found_by_what_is_said_of_them(rest: Rest) -> None:
    found = search_numbers(rest, wanted=Wanted(locality="Chicago", contains="01*7"), limit=2)
    assert [(one.phone_number, one.locality, one.texts) for one in found] == [
        ("+13125550107", "Chicago", True), ("+13125550117", "Chicago", True)
    ]  # fmt: skip
    free = search_numbers(rest, wanted=Wanted(sort="toll-free", locality="Chicago"))
    assert {one.phone_number[:5] for one in free} == {"+1888", "+1877", "+1866"}
    assert search_numbers(rest, wanted=Wanted(near=TRACKING, miles=1, region="WI")) == []


@pytest.mark.enable_socket
def test_a_number_s_calls_come_here_from_the_moment_it_is_bought(
    rest: Rest, carrier: DemoCarrier, office: Office
) -> None:
    buy(rest)
    there = find_number_there(rest, phone_number=BOUGHT)
    assert there is not None
    assert what_is_wrong(there, base_url=BASE, carrier="twilio") == []
    assert not carrier.place_call(to=BOUGHT, conversation="nobody-answers").errors
    assert office.requests[0].path == "/webhooks/twilio/voice"


@pytest.mark.enable_socket
def test_of_two_who_buy_one_number_the_later_is_told_to_choose_another(rest: Rest) -> None:
    buy(rest)
    with pytest.raises(NotForSale, match="choose another"):
        buy(rest)
    assert [one.phone_number for one in list_numbers_there(rest)] == [BOUGHT]


@pytest.mark.enable_socket
@pytest.mark.parametrize("override", ["VoiceApplicationSid", "SmsApplicationSid", "TrunkSid"])
def test_whatever_overrides_a_number_is_named_and_cleared(
    rest: Rest, carrier: DemoCarrier, office: Office, override: str
) -> None:
    sid = own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=TRACKING)["sid"]
    rest.post(f"/IncomingPhoneNumbers/{sid}", {override: ("TK" if override == "TrunkSid" else "AP") + "0" * 32})
    there = find_number_there(rest, phone_number=TRACKING)
    assert there is not None
    assert override in what_is_wrong(there, base_url=BASE, carrier="twilio")[0]
    changed = configure_number(rest, phone_number=TRACKING, base_url=BASE, carrier="twilio")
    assert what_is_wrong(changed, base_url=BASE, carrier="twilio") == []
    carrier.place_call(to=TRACKING, conversation="nobody-answers")
    carrier.send_message(to=TRACKING, from_="+13125550190", text="hello")
    assert {"/webhooks/twilio/voice", "/webhooks/twilio/message"} <= {one.path for one in office.requests}


@pytest.mark.enable_socket
def test_a_number_is_given_back_once_and_again_without_harm(rest: Rest) -> None:
    buy(rest)
    for _ in range(2):
        release_number(rest, phone_number=BOUGHT)
    assert list(list_numbers_there(rest)) == []


@pytest.mark.enable_socket
def test_another_account_s_number_cannot_be_set(rest: Rest) -> None:
    with pytest.raises(CarrierError, match="does not own"):
        configure_number(rest, phone_number="+13125550199", base_url=BASE, carrier="twilio")


def test_a_connection_that_fails_is_tried_again_before_the_caller_is_lost(office: Office) -> None:
    answers = iter([503, 502])
    answered = post_to_wsgi(office.app())

    def post(**request: Any) -> Reply:
        status = next(answers, None)
        return answered(**request) if status is None else Reply(status=status)

    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post)
    body = own_number(ledger=carrier.ledger, account_sid=ACCOUNT, phone_number=BOUGHT)
    url = number_settings(base_url=BASE, carrier="twilio")["VoiceUrl"]
    carrier.ledger.write(kind="number", sid=body["sid"], moment=datetime.now(UTC), body=body | {"voice_url": url})
    placed = carrier.place_call(to=BOUGHT, conversation="nobody-answers")
    assert [one.status for one in placed.exchanges][:3] == [503, 502, 200]
    assert not placed.errors
    carrier.ledger.close()


def test_a_number_of_another_carrier_is_sent_to_that_carrier_s_door() -> None:
    assert number_settings(base_url=BASE, carrier="signalwire")["SmsUrl"] == f"{BASE}/webhooks/signalwire/message"


@pytest.mark.parametrize(
    "said",
    [{"sort": "mobile"}, {"area_code": "31"}, {"area_code": "112"}, {"contains": "7"}, {"contains": "x*"},
     {"region": "Illinois"}, {"postal_code": "6054"}, {"near": "here"}, {"miles": "0"}, {"miles": "501"},
     {"locality": "a" * 61}, {"locality": "a\nb"}, {"area_code": "\u0663\u0663\u0663"}],
)  # fmt: skip
def test_a_search_that_cannot_be_says_what_to_write(said: dict[str, str]) -> None:
    with pytest.raises(BadSearch):
        read_wanted(said)


def test_a_search_is_read_as_people_write_it() -> None:
    said = {"region": " il ", "contains": "555-01*", "near": "(312) 555-0142", "miles": "50", "sort": ""}
    assert read_wanted(said) == Wanted(region="IL", contains="55501*", near=TRACKING, miles=50)
