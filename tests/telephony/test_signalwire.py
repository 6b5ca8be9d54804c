"""SignalWire's requests: signed with its own key, in its own way, and otherwise Twilio's."""

import hmac
from hashlib import sha1
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from calltrack.config import Settings
from calltrack.demo.signalwire import sign
from calltrack.models.account import CARRIER_NAMES
from calltrack.telephony.carriers import CARRIERS, access_of
from calltrack.telephony.signalwire import parse, verify

URL = "https://calls.example.com/webhooks/signalwire/voice?at=office&v=7"
KEY = "a-signing-key"
CALL = "3f6c5a1e-7b2d-4f0a-9c1e-2d3b4a5f6e70"
FORM = [("CallSid", CALL), ("AccountSid", "b08dacad-ab6e-4ea2-9d42-6e4b5b0a4e11"), ("To", "+13125550142")]


def genuine(form: list[tuple[str, str]], signature: str | None, *, url: str = URL, **more: Any) -> bool:
    given: dict[str, Any] = {"form": MultiDict(form), "body": b"", "tokens": (KEY,), **more}
    return verify(url=url, signature=signature, **given)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6))
def test_a_form_is_signed_by_its_names_in_order_and_equal_names_as_they_came(form: list[tuple[str, str]]) -> None:
    assert genuine(form, sign(url=URL, params=form, key=KEY))


def test_names_that_come_twice_are_not_sorted_by_what_they_say() -> None:
    form = [("a", "2"), ("b", "x"), ("a", "1")]
    signed = sign(url="", params=form, key=KEY)
    assert signed != sign(url="", params=sorted(form), key=KEY)
    assert genuine(form, signed, url="")
    assert not genuine(sorted(form), signed, url="")


@pytest.mark.parametrize(
    ("signed_for", "configured"),
    [
        (URL.replace(".com/", ".com:443/"), URL),
        (URL, URL.replace(".com/", ".com:443/")),
        (URL.replace("https", "http").replace(".com/", ".com:80/"), URL.replace("https", "http")),
    ],
)
def test_the_port_that_goes_without_saying_may_be_said(signed_for: str, configured: str) -> None:
    assert genuine(FORM, sign(url=signed_for, params=FORM, key=KEY), url=configured)


def test_a_body_that_is_no_form_is_signed_whole() -> None:
    body = b'{"a": "\xc3\xa9"}'
    signature = hmac.new(KEY.encode(), URL.encode() + body, sha1).hexdigest()
    assert genuine([], signature, body=body)
    assert not genuine([], signature, body=body + b" ")


@pytest.mark.parametrize("signature", [None, "", "x", "é", sign(url=URL, params=FORM, key="another key")])
def test_whatever_is_not_signed_with_the_key_is_refused(signature: str | None) -> None:
    assert not genuine(FORM, signature)


def test_another_address_another_value_or_no_key_is_refused() -> None:
    signature = sign(url=URL, params=FORM, key=KEY)
    assert genuine(FORM, signature)
    assert genuine(FORM, signature, tokens=("the next key", KEY))
    assert not genuine(FORM, signature, url=URL.replace("office", "home"))
    assert not genuine([*FORM[:2], ("To", "+13125550143")], signature)
    assert not genuine(FORM, signature, tokens=())
    form: MultiDict[str, str] = MultiDict([*FORM, ("To", "+1")])
    assert not genuine(list(form.items(multi=True)), RequestValidator(KEY).compute_signature(URL, form))


@pytest.mark.parametrize("ending", ["", ".wav", ".mp3"])
def test_ids_are_uuids_also_where_a_recording_is_named_by_its_address_alone(ending: str) -> None:
    recording = "0c5d9a52-3c8e-4b7c-8f64-1df2f9a1b0aa"
    url = f"https://example.signalwire.com/api/laml/2010-04-01/Accounts/p/Recordings/{recording}{ending}"
    event = parse(kind="dial", params={**dict(FORM), "DialCallStatus": "completed", "RecordingUrl": url})
    assert event.call_sid == CALL
    assert event.recording is not None
    assert event.recording.sid == recording


def test_the_settings_name_the_space_the_project_and_its_keys() -> None:
    settings = Settings(
        _env_file=None, signalwire_project_id="p", signalwire_api_token="PT1",
        signalwire_signing_key="new, old", signalwire_space_url="example.signalwire.com/",
    )  # fmt: skip
    access = access_of(settings, carrier="signalwire")
    assert (access.account, access.api_token, access.signing_keys) == ("p", "PT1", ("new", "old"))
    assert access.api_url == "https://example.signalwire.com/api/laml"


def test_every_carrier_that_an_account_may_have_is_known() -> None:
    assert set(CARRIERS) == set(CARRIER_NAMES)
