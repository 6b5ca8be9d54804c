"""TwiML is read as strictly as the carrier reads it."""

import pytest

from calltrack.demo.twiml import TwimlError, parse_twiml, resolve


def read(inside: str, *, whisper: bool = False, content_type: str = "text/xml"):
    return parse_twiml(body=f"<Response>{inside}</Response>".encode(), content_type=content_type, whisper=whisper)


def code_of(inside: str, **more: object) -> int:
    with pytest.raises(TwimlError) as refusal:
        read(inside, **more)  # type: ignore[arg-type]
    return refusal.value.code


def test_verbs_keep_their_order_attributes_and_text():
    say, dial = read(
        '<Say voice="alice"> Good  day </Say><Dial timeout="20"><Number url="/w">+13125550190</Number></Dial>'
    )
    assert (say.name, say.text, say.attributes) == ("Say", "Good day", {"voice": "alice"})
    assert dial.seconds("timeout", 30) == 20
    assert dial.children[0].text == "+13125550190"


def test_an_empty_response_has_no_verbs():
    assert read("") == ()


def test_speech_markup_inside_say_is_read_as_its_words():
    assert read('<Say>One <break strength="x-weak"/><emphasis>two</emphasis></Say>')[0].text == "One two"


@pytest.mark.parametrize(
    "flawed",
    [
        "<Shout>Hello</Shout>",
        '<Say pitch="high">Hello</Say>',
        "<Number>+13125550190</Number>",
        '<Dial record="yes">+13125550190</Dial>',
        '<Dial answerOnBridge="True">+13125550190</Dial>',
        '<Dial timeout="soon">+13125550190</Dial>',
        '<Dial timeout="2">+13125550190</Dial>',
        '<Dial method="get" action="/a">+13125550190</Dial>',
        '<Dial><Number statusCallbackEvent="answered busy">+13125550190</Number></Dial>',
        '<Record recordingStatusCallbackEvent="done"/>',
        '<Reject reason="rude"/>',
        "<Start/>",
        "<Gather><Dial>+13125550190</Dial></Gather>",
    ],
)
def test_what_the_schema_does_not_know_is_refused(flawed: str):
    assert code_of(flawed) == 12200


@pytest.mark.parametrize(
    ("flawed", "code"),
    [
        ("<Say></Say>", 13520),
        (f"<Say>{'a' * 4097}</Say>", 13520),
        ("<Dial/>", 13201),
        ("<Dial>5550190</Dial>", 13224),
        ("<Dial><Number>+1 312 555 0190</Number></Dial>", 13224),
        ("<Redirect>two words</Redirect>", 11100),
        ('<Dial action="ftp://files.example.com/">+13125550190</Dial>', 11100),
        (f"<!--{'a' * 70000}-->", 11750),
        ("<Say>unclosed", 12100),
    ],
)
def test_each_flaw_has_the_carriers_number(flawed: str, code: int):
    assert code_of(flawed) == code


def test_plain_text_would_be_spoken_and_is_refused():
    assert code_of("", content_type="text/plain") == 12300
    assert code_of("", content_type="") == 12300


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8", "text/html"])
def test_the_content_types_of_twiml_are_taken(content_type: str):
    assert read("<Hangup/>", content_type=content_type)[0].name == "Hangup"


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html></html>", b"<html/>", b"oops", b""])
def test_a_page_is_not_twiml(page: bytes):
    with pytest.raises(TwimlError) as refusal:
        parse_twiml(body=page, content_type="text/html")
    assert refusal.value.code == 12100


def test_a_whisper_may_not_dial_or_record():
    assert read("<Say>Call from the billboard</Say><Pause/>", whisper=True)
    assert code_of("<Dial>+13125550190</Dial>", whisper=True) == 13201
    assert code_of("<Record/>", whisper=True) == 12200


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("/dial#rc=3", "https://a.example.com/dial#rc=3"),
        ("dial?x=1", "https://a.example.com/hooks/dial?x=1"),
        ("https://b.example.com/dial", "https://b.example.com/dial"),
        ("", "https://a.example.com/hooks/voice"),
    ],
)
def test_urls_are_resolved_against_their_document(url: str, absolute: str):
    assert resolve(base="https://a.example.com/hooks/voice#rc=1", url=url) == absolute
