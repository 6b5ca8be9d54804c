"""What this carrier takes and shows is what Twilio publishes: held against the fields of its own library."""

import ast
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient
from twilio.rest.api.v2010.account import call, incoming_phone_number, recording
from twilio.rest.api.v2010.account.available_phone_number_country import local, toll_free
from twilio.rest.api.v2010.account.call import recording as recording_of_call

from calltrack.demo import asked
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app
from calltrack.demo.resources import number_resource
from tests.demo.office import ACCOUNT, TOKEN, TRACKING, VOICEMAIL, Office, answered_office
from tests.twilio_wire import BASE

AUTH = (ACCOUNT, TOKEN)
ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"


def class_of(module: ModuleType, name: str) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(module))
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def parameters(module: ModuleType, name: str, *functions: str) -> set[str]:
    """The names that a class of the library sends in these functions."""
    found = class_of(module, name)
    methods = [node for node in found.body if isinstance(node, ast.FunctionDef) and node.name in functions]
    assert methods, (name, functions)
    return {
        key.value
        for method in methods
        for node in ast.walk(method)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value[0].isupper()
    }


def fields(module: ModuleType, name: str) -> set[str]:
    """The names that an instance of the library reads of an answer."""
    first = next(node for node in class_of(module, name).body if isinstance(node, ast.FunctionDef))
    return {
        str(node.args[0].value)
        for node in ast.walk(first)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        if isinstance(node.args[0], ast.Constant)
    }


PUBLISHED: list[tuple[Any, set[str]]] = [
    (asked.SEARCH, parameters(local, "LocalList", "page") | parameters(toll_free, "TollFreeList", "page")),
    (asked.NUMBERS, parameters(incoming_phone_number, "IncomingPhoneNumberList", "page")),
    (asked.PURCHASE, parameters(incoming_phone_number, "IncomingPhoneNumberList", "create", "_create")),
    (
        asked.SETTINGS,
        parameters(incoming_phone_number, "IncomingPhoneNumberContext", "update", "_update") - {"AccountSid"},
    ),
    (asked.CALLS, parameters(call, "CallList", "page")),
    (asked.RECORDINGS, parameters(recording, "RecordingList", "page")),
    (asked.RECORDINGS_OF_CALL, parameters(recording_of_call, "RecordingList", "page")),
]


@pytest.mark.parametrize(("allowed", "published"), PUBLISHED)
def test_what_may_be_asked_is_what_is_published(allowed: dict[str, Any], published: set[str]) -> None:
    assert set(allowed) == published - {"Content-Type", "Accept"}


@pytest.fixture
def carrier() -> Iterator[DemoCarrier]:
    made = answered_office().carrier()
    yield made
    made.ledger.close()


@pytest.fixture
def rest(carrier: DemoCarrier) -> FlaskClient:
    return create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN).test_client()


def test_what_is_shown_is_what_is_published(carrier: DemoCarrier, rest: FlaskClient) -> None:
    carrier.place_call(to=TRACKING, conversation="too-short-changed-mind")
    found = {name: rest.get(f"{ROOT}/{name}.json", auth=AUTH).get_json() for name in ("Calls", "Recordings")}
    for shown in found["Calls"]["calls"]:
        assert set(shown) == fields(call, "CallInstance")
    assert set(found["Recordings"]["recordings"][0]) == fields(recording, "RecordingInstance")
    [offer] = rest.get(f"{ROOT}/AvailablePhoneNumbers/US/Local.json?PageSize=1", auth=AUTH).get_json()[
        "available_phone_numbers"
    ]
    assert set(offer) == fields(local, "LocalInstance") == fields(toll_free, "TollFreeInstance")
    number = number_resource(account_sid=ACCOUNT, phone_number=TRACKING, bought=datetime.now(UTC))
    assert set(number) == fields(incoming_phone_number, "IncomingPhoneNumberInstance")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/Calls.json?Since=2026-01-01", 20001), ("/Calls.json?StartTime>=yesterday", 20001),
     ("/AvailablePhoneNumbers/US/Local.json?AreaCode=abc", 20001),
     ("/AvailablePhoneNumbers/US/Local.json?AreaCode=112", 20001), ("/AvailablePhoneNumbers/XX/Local.json", 20404),
     ("/IncomingPhoneNumbers/PN0.json", 20404)],
)  # fmt: skip
def test_what_is_not_published_is_refused_in_the_carrier_s_words(rest: FlaskClient, path: str, code: int) -> None:
    said = rest.get(f"{ROOT}{path}", auth=AUTH).get_json()
    assert set(said) == {"code", "message", "more_info", "status"}
    assert said["code"] == code


def test_a_number_is_sold_once(rest: FlaskClient) -> None:
    wanted = {"PhoneNumber": "+13315550107", "VoiceUrl": f"{BASE}/voice"}
    bought = rest.post(f"{ROOT}/IncomingPhoneNumbers.json", data=wanted, auth=AUTH)
    assert (bought.status_code, bought.get_json()["voice_url"]) == (201, f"{BASE}/voice")
    again = rest.post(f"{ROOT}/IncomingPhoneNumbers.json", data=wanted, auth=AUTH)
    assert (again.status_code, again.get_json()["code"]) == (400, 21422)


def test_numbers_are_found_by_place_and_by_digits(rest: FlaskClient) -> None:
    def found(**query: str) -> list[tuple[str, str]]:
        answer = rest.get(f"{ROOT}/AvailablePhoneNumbers/US/Local.json", query_string=query, auth=AUTH).get_json()
        return [(one["phone_number"], one["locality"]) for one in answer["available_phone_numbers"]]

    assert {place for _, place in found(InLocality="chicago")} == {"Chicago"}
    assert {place for _, place in found(NearNumber="+13315550100", Distance="20")} == {"Naperville", "Aurora"}
    assert {place for _, place in found(NearNumber="+13315550100", Distance="100")} >= {"Chicago", "Milwaukee"}
    assert found(AreaCode="312", Contains="01*7", PageSize="2") == [
        ("+13125550107", "Chicago"), ("+13125550117", "Chicago")
    ]  # fmt: skip
    assert found(InPostalCode="00000") == []


def test_an_application_takes_the_calls_away_until_it_is_cleared() -> None:
    desk = Office({"voice": VOICEMAIL})
    carrier = desk.carrier()
    rest = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN).test_client()
    bought = rest.post(f"{ROOT}/IncomingPhoneNumbers.json", data={"PhoneNumber": "+13315550108"}, auth=AUTH)
    path = f"{ROOT}/IncomingPhoneNumbers/{bought.get_json()['sid']}.json"
    rest.post(path, data={"VoiceApplicationSid": "AP" + "0" * 32}, auth=AUTH)
    assert carrier.place_call(to="+13315550108", conversation="nobody-answers").errors
    assert desk.requests == []
    rest.post(path, data={"VoiceApplicationSid": "", "TrunkSid": ""}, auth=AUTH)
    assert not carrier.place_call(to="+13315550108", conversation="nobody-answers").errors
    assert desk.requests
    carrier.ledger.close()
